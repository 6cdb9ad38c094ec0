/** `redis-lab/testing`, as a package that was installed gives it. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createTestServer, type LabMatchers, matchers, recordOnFailure, simulate, type Transcript } from 'redis-lab/testing';
import { readRecording, Replay } from '../../src/server/recording/index.js';
import { TranscriptRecorder } from '../../src/testing/transcript.js';
import { RespClient } from '../support/resp-client.js';

expect.extend(matchers);

declare module 'vitest' {
  interface Assertion<T = any> extends LabMatchers<Promise<T>> {}
}

describe('simulate', () => {
  const scenario = (seed: number, faults = {}): Transcript =>
    simulate(seed, (lab) => {
      const [client, waiter] = [lab.connect(), lab.connect()];
      expect(client.ask('SET', 'k', 'v', 'PX', '100')).toBe('OK');
      expect(waiter.ask('BLPOP', 'queue', '60')).toBe(undefined);
      lab.advance(99);
      expect(client.ask('GET', 'k')).toBe('v');
      lab.advance('1ms');
      expect(client.ask('GET', 'k')).toBe(null);
      client.ask('SADD', 's', 'a', 'b', 'c', 'd');
      client.ask('SPOP', 's');
      lab.advance('1m');
      expect(waiter.receive()).toEqual([null]);
      waiter.close();
    }, { faults });

  test('the same seed gives the same transcript, another one another; faults of the wire change no reply', () => {
    expect(scenario(3).toString()).toBe(scenario(3).toString());
    const seeds = [1, 2, 3, 4, 5, 6].map((seed) => scenario(seed).toString());
    expect(new Set(seeds).size).toBeGreaterThan(1);
    scenario(3, { partial: 0.3, wouldBlock: 0.2 });
  });

  test('the transcript has the requests and replies of each client, with their times', () => {
    expect(scenario(3).toString().split('\n').filter((line) => !line.includes('SPOP') && !line.includes('$1\\r\\n'))).toEqual([
      '0.000 s  #2 connects from 127.0.0.1:50000', '0.000 s  #3 connects from 127.0.0.1:50001', '0.000 s  #2 > SET k v PX 100', '0.000 s  #2 < +OK',
      '0.000 s  #3 > BLPOP queue 60', '0.099 s  #2 > GET k', '0.100 s  #2 > GET k', '0.100 s  #2 < $-1', '0.100 s  #2 > SADD s a b c d', '0.100 s  #2 < :4',
      '60.000 s  #3 < *-1', '60.100 s  #3 is gone: client closed',
    ].map((line) => expect.stringContaining(line.split(' is gone')[0]!) as string));
  });

  test('an error names the seed', () => {
    expect(() => simulate(41, () => expect(1).toBe(2))).toThrow(/\(seed 41\)$/);
  });
});

describe('matchers', () => {
  const transcript = (): Transcript => simulate(1, (lab) => {
    const client = lab.connect();
    client.send('SET', 'user:1', 'Zoë');
    client.send('GET', 'user:2');
    client.receive();
    client.ask('HELLO', '3');
    client.ask('GET', 'a\x1b[2J');
    lab.connect().ask('BLPOP', 'queue', '0');
    lab.connect().close();
  });

  test('agree with what has happened', () => {
    const found = transcript();
    expect(found).toHaveReceived('set', 'user:1');
    expect(found).toHaveReceived('SET', /^user:/, expect.stringContaining('Zo'));
    expect(found).not.toHaveReceived('SET', 'user');
    expect(found).toHaveRoundTrips(3);
    expect(simulate(1, (lab) => lab.connect().close())).toHaveNoOpenConnections();
    expect(simulate(1, (lab) => void lab.connect().ask('PING'))).toHaveNoPendingCommands();
  });

  test('say what there was instead, without a byte that a terminal obeys', () => {
    const found = transcript();
    expect(() => expect(found).toHaveReceived('GET', 'user:1')).toThrow('expected the server to have received GET user:1; it has received \n  GET user:2\n  GET "a\\u001b[2J"');
    expect(() => expect(found).toHaveReceived('DEL')).toThrow(/received DEL; it has received nothing like it:\n {2}SET user:1/);
    expect(() => expect(found).not.toHaveReceived('SET')).toThrow('expected the server not to have received SET, but it has:\n  SET user:1');
    expect(() => expect(found).toHaveRoundTrips(1)).toThrow('expected 1 round trips, and there were 3:\n  #2 (127.0.0.1:50000): 2\n  #3 (127.0.0.1:50001): 1');
    expect(() => expect(found).toHaveNoOpenConnections()).toThrow('expected no open connection, but there are 2:\n  #2 (127.0.0.1:50000)\n  #3 (127.0.0.1:50001)');
    expect(() => expect(found).toHaveNoPendingCommands()).toThrow('expected every command to be answered, but 1 are not:\n  #3 (127.0.0.1:50001) waits for BLPOP queue 0');
  });
});

test('beyond its limit a transcript forgets what is oldest, and counts it', () => {
  const recorder = new TranscriptRecorder(1000);
  recorder.hear({ kind: 'connect', token: 2, fd: 3, peer: 'peer', local: 'local' }, 0);
  for (let i = 0; i < 50; i++) recorder.hear({ kind: 'frame', token: 2, frame: i, bytes: 9, argv: ['GET', `k${i}`], raw: '' }, i);
  const { entries, forgotten } = recorder.read();
  expect(entries.length + forgotten).toBe(51);
  expect(entries.length).toBeLessThan(10);
  expect(entries.at(-1)).toMatchObject({ argv: ['GET', 'k49'] });
});

const DOCUMENT = readFileSync(new URL('../../docs/testing.md', import.meta.url), 'utf8');

test.each([...DOCUMENT.matchAll(/```js\n(.*?)```/gs)].map(([, code]) => [code!.split('\n')[0]!, code!]))('the example of docs/testing.md runs: %s', async (_, code) => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code], { cwd: new URL('../..', import.meta.url), timeout: 30_000 });
  expect(stdout).toContain('as expected');
});

describe('a test server', () => {
  test('is asked for its transcript by the matchers, on a virtual clock, too', async () => {
    await using server = await createTestServer({ clock: 'virtual' });
    await using client = await RespClient.connect(server.port);
    await client.call('SET', 'k', 'v', 'EX', '10');
    await expect(server).toHaveReceived('SET', 'k');
    await expect(server).toHaveRoundTrips(1);
    const waiting = client.call('BLPOP', 'queue', '60');
    while ((await server.transcript()).clients[0]!.pending.length === 0);
    await expect(expect(server).toHaveNoPendingCommands()).rejects.toThrow('waits for BLPOP queue 60');
    await server.advance('1m');
    await waiting;
    await expect(server).toHaveNoPendingCommands();
    await server.close();
    await expect(server).toHaveNoOpenConnections();
  });

  test('keeps a recording when a test fails, and prints its path', async () => {
    await using server = await createTestServer();
    await using client = await RespClient.connect(server.port);
    const printed: string[] = [];
    const write = vi.spyOn(process.stderr, 'write').mockImplementation((text) => printed.push(String(text)) > 0);
    onTestFinished(() => write.mockRestore());
    expect(await recordOnFailure(server, 'passes', () => 5)).toBe(5);
    expect(printed).toEqual([]);
    const failing = recordOnFailure(server, 'what / fails', async () => {
      await client.call('INCR', 'n');
      throw new Error('as expected');
    });
    await expect(failing).rejects.toThrow('as expected');
    const path = /^the test has failed: redis-lab (\S+what-fails\.lab)\n$/.exec(printed.join(''))![1]!;
    const { head, tape } = readRecording(readFileSync(path));
    expect(new Replay(head, tape).run()).toMatchObject({ commands: 1, divergence: null });
  });
});
