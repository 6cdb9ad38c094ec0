/** Connection commands: PING ECHO. */
import { command } from '../dispatch/command.js';
import * as errors from '../dispatch/errors.js';
import { PONG } from '../resp/reply.js';

export const ping = command({
  name: 'ping', since: '1.0.0', group: 'connection', complexity: 'O(1)',
  summary: 'Answers PONG, or the message if there is one.',
  syntax: '[message]',
  flags: ['fast'],
  categories: ['connection'],
  run(argv, _db, session) {
    if (argv.length > 2) return errors.wrongArity('ping');
    if (session.subscriptions > 0 && session.version === 2) return ['pong', argv[1] ?? ''];
    return argv[1] ?? PONG;
  },
});

export const echo = command({
  name: 'echo', since: '1.0.0', group: 'connection', complexity: 'O(1)',
  summary: 'Answers the message.',
  syntax: 'message',
  flags: ['fast'],
  categories: ['connection'],
  run: (argv) => argv[1]!,
});
