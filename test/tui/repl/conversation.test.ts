/** Which reply belongs to what, and what the console learns from it; without a socket. `push` and `reply` are what is heard. */
import { expect, test } from 'vitest';
import { NULL_ARRAY, ErrorReply, Push, QUEUED, OK, SimpleString, type Reply } from '../../../src/server/resp/reply.js';
import { Conversation } from '../../../src/tui/repl/conversation.js';

function after(requests: readonly string[], replies: readonly Reply[]): { conversation: Conversation; heard: string[] } {
  const conversation = new Conversation();
  for (const request of requests) conversation.send(request.split(' '));
  return { conversation, heard: replies.map((reply) => conversation.hear(reply)) };
}

test.each<[string[], Reply[], Partial<Conversation>]>([
  [['SELECT 2'], [OK], { db: 2 }],
  [['SELECT 99'], [new ErrorReply('ERR DB index is out of range')], { db: 0 }],
  [['MULTI'], [OK], { inTransaction: true }],
  [['MULTI', 'SELECT 3'], [OK, QUEUED], { inTransaction: true, db: 0 }],
  [['MULTI', 'SELECT 3', 'EXEC'], [OK, QUEUED, [OK]], { inTransaction: false, db: 3 }],
  [['MULTI', 'SELECT 3', 'DISCARD'], [OK, QUEUED, OK], { inTransaction: false, db: 0 }],
  [['MULTI', 'NOSUCH', 'EXEC'], [OK, new ErrorReply('ERR unknown command'), new ErrorReply('EXECABORT')], { inTransaction: false }],
  [['WATCH a', 'MULTI', 'EXEC'], [OK, OK, NULL_ARRAY], { inTransaction: false }],
  [['HELLO 3'], [[]], { protocol: 3 }],
  [['HELLO'], [[]], { protocol: 2 }],
  [['HELLO 4'], [new ErrorReply('NOPROTO')], { protocol: 2 }],
  [['MONITOR'], [OK], { isMonitor: true }],
  [['SELECT 2', 'MULTI', 'RESET'], [OK, OK, new SimpleString('RESET')], { db: 0, inTransaction: false }],
  [['SUBSCRIBE a b'], [['subscribe', 'a', 1], ['subscribe', 'b', 2]], { subscriptions: 2, repliesDue: 0 }],
  [['SUBSCRIBE a b'], [['subscribe', 'a', 1]], { subscriptions: 1, repliesDue: 1 }],
  [['SUBSCRIBE a b'], [new ErrorReply('NOPERM')], { subscriptions: 0, repliesDue: 0 }],
  [['SUBSCRIBE a b', 'PSUBSCRIBE p', 'UNSUBSCRIBE'], [['subscribe', 'a', 1], ['subscribe', 'b', 2], ['psubscribe', 'p', 3], ['unsubscribe', 'a', 2]], { subscriptions: 2, repliesDue: 1 }],
  [['SUBSCRIBE a b', 'UNSUBSCRIBE'], [['subscribe', 'a', 1], ['subscribe', 'b', 2], ['unsubscribe', 'a', 1], ['unsubscribe', 'b', 0]], { subscriptions: 0, repliesDue: 0 }],
  [['UNSUBSCRIBE'], [['unsubscribe', null, 0]], { subscriptions: 0, repliesDue: 0 }],
  [['SUBSCRIBE a'], [new Push(['subscribe', 'a', 1])], { subscriptions: 1, repliesDue: 0 }],
  [['CLIENT REPLY OFF', 'PING', 'PING'], [], { repliesDue: 0 }],
  [['CLIENT REPLY OFF', 'PING', 'client reply on'], [], { repliesDue: 1, awaited: 'CLIENT' }],
  [['CLIENT REPLY SKIP', 'PING', 'ECHO x'], [], { repliesDue: 1, awaited: 'ECHO' }],
  [['CLIENT REPLY NONSENSE'], [], { repliesDue: 1 }],
])('%j answered by %j', (requests, replies, expected) => {
  expect(after(requests, replies).conversation).toMatchObject(expected);
});

test('a reply, a push, and text for people are distinguished', () => {
  expect(after(['GET a'], ['x']).heard).toEqual(['reply']);
  expect(after(['INFO server'], ['# Server']).heard).toEqual(['text']);
  expect(after(['client list'], ['id=1']).heard).toEqual(['text']);
  expect(after(['SUBSCRIBE a'], [['subscribe', 'a', 1], ['message', 'a', 'hi']]).heard).toEqual(['push', 'push']);
  expect(after(['LRANGE l 0 -1'], [['message', 'a', 'hi']]).heard).toEqual(['reply']);
  expect(after(['GET a'], [new Push(['invalidate', ['a']]), 'x']).heard).toEqual(['push', 'reply']);
  expect(after(['MONITOR'], [OK, new SimpleString('1700000000.000001 [0 127.0.0.1:5] "PING"')]).heard).toEqual(['reply', 'push']);
});

test('bytes sent by hand are answered, too, although no request is known', () => {
  expect(after([], [new SimpleString('PONG')]).heard).toEqual(['reply']);
});

test('requests that the console sends by itself are not shown, and no caller waits for them', () => {
  const conversation = new Conversation();
  conversation.send(['SELECT', '3'], true);
  expect(conversation).toMatchObject({ isAwaited: false, repliesDue: 1 });
  expect(conversation.hear(OK)).toBe('hidden');
  expect(conversation.db).toBe(3);
  conversation.send(['AUTH', 'wrong'], true);
  expect(conversation.hear(new ErrorReply('WRONGPASS'))).toBe('reply');
});

test('a new connection starts fresh, and the state of the old one is known', () => {
  const { conversation } = after(['SELECT 2', 'HELLO 3', 'BLPOP a 0'], [OK, []]);
  expect(conversation.awaited).toBe('BLPOP');
  expect(conversation.restart()).toEqual({ protocol: 3, db: 2 });
  expect(conversation).toMatchObject({ db: 0, protocol: 2, repliesDue: 0, awaited: null });
});
