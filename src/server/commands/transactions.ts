/** Transaction commands: MULTI EXEC DISCARD WATCH UNWATCH. Queueing is a gate of dispatch/dispatcher.ts. */
import { command } from '../command/command.js';
import * as errors from '../errors.js';
import { mayRun } from '../features/users/permission.js';
import { keys } from '../command/key-spec.js';
import { type Session, Transaction } from '../command/session.js';
import type { RespVersion } from '../resp/encoder.js';
import { NULL_ARRAY, OK, type Reply, Versioned } from '../resp/reply.js';

export const multi = command({
  name: 'multi', since: '1.2.0', group: 'transactions', complexity: 'O(1)',
  summary: 'Begins a transaction: the commands that follow are queued until EXEC.',
  syntax: '',
  flags: ['noscript', 'loading', 'stale', 'fast', 'allow_busy'],
  categories: ['transaction'],
  run(_argv, _db, session) {
    if (session.transaction !== null) return errors.NESTED_MULTI;
    session.transaction = new Transaction();
    return OK;
  },
});

export const exec = command({
  name: 'exec', since: '1.2.0', group: 'transactions', complexity: 'That of the queued commands together.',
  summary: 'Executes everything queued since MULTI, without other commands in between.',
  syntax: '',
  flags: ['noscript', 'loading', 'stale', 'skip_slowlog'],
  categories: ['transaction'],
  run(_argv, _db, session) {
    const { transaction } = session;
    if (transaction === null) return errors.EXEC_WITHOUT_MULTI;
    const isBroken = session.server.watches.isBroken(session);
    session.endTransaction();
    if (transaction.failed) return errors.EXEC_ABORT;
    return isBroken ? NULL_ARRAY : executeAll(session, transaction);
  },
});

/**
 * Returns one reply for each command, errors included. Time is not frozen, as it is in a script: it is only read once a turn, and a transaction is executed
 * within one turn. Memory is checked only before EXEC, as in Redis, except for V8's heap, whose limit would end the server.
 */
function executeAll(session: Session, { queued }: Transaction): Reply {
  const { dispatcher, hooks } = session.server;
  const exec = session.lastCommand;
  const replies: Reply[] = [];
  session.deniesBlocking = true;
  for (const { command, argv } of queued) {
    const { version } = session;
    const denial = mayRun(session.user, command, argv);
    const isHeapFull = command.deniesOutOfMemory && hooks.watchHeap !== null && hooks.watchHeap();
    let reply;
    if (denial !== null) reply = dispatcher.refuse(null, dispatcher.deny(session, 'multi', denial, errors.noPermissionInExec(denial.reason)));
    else if (isHeapFull) reply = dispatcher.refuse(command, errors.OUT_OF_MEMORY);
    else reply = dispatcher.call(session, command, argv);
    if (session.version !== version) keepVersion(replies, version);
    replies.push(reply);
  }
  session.deniesBlocking = false;
  session.lastCommand = exec;
  return replies;
}

/** HELLO changes how replies are encoded from its own on; those before it keep the version that they were made with. */
function keepVersion(replies: Reply[], version: RespVersion): void {
  for (const [i, reply] of replies.entries()) {
    if (!(reply instanceof Versioned)) replies[i] = new Versioned(reply, version);
  }
}

export const discard = command({
  name: 'discard', since: '2.0.0', group: 'transactions', complexity: 'O(N) for N queued commands.',
  summary: 'Ends a transaction without executing anything.',
  syntax: '',
  flags: ['noscript', 'loading', 'stale', 'fast', 'allow_busy'],
  categories: ['transaction'],
  run(_argv, _db, session) {
    if (session.transaction === null) return errors.DISCARD_WITHOUT_MULTI;
    session.endTransaction();
    return OK;
  },
});

export const watch = command({
  name: 'watch', since: '2.2.0', group: 'transactions', complexity: 'O(N) for N keys.',
  summary: 'Makes the next EXEC fail if one of these keys changes before it.',
  syntax: 'key...',
  flags: ['noscript', 'loading', 'stale', 'fast', 'allow_busy'],
  categories: ['transaction'],
  keys: [keys(1, -1, 1, 'RO')],
  run(argv, db, session) {
    if (session.transaction !== null) return errors.WATCH_INSIDE_MULTI;
    for (let i = 1; i < argv.length; i++) session.server.watches.watch(session, db, argv[i]!);
    return OK;
  },
});

export const unwatch = command({
  name: 'unwatch', since: '2.2.0', group: 'transactions', complexity: 'O(1)',
  summary: 'Forgets all watched keys.',
  syntax: '',
  flags: ['noscript', 'loading', 'stale', 'fast', 'allow_busy'],
  categories: ['transaction'],
  run(_argv, _db, session) {
    session.server.watches.unwatch(session);
    return OK;
  },
});
