import type { LuaState } from '../lua-state.js';
export function structLibrary(lua: LuaState): void {
  lua.pushTable();
}
