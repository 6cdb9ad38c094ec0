import type { LuaState } from '../lua-state.js';
export function cjsonLibrary(lua: LuaState): void {
  lua.pushTable();
}
