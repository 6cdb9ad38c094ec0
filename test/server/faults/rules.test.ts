/** Rules and defects on simulated servers: the effect of each, that removing it restores the behaviour, and that a replay is identical. */
import { describe, expect, test } from 'vitest';
import { digestOf } from '../../../src/server/recording/digest.js';
import { Replay } from '../../../src/server/recording/replay.js';
import type { TraceBody } from '../../../src/server/trace/events.js';
import { record, type Recorded } from '../recording/scenarios.js';
import { type Lab, type LabClient, simulate } from '../simulation/harness.js';

const ofKind = <K extends TraceBody['kind']>(events: readonly TraceBody[], kind: K): Extract<TraceBody, { kind: K }>[] =>
  events.filter((event): event is Extract<TraceBody, { kind: K }> => event.kind === kind);

/** Runs a scenario on a recorded server. Its replay must be identical, and end in the same state. */
function recorded(options: Parameters<typeof record>[0], scenario: (lab: Lab, events: readonly TraceBody[]) => void): void {
  const recording: Recorded = record(options);
  const { lab, head, tape } = recording;
  scenario(lab, lab.record());
  lab.turn();
  const digest = digestOf(lab.server);
  const replay = new Replay(head, tape());
  expect(replay.run()).toMatchObject({ divergence: null });
  expect(digestOf(replay.server)).toBe(digest);
  expect(replay.server.loopFaults.capture()).toEqual(lab.server.loopFaults.capture());
  lab.faults.clear();
  lab.close();
}

const PING = '*1\r\n$4\r\nPING\r\n';

describe.each([{ edgeTriggered: false }, { edgeTriggered: true }])('edge-triggered: $edgeTriggered', (options) => {
  test('eagain-is-an-error: a client is closed after its first command, without its reply', () => {
    recorded(options, (lab, events) => {
      lab.faults.add('eagain-is-an-error');
      const client = lab.connect();
      expect(client.ask('SET', 'k', 'v')).toBe('');
      expect(client.isClosedByServer).toBe(true);
      expect(ofKind(events, 'disconnect')).toEqual([{ kind: 'disconnect', token: 2, why: 'rule after-read' }]);
      const effects = ofKind(events, 'fault').map(({ effect }) => effect);
      expect(effects.at(-1)).toBe("after-read: 'close' instead of 'wait'");
      lab.faults.clear();
      const other = lab.connect();
      expect(other.ask('GET', 'k')).toBe('$1\r\nv\r\n');
      expect(other.ask('GET', 'k')).toBe('$1\r\nv\r\n');
      expect(lab.server.policy.current).toBe(lab.server.policy.textbook);
    });
  });

  test('drain-forever: a socket that never becomes empty is read for ever, while another client waits', () => {
    recorded(options, (lab, events) => {
      const reads = (spoiled: boolean): number => {
        if (spoiled) lab.faults.add('drain-forever');
        const [flood, other] = [lab.connect(), lab.connect()];
        flood.peer.readSizes.push(...Array.from({ length: 100 }, () => PING.length));
        const before = events.length;
        flood.send(PING.repeat(100));
        other.sendCommand('PING');
        while (other.take() === '') lab.turn();
        const [first] = ofKind(events.slice(before), 'ready');
        const told = events.slice(before);
        const otherAt = told.findIndex((event) => event.kind === 'read' && event.token !== first!.token);
        lab.settle();
        expect(flood.receive()).toBe('+PONG\r\n'.repeat(100));
        return ofKind(told.slice(0, otherAt), 'read').length;
      };
      expect(reads(false)).toBe(options.edgeTriggered ? 16 : 1);
      expect(reads(true)).toBeGreaterThanOrEqual(100);
    });
  });

  test('half-frame-thrown-away: a request that arrives in two parts is never executed', () => {
    recorded(options, (lab) => {
      const halves = (): string => {
        const client = lab.connect();
        client.send('*2\r\n$4\r\nECHO\r\n$5\r\nhe');
        lab.settle();
        client.send('llo\r\n');
        return client.receive();
      };
      expect(halves()).toBe('$5\r\nhello\r\n');
      lab.faults.add('half-frame-thrown-away');
      expect(halves()).toMatch(/^-ERR unknown command 'llo'/);
      lab.faults.clear();
      expect(halves()).toBe('$5\r\nhello\r\n');
    });
  });

  test('one-read-one-command: one request of a pipeline is answered per read', () => {
    recorded(options, (lab) => {
      const client = lab.connect();
      const fault = lab.faults.add('one-read-one-command');
      client.send('*2\r\n$4\r\nECHO\r\n$1\r\na\r\n*2\r\n$4\r\nECHO\r\n$1\r\nb\r\n*2\r\n$4\r\nECHO\r\n$1\r\nc\r\n');
      expect(client.receive()).toBe('$1\r\na\r\n');
      expect(client.ask('ECHO', 'd')).toBe('$1\r\nb\r\n');
      lab.faults.remove(fault.id);
      expect(client.ask('ECHO', 'e')).toBe('$1\r\nc\r\n$1\r\nd\r\n$1\r\ne\r\n');
    });
  });

  test('a learner\'s rule: half a request is answered with an error', () => {
    recorded(options, (lab) => {
      const client = lab.connect();
      lab.faults.add("rule on-partial has < needs ? 'answer' : 'keep'");
      client.send('*2\r\n$4\r\nECHO\r\n$5\r\nhe');
      expect(client.receive()).toBe('-ERR Protocol error: incomplete request\r\n');
      lab.faults.clear();
      expect(client.ask('PING')).toBe('+PONG\r\n');
    });
  });
});

test('edge-without-draining: what one read leaves is not reported again until more arrives', () => {
  recorded({ edgeTriggered: true }, (lab, events) => {
    const client = lab.connect();
    lab.faults.add(`rule read-size ${PING.length}`);
    const fault = lab.faults.add('edge-without-draining');
    client.send(PING.repeat(4));
    lab.settle();
    lab.turn(5);
    expect(client.take()).toBe('+PONG\r\n');
    client.send(PING);
    lab.settle();
    expect(client.take()).toBe('+PONG\r\n');
    expect(ofKind(events, 'ready').filter(({ token }) => token === 2)).toHaveLength(2);
    lab.faults.remove(fault.id);
    client.send(PING);
    expect(client.receive()).toBe('+PONG\r\n'.repeat(4));
  });
  recorded({}, (lab) => {
    const client = lab.connect();
    lab.faults.add(`rule read-size ${PING.length}`);
    lab.faults.add('edge-without-draining');
    client.send(PING.repeat(4));
    expect(client.receive()).toBe('+PONG\r\n'.repeat(4));
  });
});

test('ignore-eof: level-triggered, the loop is woken by it in each turn; without it the client is closed', () => {
  recorded({}, (lab, events) => {
    lab.faults.add('ignore-eof');
    const [client, other] = [lab.connect(), lab.connect()];
    client.shutdown();
    lab.turn(1200);
    expect(client.isClosedByServer).toBe(false);
    expect(ofKind(events, 'poll').filter(({ ready }) => ready > 0).length).toBeGreaterThan(1000);
    expect(ofKind(events, 'read').filter(({ result }) => result === 'EOF').length).toBeGreaterThan(1000);
    other.sendCommand('PING');
    lab.turn(2);
    expect(other.take()).toBe('+PONG\r\n');
    lab.faults.clear();
    lab.settle();
    expect(ofKind(events, 'disconnect')).toMatchObject([{ token: 2, why: 'EOF' }]);
  });
});

test('ignore-eof: edge-triggered it is reported once, and the connection stays', () => {
  recorded({ edgeTriggered: true }, (lab, events) => {
    lab.faults.add('ignore-eof');
    const client = lab.connect();
    client.shutdown();
    lab.settle();
    lab.turn(5);
    expect(ofKind(events, 'read').map(({ result }) => result)).toEqual(['EOF']);
    expect(client.isClosedByServer).toBe(false);
  });
});

/** Interests of #2 in the trace, as `before > after`. */
const interestsOf = (events: readonly TraceBody[]): string[] => ofKind(events, 'interest').map(({ before, after }) => `${before} > ${after}`);

test('write-takes-all: what a short write leaves is lost', () => {
  recorded({}, (lab, events) => {
    const client = lab.connect();
    const ask = (): string => {
      client.peer.writeSizes.push(3);
      return client.ask('ECHO', 'hello');
    };
    expect(ask()).toBe('$5\r\nhello\r\n');
    expect(interestsOf(events)).toEqual(['1 > 3', '3 > 1']);
    lab.faults.add('write-takes-all');
    expect(ask()).toBe('$5\r');
    client.peer.writeSizes.push(0);
    expect(client.ask('ECHO', 'hello')).toBe('');
    expect(interestsOf(events)).toHaveLength(2);
    lab.faults.add('rule after-write taken < offered ? 0 : taken');
    expect(ask()).toBe('$5\r$5\r\nhello\r\n');
    lab.faults.clear();
    expect(ask()).toBe('$5\r\nhello\r\n');
  });
});

test('always-writable: level-triggered, the loop is woken in each turn with nothing to write', () => {
  recorded({}, (lab, events) => {
    lab.faults.add('always-writable');
    const client = lab.connect();
    client.sendCommand('PING');
    lab.turn(3);
    expect(client.take()).toBe('+PONG\r\n');
    const before = events.length;
    lab.turn(1200);
    expect(ofKind(events.slice(before), 'ready').filter(({ readiness }) => readiness === 2).length).toBeGreaterThan(1000);
    expect(interestsOf(events)).toEqual(['1 > 3']);
    lab.faults.clear();
    lab.turn(3);
    expect(interestsOf(events)).toEqual(['1 > 3', '3 > 1']);
  });
});

test('a rule for interest: a connection that is never registered for WRITABLE keeps what a short write leaves', () => {
  recorded({}, (lab, events) => {
    const client = lab.connect();
    lab.faults.add("rule interest 'read'");
    client.peer.writeSizes.push(3);
    expect(client.ask('ECHO', 'hello')).toBe('$5\r');
    lab.faults.clear();
    expect(client.ask('PING')).toBe('\nhello\r\n+PONG\r\n');
    expect(interestsOf(events)).toEqual([]);
  });
});

test('no-generation: an event for a connection that an earlier one of its batch has closed reaches the one that has its number now', () => {
  recorded({}, (lab, events) => {
    const batch = (): { readonly killed: string; readonly woken: number } => {
      const [killer, killed] = [lab.connect(), lab.connect()];
      expect(killed.ask('SUBSCRIBE', 'news')).toContain('subscribe');
      const from = events.length;
      killer.sendCommand('CLIENT', 'KILL', 'TYPE', 'pubsub');
      const late = lab.connectLater();
      killed.sendCommand('PING');
      lab.turn();
      const told = events.slice(from);
      const [connected] = ofKind(told, 'connect');
      const woken = ofKind(told, 'ready').filter(({ token }) => token === connected!.token).length;
      expect(ofKind(told, 'disconnect')).toMatchObject([{ why: 'killed by CLIENT KILL' }]);
      expect(late.ask('PING')).toBe('+PONG\r\n');
      killer.close();
      late.close();
      lab.settle();
      return { killed: ofKind(told, 'disconnect')[0]!.token === connected!.token ? 'replaced' : 'gone', woken };
    };
    expect(batch()).toEqual({ killed: 'gone', woken: 0 });
    lab.faults.add('no-generation');
    lab.settle();
    expect(batch()).toEqual({ killed: 'replaced', woken: 1 });
    lab.faults.clear();
    lab.settle();
    expect(batch()).toEqual({ killed: 'gone', woken: 0 });
  });
});

test('of several rules those that no newer one has replaced are in force', () => {
  const lab = simulate();
  const inForce = (): readonly string[] => lab.server.loopFaults.rules.inForce.map((fault) => (fault.name === 'rule' ? `${fault.seam} ${fault.expression}` : fault.name));
  lab.faults.add('eagain-is-an-error');
  lab.faults.add("rule on-eof 'ignore'");
  lab.faults.add("rule after-read 'wait'");
  lab.turn();
  expect(inForce()).toEqual(["on-eof 'ignore'", "after-read 'wait'"]);
  lab.connect();
  lab.faults.add("rule on-eof on #2 'close'");
  lab.turn();
  expect(inForce()).toHaveLength(3);
  lab.faults.clear();
  lab.turn();
  expect(inForce()).toEqual([]);
  lab.close();
});

test('a rule for one connection leaves the others alone, and the newest of several decides', () => {
  recorded({}, (lab) => {
    const [one, other] = [lab.connect(), lab.connect()];
    lab.faults.add('one-read-one-command');
    const mend = lab.faults.add("rule after-frame on #3 'next frame'");
    expect(mend).toMatchObject({ id: 2, fault: { name: 'rule', seam: 'after-frame', expression: "'next frame'", token: 3 } });
    one.send(PING.repeat(3));
    other.send(PING.repeat(3));
    expect(one.receive()).toBe('+PONG\r\n');
    expect(other.receive()).toBe('+PONG\r\n'.repeat(3));
    lab.faults.remove(mend.id);
    other.send(PING.repeat(2));
    expect(other.receive()).toBe('+PONG\r\n');
    expect(lab.faults.list()).toMatchObject([{ text: 'one-read-one-command' }]);
  });
});

test('a rule whose result its seam does not allow ends, and the textbook decides', () => {
  recorded({}, (lab, events) => {
    const client = lab.connect();
    lab.faults.add("rule after-frame frames < 2 ? 'next frame' : frames");
    client.send(PING.repeat(3));
    expect(client.receive()).toBe('+PONG\r\n'.repeat(3));
    expect(ofKind(events, 'fault')).toEqual([{
      kind: 'fault', token: 2, id: 1, fault: "rule after-frame frames < 2 ? 'next frame' : frames",
      effect: "ended: after-frame must come to 'next frame', 'leave the rest', and came to 2",
    }]);
    expect(lab.faults.list()).toEqual([]);
    lab.faults.add('rule on-eof waiting(1)');
    client.close();
    lab.settle();
    expect(ofKind(events, 'fault').at(-1)).toMatchObject({ effect: 'ended: on-eof: waiting is not a function' });
    expect(lab.server.sessions.size).toBe(0);
  });
});

test.each([
  { edgeTriggered: false },
  { edgeTriggered: true },
])('one-client-at-a-time: the others wait until it is gone, and are then served, $edgeTriggered', (options) => {
  recorded(options, (lab, events) => {
    const [one, other, third] = [lab.connect(), lab.connect(), lab.connect()];
    lab.faults.add('one-client-at-a-time');
    expect(one.ask('PING')).toBe('+PONG\r\n');
    expect(other.ask('PING')).toBe('');
    expect(third.ask('PING')).toBe('');
    lab.turn(100);
    expect(ofKind(events, 'ready').filter(({ token }) => token === 3)).toHaveLength(1);
    const edge = options.edgeTriggered ? 4 : 0;
    expect(ofKind(events, 'interest')).toEqual([3, 4].map((token) => ({ kind: 'interest', token, before: 1 | edge, after: edge })));
    expect(one.ask('PING')).toBe('+PONG\r\n');
    one.close();
    lab.settle();
    expect(other.receive()).toBe('+PONG\r\n');
    expect(third.receive()).toBe('');
    lab.faults.clear();
    lab.settle();
    expect(third.receive()).toBe('+PONG\r\n');
    expect(ofKind(events, 'fault')).toHaveLength(2);
  });
});

test('the loop does not spin for a client that is skipped and has sent its last byte', () => {
  recorded({}, (lab, events) => {
    const [one, other] = [lab.connect(), lab.connect()];
    lab.faults.add('one-client-at-a-time');
    expect(one.ask('PING')).toBe('+PONG\r\n');
    other.sendCommand('PING');
    other.shutdown();
    lab.turn(50);
    expect(ofKind(events, 'ready').filter(({ token }) => token === 3)).toHaveLength(1);
    one.close();
    lab.settle();
    expect(ofKind(events, 'disconnect')).toMatchObject([{ token: 2 }, { token: 3, why: 'EOF' }]);
  });
});

test('a skipped client is handled when it breaks, and stays skipped in a captured server', () => {
  using lab = simulate();
  const [one, other, third] = [lab.connect(), lab.connect(), lab.connect()];
  lab.faults.add('one-client-at-a-time');
  expect(one.ask('PING')).toBe('+PONG\r\n');
  expect(other.ask('PING')).toBe('');
  expect(third.ask('PING')).toBe('');
  other.reset();
  lab.settle();
  expect(lab.server.sessions.size).toBe(2);
  const { clients, faults } = lab.server.capture();
  expect(clients.pending.skipped).toEqual([4]);
  expect(faults.rules).toMatchObject({ serving: 2 });
});

test('blpop-sleeps-the-loop: what could end the wait is not read, and the client gets the reply of its timeout', () => {
  recorded({}, (lab, events) => {
    const [one, other] = [lab.connect(), lab.connect()];
    const fault = lab.faults.add('blpop-sleeps-the-loop');
    one.sendCommand('BLPOP', 'jobs', '0.02');
    lab.settle();
    expect(one.take()).toBe('*-1\r\n');
    expect(ofKind(events, 'park')).toEqual([]);
    lab.faults.remove(fault.id);
    expect(one.ask('BLPOP', 'jobs', '0')).toBe('');
    expect(other.ask('RPUSH', 'jobs', 'a')).toBe(':1\r\n');
    expect(one.receive()).toBe('*2\r\n$4\r\njobs\r\n$1\r\na\r\n');
  });
});

/** A hundred keys expire; returns how many are left after this many ms. */
function leftAfter(lab: Lab, ms: number): number {
  const client = lab.connect();
  for (let i = 0; i < 100; i++) client.sendCommand('SET', `k${i}`, 'v', 'PX', '10');
  client.receive();
  lab.advance(ms);
  return Number(client.ask('DBSIZE').slice(1));
}

test('expiry-only-on-access: only keys that are looked up are deleted', () => {
  recorded({}, (lab, events) => {
    lab.faults.add('expiry-only-on-access');
    expect(leftAfter(lab, 1000)).toBe(100);
    expect(lab.connect().ask('GET', 'k7')).toBe('$-1\r\n');
    expect(ofKind(events, 'expire')).toEqual([{ kind: 'expire', db: 0, key: 'k7', how: 'lazy' }]);
    lab.faults.clear();
    lab.advance(200);
    expect(lab.connect().ask('DBSIZE')).toBe(':0\r\n');
  });
});

test('a rule for the expire cycle: each key is sampled once in a cycle, also if the rule never returns 0', () => {
  recorded({}, (lab, events) => {
    lab.faults.add('rule expire-round 7');
    lab.connect().ask('SET', 'stays', 'v', 'EX', '100');
    expect(leftAfter(lab, 150)).toBe(1);
    expect(ofKind(events, 'expire')).toHaveLength(100);
  });
});

test('expire-all-at-once: the time limit does not end the cycle', () => {
  const deletedByFirst = (spoiled: boolean): number => {
    let deleted = 0;
    recorded({}, (lab, events) => {
      if (spoiled) lab.faults.add('expire-all-at-once');
      const client = lab.connect();
      for (let i = 0; i < 1000; i++) client.sendCommand('SET', `k${i}`, 'v', 'PX', '10');
      client.receive();
      lab.clock.costUs = 1_000_000;
      lab.advance(100);
      const first = events.findIndex(({ kind }) => kind === 'expire');
      deleted = ofKind(events.slice(first, events.findIndex(({ kind }, i) => i > first && kind === 'turn-end')), 'expire').length;
      lab.clock.costUs = 0;
      lab.advance(1000);
      expect(client.ask('DBSIZE')).toBe(':0\r\n');
    });
    return deleted;
  };
  expect(deletedByFirst(false)).toBe(320);
  expect(deletedByFirst(true)).toBe(1000);
});

test('sleep-without-timers: a timer runs only when something else has woken the loop', () => {
  recorded({}, (lab, events) => {
    const [one, other] = [lab.connect(), lab.connect()];
    lab.faults.add('sleep-without-timers');
    expect(one.ask('BLPOP', 'jobs', '0.1')).toBe('');
    lab.poll.sleepLimitMs = 500;
    lab.turn();
    expect(one.take()).toBe('');
    expect(ofKind(events, 'wait').at(-1)).toMatchObject({ timeoutMs: -1, why: 'blocked client' });
    lab.poll.sleepLimitMs = 0;
    expect(other.ask('PING')).toBe('+PONG\r\n');
    expect(one.receive()).toBe('*-1\r\n');
  });
});

test('a rule that lets the loop sleep for 0 ms: it does not sleep, and timers are on time', () => {
  recorded({}, (lab, events) => {
    lab.faults.add('rule timeout 0');
    lab.turn(100);
    expect(ofKind(events, 'wait').slice(-99).every(({ timeoutMs }) => timeoutMs === 0)).toBe(true);
    lab.faults.add("rule timeout next > 0 ? 'soon' : next");
    lab.turn(2);
    expect(ofKind(events, 'wait').at(-1)).toMatchObject({ timeoutMs: -1 });
    expect(lab.faults.list()).toHaveLength(2);
  });
});

test('accept-one-of-many: edge-triggered, further connections in the backlog wait until one more connects', () => {
  recorded({ edgeTriggered: true }, (lab, events) => {
    lab.connect();
    const fault = lab.faults.add('accept-one-of-many');
    lab.settle();
    const [one, other, third] = [lab.connectLater(), lab.connectLater(), lab.connectLater()];
    lab.settle();
    lab.turn(5);
    expect([one, other, third].map((client) => client.ask('PING'))).toEqual(['+PONG\r\n', '', '']);
    const fourth = lab.connectLater();
    lab.settle();
    expect([other, third, fourth].map((client) => client.receive())).toEqual(['+PONG\r\n', '', '']);
    lab.faults.remove(fault.id);
    lab.connectLater();
    lab.settle();
    expect(third.receive()).toBe('+PONG\r\n');
    expect(fourth.ask('PING')).toBe('+PONG\r\n');
    expect(ofKind(events, 'fault').map(({ token, effect }) => `${token} ${effect}`)).toEqual([
      "0 after-accept: 'wait' instead of 'accept again'", "0 after-accept: 'wait' instead of 'accept again'",
    ]);
  });
});

test('accept-one-of-many: level-triggered, each connection costs a turn', () => {
  recorded({}, (lab, events) => {
    const turns = (): number => {
      const before = events.length;
      const clients = Array.from({ length: 5 }, () => lab.connectLater());
      lab.settle();
      expect(clients.map((client) => client.ask('PING'))).toEqual(clients.map(() => '+PONG\r\n'));
      return ofKind(events.slice(before), 'ready').filter(({ token }) => token === 0).length;
    };
    expect(turns()).toBe(1);
    lab.faults.add('accept-one-of-many');
    expect(turns()).toBe(5);
    lab.faults.clear();
    lab.faults.add("rule after-accept accepted < 2 ? 'accept again' : 'yield'");
    expect(turns()).toBe(3);
    lab.faults.clear();
    expect(turns()).toBe(1);
  });
});

test('timer-before-clients: ready clients wait for the timers that are due', () => {
  recorded({}, (lab, events) => {
    const order = (): readonly string[] => {
      const [waiter, client] = [lab.connect(), lab.connect()];
      expect(waiter.ask('BLPOP', 'queue', '0.1')).toBe('');
      const before = events.length;
      client.sendCommand('PING');
      lab.clock.advance(100);
      lab.settle();
      expect(client.take()).toBe('+PONG\r\n');
      expect(waiter.take()).toBe('*-1\r\n');
      return events.slice(before).flatMap(({ kind }) => (kind === 'timer' || kind === 'execute' ? [kind] : []));
    };
    expect(order()).toEqual(['execute', 'timer']);
    const fault = lab.faults.add('timer-before-clients');
    lab.settle();
    expect(order()).toEqual(['timer', 'execute']);
    lab.faults.remove(fault.id);
    lab.settle();
    expect(order()).toEqual(['execute', 'timer']);
  });
});

test('trigger: one token, or all and new ones, are reported edge-triggered from the next wait on, and as before again', () => {
  recorded({}, (lab, events) => {
    const [one, other] = [lab.connect(), lab.connect()];
    const wakes = (client: LabClient): number => {
      const before = events.length;
      client.send('*1\r\n$4\r\nPI');
      lab.settle();
      lab.faults.add(`rule read-size 1`);
      client.send('NG\r\n');
      lab.settle();
      lab.faults.clear();
      lab.settle();
      return ofKind(events.slice(before), 'ready').filter(({ token }) => token > 1).length;
    };
    expect(wakes(one)).toBe(5);
    lab.faults.trigger('edge', 2);
    // Each of the two arrivals is reported once, and so is registering.
    expect(wakes(one)).toBe(2);
    expect(wakes(other)).toBe(5);
    expect(ofKind(events, 'interest')).toEqual([{ kind: 'interest', token: 2, before: 1, after: 5 }]);
    lab.faults.trigger('edge', null);
    const third = lab.connect();
    expect(wakes(third)).toBe(2);
    expect(wakes(other)).toBe(2);
    expect(ofKind(events, 'interest').slice(1).map(({ token, after }) => `${token} ${after}`)).toEqual(['2 5', '3 5', '0 5']);
    // A captured server keeps it.
    const copy = lab.server.capture();
    expect(copy.clients.triggering).toBe(4);
    expect(copy.listeners[0]!.triggering).toBe(4);
    lab.faults.trigger('default', null);
    expect(wakes(third)).toBe(5);
    expect(wakes(lab.connect())).toBe(5);
    expect([one, other, third].map((client) => client.receive())).toEqual(['+PONG\r\n+PONG\r\n', '+PONG\r\n+PONG\r\n', '+PONG\r\n+PONG\r\n']);
  });
});

test('trigger: level on an edge-triggered server; unknown tokens are refused', () => {
  recorded({ edgeTriggered: true }, (lab, events) => {
    const client = lab.connect();
    lab.faults.add('edge-without-draining');
    lab.faults.add(`rule read-size ${PING.length}`);
    lab.faults.trigger('level', 2);
    client.send(PING.repeat(3));
    expect(client.receive()).toBe('+PONG\r\n'.repeat(3));
    expect(ofKind(events, 'interest')).toEqual([{ kind: 'interest', token: 2, before: 5, after: 1 }]);
    lab.faults.trigger('default', 2);
    lab.settle();
    client.send(PING.repeat(3));
    expect(client.receive()).toBe('+PONG\r\n');
    expect(() => lab.faults.trigger('edge', 9)).toThrow('there is no connection #9; there are #2');
    expect(() => lab.faults.trigger('edge', 1)).toThrow('there is no connection #1; there are #2');
    expect(() => lab.faults.trigger('ledge' as 'edge', null)).toThrow('trigger: must be one of edge, level, default');
    lab.faults.trigger('level', 0);
    lab.settle();
  });
});

test('what is set for a token ends with its connection, whatever gets the token next, and also in a replay', () => {
  recorded({}, (lab) => {
    const [gone, stays] = [lab.connect(), lab.connect()];
    lab.settle();
    const set = (token: number): readonly string[] => ['ignore-eof', 'error', 'slice 8'].map((fault) => lab.faults.add(`${fault} on #${token}`).text);
    const forAll = lab.faults.add('no-generation').text;
    set(2);
    const ofTheOther = set(3);
    lab.settle();
    gone.reset();
    lab.settle();
    expect(lab.faults.list().map(({ text }) => text)).toEqual([forAll, ...ofTheOther]);
    expect(lab.server.loopFaults.rules.faults).toHaveLength(2);
    expect(lab.connect().ask('PING')).toBe('+PONG\r\n');
    expect(stays.ask('PING')).toBe('-ERR injected fault\r\n');
  });
});

test('a captured server keeps its rules', () => {
  using lab = simulate();
  lab.faults.add('one-read-one-command');
  lab.faults.add("rule on-eof 'ignore'");
  lab.settle();
  using copy = simulate({ from: structuredClone(lab.server.capture()) });
  expect(copy.server.loopFaults.capture()).toEqual(lab.server.loopFaults.capture());
  const client = copy.connect();
  client.send(PING.repeat(3));
  expect(client.receive()).toBe('+PONG\r\n');
});
