/**
 * Runs a scenario of a transcript on two sides, and lists the lines whose replies differ. A side is a server, or what redis-server was recorded to say.
 */
import { encodeRequest } from '../../src/server/resp/request-encoder.js';
import { areAlike } from '../support/compare-replies.js';
import { parseReplies, RawClient, type RawReply, type Silence } from '../support/raw-client.js';
import type { Line, Scenario } from './transcript.js';

/** What a line got: a reply, or the reason why there was none. */
type Outcome = RawReply | Silence | 'open' | null;

/** The lab answers in microseconds; who waits longer waits for a reply that does not come. */
const PATIENCE_MS = 15_000;

/** Where a scenario runs. */
export interface Side {
  run(line: Line): Promise<Outcome>;
  /** The first reply that was left unread at the end, with its client. */
  unread(): Promise<readonly [client: string, reply: RawReply] | undefined>;
  close(): void;
}

/** What redis-server said to each line: the bytes of a reply in an array of one, or the word for none. */
export type Recording = readonly (readonly [bytes: string] | Silence | 'open' | null)[];

/** A server on this port. */
export class Stage implements Side {
  private readonly clients = new Map<string, RawClient>();

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

  async unread(): Promise<readonly [string, RawReply] | undefined> {
    await this.settle();
    for (const [name, client] of this.clients) if (client.unread.length > 0) return [name, client.unread[0]!];
    return undefined;
  }

  private async settle(): Promise<void> {
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

/** What was recorded for a scenario, as a side of its own. */
export class Recorded implements Side {
  private at = 0;

  constructor(private readonly recording: Recording) {}

  run(): Promise<Outcome> {
    const outcome = this.recording[this.at++];
    if (outcome === undefined) throw new Error('the scenario has more lines than were recorded: RECORD=1 npx vitest run test/conformance');
    return Promise.resolve(Array.isArray(outcome) ? parseReplies(outcome[0])[0]! : (outcome as Outcome));
  }

  unread(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  close(): void {}
}

/** Hands on what a side says, and keeps it. */
export class Recorder implements Side {
  readonly recording: (readonly [bytes: string] | Silence | 'open' | null)[] = [];

  constructor(private readonly side: Side) {}

  async run(line: Line): Promise<Outcome> {
    const outcome = await this.side.run(line);
    this.recording.push(outcome !== null && typeof outcome === 'object' ? [line.likeness === 'exact' ? outcome.bytes : withoutTexts(outcome.bytes)] : outcome);
    return outcome;
  }

  unread(): ReturnType<Side['unread']> {
    return this.side.unread();
  }

  close(): void {
    this.side.close();
  }
}

/**
 * Where only types or near values are compared, long texts are of no use, and tell of the machine that they were recorded on (INFO): a whole reply that
 * is one is kept as a short one.
 */
function withoutTexts(bytes: string): string {
  const [, type, length] = /^([$=])(\d+)\r\n/.exec(bytes) ?? [];
  if (type === undefined || Number(length) < 100) return bytes;
  return type === '$' ? '$10\r\n(left out)\r\n' : '=14\r\ntxt:(left out)\r\n';
}

/** Every difference as a few lines of text; none if the lab does as Redis does. Closes both sides. */
export async function differences(scenario: Scenario, lab: Side, redis: Side): Promise<string[]> {
  try {
    const found: string[] = [];
    for (const line of scenario.lines) {
      const [ours, theirs] = [await lab.run(line), await redis.run(line)];
      if (theirs === 'timeout' || theirs === 'open') throw new Error(`line ${line.number} waits for what redis-server does not do: ${line.text}`);
      if (!outcomesAreAlike(ours, theirs, line)) found.push(describe(`line ${line.number}: ${line.text}`, ours, theirs));
    }
    const left = await redis.unread();
    if (left !== undefined) throw new Error(`the scenario leaves a reply of client ${left[0]} unread: ${JSON.stringify(left[1].bytes)}`);
    const ours = await lab.unread();
    return ours === undefined ? found : [...found, describe(`client ${ours[0]} at the end`, ours[1], null)];
  } finally {
    lab.close();
    redis.close();
  }
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
