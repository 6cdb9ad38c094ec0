import type { LuaState } from '../lua-state.js';
export function cmsgpackLibrary(lua: LuaState): void {
  lua.pushTable();
}
