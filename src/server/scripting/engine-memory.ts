/**
 * The memory of the Lua engine as data: captures and restores it. Beside the path: used by wasm.ts.
 *
 *   0                                                  end of heap        end of memory
 *   ├── static data ──┬── stack of C ──┬── heap ─────────────┤··· never used ···┤
 *
 * Nothing in this memory moves, and it names functions by their index in a table, so a copy of it means the same in another engine with the same
 * table. What earlier calls left on the stack is copied as well: Lua copies values with the unused bytes between their fields, so it can get into the heap.
 */
import type { LuaMemory, Pointer } from './lua-memory.js';
import type { LuaFunctions } from './wasm.js';

export const PAGE_BYTES = 65536;
/** Size of the pieces that are shared or copied as a whole. */
const PIECE_BYTES = 4096;
const ZEROS = Buffer.alloc(PIECE_BYTES);
/** Where sbrk(2) of the pinned build stores the end of the heap; a test compares it with malloc's behaviour. */
const HEAP_END_AT = 26556;

export interface MemoryState {
  /** The whole size, including what was never used. */
  readonly bytes: number;
  readonly stackPointer: Pointer;
  readonly heapEnd: Pointer;
  /** The pieces up to the end of the heap, PIECE_BYTES each but the last one; null for a piece of zeros. */
  readonly pieces: readonly (Uint8Array | null)[];
}

/** Copies the memory. @param before an earlier copy, whose pieces are reused where they are equal */
export function copyMemory(lua: LuaFunctions, memory: LuaMemory, before: MemoryState | null): MemoryState {
  const heapEnd = memory.word(HEAP_END_AT);
  const pieces: (Uint8Array | null)[] = [];
  for (let at = 0; at < heapEnd; at += PIECE_BYTES) {
    const piece = memory.bytes.subarray(at, Math.min(at + PIECE_BYTES, heapEnd));
    const known = before?.pieces[pieces.length] ?? null;
    if (known !== null && piece.equals(known)) pieces.push(known);
    else pieces.push(piece.equals(ZEROS.subarray(0, piece.length)) ? null : new Uint8Array(piece));
  }
  return { bytes: memory.bytes.length, stackPointer: lua.stackSave(), heapEnd, pieces };
}

/** Restores into the memory of an engine that has used at most as much. */
export function restoreMemory(lua: LuaFunctions, memory: LuaMemory, { bytes, stackPointer, heapEnd, pieces }: MemoryState): void {
  const usedEnd = memory.word(HEAP_END_AT);
  lua.memory.grow((bytes - memory.bytes.length) / PAGE_BYTES);
  memory.look(lua.memory.buffer);
  memory.bytes.fill(0, 0, Math.max(heapEnd, usedEnd));
  for (const [index, piece] of pieces.entries()) if (piece !== null) memory.bytes.set(piece, index * PIECE_BYTES);
  lua.stackRestore(stackPointer);
}
