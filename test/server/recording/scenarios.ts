/**
 * Scenarios that are recorded: a simulated server with its tape, and random clients that send random commands of all families.
 */
import type { SettingValues } from '../../../src/server/config.js';
import { digestOf } from '../../../src/server/recording/digest.js';
import type { RecordingHead } from '../../../src/server/recording/replay.js';
import { sealState, serializeState } from '../../../src/server/recording/state-bytes.js';
import { createRing, TapeReader, TapeWriter } from '../../../src/server/recording/tape.js';
import type { ServerState } from '../../../src/server/server-state.js';
import { ALL_FAMILIES } from '../../fuzz/differential.js';
import { familyTemplates, generate } from '../../fuzz/generate.js';
import type { Random } from '../../fuzz/random.js';
import { type Lab, request, type SimulationOptions, simulate } from '../simulation/harness.js';

export interface Recorded {
  readonly lab: Lab;
  readonly head: RecordingHead;
  tape(): Buffer;
}

export function record(options: Omit<SimulationOptions, 'tape'> = {}): Recorded {
  const ring = createRing(2 ** 25);
  const writer = new TapeWriter(ring);
  const lab = simulate({ ...options, tape: writer });
  const reader = new TapeReader(ring);
  const { seed = 1, settings = {}, from, edgeTriggered = false, batchesSends = false, isVirtual = false, helper, heap } = options;
  return {
    lab,
    head: {
      build: 'test', seed, settings, ...(from !== undefined && { from: stateText(from) }), configFile: null, hasWatchedHeap: heap !== undefined,
      hasVirtualClock: isVirtual, hasHelper: helper !== undefined,
      poll: { name: 'scripted', emulated: true, edgeTriggered, batchesSends, isDriven: false },
    },
    tape() {
      writer.publish();
      return reader.take()!;
    },
  };
}

/** As in the head of a recording. */
const stateText = (state: ServerState): string => Buffer.from(sealState(serializeState(state))).toString('base64');

const ROUGH = { partial: 0.3, wouldBlock: 0.1, spurious: 0.05, interrupt: 0.05, acceptFails: 0.1, reset: 0.002, notQueued: 0.1, cutBatch: 0.1 };
const SETTINGS: readonly Partial<SettingValues>[] = [
  {},
  { maxmemory: 1_100_000, 'maxmemory-policy': 'allkeys-lru' },
  { maxmemory: 1_080_000, 'maxmemory-policy': 'volatile-lfu' },
  { timeout: 1, 'notify-keyspace-events': 'KEA' },
  { 'maxmemory-clients': 131_072 },
];

/**
 * A server for {@link live}: a third of the seeds has no faults on the wire, half of them are edge-triggered, half batch sends, a fifth has a virtual clock,
 * and each has one of several settings.
 */
export function recordScenario(seed: number): Recorded {
  const faults = seed % 3 === 0 ? {} : ROUGH;
  return record({
    seed, faults, edgeTriggered: seed % 2 === 0, batchesSends: seed % 4 >= 2, isVirtual: seed % 5 === 0, settings: SETTINGS[seed % SETTINGS.length]!,
  });
}

/** Set and removed while commands run: a recording contains the effects of those of the wire, and those of the loop themselves. */
const FAULTS = [
  'slice 1 next 500', 'slice 7 next 5', 'latency 20', 'bandwidth 2kb', 'would-block 2', 'reset 500 next 1', 'half-close 300 next 1', 'accept next 1', 'accept ECONNABORTED next 1', 'error', 'error LOADING on SET',
  'error OOM next 3', 'error on key *1*', 'late-reply 30 next 4', 'no-reply next 2',
  'edge-without-draining', 'drain-forever', 'half-frame-thrown-away', 'one-read-one-command', 'write-takes-all', 'one-client-at-a-time', 'accept-one-of-many', 'no-generation',
  'timer-before-clients', 'expiry-only-on-access', 'expire-all-at-once', 'rule read-size Math.min(room, 7)', "rule after-read reads < 3 && result !== 'WouldBlock' ? 'read again' : 'yield'",
  "rule on-partial has > 20 ? 'answer' : 'keep'", 'rule after-write taken', 'rule after-frame frames', "rule interest waiting > 50 ? 'read and write' : 'read'",
];

/** Commands that block, postpone, subscribe, or change how the server continues: in the notation of the fuzzer's families, which have few of these. */
const STATEFUL = [
  ['BLPOP', 'k1', 'k2', '0.05'], ['BRPOP', 'l1', '0.2'], ['BLMOVE', 'l1', 'l2', 'LEFT', 'RIGHT', '0.1'], ['BLMPOP', '0.1', '2', 'l1', 'l2', 'LEFT', 'COUNT', '2'],
  ['BZPOPMIN', 'z1', 'z2', '0.1'], ['BZMPOP', '0', '1', 'z1', 'MAX'], ['WAIT', '1', '70'], ['RPUSH', 'l1', 'a', 'b'], ['ZADD', 'z1', '1', 'm'],
  ['XADD', 'x1', '*', 'f', 'v'], ['XGROUP', 'CREATE', 'x1', 'g', '$', 'MKSTREAM'], ['XREAD', 'BLOCK', '60', 'STREAMS', 'x1', 'x2', '$', '0'],
  ['XREADGROUP', 'GROUP', 'g', 'c', 'BLOCK', '200', 'STREAMS', 'x1', '>'], ['DEL', 'x1'], ['PEXPIRE', 'x1', '30'], ['XACK', 'x1', 'g', '1-1'],
  ['CLIENT', 'PAUSE', '40', 'WRITE'], ['CLIENT', 'PAUSE', '20', 'ALL'], ['CLIENT', 'UNPAUSE'], ['CLIENT', 'UNBLOCK', '4'], ['CLIENT', 'KILL', 'ID', '5'],
  ['CLIENT', 'REPLY', 'SKIP'], ['CLIENT', 'REPLY', 'OFF'], ['CLIENT', 'REPLY', 'ON'], ['CLIENT', 'SETNAME', 'somebody'], ['CLIENT', 'NO-EVICT', 'ON'],
  ['MONITOR'], ['RESET'], ['HELLO', '3'], ['SUBSCRIBE', 'c1', 'c2'], ['PSUBSCRIBE', 'c*', '*'], ['SSUBSCRIBE', 's1'], ['PUBLISH', 'c1', 'm'], ['SPUBLISH', 's1', 'm'],
  ['SYNC'], ['PSYNC', '?', '-1'], ['REPLCONF', 'capa', 'eof', 'listening-port', '7001'], ['REPLCONF', 'ACK', '300'], ['REPLCONF', 'ACK', '0'],
  ['MULTI'], ['INCR', 'n'], ['EXEC'], ['WATCH', 'n', 'k1'], ['PEXPIRE', 'n', '25'], ['CLIENT', 'TRACKING', 'ON', 'BCAST', 'PREFIX', 'k'], ['CLIENT', 'TRACKING', 'ON'],
  ['CLIENT', 'CACHING', 'YES'], ['CONFIG', 'SET', 'tracking-table-max-keys', '2'], ['MGET', 'k1', 'k2', 'k3', 'k4', 'n'], ['AUTH', 'wrong'], ['ACL', 'LOG'],
  ['CONFIG', 'SET', 'slowlog-log-slower-than', '0'], ['SLOWLOG', 'GET'], ['CONFIG', 'SET', 'latency-monitor-threshold', '1'], ['INFO', 'everything'],
  ['CONFIG', 'SET', 'notify-keyspace-events', 'KEA'], ['CONFIG', 'SET', 'timeout', '1'], ['CONFIG', 'SET', 'hz', '50'], ['CONFIG', 'SET', 'maxmemory', '0'],
  ['CONFIG', 'SET', 'client-output-buffer-limit', 'normal 300000 60000 1'], ['CONFIG', 'RESETSTAT'], ['DEBUG', 'SET-ACTIVE-EXPIRE', '0'],
  ['SETRANGE', 'big', '50000', 'x'], ['GET', 'big'], ['GET', 'big'], ['MGET', 'big', 'big', 'big'], ['EVAL', 'n = (n or 0) + 1; return {n, math.random()}', '0'],
  ['EVAL', "return redis.call('SET', KEYS[1], math.random())", '1', 'n'], ['SCRIPT', 'FLUSH'], ['SRANDMEMBER', 'st', '2'], ['SADD', 'st', 'a', 'b', 'c', 'd'],
  ['FUNCTION', 'LOAD', 'REPLACE', "#!lua name=lib\nlocal calls = 0; redis.register_function('count', function() calls = calls + 1; return calls end)"], ['FCALL', 'count', '0'],
] as const;

/**
 * Random clients send random commands of all families over a wire with faults, while time passes. Returns digests by the number of the turn after which
 * they were taken.
 */
export function live({ lab }: Recorded, random: Random, steps: number): Map<number, string> {
  const digests = new Map<number, string>();
  const templates = ALL_FAMILIES.flatMap(familyTemplates);
  const clients = Array.from({ length: 4 }, () => lab.connectLater());
  for (let step = 0; step < steps; step++) {
    const at = random.below(clients.length);
    let client = clients[at]!;
    if (client.isClosedByServer || client.peer.isShutDown || random.chance(0.01)) {
      client.close();
      client = clients[at] = lab.connectLater();
    }
    for (let pipelined = random.between(1, 4); pipelined > 0; pipelined--) {
      const bytes = request(...(random.chance(0.4) ? random.pick(STATEFUL) : generate(random, random.pick(templates)).argv));
      // Some are sent in two parts.
      const cut = random.chance(0.1) ? random.below(bytes.length) : bytes.length;
      client.send(bytes.slice(0, cut));
      if (cut === bytes.length) continue;
      lab.turn(2);
      if (client.isClosedByServer || client.peer.isShutDown) break;
      client.send(bytes.slice(cut));
    }
    lab.turn(random.between(1, 3));
    client.take();
    if (random.chance(0.2)) lab.advance(random.below(300));
    if (random.chance(0.1)) lab.server.tap.sink = lab.server.tap.sink === null ? { emit: () => {} } : null;
    if (random.chance(0.1)) lab.faults.add(random.pick(FAULTS));
    if (random.chance(0.05)) lab.faults.clear();
    if (random.chance(0.05)) lab.faults.trigger(random.pick(['edge', 'level', 'default']), random.chance(0.5) ? null : 0);
    if (random.chance(20 / steps)) digests.set(lab.server.loop.turnNumber, digestOf(lab.server));
  }
  lab.settle();
  digests.set(lab.server.loop.turnNumber, digestOf(lab.server));
  return digests;
}
