/** The server as a whole: DBSIZE FLUSHDB FLUSHALL SWAPDB TIME LASTSAVE SAVE BGSAVE BGREWRITEAOF SHUTDOWN MONITOR. */
import { command, type Argv } from '../command/command.js';
import * as errors from '../errors.js';
import type { ParkRequest } from '../features/blocking.js';
import { TO_ALL } from '../keyspace/effects.js';
import type { ErrorReply } from '../resp/reply.js';
import { NO_REPLY, OK, SimpleString } from '../resp/reply.js';
import { unixUs } from '../features/surroundings.js';
import { integer, isWord } from './support/arguments.js';

const FLUSH_HISTORY = [
  ['4.0.0', 'The modifier ASYNC.'],
  ['6.2.0', 'The modifier SYNC.'],
] as const;

export const dbsize = command({
  name: 'dbsize', since: '1.0.0', group: 'server', complexity: 'O(1)',
  summary: 'Returns the number of keys in the selected database.',
  syntax: '',
  flags: ['readonly', 'fast'],
  categories: ['keyspace'],
  tips: ['request_policy:all_shards', 'response_policy:agg_sum'],
  run: (_argv, db) => db.size,
});

export const flushdb = command({
  name: 'flushdb', since: '1.0.0', group: 'server', complexity: 'O(N) for N keys',
  summary: 'Removes all keys of the selected database.',
  syntax: '[ASYNC | SYNC]',
  flags: ['write'],
  categories: ['keyspace', 'dangerous'],
  tips: ['request_policy:all_shards', 'response_policy:all_succeeded'],
  history: FLUSH_HISTORY,
  run(argv, db, session) {
    if (!isFlushMode(argv)) return errors.SYNTAX;
    db.effects?.always(TO_ALL);
    session.server.keyspace.dirty += db.flush();
    return OK;
  },
});

export const flushall = command({
  name: 'flushall', since: '1.0.0', group: 'server', complexity: 'O(N) for N keys',
  summary: 'Removes all keys of all databases.',
  syntax: '[ASYNC | SYNC]',
  flags: ['write'],
  categories: ['keyspace', 'dangerous'],
  tips: ['request_policy:all_shards', 'response_policy:all_succeeded'],
  history: FLUSH_HISTORY,
  run(argv, db, session) {
    if (!isFlushMode(argv)) return errors.SYNTAX;
    const { keyspace } = session.server;
    // Also where nothing was there, or where an empty snapshot is written and nothing counts as changed any more.
    db.effects?.always(TO_ALL);
    keyspace.dirty += keyspace.flushAll();
    session.server.persistence.flushedAll();
    return OK;
  },
});

/** Both modes do the same here: dropping a table takes no time that another thread could save. */
function isFlushMode(argv: Argv): boolean {
  return argv.length === 1 || (argv.length === 2 && (isWord(argv[1]!, 'SYNC') || isWord(argv[1]!, 'ASYNC')));
}

export const swapdb = command({
  name: 'swapdb', since: '4.0.0', group: 'server', complexity: 'O(N) for N clients that watch keys of either or wait for them',
  summary: 'Exchanges two databases; all their clients see the other keys at once.',
  syntax: 'index1:integer index2:integer',
  flags: ['write', 'fast'],
  categories: ['keyspace', 'dangerous'],
  run(argv, _db, session) {
    const { keyspace } = session.server;
    const first = databaseIndex(argv[1]!, errors.FIRST_DB_INDEX);
    const second = databaseIndex(argv[2]!, errors.SECOND_DB_INDEX);
    if (keyspace.databases[first] === undefined || keyspace.databases[second] === undefined) return errors.DB_INDEX_OUT_OF_RANGE;
    keyspace.swap(first, second);
    keyspace.dirty++;
    return OK;
  },
});

function databaseIndex(text: string, error: ErrorReply): number {
  const index = integer(text, error);
  // Redis parses an int here; what does not fit is no number to it.
  if (index !== (index | 0)) throw error;
  return index;
}

export const time = command({
  name: 'time', since: '2.6.0', group: 'server', complexity: 'O(1)',
  summary: 'Returns the time of the server: unix time in seconds, and microseconds.',
  syntax: '',
  flags: ['loading', 'stale', 'fast'],
  tips: ['nondeterministic_output'],
  run(_argv, _db, session) {
    const { clock } = session.server;
    const us = unixUs(clock);
    return [String(Math.floor(us / 1e6)), String(us % 1e6)];
  },
});

export const lastsave = command({
  name: 'lastsave', since: '1.0.0', group: 'server', complexity: 'O(1)',
  summary: 'Returns the unix time of the last snapshot; without one, of the start.',
  syntax: '',
  flags: ['loading', 'stale', 'fast'],
  categories: ['admin', 'dangerous'],
  tips: ['nondeterministic_output'],
  run: (_argv, _db, session) => Math.floor(session.server.persistence.lastSaveMs / 1000),
});

export const save = command({
  name: 'save', since: '1.0.0', group: 'server', complexity: 'O(N) for N keys',
  summary: 'Writes a snapshot, while all clients wait.',
  syntax: '',
  flags: ['admin', 'noscript', 'no_async_loading', 'no_multi'],
  run(_argv, _db, session) {
    const { persistence } = session.server;
    if (persistence.isSaving) return errors.SAVE_IN_PROGRESS;
    const complaint = persistence.save();
    return complaint === null ? OK : errors.notSaved(complaint);
  },
});

const BACKGROUND_SAVE = new SimpleString('Background saving started');
const SCHEDULED_SAVE = new SimpleString('Background saving scheduled');

export const bgsave = command({
  name: 'bgsave', since: '1.0.0', group: 'server', complexity: 'O(1)',
  summary: 'Writes a snapshot of this moment, while clients are served.',
  syntax: '[SCHEDULE]',
  flags: ['admin', 'noscript', 'no_async_loading'],
  history: [['3.2.2', 'The option SCHEDULE.']],
  run(argv, _db, { server: { persistence }, deniesBlocking: isInTransaction }) {
    if (argv.length > 2 || (argv.length === 2 && !isWord(argv[1]!, 'SCHEDULE'))) return errors.SYNTAX;
    if (persistence.isSaving) return errors.SAVE_IN_PROGRESS;
    if (isInTransaction || persistence.isRewriting()) {
      if (!isInTransaction && argv.length === 1) return errors.REWRITE_IN_PROGRESS;
      persistence.saveSoon();
      return SCHEDULED_SAVE;
    }
    const complaint = persistence.saveInBackground();
    return complaint === null ? BACKGROUND_SAVE : errors.notSaved(complaint);
  },
});

const BACKGROUND_REWRITE = new SimpleString('Background append only file rewriting started');
const SCHEDULED_REWRITE = new SimpleString('Background append only file rewriting scheduled');

export const bgrewriteaof = command({
  name: 'bgrewriteaof', since: '1.0.0', group: 'server', complexity: 'O(1)',
  summary: 'Rewrites the append-only file as short as possible, while clients are served.',
  syntax: '',
  flags: ['admin', 'noscript', 'no_async_loading'],
  run(_argv, _db, { server: { persistence, appendOnly }, deniesBlocking: isInTransaction }) {
    if (appendOnly.rewriting.isRunning) return errors.AOF_IN_PROGRESS;
    if (isInTransaction || persistence.isSaving) {
      appendOnly.rewriting.soon();
      return SCHEDULED_REWRITE;
    }
    const complaint = appendOnly.rewriting.now();
    return complaint === null ? BACKGROUND_REWRITE : errors.notRewritten(complaint);
  },
});

export const shutdown = command({
  name: 'shutdown', since: '1.0.0', group: 'server',
  complexity: 'O(N) for N keys when saving, otherwise O(1)',
  summary: 'Ends the server.',
  syntax: '[NOSAVE | SAVE] [NOW] [FORCE] [ABORT]',
  flags: ['admin', 'noscript', 'loading', 'stale', 'no_multi', 'allow_busy'],
  history: [['7.0.0', 'The modifiers NOW, FORCE and ABORT.']],
  run(argv, _db, session) {
    const options = new Set(argv.slice(1).map((word) => word.toUpperCase()));
    const isKnown = [...options].every((option) => SHUTDOWN_OPTIONS.has(option));
    if (!isKnown || (options.has('SAVE') && options.has('NOSAVE')) || (options.has('ABORT') && options.size > 1)) return errors.SYNTAX;
    const { shutdown: running, hooks, blocking } = session.server;
    if (options.has('ABORT')) return running.abort() ? OK : errors.NO_SHUTDOWN;
    if (hooks.busy !== null && !options.has('NOSAVE')) return hooks.busy;
    const saves = options.has('SAVE') ? true : options.has('NOSAVE') ? false : null;
    const outcome = running.begin({ saves, isNow: options.has('NOW'), isForced: options.has('FORCE') });
    if (outcome === 'ended') return NO_REPLY;
    if (outcome === 'failed') return errors.SHUTDOWN_FAILED;
    const reply = blocking.park(session, argv, waitForEnd());
    if (session.waiting !== null) running.await(session);
    return reply;
  },
  waitFor: waitForEnd,
});

/** It waits for no key: what becomes of the shutdown answers it. */
function waitForEnd(): ParkRequest {
  return { keys: [], type: 'string', timeoutMs: 0, timedOut: errors.SHUTDOWN_FAILED, serve: () => undefined };
}

const SHUTDOWN_OPTIONS: ReadonlySet<string> = new Set(['NOSAVE', 'SAVE', 'NOW', 'FORCE', 'ABORT']);

export const monitor = command({
  name: 'monitor', since: '1.0.0', group: 'server', complexity: '',
  summary: 'Shows every command that the server executes, as it happens.',
  syntax: '',
  flags: ['admin', 'noscript', 'loading', 'stale'],
  run(_argv, _db, session) {
    // A client that could get the stream only inside EXEC would never leave it.
    if (session.deniesBlocking) return errors.MONITOR_DENIED;
    if (session.isSpectator) return NO_REPLY;
    session.server.monitors.add(session);
    return OK;
  },
});
