/** String commands: GET SET. */
import { command } from '../dispatch/command.js';
import * as errors from '../dispatch/errors.js';
import { key } from '../dispatch/key-spec.js';
import { compact, isString, textOf } from '../keyspace/value.js';
import { OK } from '../resp/reply.js';

export const get = command({
  name: 'get', since: '1.0.0', group: 'string', complexity: 'O(1)',
  summary: 'Returns the string at a key.',
  syntax: 'key',
  flags: ['readonly', 'fast'],
  keys: [key(1, 'RO access')],
  run(argv, db) {
    const value = db.lookupRead(argv[1]!);
    if (value === undefined) return null;
    return isString(value) ? textOf(value) : errors.WRONG_TYPE;
  },
});

export const set = command({
  name: 'set', since: '1.0.0', group: 'string', complexity: 'O(1)',
  summary: 'Stores a string at a key.',
  syntax: 'key value',
  flags: ['write', 'denyoom'],
  keys: [key(1, 'OW update')],
  run(argv, db) {
    const name = argv[1]!;
    db.set(name, compact(argv[2]!));
    db.changed(name, '$', 'set');
    return OK;
  },
});
