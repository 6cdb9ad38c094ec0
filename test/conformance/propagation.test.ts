/**
 * What replicas and the append-only file are told: every line of every transcript at redis-server, by what a real replica link receives, and at the lab, by
 * what propagation hands on.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { type LabClient, type Lab, simulate } from '../server/simulation/harness.js';
import { describeWithRedis, type RedisServerProcess, startRedisServer } from '../support/redis-server.js';
import { type Propagated, ReplicaLink } from '../support/replica-link.js';
import { RespClient } from '../support/resp-client.js';
import { Stage } from './run-transcript.js';
import { type Line, parseTranscript, type Scenario } from './transcript.js';

const FOLDER = fileURLToPath(new URL('./transcripts/', import.meta.url));
const files = readdirSync(FOLDER).filter((name) => name.endsWith('.txt'));

/** Published behind each line: what comes before it belongs to the line. */
const MARK = '~mark~';
const isMark = (argv: readonly string[]): boolean => argv[0] === 'PUBLISH' && argv[1] === MARK;

/** Left out are scenarios in which the mark itself is held back or refused, and those that wait for time to pass, which stands still in the simulation. */
const UNMARKED = /CLIENT PAUSE \d|while true|DEBUG SLEEP \d|PX 30$/m;

function scenariosOf(file: string): Scenario[] {
  const scenarios = parseTranscript(readFileSync(`${FOLDER}${file}`, 'latin1'));
  return scenarios.filter(({ lines }) => !UNMARKED.test(lines.map(({ text }) => text).join('\n')));
}

/** The lab, with a sink in the place of replicas. Nothing is waited for: its time stands still. */
class Simulated {
  private readonly clients = new Map<string, LabClient>();
  private told: Propagated[] = [];

  constructor(private readonly lab: Lab) {
    lab.server.propagation.toReplicas({ feed: (db, argv) => void this.told.push({ db, argv }), readEnded: () => false });
  }

  run(line: Line): Propagated[] {
    this.told = [];
    let client = this.clients.get(line.client);
    if (client === undefined || client.isClosedByServer) this.clients.set(line.client, (client = this.lab.connect()));
    if (line.action === 'raw') client.send(line.argv[0]!);
    else if (line.action !== 'receive' && line.action !== 'closed') client.sendCommand(...line.argv);
    client.receive();
    return this.told;
  }
}

/** Times may be some seconds apart; where the transcript expects no certain reply, a random choice is the server's own. */
function areAlike(ours: Propagated, theirs: Propagated, { likeness }: Line): boolean {
  if (ours.db !== theirs.db || ours.argv.length !== theirs.argv.length) return false;
  return ours.argv.every((word, at) => isSame(word, theirs.argv[at]!) || (at > 1 && likeness !== 'exact'));
}

function isSame(ours: string, theirs: string): boolean {
  if (ours === theirs) return true;
  const [a, b] = [/^(\d{13})(-\d+)?$/.exec(ours), /^(\d{13})(-\d+)?$/.exec(theirs)];
  return a !== null && b !== null && Math.abs(Number(a[1]) - Number(b[1])) < 60_000;
}

const show = (list: readonly Propagated[]): string => list.map(({ db, argv }) => `${db} ${argv.join(' ')}`).join(' | ');

/** What a real replica of a redis-server is sent, line by line. */
class Real implements AsyncDisposable {
  private constructor(
    private readonly redis: RedisServerProcess,
    private readonly link: ReplicaLink,
    private readonly marker: RespClient,
  ) {}

  static async start(): Promise<Real> {
    const redis = await startRedisServer(['--enable-module-command', 'yes', '--repl-diskless-sync-delay', '0']);
    return new Real(redis, await ReplicaLink.open(redis.port), await RespClient.connect(redis.port));
  }

  async stage(): Promise<Stage> {
    const stage = await Stage.open(this.redis.port);
    await this.told();
    return stage;
  }

  /** What was propagated since the last time. */
  async told(): Promise<Propagated[]> {
    const reply = await this.marker.call('PUBLISH', MARK, '');
    expect(reply, 'the mark was refused').toBeTypeOf('number');
    return this.link.until(isMark);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.marker.close();
    await this.link[Symbol.asyncDispose]();
    await this.redis.close();
  }
}

async function differences({ title, lines }: Scenario, real: Real): Promise<string[]> {
  using lab = simulate({ nowMs: Date.now(), settings: { 'enable-debug-command': 'yes', 'enable-module-command': 'yes' } });
  const simulated = new Simulated(lab);
  const stage = await real.stage();
  const found: string[] = [];
  try {
    for (const line of lines) {
      await stage.run(line);
      const wanted = await real.told();
      const got = simulated.run(line);
      const isAlike = got.length === wanted.length && got.every((each, at) => areAlike(each, wanted[at]!, line));
      if (!isAlike) found.push(`${title}, line ${line.number}: ${line.text}\n  lab    ${show(got)}\n  redis  ${show(wanted)}`);
    }
  } finally {
    stage.close();
  }
  return found;
}

describeWithRedis('the lab propagates what redis-server does', () => {
  test.each(files)('%s', { timeout: 60_000 }, async (file) => {
    await using real = await Real.start();
    const found: string[] = [];
    for (const scenario of scenariosOf(file)) found.push(...(await differences(scenario, real)));
    expect(found).toEqual([]);
  });
});
