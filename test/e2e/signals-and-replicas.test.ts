/** Signals to a master whose replica has not acknowledged everything: as SHUTDOWN it waits, and a SIGINT behind another signal ends it at once. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cli } from '../support/cli.js';
import { connectWhenReady, Headless, startHeadless, temporaryDirectory } from '../support/headless.js';
import { describeWithRedis, freePort } from '../support/redis-server.js';
import { ReplicaLink } from '../support/replica-link.js';

type Start = (port: number, ...args: string[]) => Headless;

const startLab: Start = (port, ...args) => startHeadless('--port', String(port), ...args);
const startRedis: Start = (port, ...args) => new Headless(spawn('redis-server', ['--port', String(port), '--save', '', '--dir', temporaryDirectory(), ...args]));

interface Lagging extends AsyncDisposable {
  readonly server: Headless;
  readonly port: number;
}

/** A master with a replica that never acknowledges anything. */
async function lagging(start: Start, ...args: string[]): Promise<Lagging> {
  const port = await freePort();
  const server = start(port, '--repl-diskless-sync', 'no', ...args);
  const client = await connectWhenReady(port);
  const link = await ReplicaLink.open(port);
  await client.call('SET', 'k', 'v');
  return { server, port, [Symbol.asyncDispose]: () => link[Symbol.asyncDispose]() };
}

const WAITING = 'Waiting for replicas before shutting down';

function suite(start: Start): void {
  test('SIGTERM waits for the replica up to shutdown-timeout', async () => {
    await using master = await lagging(start, '--shutdown-timeout', '1');
    master.server.child.kill('SIGTERM');
    expect([await master.server.exited, master.server.errors]).toEqual([0, '']);
    expect(master.server.output).toMatch(/Received SIGTERM[^]*User requested shutdown\.\.\.[^]*Waiting for replicas[^]*0 of 1 replicas are in sync when shutting down\./);
  });

  test('a second SIGTERM changes nothing, a following SIGINT ends the server with 1', async () => {
    await using master = await lagging(start, '--shutdown-timeout', '1000');
    const { server } = master;
    server.child.kill('SIGTERM');
    await server.says(WAITING);
    server.child.kill('SIGTERM');
    await server.says(/(Received SIGTERM[^]*){2}/);
    expect(await (await connectWhenReady(master.port)).call('GET', 'k')).toBe('v');
    server.child.kill('SIGINT');
    expect(await server.exited).toBe(1);
    expect(server.output).toContain('You insist... exiting now.');
  });

  test('after SHUTDOWN ABORT a SIGINT is a first one again', async () => {
    await using master = await lagging(start, '--shutdown-timeout', '1000', '--shutdown-on-sigint', 'nosave', 'now');
    const { server } = master;
    server.child.kill('SIGTERM');
    await server.says(WAITING);
    expect(await (await connectWhenReady(master.port)).call('SHUTDOWN', 'ABORT')).toEqual({ simple: 'OK' });
    await server.says('Shutdown manually aborted');
    server.child.kill('SIGINT');
    expect(await server.exited).toBe(0);
    expect(server.output).not.toContain('You insist');
  });
}

describe('the lab', () => {
  suite(startLab);

  test('is replayed from a recording of its end', async () => {
    const path = join(temporaryDirectory(), 'end.lab');
    await using master = await lagging(startLab, '--shutdown-timeout', '1', '--record', path);
    master.server.child.kill('SIGTERM');
    expect(await master.server.exited).toBe(0);
    expect((await cli('replay', path)).stdout).toMatch(/^replayed \d+ turns, \d+ commands: identical\n$/);
  });
});

describeWithRedis('redis-server', () => suite(startRedis));
