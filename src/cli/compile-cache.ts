/**
 * What V8 has compiled of our bundles is kept from one start to the next, where Node can do that (22.1 and later).
 *
 * Only for the command line, never for the library: there it is for the program to decide. Node checks what it reads back, and does without if it
 * can not write; NODE_COMPILE_CACHE names another folder, NODE_DISABLE_COMPILE_CACHE turns it off.
 */
import nodeModule from 'node:module';
import { join } from 'node:path';

/** Counts for what is loaded from now on, by this thread and by those it starts. Never fails. */
export function keepCompiledCode(): void {
  const { enableCompileCache } = nodeModule as { enableCompileCache?: (folder: string) => void };
  const folder = process.env.NODE_COMPILE_CACHE || cacheFolder();
  if (enableCompileCache === undefined || folder === null) return;
  // The way by which a worker hears of it.
  process.env.NODE_COMPILE_CACHE = folder;
  enableCompileCache(folder);
}

/** By the XDG rules; not the temporary folder, which others can write to. Null for a user without a home, as in some containers. */
function cacheFolder(): string | null {
  const { XDG_CACHE_HOME: cache, HOME: home } = process.env;
  if (cache?.startsWith('/')) return join(cache, 'redis-lab');
  return home ? join(home, '.cache', 'redis-lab') : null;
}
