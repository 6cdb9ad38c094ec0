// Runs test/check/matrix.ts: `redis-lab check` on every server whose verdict is known. Needs a build.
import { runTestProgram } from './test-program.mjs';

await runTestProgram('test/check/matrix.ts');
