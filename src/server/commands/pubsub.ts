/** Pub/sub commands: SUBSCRIBE UNSUBSCRIBE PSUBSCRIBE PUNSUBSCRIBE SSUBSCRIBE SUNSUBSCRIBE PUBLISH SPUBLISH PUBSUB. */
import { TO_REPLICAS } from '../keyspace/effects.js';
import { type Argv, command, type CommandDeclaration, type CommandFlag, type Handler } from '../command/command.js';
import * as errors from '../errors.js';
import { key, keys } from '../command/key-spec.js';
import { CHANNEL, PATTERN, SHARD_CHANNEL, type SubscriptionKind } from '../features/pubsub.js';
import type { Session } from '../command/session.js';
import { type Reply, ReplySequence, SimpleString } from '../resp/reply.js';

const SUBSCRIBER_FLAGS: readonly CommandFlag[] = ['pubsub', 'noscript', 'loading', 'stale'];
const PUBLISHER_FLAGS: readonly CommandFlag[] = ['pubsub', 'loading', 'stale', 'fast', 'may_replicate'];
const QUERY_FLAGS: readonly CommandFlag[] = ['pubsub', 'loading', 'stale'];

/** One confirmation for each name. */
function subscribeTo(kind: SubscriptionKind): Handler {
  return (argv, _db, session) => new ReplySequence(argv.slice(1).map((name) => session.server.pubsub.subscribe(session, kind, name)));
}

const subscribeToShards = subscribeTo(SHARD_CHANNEL);

/** Without names: unsubscribes from all. */
function unsubscribeFrom(kind: SubscriptionKind): Handler {
  return (argv, _db, session) => {
    const { pubsub } = session.server;
    if (argv.length === 1) return new ReplySequence(pubsub.unsubscribeAll(session, kind));
    return new ReplySequence(argv.slice(1).map((name) => pubsub.unsubscribe(session, kind, name)));
  };
}

export const subscribe = command({
  name: 'subscribe', since: '2.0.0', group: 'pubsub', complexity: 'O(N) for N channels.',
  summary: 'Listens to channels.',
  syntax: 'channel...',
  flags: SUBSCRIBER_FLAGS,
  channels: 'all',
  run: subscribeTo(CHANNEL),
});

export const unsubscribe = command({
  name: 'unsubscribe', since: '2.0.0', group: 'pubsub', complexity: 'O(N) for N channels.',
  summary: 'Stops listening to channels, or to all of them.',
  syntax: '[channel...]',
  flags: SUBSCRIBER_FLAGS,
  run: unsubscribeFrom(CHANNEL),
});

export const psubscribe = command({
  name: 'psubscribe', since: '2.0.0', group: 'pubsub', complexity: 'O(N) for N patterns.',
  summary: 'Listens to all channels whose names match patterns.',
  syntax: '{pattern:pattern}...',
  flags: SUBSCRIBER_FLAGS,
  channels: 'patterns',
  run: subscribeTo(PATTERN),
});

export const punsubscribe = command({
  name: 'punsubscribe', since: '2.0.0', group: 'pubsub', complexity: 'O(N) for N patterns.',
  summary: 'Stops listening to patterns, or to all of them.',
  syntax: '[pattern:pattern...]',
  flags: SUBSCRIBER_FLAGS,
  run: unsubscribeFrom(PATTERN),
});

export const ssubscribe = command({
  name: 'ssubscribe', since: '7.0.0', group: 'pubsub', complexity: 'O(N) for N shard channels.',
  summary: 'Listens to shard channels, which in a cluster stay within one shard.',
  syntax: 'shardchannel...',
  flags: SUBSCRIBER_FLAGS,
  channels: 'all',
  keys: [keys(1, -1, 1, 'not_key')],
  // Redis allows SUBSCRIBE and PSUBSCRIBE in a transaction, for old clients, but not this newer one.
  run: (argv, db, session) => (session.deniesBlocking ? errors.SSUBSCRIBE_DENIED : subscribeToShards(argv, db, session)),
});

export const sunsubscribe = command({
  name: 'sunsubscribe', since: '7.0.0', group: 'pubsub', complexity: 'O(N) for N shard channels.',
  summary: 'Stops listening to shard channels, or to all of them.',
  syntax: '[shardchannel...]',
  flags: SUBSCRIBER_FLAGS,
  keys: [keys(1, -1, 1, 'not_key')],
  run: unsubscribeFrom(SHARD_CHANNEL),
});

export const publish = command({
  name: 'publish', since: '2.0.0', group: 'pubsub', complexity: 'O(N+M) for N subscribers of the channel and M patterns with subscribers.',
  summary: 'Sends a message to the subscribers of a channel.',
  syntax: 'channel message',
  flags: PUBLISHER_FLAGS,
  channels: 'first',
  run(argv, db, session) {
    db.effects?.always(TO_REPLICAS);
    return session.server.pubsub.publish(argv[1]!, argv[2]!, session.id);
  },
});

export const spublish = command({
  name: 'spublish', since: '7.0.0', group: 'pubsub', complexity: 'O(N) for N subscribers.',
  summary: 'Sends a message to the subscribers of a shard channel.',
  syntax: 'shardchannel message',
  flags: PUBLISHER_FLAGS,
  channels: 'first',
  keys: [key(1, 'not_key')],
  run(argv, db, session) {
    db.effects?.always(TO_REPLICAS);
    return session.server.pubsub.publishToShard(argv[1]!, argv[2]!, session.id);
  },
});

/** Returns names and their numbers of subscribers, alternating. */
function countSubscribers(kind: SubscriptionKind, argv: Argv, session: Session): Reply {
  const subscribers = kind.all(session.server.pubsub);
  return argv.slice(2).flatMap((name) => [name, subscribers.get(name)?.size ?? 0]);
}

const HELP_LINES = [
  'PUBSUB <subcommand> [<argument> ...]. Subcommands are:',
  'CHANNELS [<pattern>]',
  '    The channels that have subscribers, or those of them that match.',
  'NUMPAT',
  '    How many patterns have subscribers.',
  'NUMSUB [<channel> ...]',
  '    How many subscribers each channel has, patterns left out.',
  'SHARDCHANNELS [<pattern>]',
  '    The shard channels that have subscribers, or those of them that match.',
  'SHARDNUMSUB [<shardchannel> ...]',
  '    How many subscribers each shard channel has.',
  'HELP',
  '    These lines.',
].map((line) => new SimpleString(line));

function activeNames(kind: SubscriptionKind, argv: Argv, session: Session): Reply {
  return argv.length > 3 ? errors.subcommandSyntax(argv[0]!, argv[1]!) : session.server.pubsub.activeNames(kind, argv[2]);
}

const subcommands: readonly CommandDeclaration[] = [
  {
    name: 'channels', since: '2.8.0', group: 'pubsub', complexity: 'O(N) for N channels with subscribers.',
    summary: 'Lists the channels with subscribers.',
    syntax: '[pattern:pattern]',
    flags: QUERY_FLAGS,
    run: (argv, _db, session) => activeNames(CHANNEL, argv, session),
  },
  {
    name: 'numpat', since: '2.8.0', group: 'pubsub', complexity: 'O(1)',
    summary: 'Counts the patterns with subscribers.',
    syntax: '',
    flags: QUERY_FLAGS,
    run: (_argv, _db, session) => session.server.pubsub.patterns.size,
  },
  {
    name: 'numsub', since: '2.8.0', group: 'pubsub', complexity: 'O(N) for N channels asked for.',
    summary: 'Counts the subscribers of channels.',
    syntax: '[channel...]',
    flags: QUERY_FLAGS,
    run: (argv, _db, session) => countSubscribers(CHANNEL, argv, session),
  },
  {
    name: 'shardchannels', since: '7.0.0', group: 'pubsub', complexity: 'O(N) for N shard channels with subscribers.',
    summary: 'Lists the shard channels with subscribers.',
    syntax: '[pattern:pattern]',
    flags: QUERY_FLAGS,
    run: (argv, _db, session) => activeNames(SHARD_CHANNEL, argv, session),
  },
  {
    name: 'shardnumsub', since: '7.0.0', group: 'pubsub', complexity: 'O(N) for N shard channels asked for.',
    summary: 'Counts the subscribers of shard channels.',
    syntax: '[shardchannel...]',
    flags: QUERY_FLAGS,
    run: (argv, _db, session) => countSubscribers(SHARD_CHANNEL, argv, session),
  },
  {
    name: 'help', since: '6.2.0', group: 'pubsub', complexity: 'O(1)',
    summary: 'Describes the subcommands.',
    syntax: '',
    flags: ['loading', 'stale'],
    run: () => HELP_LINES,
  },
];

export const pubsub = command({
  name: 'pubsub', since: '2.8.0', group: 'pubsub', complexity: 'That of the subcommand.',
  summary: 'Questions about channels and their subscribers.',
  syntax: '',
  subcommands,
});
