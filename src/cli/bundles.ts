/**
 * Loads our bundles together with the code that V8 compiled from them at an earlier start: compiling takes half of a start. Node can do that itself from 22.1
 * on; this works for every version.
 *
 *   ~/.cache/redis-lab/  0.1.0-9f86d081/      one folder per build: the file names do not depend on the contents
 *      11.3.244.8-x64-screen-lab.js.bin        one per version of V8, use and bundle: only functions that have run are in it
 *
 * Only for the command line, not for the library, where the program decides. Nothing here fails: without the cache V8 compiles as usual.
 */
import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { Script } from 'node:vm';
import { makeFolder } from '../shared/make-folder.js';

/** Number of other builds that are kept: of another checkout, or of `npx`. */
const OTHER_BUILDS = 3;

/** Folders made by this module, or by Node's own cache for an earlier version. */
const OURS = /^(?:\d+\.\d+\.\d+-[0-9a-f]{8}|v\d+\.\d+\.\d+-.*)$/;

/** Written after the compiled code, so that a truncated file is recognised. */
const END_MARK = Buffer.from('redis-lab/end');

/** Ways to run that need different functions. `more`: further servers of a process. */
export type Use = 'headless' | 'lines' | 'screen' | 'more';

type Bundle = (exports: object, require: (id: string) => unknown, module: { exports: object }, file: string, directory: string) => void;

export class Bundles {
  private readonly loaded = new Map<string, { exports: object }>();
  /** Scripts compiled without the cache, which are to be kept. */
  private fresh: { readonly script: Script; readonly cacheFile: string }[] = [];

  /** @param folder of this build, where compiled code is kept; null: nowhere. @param use which functions will run */
  constructor(
    private readonly folder: string | null,
    private readonly use: Use,
  ) {}

  /** Returns what a bundle exports. Bundles beside it that it requires are loaded in the same way. @param file absolute */
  load(file: string): object {
    const known = this.loaded.get(file);
    if (known !== undefined) return known.exports;
    const module = { exports: {} };
    this.loaded.set(file, module);
    const requireOthers = createRequire(file);
    const require = (id: string): unknown => (id.startsWith('./') ? this.load(join(dirname(file), id)) : requireOthers(id));
    this.compile(file)(module.exports, require, module, file, dirname(file));
    return module.exports;
  }

  /** Stores the code compiled so far of bundles that were not cached, and deletes old builds. */
  keep(): void {
    const { folder, fresh } = this;
    this.fresh = [];
    if (folder === null || fresh.length === 0) return;
    try {
      for (const { script, cacheFile } of fresh) writeWhole(cacheFile, script.createCachedData());
      forgetOldBuilds(folder);
    } catch {
      // The home cannot be written to: the next start compiles again.
    }
  }

  private compile(file: string): Bundle {
    // Bundles are ASCII, and V8 uses a string of single bytes as it is.
    const source = `(function (exports, require, module, __filename, __dirname) { ${readFileSync(file, 'latin1')}\n})`;
    const cacheFile = this.folder === null ? null : join(this.folder, `${process.versions.v8}-${process.arch}-${this.use}-${basename(file)}.bin`);
    const cachedData = cacheFile === null ? undefined : readWhole(cacheFile);
    const script = new Script(source, { filename: file, ...(cachedData === undefined ? {} : { cachedData }) });
    if (cacheFile !== null && (cachedData === undefined || script.cachedDataRejected === true)) this.fresh.push({ script, cacheFile });
    return script.runInThisContext() as Bundle;
  }
}

/**
 * The folder of the cache, by the XDG rules; not the temporary folder, which others can write to. Null for a user without a home directory, as in some
 * containers, and if the user wants no cache.
 */
export function cacheFolder(build: string, { NODE_DISABLE_COMPILE_CACHE: off, XDG_CACHE_HOME: cache, HOME: home }: NodeJS.ProcessEnv): string | null {
  if (off === '1') return null;
  if (cache?.startsWith('/')) return join(cache, 'redis-lab', build);
  return home ? join(home, '.cache', 'redis-lab', build) : null;
}

/** Undefined if the file does not exist or is incomplete. */
function readWhole(file: string): Buffer | undefined {
  try {
    const bytes = readFileSync(file);
    const end = bytes.length - END_MARK.length;
    return end > 0 && bytes.subarray(end).equals(END_MARK) ? bytes.subarray(0, end) : undefined;
  } catch {
    return undefined;
  }
}

/** Renamed to its final name only when complete: other processes may start at the same time. */
function writeWhole(file: string, bytes: Uint8Array): void {
  const draft = `${file}.${process.pid}.tmp`;
  makeFolder(dirname(file), 0o700);
  try {
    writeFileSync(draft, Buffer.concat([bytes, END_MARK]), { mode: 0o600 });
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

function forgetOldBuilds(folder: string): void {
  const root = dirname(folder);
  const others = readdirSync(root)
    .filter((name) => OURS.test(name) && join(root, name) !== folder)
    .map((name) => ({ path: join(root, name), atMs: statSync(join(root, name)).mtimeMs }))
    .sort((a, b) => b.atMs - a.atMs);
  for (const { path } of others.slice(OTHER_BUILDS)) rmSync(path, { recursive: true, force: true });
}
