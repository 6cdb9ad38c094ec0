/**
 * Compare: puts the same load on each engine, one after another, so that none takes processor time from another.
 *
 *   process of the engine ◀── loopback ──▶ process of the load ◀── messages ──▶ this process, which reads the kernel's counters of the engine
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { CompareError } from './error.js';
import type { FromLoad, LoadOptions, LoadResult, ToLoad } from './protocol.js';
import { EngineProcess, type ProcessFigures } from './server-process.js';

export const ENGINES = ['loop', 'shared-loop', 'threads', 'sequential'] as const;
export type Engine = (typeof ENGINES)[number];

export interface CompareOptions {
  readonly clients: number;
  readonly seconds: number;
  /** Additional clients that have sent MONITOR: each command is propagated to them. */
  readonly sinks: number;
}

export interface EngineFigures extends LoadResult {
  readonly engine: Engine;
  /** Load average of the machine when the engine's turn began. */
  readonly loadAverage: number;
  readonly threads: number;
  readonly residentBytes: number;
  /** Memory added by the clients. */
  readonly grownBytes: number;
  /** During the measurement. */
  readonly cpuMs: number;
  readonly voluntarySwitches: number;
  readonly forcedSwitches: number;
}

/** Bundles are one folder below dist; when run from the sources, tests also use the built program. */
const LOAD = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../../dist/compare/load.js' : '../compare/load.js', import.meta.url));

const VALUE_BYTES = 32;
const KEYS = 1000;

/** How long connecting may take: starting a thread is slow on a busy machine, and a sequential server never serves the second client. */
const QUIET_MS: { readonly [engine in Engine]: number } = { loop: 3000, 'shared-loop': 3000, threads: 5000, sequential: 500 };

/** Time that the load may take in addition to its measurement. */
const PATIENCE_MS = 40_000;

/** @param isOver ends the comparison early, with the running processes. Rejects with {@link CompareError} */
export async function compareEngine(engine: Engine, { clients, seconds, sinks }: CompareOptions, isOver: AbortSignal): Promise<EngineFigures> {
  const [loadAverage = 0] = loadavg();
  const server = await EngineProcess.start(engine);
  const load = fork(LOAD, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const kill = (): void => void load.kill('SIGKILL');
  const timer = setTimeout(kill, PATIENCE_MS + seconds * 1000);
  isOver.addEventListener('abort', kill);
  try {
    const alone = server.figures();
    const options: LoadOptions = { port: server.port, clients, seconds, sinks, valueBytes: VALUE_BYTES, keys: KEYS, quietMs: QUIET_MS[engine] };
    await answer(load, { kind: 'start', options }, 'ready');
    const before = server.figures();
    const { result } = await answer(load, { kind: 'go' }, 'result');
    const after = server.figures();
    return { engine, loadAverage, ...result, ...growth(alone, before, after) };
  } finally {
    clearTimeout(timer);
    isOver.removeEventListener('abort', kill);
    kill();
    await server.stop();
  }
}

function growth(alone: ProcessFigures, before: ProcessFigures, after: ProcessFigures): Omit<EngineFigures, keyof LoadResult | 'engine' | 'loadAverage'> {
  return {
    threads: after.threads,
    residentBytes: after.residentBytes,
    grownBytes: after.residentBytes - alone.residentBytes,
    cpuMs: after.cpuMs - before.cpuMs,
    voluntarySwitches: after.voluntarySwitches - before.voluntarySwitches,
    forcedSwitches: after.forcedSwitches - before.forcedSwitches,
  };
}

/** Rejects with {@link CompareError}. */
async function answer<K extends FromLoad['kind']>(load: ChildProcess, message: ToLoad, wanted: K): Promise<Extract<FromLoad, { kind: K }>> {
  load.send(message);
  const [reply] = (await Promise.race([once(load, 'message'), once(load, 'exit').then(() => [null])])) as [FromLoad | null];
  if (reply?.kind === wanted) return reply as Extract<FromLoad, { kind: K }>;
  throw new CompareError(reply?.kind === 'failed' ? `the load has failed: ${reply.message}` : 'the load has ended without a result');
}
