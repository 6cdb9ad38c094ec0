/**
 * ArgumentTable: the table KEYS or ARGV of scripts. Filled by interpreter.ts before each run.
 *
 * Nothing that a script does can outlive it, so the table of the previous script is as good as a new one, unless that script has put something else into it;
 * reusing it costs neither an allocation nor garbage collection. A text that is already in its place, as a client's repeated key is, is not stored again.
 */
import { type Pointer, TYPE } from './lua-memory.js';
import { type LuaState, pushTexts } from './lua-state.js';
import type { Sandbox } from './sandbox.js';

/** A longer one is not reused, because its places would have to be emptied. */
const LONGEST = 32;
/** Longer texts are stored without a look at what is there: Lua copies them faster than they are compared. */
const MOST_COMPARED = 32;

export class ArgumentTable {
  /** A field of the real globals, which keep it alive; 0 until it is made. Part of the interpreter's state. */
  table: Pointer = 0;

  constructor(
    private readonly lua: LuaState,
    private readonly sandbox: Sandbox,
    private readonly name: 'KEYS' | 'ARGV',
  ) {}

  /** Makes it an array of the texts from `start` to before `end`. */
  fill(texts: readonly string[], start: number, end: number): void {
    const { lua, table } = this;
    const count = end - start;
    if (table === 0 || !this.isAsMade(table, count)) return this.make(texts, start, end);
    for (let i = 0; i < count; i++) this.set(table, i + 1, texts[start + i]!);
    lua.memory.clearItems(table, count);
  }

  private set(table: Pointer, index: number, text: string): void {
    const { lua } = this;
    if (text.length <= MOST_COMPARED && lua.memory.isText(lua.memory.item(table, index), text)) return;
    lua.memory.pushPointer(lua.current, TYPE.table, table);
    lua.pushText(text);
    lua.lua.lua_rawseti(lua.current, -2, index);
    lua.pop();
  }

  private isAsMade(table: Pointer, count: number): boolean {
    const { memory } = this.lua;
    const room = memory.arrayLength(table);
    return room >= count && room <= LONGEST && !memory.hasNodes(table) && !memory.hasMetatable(table);
  }

  private make(texts: readonly string[], start: number, end: number): void {
    const { lua } = this;
    pushTexts(lua, texts, start, end);
    this.table = lua.memory.pointer(lua.slot(-1));
    this.sandbox.setGlobal(this.name);
  }
}
