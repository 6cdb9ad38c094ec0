/**
 * Two methods that every Node has and its type declarations leave out. `toString('latin1')` and `write(…, 'latin1')` end in
 * them after parsing the name of the encoding, which costs as much again.
 */
declare global {
  interface Buffer {
    latin1Slice(start?: number, end?: number): string;
    latin1Write(text: string, offset?: number, length?: number): number;
  }
  /** Written in by the build; see scripts/build.mjs. */
  const __VERSION__: string;
  /** Where the Lua engine lies, from the file that asks. */
  const __LUA_ENGINE__: string;
  /** Where the experiments lie, from the file that asks. */
  const __EXPERIMENTS__: string;
  /** Tells this build from all others; only in the program of the command line. */
  const __BUILD__: string;
}

export {};
