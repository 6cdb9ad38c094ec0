import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  define: { __VERSION__: JSON.stringify('test'), __LUA_ENGINE__: JSON.stringify('../../../node_modules/wasmoon-lua5.1/dist/liblua5.1.wasm'), __EXPERIMENTS__: JSON.stringify('./experiments/') },
  test: {
    // CI reads the counts from a file.
    reporters: process.env.REPORT_FILE ? ['default', ['json', { outputFile: process.env.REPORT_FILE }]] : ['default'],
    globalSetup: ['test/support/fresh-build.ts'],
    include: ['test/**/*.test.{ts,tsx}'],
    // Programs that tests start leave nothing in the home of whoever runs them.
    env: { NODE_DISABLE_COMPILE_CACHE: '1' },
    // Tests that start real servers share two cores with them, and maybe with others. A limit costs nothing until it is reached.
    // Much of that is waiting, so two files at a time, also where vitest's default, one less than there are processors, is one.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
