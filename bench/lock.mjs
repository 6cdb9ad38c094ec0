// The cost of the lock of the engine of threads: with Atomics.wait and Atomics.notify, and for comparison with futex(2), called through koffi.
//
//   node bench/lock.mjs
//
//   uncontended   one thread takes it and releases it
//   handed over   two threads that can only run alternately: each sleeps until the other wakes it
//   contended     four threads, each of which holds it for about a microsecond
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';

const SYS_FUTEX = { x64: 202, arm64: 98 }[process.arch];
const [FUTEX_WAIT, FUTEX_WAKE] = [128, 129]; // _PRIVATE
const [FREE, HELD, CONTENDED] = [0, 1, 2];
const ROUNDS = { uncontended: 1_000_000, 'handed over': 20_000, contended: 50_000 };
const THREADS = { uncontended: 1, 'handed over': 2, contended: 4 };

/** wait(word, expected) and wake(word) on one word of memory. */
function primitives(kind, words) {
  if (kind === 'Atomics') return { wait: (at, value) => Atomics.wait(words, at, value), wake: (at) => Atomics.notify(words, at, 1) };
  const koffi = createRequire(import.meta.url)(`@koromix/koffi-${process.platform}-${process.arch}`);
  const futex = koffi.load(null).func('long syscall(long number, void *word, long operation, long value, void *timeout, void *word2, long value3)');
  const wordAt = (at) => words.subarray(at, at + 1);
  const ends = new Map([0, 1].map((at) => [at, wordAt(at)]));
  return {
    wait: (at, value) => futex(SYS_FUTEX, ends.get(at), FUTEX_WAIT, value, null, null, 0),
    wake: (at) => futex(SYS_FUTEX, ends.get(at), FUTEX_WAKE, 1, null, null, 0),
  };
}

function hold(us) {
  for (let left = us * 400; left > 0; left--) Atomics.load(idle, 0);
}
const idle = new Int32Array(1);

const WORK = {
  uncontended: lockAndRelease(0),
  contended: lockAndRelease(1),
  'handed over': ({ wait, wake }, words, rounds, index) => {
    for (let i = 0; i < rounds; i++) {
      while (Atomics.load(words, 0) % 2 !== index) wait(0, 1 - index);
      Atomics.store(words, 0, 1 - index);
      wake(0);
    }
    return 0;
  },
};

function lockAndRelease(holdUs) {
  return ({ wait, wake }, words, rounds) => {
    let waits = 0;
    for (let i = 0; i < rounds; i++) {
      if (Atomics.compareExchange(words, 0, FREE, HELD) !== FREE) {
        waits++;
        while (Atomics.exchange(words, 0, CONTENDED) !== FREE) wait(0, CONTENDED);
      }
      if (holdUs > 0) hold(holdUs);
      if (Atomics.exchange(words, 0, FREE) === CONTENDED) wake(0);
    }
    return waits;
  };
}

async function measure(name, kind) {
  const rounds = ROUNDS[name];
  const words = new Int32Array(new SharedArrayBuffer(8));
  const workers = Array.from({ length: THREADS[name] }, (_, index) => new Worker(new URL(import.meta.url), { workerData: { name, kind, words, rounds, index } }));
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  const ended = workers.map((worker) => once(worker, 'message'));
  for (const worker of workers) worker.postMessage('go');
  const waits = (await Promise.all(ended)).reduce((sum, [count]) => sum + count, 0);
  const wallUs = (performance.now() - startMs) * 1000;
  const { user, system } = process.cpuUsage(cpu);
  const times = rounds * THREADS[name];
  const [wall, spent] = [wallUs / times, (user + system) / times];
  console.log(`${name.padEnd(13)}${kind.padEnd(10)}${wall.toFixed(3).padStart(9)} us elapsed ${spent.toFixed(3).padStart(9)} us of processor ${((waits / times) * 100).toFixed(1).padStart(6)} % slept`);
}

if (isMainThread) {
  console.log('each acquisition and release:');
  for (const name of Object.keys(WORK)) for (const kind of ['Atomics', 'futex(2)']) await measure(name, kind);
} else {
  const { name, kind, words, rounds, index } = workerData;
  const own = primitives(kind, words);
  parentPort.postMessage('ready');
  await once(parentPort, 'message');
  parentPort.postMessage(WORK[name](own, words, rounds, index));
  parentPort.unref();
}
