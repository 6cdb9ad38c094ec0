/**
 * Runs a scenario of a transcript against the lab and against redis-server, and lists the lines whose replies differ.
 */
import { encodeRequest } from '../../src/server/resp/request-encoder.js';
import { areAlike } from '../support/compare-replies.js';
import { RawClient, type RawReply, type Silence } from '../support/raw-client.js';
import type { Line, Scenario } from './transcript.js';

/** What a line got: a reply, or the reason why there was none. */
type Outcome = RawReply | Silence | 'open' | null;

/** The lab answers in microseconds; who waits longer waits for a reply that does not come. */
const PATIENCE_MS = 15_000;

class Stage {
  readonly clients = new Map<string, RawClient>();

  private constructor(
    private readonly port: number,
    private readonly control: RawClient,
  ) {}

  static async open(port: number): Promise<Stage> {
    const stage = new Stage(port, await RawClient.connect(port));
    await stage.control.exchange(encodeRequest(['FLUSHALL']), 1);
    return stage;
  }

  async run(line: Line): Promise<Outcome> {
    const client = await this.client(line.client);
    switch (line.action) {
      case 'call':
        client.send(encodeRequest(line.argv));
        return client.next(PATIENCE_MS);
      case 'receive':
        return client.next(PATIENCE_MS);
      case 'closed':
        return (await client.closedByServer(PATIENCE_MS)) ? 'closed' : 'open';
      case 'send':
      case 'raw':
        client.send(line.action === 'raw' ? line.argv[0]! : encodeRequest(line.argv));
        // Once the server has answered this one, it has seen what was sent before.
        await this.settle();
        return null;
    }
  }

  async settle(): Promise<void> {
    await this.control.exchange(encodeRequest(['PING']), 1, PATIENCE_MS);
  }

  close(): void {
    for (const client of [...this.clients.values(), this.control]) client.close();
  }

  private async client(name: string): Promise<RawClient> {
    const known = this.clients.get(name);
    if (known !== undefined) return known;
    const client = await RawClient.connect(this.port);
    this.clients.set(name, client);
    return client;
  }
}

/** Every difference as a few lines of text; none if the lab does as Redis does. */
export async function differences(scenario: Scenario, labPort: number, redisPort: number): Promise<string[]> {
  const lab = await Stage.open(labPort);
  const redis = await Stage.open(redisPort);
  try {
    const found: string[] = [];
    for (const line of scenario.lines) {
      const [ours, theirs] = [await lab.run(line), await redis.run(line)];
      if (theirs === 'timeout' || theirs === 'open') throw new Error(`line ${line.number} waits for what redis-server does not do: ${line.text}`);
      if (!outcomesAreAlike(ours, theirs, line)) found.push(describe(`line ${line.number}: ${line.text}`, ours, theirs));
    }
    return [...found, ...(await unread(lab, redis))];
  } finally {
    lab.close();
    redis.close();
  }
}

async function unread(lab: Stage, redis: Stage): Promise<string[]> {
  await lab.settle();
  await redis.settle();
  for (const [name, client] of redis.clients) {
    if (client.unread.length > 0) throw new Error(`the scenario leaves a reply of client ${name} unread: ${JSON.stringify(client.unread[0]!.bytes)}`);
  }
  return [...lab.clients].filter(([, client]) => client.unread.length > 0).map(([name, client]) => describe(`client ${name} at the end`, client.unread[0]!, null));
}

function outcomesAreAlike(ours: Outcome, theirs: Outcome, line: Line): boolean {
  if (ours === null || theirs === null || typeof ours === 'string' || typeof theirs === 'string') return ours === theirs;
  return areAlike(ours, theirs, line.likeness);
}

function describe(where: string, ours: Outcome, theirs: Outcome): string {
  return `${where}\n    lab:   ${show(ours)}\n    redis: ${show(theirs)}`;
}

function show(outcome: Outcome): string {
  if (outcome === null) return 'nothing';
  return typeof outcome === 'string' ? outcome : JSON.stringify(outcome.bytes.length > 2000 ? `${outcome.bytes.slice(0, 2000)}…` : outcome.bytes);
}
