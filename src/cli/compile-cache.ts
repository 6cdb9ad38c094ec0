/**
 * What V8 has compiled of our bundles is kept from one start to the next, where Node can do that (22.1 and later).
 *
 * Only for the command line, never for the library: there it is for the program to decide. Node checks what it reads back, and does without if it
 * can not write; NODE_COMPILE_CACHE names another folder, NODE_DISABLE_COMPILE_CACHE turns it off.
 */
import nodeModule from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Counts for what is loaded from now on, by this thread and by those it starts. Never fails. */
export function keepCompiledCode(environment = process.env): void {
  const { enableCompileCache } = nodeModule as { enableCompileCache?: (folder: string) => void };
  if (enableCompileCache === undefined) return;
  // The way by which a worker hears of it.
  environment.NODE_COMPILE_CACHE ||= cacheFolder(environment);
  enableCompileCache(environment.NODE_COMPILE_CACHE);
}

/** By the XDG rules; not the temporary folder, which others can write to. */
function cacheFolder({ XDG_CACHE_HOME: cache }: NodeJS.ProcessEnv): string {
  return join(cache !== undefined && cache.startsWith('/') ? cache : join(homedir(), '.cache'), 'redis-lab');
}
