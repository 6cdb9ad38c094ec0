// Loaded before a lab that the bench measures, with --require and --expose-gc, into each of its threads: when the bench has created the file that BENCH_COLLECT
// names, the loop collects all garbage the next time it looks at its heap, which it does while commands arrive.
const { isMainThread } = require('node:worker_threads');
const { rmSync, statSync } = require('node:fs');
const v8 = require('node:v8');
const { getHeapStatistics } = v8;
const { BENCH_COLLECT } = process.env;

if (!isMainThread && BENCH_COLLECT !== undefined) {
  v8.getHeapStatistics = () => {
    if (statSync(BENCH_COLLECT, { throwIfNoEntry: false }) !== undefined) {
      gc();
      rmSync(BENCH_COLLECT);
    }
    return getHeapStatistics();
  };
  require('node:module').syncBuiltinESMExports();
}
