/**
 * Collector: records what happens while a scenario runs, from the trace, two readings of the counters, and the console's transcript.
 *
 *   batches of the trace ──┐
 *   clients of the console ┼──▶ collector ── begin ─────────── end ──▶ RunRecord
 *   lines of the transcript┘                 look at counters  another look
 */
import { matchesGlob, type ClientSnapshot, type Snapshot, type TraceBatch, type TraceEvent } from '../../server/index.js';
import { REPLY_KINDS, type ReplyKind, type RunRecord, type SeenEvent } from '../state/learn/experiment.js';
import type { ReplClient, ReplLine } from '../state/repl-state.js';
import { CLIENT_COUNTERS, COUNTERS, countBetween } from './counters.js';

/** The names of the clients of `flood`. */
const FLOODING = /^flood-\d+$/;

const TCP_ADDRESS = /^(?:[\d.]+|\[.+\]):\d+$/;

/** Events that mean that a client was served. */
const SERVING: ReadonlySet<TraceEvent['kind']> = new Set(['connect', 'read', 'write', 'disconnect']);

export class Collector {
  private before: Snapshot | null = null;
  private events: SeenEvent[] = [];
  private replies: RunRecord['replies'][number][] = [];
  private dropped = 0;
  /** Turns caused by observing the loop, and trace batches, which wake it as well. */
  private lookedAt = new Set<number>();
  private batches = 0;
  private turn = 0;
  /** Tokens by the address of their peer; tokens that have a name. */
  private readonly peers = new Map<string, number>();
  private readonly tokens = new Map<string, Set<number>>();
  /** Peers of the console that the loop has not reported yet, with the names of their clients. */
  private readonly awaited = new Map<string, string>();

  /** Addresses of all connections that the console has had. */
  private readonly ownPeers = new Set<string>();
  /** Addresses of served clients, also before {@link begin}: the preparation can be disturbed, too. */
  private readonly served = new Set<string>();
  private readonly addresses = new Map<number, string>();

  /** Addresses of the console's connections, and of ended ones until the loop is known to have noticed. */
  readonly consolePeers = new Set<string>();

  /** Events count from here on. All earlier ones must have been received. */
  begin(snapshot: Snapshot): void {
    this.before = snapshot;
    this.turn = snapshot.turn;
    this.events = [];
    this.replies = [];
    this.dropped = 0;
    this.lookedAt = new Set();
    this.batches = 0;
    for (const client of snapshot.clients) this.knowClient(client);
  }

  /** True if it belongs to the console or one of its floods. All clients of a unix socket have its path as address, so each of them may. */
  isOwn({ peer, name }: Pick<ClientSnapshot, 'peer' | 'name'>): boolean {
    return this.ownPeers.has(peer) || FLOODING.test(name) || !TCP_ADDRESS.test(peer);
  }

  /** True if clients outside the console were served: they may have influenced the result. */
  get hasServedOthers(): boolean {
    return [...this.served].some((peer) => !this.isOwn({ peer, name: '' }));
  }

  /** The loop was asked for a snapshot, and woken by that. */
  looked({ turn }: Snapshot): void {
    this.lookedAt.add(turn);
  }

  /** Returns what has happened since {@link begin}. All events must have been received. */
  end(snapshot: Snapshot): RunRecord {
    const { before, events, replies, dropped, lookedAt, batches } = this;
    for (const client of snapshot.clients) this.knowClient(client);
    this.before = null;
    const tokens = new Map(Array.from(this.tokens, ([name, known]) => [name, new Set(known)] as const));
    const counters = countBetween(COUNTERS, before ?? undefined, snapshot);
    // Several readings may share a turn with each other and with work.
    counters.set('turns', Math.max(1, counters.get('turns')! - lookedAt.size - batches));
    return { events, replies, dropped, tokens, counters, clientCounters: clientCounters(before, snapshot, tokens) };
  }

  heard({ events, droppedTurns, droppedCommands, slow }: TraceBatch): void {
    for (const event of events) this.see(event);
    for (const event of slow) this.see(event);
    // Slow events are reported separately only if the rest of their turn is not.
    if (this.before === null) return;
    this.dropped += droppedTurns + droppedCommands + slow.length;
    this.batches++;
  }

  /** Updates the clients of the console. */
  sees(clients: readonly ReplClient[]): void {
    for (const { name, peer } of clients) {
      if (peer !== null) {
        this.consolePeers.add(peer);
        this.ownPeers.add(peer);
      }
      const token = peer === null ? undefined : this.peers.get(peer);
      if (token !== undefined) this.know(name, token);
      else if (peer !== null) this.awaited.set(peer, name);
    }
  }

  said(lines: readonly ReplLine[]): void {
    if (this.before === null) return;
    for (const { kind, client, text } of lines) if (isReply(kind)) this.replies.push({ kind, client, text });
  }

  private see(event: TraceEvent): void {
    if (event.kind === 'turn-begin') this.turn = event.turn;
    if (event.kind === 'connect') this.knowPeer(event.peer, event.token);
    const name = event.kind === 'frame' ? nameIn(event.argv) : null;
    if (name !== null && 'token' in event) this.know(name, event.token);
    if (this.before !== null) this.events.push({ event, turn: this.turn });
    const peer = 'token' in event && SERVING.has(event.kind) ? this.addresses.get(event.token) : undefined;
    if (peer !== undefined) this.served.add(peer);
  }

  private knowClient({ peer, token, name }: ClientSnapshot): void {
    this.knowPeer(peer, token);
    if (name !== '') this.know(name, token);
  }

  private knowPeer(peer: string, token: number): void {
    this.peers.set(peer, token);
    this.addresses.set(token, peer);
    const name = this.awaited.get(peer);
    this.awaited.delete(peer);
    if (name !== undefined) this.know(name, token);
  }

  private know(name: string, token: number): void {
    const address = this.addresses.get(token);
    if (address !== undefined && FLOODING.test(name)) this.ownPeers.add(address);
    const known = this.tokens.get(name);
    if (known === undefined) this.tokens.set(name, new Set([token]));
    else known.add(token);
  }
}

/** The tokens of the clients selected by name; `*` matches any characters, but never the default client. */
export function tokensOf({ tokens }: RunRecord, client: string): ReadonlySet<number> {
  if (!client.includes('*')) return tokens.get(client) ?? new Set();
  return new Set(Array.from(tokens).flatMap(([name, known]) => (name !== '' && matchesGlob(client, name) ? [...known] : [])));
}

function clientCounters(before: Snapshot | null, after: Snapshot, tokens: RunRecord['tokens']): RunRecord['clientCounters'] {
  return new Map(
    Array.from(tokens).flatMap(([name, known]) => {
      const now = after.clients.findLast(({ token }) => known.has(token));
      if (now === undefined) return [];
      const then = before?.clients.find(({ token }) => token === now.token);
      return [[name, countBetween(CLIENT_COUNTERS, then, now)] as const];
    }),
  );
}

const isReply = (kind: ReplLine['kind']): kind is ReplyKind => (REPLY_KINDS as readonly string[]).includes(kind);

/** The name in CLIENT SETNAME. */
const nameIn = (argv: readonly string[]): string | null =>
  argv.length === 3 && argv[0]!.toLowerCase() === 'client' && argv[1]!.toLowerCase() === 'setname' ? argv[2]! : null;
