import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.js';
import { shippedInk } from './test/support/shipped-ink.js';

/** They start programs and whole servers, and wait for them. */
const SERVERS = ['test/check', 'test/course', 'test/e2e', 'test/program', 'test/tui/learn', 'test/testing'].map((folder) => `${folder}/**/*.test.{ts,tsx}`);

export default defineConfig({
  plugins: [shippedInk()],
  define: { __VERSION__: JSON.stringify('test'), __LUA_ENGINE__: JSON.stringify('../../../node_modules/wasmoon-lua5.1/dist/liblua5.1.wasm'), __EXPERIMENTS__: JSON.stringify('./experiments/') },
  test: {
    // CI reads the counts from a file.
    reporters: process.env.REPORT_FILE ? ['default', ['json', { outputFile: process.env.REPORT_FILE }]] : ['default'],
    globalSetup: ['test/support/fresh-build.ts', 'test/support/run-folder.ts'],
    execArgv: ['--require', fileURLToPath(new URL('test/support/compiled-code.cjs', import.meta.url))],
    sequence: { sequencer: LongestFirst },
    // Tests that start real servers share two cores with them, and maybe with others. A limit costs nothing until it is reached.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Files share as many processes as there are workers: a process and its modules, loaded anew for each file, would cost more than most tests.
    projects: [
      // There are more of them at a time than there are processors on a small machine.
      { extends: true, test: { name: 'servers', include: SERVERS, isolate: false, maxWorkers: Math.max(3, availableParallelism() - 1), sequence: { groupOrder: 0 } } },
      { extends: true, test: { name: 'in-process', include: ['test/**/*.test.{ts,tsx}'], exclude: SERVERS, isolate: false, maxWorkers: Math.max(2, availableParallelism() - 1), sequence: { groupOrder: 1 } } },
    ],
  },
});
