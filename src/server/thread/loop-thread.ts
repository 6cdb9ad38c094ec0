/**
 * The loop thread: creates the server of this thread and runs its loop; nothing else ever runs here.
 *
 * Reached from worker.ts or cli/thread.ts, the programs that start-thread.ts starts. Messages from main wait in the port until the WAKER
 * token is ready, because nothing else reaches a thread that sleeps in epoll_wait.
 */
import { parentPort, receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import { sharedCommandTable } from '../arena/loop-commands.js';
import { Config, ConfigError } from '../config.js';
import { FaultError } from '../faults/fault.js';
import { Faults } from '../faults/faults.js';
import { FaultyPoll } from '../faults/faulty-poll.js';
import { keysOf } from '../command/key-spec.js';
import { type Poll, SystemError } from '../io/poll.js';
import { Activity } from '../loop/activity.js';
import { type Clock, SystemClock, VirtualClock } from '../loop/clock.js';
import { matchesGlob } from '../keyspace/glob.js';
import { ownHeap } from '../measuring/heap-watch.js';
import { type RecordedInputs, recordInputs } from '../recording/recorded-inputs.js';
import { TapeWriter } from '../recording/tape.js';
import { Server, type ServerInputs } from '../server.js';
import { SnapshotError } from '../persistence/snapshot-reader.js';
import { type ServerState, settingsOf } from '../server-state.js';
import { readState, serializeState, StateError } from '../recording/state-bytes.js';
import { LoopDisk } from './loop-disk.js';
import { LoopHelper } from './loop-helper.js';
import { Observation } from './observation.js';
import { type OpenedPoll, openPoll, PollerError, preloadPoll } from './open-poll.js';
import type { ControlWords } from './control.js';
import type { CallMessage, LoopCalls, LoopMessage, LoopMethod, LoopThreadOptions, PollerName } from './protocol.js';

const port = parentPort as MessagePort;

const post = (message: LoopMessage): void => port.postMessage(message);

/**
 * Waits for the options, which are the first message, and then runs a server. If the message is null the thread ends: see `endUnused` in start-thread.ts.
 *
 * @param beforeRun called once when the server listens, before its loop begins: work for the next start, which may take a moment
 */
export function runLoopThread(beforeRun: () => void = () => {}): void {
  preloadPoll();
  port.once('message', (options: LoopThreadOptions | null) => {
    if (options !== null) main(options, beforeRun).catch(fail);
  });
}

async function main(options: LoopThreadOptions, beforeRun: () => void): Promise<void> {
  const opened = await openPoll(options);
  let isReady = false;
  try {
    await serve(options, opened, () => {
      isReady = true;
      beforeRun();
    });
  } finally {
    // Descriptors outlive their thread. A loop that was ready has closed its poll, and the main thread, which knows its waker, closes that.
    if (!isReady) closeUnused(opened.poll);
  }
}

function closeUnused(poll: Poll): void {
  poll.close();
  poll.waker.close();
}

/** @param onReady called once the server listens, before its loop begins */
async function serve(options: LoopThreadOptions, { poll: kernel, fallback, sendsFallback }: OpenedPoll, onReady: () => void): Promise<void> {
  const state = options.from === null ? null : readState(options.from);
  const clock = clockOf(options, state);
  const poll = new FaultyPoll(kernel, clock);
  const helper = new LoopHelper(options.helper, options.helperProgram, poll.waker);
  const disk = new LoopDisk(helper.jobs);
  const inputs: ServerInputs = {
    poll,
    clock,
    jobs: { run: (_, job, done) => helper.jobs.submit(job, done), settle: () => helper.settle() },
    perform: (job) => disk.perform(job),
    seed: options.seed,
    config: new Config({ ...(state !== null && settingsOf(state)), ...options.settings }, options.configFile),
    heap: ownHeap(options.heapLimitMb * 2 ** 20, () => post({ kind: 'collected' })),
    log: (level, message) => post({ kind: 'log', level, message }),
    activity: new Activity(options.activity),
    ...(options.sharedKeyspaceBytes > 0 && { commands: sharedCommandTable(options.sharedKeyspaceBytes) }),
    ...(state !== null && { from: { state } }),
  };
  const recorded = options.ring === null ? null : recordInputs(inputs, new TapeWriter(options.ring));
  const server = new Server(recorded?.inputs ?? inputs);
  const observation = observe(server, options.control);
  if (recorded !== null) {
    recorded.attach(server);
    observation.onHold = () => recorded.publish();
  }
  const faults = new Faults(poll, server, (call) => recorded?.fault(call), disk);
  for (const fault of options.faults) faults.add(fault, true);
  const calls = answerWith(server, observation, faults, recorded);
  if (clock instanceof VirtualClock) calls.advance = advancing(server, clock, recorded);
  // A loop that never sleeps in the kernel receives its messages as events; they are nevertheless answered in a turn of the loop.
  const arrived: CallMessage[] = [];
  const hear = (message: CallMessage): void => {
    arrived.push(message);
    poll.waker.wake();
  };
  const drain = (): void => {
    for (const message of arrived.splice(0)) answer(calls, message);
    for (let received = receiveMessageOnPort(port); received !== undefined; received = receiveMessageOnPort(port)) {
      answer(calls, received.message as CallMessage);
    }
  };
  observation.drain = drain;
  server.loop.onWake(() => {
    drain();
    // Not while the loop is held in the middle of a turn: the end of a job must take effect between two clients.
    helper.drain();
  });
  if (state === null) server.load(options.settings);
  server.listen();
  const addresses = await server.opened();
  if (addresses.length === 0) return post({ kind: 'failed', message: NO_ADDRESS, code: null, address: null });
  if (poll.waker.fd === -1) port.on('message', hear);
  if (options.paused) observation.pause();
  if (options.isNested) server.loop.sleepLimitMs = NESTED_SLEEP_MS;
  const { fd: wakeFd } = poll.waker;
  const { commandNames } = server;
  const sends = poll.batchesSends ? 'batched' : 'direct';
  const { edgeTriggered } = poll;
  post({ kind: 'ready', addresses, poller: poll.name as PollerName, edgeTriggered, wakeFd, fallback, sends, sendsFallback, commandNames });
  server.whenLoaded(() => post({ kind: 'loaded' }));
  onReady();
  try {
    await server.run();
  } finally {
    // Also where a turn has failed: a dataset that cannot be loaded ends the server.
    server.close();
    observation.trace(0);
    port.off('message', hear);
    helper.close();
  }
}

/**
 * Maximum time for which ending a worker waits for the loop of a server that it has not closed. A worker being terminated runs no more code, and its end
 * waits for the workers that it has started: for ever, if one sleeps in the kernel without a limit. (The port stays taken until the
 * process ends: no code of ours can run to close it.)
 */
const NESTED_SLEEP_MS = 500;

function observe(server: Server, control: ControlWords): Observation {
  return new Observation(
    server,
    {
      keysOf(argv) {
        const command = server.commands.get(argv[0]!.toLowerCase());
        return command === undefined ? [] : keysOf(command.keys, argv);
      },
      matchesGlob,
    },
    { control, send: (batch, snapshot) => post({ kind: 'trace', batch, snapshot }), held: (event) => post({ kind: 'held', event }) },
  );
}

/**
 * Returns the clock of a server. After a state was captured, time also passes for its timers, as for a process that was stopped; on a virtual clock, and for
 * a state of the past, none passes.
 */
function clockOf({ virtualStartMs, isPast }: LoopThreadOptions, state: ServerState | null): Clock {
  const { nowMs, nowUs } = state ?? { nowMs: Date.now(), nowUs: 0 };
  if (virtualStartMs === null && isPast) return new SystemClock(nowUs, Date.now() - nowMs);
  if (virtualStartMs === null) return new SystemClock(state === null ? 0 : nowUs + Math.max(0, Date.now() - nowMs) * 1000);
  return new VirtualClock(Number.isNaN(virtualStartMs) ? nowMs : virtualStartMs, new SystemClock(), Math.ceil(nowUs));
}

/** The answer follows later, by the function that was passed on. */
const LATER = Symbol('later');

type Reply<M extends LoopMethod> = (result: LoopCalls[M]['result'] | Error) => void;

type Answers = { [M in LoopMethod]: (argument: LoopCalls[M]['argument'], reply: Reply<M>) => LoopCalls[M]['result'] | typeof LATER };

function answerWith(server: Server, observation: Observation, faults: Faults, recorded: RecordedInputs | null): Answers {
  return {
    close() {
      observation.isEnding = true;
      recorded?.shutdown();
      server.terminate();
    },
    signal(signal, reply) {
      // First, since saving may take long.
      reply();
      recorded?.signal(signal);
      server.endForSignal(signal);
      if (server.loop.isStopped || server.shutdown.isUnderWay) observation.isEnding = true;
      return LATER;
    },
    shutdownOver(_, reply) {
      const { shutdown, loop } = server;
      if (!shutdown.isUnderWay) return loop.isStopped;
      shutdown.over = (ends) => {
        observation.isEnding = ends;
        reply(ends);
      };
      return LATER;
    },
    trace: (budget) => observation.trace(budget),
    pause: () => observation.pause(),
    step: (unit) => observation.step(unit),
    runTo: (target) => observation.runTo(target),
    resume: () => observation.resume(),
    slow: (eventsPerSecond) => observation.slow(eventsPerSecond),
    setBreakpoints: (breakpoints) => observation.setBreakpoints(breakpoints),
    snapshot: (request) => observation.snapshot(request),
    watch: (request) => observation.watch(request),
    addFault: (fault) => faults.add(fault),
    removeFault: (id) => faults.remove(id),
    listFaults: () => faults.list(),
    clearFaults: () => faults.clear(),
    trigger: ({ trigger, token }) => faults.trigger(trigger, token),
    changedSettings: () => server.config.changed(),
    capture: capturing(server, observation),
    advance() {
      throw new Error("the clock of this server is the real one: createServer({ clock: 'virtual' }) has one that can be advanced");
    },
  };
}

/** Returns a function that answers all capture calls of a turn when it has ended. */
function capturing(server: Server, observation: Observation): Answers['capture'] {
  const waiting: Reply<'capture'>[] = [];
  const capture = (): Uint8Array<ArrayBuffer> | Error => {
    try {
      return serializeState(server.capture());
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  };
  return (_, reply) => {
    if (observation.isHeld) throw new Error('the loop is held in the middle of a turn: resume it before its state is captured, or keep a history to fork from');
    waiting.push(reply);
    // Of a dataset that is being loaded there is only a part: all of it is waited for.
    server.whenLoaded(() => {
      server.loop.betweenTurns = () => {
        const result = capture();
        for (const answerOne of waiting.splice(0)) answerOne(result);
      };
    });
    return LATER;
  };
}

/** Returns a function that answers each call when the clock has reached its target, and all that was due by then has been done. */
function advancing(server: Server, clock: VirtualClock, recorded: RecordedInputs | null): Answers['advance'] {
  const waiting: { readonly untilUs: number; readonly reply: Reply<'advance'> }[] = [];
  server.loop.onCaughtUp = () => {
    while (waiting.length > 0 && waiting[0]!.untilUs <= clock.nowUs) waiting.shift()!.reply(clock.nowMs);
  };
  return (us, reply) => {
    clock.advance(us);
    recorded?.advance(us);
    waiting.push({ untilUs: clock.targetUs, reply });
    return LATER;
  };
}

function answer(answers: Answers, { id, method, argument }: CallMessage): void {
  try {
    const reply = (value: unknown): void => post(value instanceof Error ? { kind: 'error', id, message: value.message } : { kind: 'result', id, value });
    const value = (answers[method] as (argument: unknown, reply: (value: unknown) => void) => unknown)(argument, reply);
    if (value !== LATER) reply(value);
  } catch (error) {
    post({ kind: 'error', id, message: error instanceof Error ? error.message : String(error) });
  }
}

/** Expected errors: invalid settings, an unavailable poller, invalid faults and states, a path that is too long for a socket. */
const EXPECTED = [SnapshotError, ConfigError, PollerError, FaultError, StateError, RangeError] as const;

/** Reports why the server did not start; an unexpected error ends the thread. */
const NO_ADDRESS = 'configured to listen nowhere: bind names no address of this machine, and there is no unixsocket';

function fail(error: unknown): void {
  if (error instanceof SystemError) return post({ kind: 'failed', message: error.message, code: error.code, address: error.address });
  if (EXPECTED.some((kind) => error instanceof kind)) {
    return post({ kind: 'failed', message: (error as Error).message, code: null, address: null });
  }
  throw error;
}
