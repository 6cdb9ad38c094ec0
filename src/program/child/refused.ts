/**
 * Modules that a program must not import when it is run again: they would repeat effects on files, processes and other hosts, or provide inputs that were not
 * recorded.
 */
import modules from 'node:module';

export const REFUSED = [
  'fs', 'fs/promises', 'child_process', 'cluster', 'worker_threads', 'net', 'dgram', 'http', 'http2', 'https', 'tls', 'dns', 'dns/promises', 'inspector',
  'inspector/promises', 'repl', 'wasi', 'sqlite', 'module',
];

/** Precedes the name of the module in the message of the error. */
export const REFUSAL = 'redis-lab does not run this again: ';

/** The module that was refused; null: it is another error. */
export function refusedModule(error: unknown): string | null {
  const message = error instanceof Error ? error.message : '';
  const at = message.indexOf(REFUSAL);
  return at === -1 ? null : `node:${message.slice(at + REFUSAL.length).replace(/^node:/, '').split(/\s/)[0]}`;
}

/** Functions with effects outside of the process that need no import. */
const REFUSED_CALLS: readonly (readonly [owner: object, prefix: string, names: readonly string[]])[] = [
  // A recorded number may by now be that of another process.
  [process, 'process.', ['kill', 'dlopen', 'binding', '_debugProcess']],
  [globalThis, '', ['fetch', 'WebSocket', 'EventSource']],
];

/** @param refuse is called with the name of the function in its place; never returns */
export function refuseCalls(refuse: (name: string) => never): void {
  for (const [owner, prefix, names] of REFUSED_CALLS) {
    for (const name of names.filter((each) => each in owner)) {
      // Also for `new`.
      Object.defineProperty(owner, name, { value: function refused() { refuse(`${prefix}${name}`); }, configurable: true, writable: true });
    }
  }
}

/** For modules loaded by `require`, and by `process.getBuiltinModule`. */
export function refuseRequired(): void {
  const refuse = (request: string): void => {
    if (REFUSED.includes(request.replace(/^node:/, ''))) throw new Error(REFUSAL + request);
  };
  const loader = modules as unknown as { _load: (request: string, ...rest: unknown[]) => unknown };
  const load = loader._load;
  loader._load = (request, ...rest) => (refuse(request), load.call(loader, request, ...rest));
  const host = process as unknown as { getBuiltinModule?: (name: string) => unknown };
  const get = host.getBuiltinModule;
  if (get !== undefined) host.getBuiltinModule = (id) => (refuse(id), get(id));
}
