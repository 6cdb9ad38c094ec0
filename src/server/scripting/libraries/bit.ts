import type { LuaState } from '../lua-state.js';
export function bitLibrary(lua: LuaState): void {
  lua.pushTable();
}
