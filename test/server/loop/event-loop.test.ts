import { describe, expect, test } from 'vitest';
import type { TraceBody } from '../../../src/server/trace/events.js';
import { simulate } from '../simulation/harness.js';

/** Runs `during` and returns the events meanwhile, as short words. */
function story(lab: ReturnType<typeof simulate>, during: () => void): string[] {
  const told: string[] = [];
  lab.server.tap.sink = { emit: (event) => void told.push(tell(event)) };
  during();
  lab.server.tap.sink = null;
  return told;
}

function tell(event: TraceBody): string {
  switch (event.kind) {
    case 'wait':
      return `wait ${event.timeoutMs} ${event.why}`;
    case 'poll':
      return `poll ${event.ready}`;
    case 'ready':
      return `ready ${event.token}`;
    case 'read':
      return `read ${event.result}`;
    case 'write':
      return `write ${event.result}`;
    case 'execute':
      return `execute ${event.command}`;
    case 'timer':
      return `timer ${event.name}`;
    default:
      return event.kind;
  }
}

describe('a turn', () => {
  test('reads, decodes, executes and replies; the reply is written before the loop sleeps again', () => {
    using lab = simulate();
    const client = lab.connect();
    client.send('PING\r\n');
    const token = [...lab.server.sessions.keys()][0];
    expect(story(lab, () => lab.turn(2))).toEqual([
      'turn-begin', 'wait -1 no timer', 'poll 1', `ready ${token}`, 'read 6', 'frame', 'execute ping', 'reply', 'turn-end',
      'turn-begin', 'write 7', 'wait -1 no timer', 'poll 0', 'turn-end',
    ]);
    expect(client.receive()).toBe('+PONG\r\n');
  });

  test('serves every ready token before the timers', () => {
    using lab = simulate();
    const [a, b] = [lab.connect(), lab.connect()];
    lab.server.scheduler.after('test', 0, () => {});
    a.send('PING\r\n');
    b.send('PING\r\n');
    const told = story(lab, () => lab.turn());
    expect(told[1]).toBe('wait 0 test');
    expect(told.filter((word) => /^(execute|timer)/.test(word))).toEqual(['execute ping', 'execute ping', 'timer test']);
  });

  test('sleeps as long as the nearest timer allows, and without limit if there is none', () => {
    using lab = simulate();
    const { loop, scheduler } = lab.server;
    expect(loop.timeoutMs()).toBe(-1);
    scheduler.after('later', 80, () => {});
    const sooner = scheduler.after('sooner', 20, () => {});
    expect(loop.timeoutMs()).toBe(20);
    scheduler.cancel(sooner);
    expect(loop.timeoutMs()).toBe(80);
  });

  test('drops an event whose connection an earlier event of the same turn has closed', () => {
    using lab = simulate();
    const [killer, victim] = [lab.connect(), lab.connect()];
    const [, victimToken] = [...lab.server.sessions.keys()];
    killer.send(`CLIENT KILL ID ${victimToken}\r\n`);
    victim.send('SET lost 1\r\n');
    const told = story(lab, () => lab.turn());
    expect(told.filter((word) => word.startsWith('ready'))).toHaveLength(1);
    expect(lab.server.keyspace.databases[0]!.has('lost')).toBe(false);
  });

  test('an observer is called without a timer of the server', () => {
    using lab = simulate();
    const { loop } = lab.server;
    let frames = 0;
    const observer = { dueUs: lab.clock.nowUs + 5000, frame: () => void (frames++, (observer.dueUs = Infinity)) };
    loop.observer = observer;
    expect(loop.timeoutMs()).toBe(-1);
    lab.turn();
    expect(frames).toBe(0);
    lab.clock.advance(5);
    lab.turn();
    expect(frames).toBe(1);
  });

  /** Due once, `afterMs` from now. */
  function observe(lab: ReturnType<typeof simulate>, afterMs: number, frame: () => void): void {
    const observer = {
      dueUs: lab.clock.nowUs + afterMs * 1000,
      frame() {
        observer.dueUs = Infinity;
        frame();
      },
    };
    lab.server.loop.observer = observer;
  }

  test('an observer that is due interrupts the sleep of a turn, and not the turn', () => {
    using lab = simulate();
    lab.server.scheduler.after('test', 80, () => {});
    const waits: number[] = [];
    const wait = lab.poll.wait.bind(lab.poll);
    lab.poll.wait = (events, timeoutMs) => {
      waits.push(timeoutMs);
      wait(events, timeoutMs);
    };
    observe(lab, 30, () => {});
    lab.poll.sleepLimitMs = 80;
    expect(story(lab, () => lab.turn())).toEqual(['turn-begin', 'wait 80 test', 'poll 0', 'timer test', 'turn-end']);
    expect(waits).toEqual([30, 50]);
  });

  test('a trace that begins in the middle of a sleep begins with the turn that sleeps', () => {
    using lab = simulate();
    lab.server.scheduler.after('test', 80, () => {});
    let events: readonly TraceBody[] = [];
    observe(lab, 30, () => void (events = lab.record()));
    lab.poll.sleepLimitMs = 80;
    lab.turn();
    expect(events.map(tell)).toEqual(['turn-begin', 'wait 50 test', 'poll 0', 'timer test', 'turn-end']);
    expect(events[0]).toEqual({ kind: 'turn-begin', turn: lab.server.loop.turnNumber });
  });

  test('writing what is pending is work of the turn, waiting is not', () => {
    using lab = simulate();
    const client = lab.connect();
    client.send('PING\r\n');
    lab.turn();
    lab.server.scheduler.after('test', 80, () => {});
    const events: TraceBody[] = [];
    lab.server.tap.sink = {
      emit(event) {
        events.push(event);
        if (event.kind === 'write') lab.clock.advance(3);
      },
    };
    lab.poll.sleepLimitMs = 80;
    lab.turn();
    expect(events.at(-1)).toMatchObject({ kind: 'turn-end', busyUs: 3000 });
  });
});
