// Runs test/fuzz/main.ts, or with `recordings` as its first word test/fuzz/recordings.ts. Needs a build and redis-server 7.0.
import { runTestProgram } from './test-program.mjs';

const program = process.argv[2] === 'recordings' ? process.argv.splice(2, 1)[0] : 'main';
await runTestProgram(`test/fuzz/${program}.ts`);
