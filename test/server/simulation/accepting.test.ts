/** Accepting connections: many at once, and when descriptors run out. */
import { describe, expect, test } from 'vitest';
import { simulate, type Lab } from './harness.js';

const MODES = [
  { mode: 'level-triggered', edgeTriggered: false },
  { mode: 'edge-triggered', edgeTriggered: true },
];

function connectLater(lab: Lab, count: number) {
  return Array.from({ length: count }, () => lab.connectLater());
}

describe.each(MODES)('$mode', ({ edgeTriggered }) => {
  test('200 connections that arrive at once are accepted in one turn and served in the next', () => {
    using lab = simulate({ edgeTriggered });
    const clients = connectLater(lab, 200);
    clients.forEach((client, number) => client.sendCommand('ECHO', String(number)));
    lab.turn();
    expect(lab.server.sessions.size).toBe(200);
    const events = lab.record();
    lab.turn();
    expect(events.find(({ kind }) => kind === 'poll')).toMatchObject({ ready: 200 });
    expect(clients.map((client) => client.receive())).toEqual(clients.map((_, number) => `$${String(number).length}\r\n${number}\r\n`));
  });

  test('more connections than one turn accepts are accepted in later turns', () => {
    using lab = simulate({ edgeTriggered, settings: { 'tcp-backlog': 5000 } });
    connectLater(lab, 2500);
    lab.turn();
    expect(lab.server.sessions.size).toBe(1000);
    lab.settle();
    expect(lab.server.sessions.size).toBe(2500);
  });

  test('more ready clients than one wait can report are all served', () => {
    using lab = simulate({ edgeTriggered, settings: { 'tcp-backlog': 5000 } });
    const clients = connectLater(lab, 2500);
    lab.settle();
    for (const client of clients) client.sendCommand('PING');
    expect(clients.filter((client) => client.receive() !== '+PONG\r\n')).toEqual([]);
  });

  test('without free descriptors the listener rests, and accepts again once there is one', () => {
    using lab = simulate({ edgeTriggered, descriptorLimit: 3 });
    const [first, , waiting] = connectLater(lab, 3);
    waiting!.sendCommand('PING');
    // The listener itself takes one of the three.
    expect(lab.settle()).toBeLessThan(5);
    expect(lab.server.sessions.size).toBe(2);
    expect(lab.log.filter((line) => line.includes('EMFILE'))).toHaveLength(1);
    lab.advance(1000);
    expect(lab.log.filter((line) => line.includes('EMFILE')).length).toBeLessThanOrEqual(11);
    first!.close();
    lab.advance(100);
    expect(waiting!.receive()).toBe('+PONG\r\n');
  });

  test('a server that closes while its listener rests leaves no timer and no source', () => {
    const lab = simulate({ edgeTriggered, descriptorLimit: 1 });
    lab.connect();
    lab.close();
    lab.clock.advance(1000);
    lab.turn();
    expect(lab.poll.descriptors).toBe(0);
  });
});
