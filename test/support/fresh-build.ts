/**
 * Tests that start a server run the built thread in dist/, also where they import the sources. So before any test: the build is no older than what it was
 * made from, or the run fails.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The file below `folder` that was changed last, and when, in ms of unix time. */
function newestIn(folder: string): { readonly path: string; readonly atMs: number } {
  const files = readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const all = files.map((entry) => join(entry.parentPath, entry.name)).map((path) => ({ path, atMs: statSync(path).mtimeMs }));
  return all.reduce((newest, file) => (file.atMs > newest.atMs ? file : newest), { path: '', atMs: 0 });
}

/** Throws if a source is newer than the build. */
export default function setup(): void {
  const built = statSync(join(ROOT, 'dist/server/thread/loop-thread.js'), { throwIfNoEntry: false });
  if (built === undefined) throw new Error('There is no build, and tests run the built thread: run `npm run build` first.');
  const { path, atMs } = newestIn('src');
  if (atMs > built.mtimeMs) throw new Error(`The build in dist/ is older than ${path}, and tests run the built thread: run \`npm run build\` first.`);
}
