// Runs test/fuzz/main.ts; with `recordings` as its first word test/fuzz/recordings.ts, with `replication` test/fuzz/replication/main.ts, with `exchange`
// test/fuzz/exchange/main.ts, with `sends` test/fuzz/sends/main.ts. Needs a build and, except for `sends`, redis-server 7.0.
import { runTestProgram } from './test-program.mjs';

const PROGRAMS = { recordings: 'recordings.ts', replication: 'replication/main.ts', exchange: 'exchange/main.ts', sends: 'sends/main.ts' };
const program = Object.hasOwn(PROGRAMS, process.argv[2] ?? '') ? PROGRAMS[process.argv.splice(2, 1)[0]] : 'main.ts';
await runTestProgram(`test/fuzz/${program}`);
