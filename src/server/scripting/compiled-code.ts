/**
 * The code that Lua has compiled from a script, and how it gets at globals. Used by sandbox.ts.
 *
 *   function  12 its globals     16 code unit
 *   unit       8 constants      12 instructions     16 units of the functions in it     40, 44, 52 how many of each         lobject.h of Lua 5.1
 *
 *   redis.call(…)     GETGLOBAL R, 'redis'     GETTABLE R, R, 'call'     …                                                  lopcodes.h
 */
import { type LuaMemory, type Pointer, SLOT_BYTES, TYPE } from './lua-memory.js';

const FUNCTION_GLOBALS = 12;
const FUNCTION_UNIT = 16;
const UNIT_CONSTANTS = 8;
const UNIT_INSTRUCTIONS = 12;
const UNIT_INNER = 16;
const UNIT_CONSTANT_COUNT = 40;
const UNIT_INSTRUCTION_COUNT = 44;
const UNIT_INNER_COUNT = 52;

const OPERATION = { loadConstant: 1, getGlobal: 5, getTable: 6, setGlobal: 7, setList: 34 } as const;
/** An operand of at least this is a constant, not a register. */
const FIRST_CONSTANT = 256;

const operationOf = (instruction: number): number => instruction & 0x3f;
const targetOf = (instruction: number): number => (instruction >>> 6) & 0xff;
const firstOf = (instruction: number): number => instruction >>> 23;
const secondOf = (instruction: number): number => (instruction >>> 14) & 0x1ff;
const wideOf = (instruction: number): number => instruction >>> 14;

/** Returns the code unit of a compiled function. */
export const unitOf = (memory: LuaMemory, compiled: Pointer): Pointer => memory.word(compiled + FUNCTION_UNIT);

/** Sets the table of globals of a function, which something else keeps alive, and so of all functions that it will make. */
export function setGlobals(memory: LuaMemory, compiled: Pointer, globals: Pointer): void {
  memory.setWord(compiled + FUNCTION_GLOBALS, globals);
}

function unitsIn(memory: LuaMemory, unit: Pointer): Pointer[] {
  const inner = memory.word(unit + UNIT_INNER);
  return Array.from({ length: memory.word(unit + UNIT_INNER_COUNT) }, (_, index) => memory.word(inner + index * 4));
}

/** Returns the instructions; of the number that follows a long list's SETLIST zero, which is no operation that matters here. */
function instructionsOf(memory: LuaMemory, unit: Pointer): number[] {
  const start = memory.word(unit + UNIT_INSTRUCTIONS);
  const found = Array.from({ length: memory.word(unit + UNIT_INSTRUCTION_COUNT) }, (_, index) => memory.word(start + index * 4) >>> 0);
  for (let i = 0; i + 1 < found.length; i++) if (operationOf(found[i]!) === OPERATION.setList && secondOf(found[i]!) === 0) found[++i] = 0;
  return found;
}

/** True if the code, or that of a function in it, sets a global. */
export function setsGlobals(memory: LuaMemory, unit: Pointer): boolean {
  if (instructionsOf(memory, unit).some((each) => operationOf(each) === OPERATION.setGlobal)) return true;
  return unitsIn(memory, unit).some((inner) => setsGlobals(memory, inner));
}

/**
 * Renames globals where only a field of theirs is read, as in `redis.call`, in the code and in the functions in it. A name that is used in any other way in the
 * same unit stays: so the value of the new name is in a register only until the next instruction replaces it by that of the field.
 *
 * @param names the new name of each global; both are strings that are kept
 */
export function renameGlobals(memory: LuaMemory, unit: Pointer, names: ReadonlyMap<Pointer, Pointer>): void {
  const instructions = instructionsOf(memory, unit);
  const constants = memory.word(unit + UNIT_CONSTANTS);
  for (let index = memory.word(unit + UNIT_CONSTANT_COUNT) - 1; index >= 0; index--) {
    const slot = constants + index * SLOT_BYTES;
    const renamed = memory.type(slot) === TYPE.string ? names.get(memory.pointer(slot)) : undefined;
    if (renamed !== undefined && onlyFieldsAreRead(instructions, index)) memory.setWord(slot, renamed);
  }
  for (const inner of unitsIn(memory, unit)) renameGlobals(memory, inner, names);
}

function onlyFieldsAreRead(instructions: readonly number[], constant: number): boolean {
  return instructions.every((each, at) => {
    const operation = operationOf(each);
    if (operation === OPERATION.getGlobal && wideOf(each) === constant) return readsFieldInto(instructions[at + 1]!, targetOf(each));
    if (operation === OPERATION.loadConstant || operation === OPERATION.setGlobal) return wideOf(each) !== constant;
    // Of instructions without such operands these bits mean something else; then the name stays, too.
    return firstOf(each) !== FIRST_CONSTANT + constant && secondOf(each) !== FIRST_CONSTANT + constant;
  });
}

/** True if it replaces the table in the register by a field with a constant name. */
function readsFieldInto(instruction: number, register: number): boolean {
  if (operationOf(instruction) !== OPERATION.getTable || secondOf(instruction) < FIRST_CONSTANT) return false;
  return targetOf(instruction) === register && firstOf(instruction) === register;
}
