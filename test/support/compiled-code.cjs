// Preloaded in the processes and threads of the tests: keeps the code that V8 has compiled of the large bundles in dist/ for the other threads of the run.
// Compiling is a quarter of what starting a server through the library costs. Node does the same from 22.1 on, see run-folder.ts; the command line does it itself.
const { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } = require('node:fs');
const Module = require('node:module');
const { basename, dirname, join, resolve } = require('node:path');
const { Script } = require('node:vm');
const { threadId } = require('node:worker_threads');

const DIST = resolve(__dirname, '../../dist');
/** In bytes. */
const LARGE = 2 ** 20;
/** By then most of what will run has run. */
const SOON_MS = 1000;
const { RUN_FOLDER } = process.env;

const load = Module._extensions['.js'];
if (RUN_FOLDER !== undefined && Module.enableCompileCache === undefined) {
  Module._extensions['.js'] = (module, file) => {
    if (file.startsWith(DIST) && statSync(file).size > LARGE) run(module, file);
    else load(module, file);
  };
}

function run(module, file) {
  const folder = join(RUN_FOLDER, 'compiled');
  const kept = join(folder, `${basename(file)}.bin`);
  const cachedData = readIfThere(kept);
  const script = new Script(Module.wrap(readFileSync(file, 'utf8')), { filename: file, cachedData });
  if (cachedData === undefined) {
    const keepNow = () => keep(script, folder, kept);
    // A loop that waits in epoll has no timers, and a thread that is terminated has no exit.
    process.once('exit', keepNow);
    setTimeout(keepNow, SOON_MS).unref();
  }
  script.runInThisContext().call(module.exports, module.exports, Module.createRequire(file), module, file, dirname(file));
}

/** Functions that have run are in it, too. */
function keep(script, folder, kept) {
  if (readIfThere(kept) !== undefined) return;
  const own = `${kept}.${process.pid}.${threadId}`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(own, script.createCachedData());
  renameSync(own, kept);
}

function readIfThere(file) {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}
