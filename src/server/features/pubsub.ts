/**
 * PubSub: the subscribers of channels and patterns, and the delivery of messages.
 *
 *   session.channels  { news }            channels  news → { client 7, client 9 }       both sides of each subscription,
 *   session.patterns  { n*, * }           patterns  n*   → { client 7 }                 so that neither a message nor a
 *   session.shardChannels                 shards    …                                   disconnect searches for the other
 *
 * Delivery appends to the output buffers of the receivers and returns; they are written before the loop sleeps again. A client gets a message once for its
 * channel and once for each of its patterns that match, the channel first.
 */
import { matchesGlob } from '../keyspace/glob.js';
import { Push, type Reply } from '../resp/reply.js';
import type { Tap } from '../trace/tap.js';

/** What publishing needs of a client. */
export interface Subscriber {
  readonly id: number;
  readonly channels: Set<string>;
  readonly patterns: Set<string>;
  readonly shardChannels: Set<string>;
  /** The sum of the sizes of these three. */
  readonly subscriptions: number;
  send(message: Reply): void;
}

type Subscribers = Map<string, Set<Subscriber>>;

/** The subscriptions of one kind, from both sides, each in its order. */
export interface SubscriptionsState {
  readonly all: readonly (readonly [name: string, tokens: readonly number[]])[];
  readonly own: readonly (readonly [token: number, names: readonly string[]])[];
}

/** For channels, patterns and shard channels. */
export type PubSubState = readonly SubscriptionsState[];

/** A kind of subscription: where both sides of it are stored, and the words of its confirmations. */
export interface SubscriptionKind {
  readonly subscribed: string;
  readonly unsubscribed: string;
  own(session: Subscriber): Set<string>;
  all(pubsub: PubSub): Subscribers;
  /** The number in the confirmation: shard channels are counted separately. */
  count(session: Subscriber): number;
}

const countPlain = (session: Subscriber): number => session.channels.size + session.patterns.size;

export const CHANNEL: SubscriptionKind = {
  subscribed: 'subscribe',
  unsubscribed: 'unsubscribe',
  own: (session) => session.channels,
  all: (pubsub) => pubsub.channels,
  count: countPlain,
};
export const PATTERN: SubscriptionKind = {
  subscribed: 'psubscribe',
  unsubscribed: 'punsubscribe',
  own: (session) => session.patterns,
  all: (pubsub) => pubsub.patterns,
  count: countPlain,
};
export const SHARD_CHANNEL: SubscriptionKind = {
  subscribed: 'ssubscribe',
  unsubscribed: 'sunsubscribe',
  own: (session) => session.shardChannels,
  all: (pubsub) => pubsub.shardChannels,
  count: (session) => session.shardChannels.size,
};

const KINDS: readonly SubscriptionKind[] = [CHANNEL, PATTERN, SHARD_CHANNEL];

export class PubSub {
  readonly channels: Subscribers = new Map();
  readonly patterns: Subscribers = new Map();
  readonly shardChannels: Subscribers = new Map();

  constructor(private readonly tap: Tap) {}

  /** @param sessions all clients */
  capture(sessions: Iterable<Subscriber>): PubSubState {
    const subscribers = [...sessions].filter(({ subscriptions }) => subscriptions > 0);
    return KINDS.map((kind) => ({
      all: Array.from(kind.all(this), ([name, clients]) => [name, Array.from(clients, ({ id }) => id)] as const),
      own: subscribers.map((session) => [session.id, [...kind.own(session)]] as const),
    }));
  }

  restore(state: PubSubState, sessions: ReadonlyMap<number, Subscriber>): void {
    for (const [at, { all, own }] of state.entries()) {
      const kind = KINDS[at]!;
      for (const [name, tokens] of all) kind.all(this).set(name, new Set(tokens.map((token) => sessions.get(token)!)));
      for (const [token, names] of own) for (const name of names) kind.own(sessions.get(token)!).add(name);
    }
  }

  /** Returns the confirmation; subscribing twice is confirmed twice. */
  subscribe(session: Subscriber, kind: SubscriptionKind, name: string): Push {
    const own = kind.own(session);
    if (!own.has(name)) {
      own.add(name);
      addTo(kind.all(this), name, session);
    }
    return new Push([kind.subscribed, name, kind.count(session)]);
  }

  /** Returns the confirmation, also where there was no subscription. */
  unsubscribe(session: Subscriber, kind: SubscriptionKind, name: string): Push {
    if (kind.own(session).delete(name)) removeFrom(kind.all(this), name, session);
    return new Push([kind.unsubscribed, name, kind.count(session)]);
  }

  /** Returns one confirmation for each subscription of the kind, or one that names none. */
  unsubscribeAll(session: Subscriber, kind: SubscriptionKind): Push[] {
    const names = [...kind.own(session)];
    if (names.length === 0) return [new Push([kind.unsubscribed, null, kind.count(session)])];
    return names.map((name) => this.unsubscribe(session, kind, name));
  }

  /** For RESET and a disconnect: without confirmations. */
  forget(session: Subscriber): void {
    if (session.subscriptions === 0) return;
    for (const kind of KINDS) {
      for (const name of kind.own(session)) removeFrom(kind.all(this), name, session);
      kind.own(session).clear();
    }
  }

  /** Delivers to channel and patterns; returns how many copies were sent. @param token of the publishing client, 0 for the server itself */
  publish(channel: string, message: string, token: number): number {
    let receivers = this.deliver(this.channels.get(channel), ['message', channel, message]);
    if (this.patterns.size > 0) receivers += this.publishToPatterns(channel, message);
    this.trace(channel, message, token, receivers);
    return receivers;
  }

  publishToShard(channel: string, message: string, token: number): number {
    const receivers = this.deliver(this.shardChannels.get(channel), ['smessage', channel, message]);
    this.trace(channel, message, token, receivers);
    return receivers;
  }

  /** Returns the names of a kind that have subscribers, all of them or those that match. */
  activeNames(kind: SubscriptionKind, pattern: string | undefined): string[] {
    const names = [...kind.all(this).keys()];
    return pattern === undefined ? names : names.filter((name) => matchesGlob(pattern, name));
  }

  private publishToPatterns(channel: string, message: string): number {
    let receivers = 0;
    for (const [pattern, sessions] of this.patterns) {
      if (matchesGlob(pattern, channel)) receivers += this.deliver(sessions, ['pmessage', pattern, channel, message]);
    }
    return receivers;
  }

  private deliver(sessions: Set<Subscriber> | undefined, items: readonly Reply[]): number {
    if (sessions === undefined) return 0;
    const message = new Push(items);
    for (const session of sessions) session.send(message);
    return sessions.size;
  }

  private trace(channel: string, message: string, token: number, receivers: number): void {
    if (this.tap.sink !== null) this.tap.sink.emit({ kind: 'publish', token, channel, bytes: message.length, receivers });
  }
}

function addTo(subscribers: Subscribers, name: string, session: Subscriber): void {
  const sessions = subscribers.get(name);
  if (sessions === undefined) subscribers.set(name, new Set([session]));
  else sessions.add(session);
}

function removeFrom(subscribers: Subscribers, name: string, session: Subscriber): void {
  const sessions = subscribers.get(name)!;
  sessions.delete(session);
  if (sessions.size === 0) subscribers.delete(name);
}
