/**
 * A learner's program in the lab: it runs in its own process, and the lab shows and holds its loop. docs/my-loop.md describes it.
 */
export { ProgramServer, type ProgramOptions } from './server.js';
export { beginTape, headOf, openTape, type OpenTape, TapeFileError } from './tape-file.js';
export type { ProgramView, RunAgain, ProgramWatch, SourceFile } from './view.js';
