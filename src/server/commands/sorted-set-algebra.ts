/**
 * Commands on several sorted sets: ZUNION ZUNIONSTORE ZINTER ZINTERSTORE ZINTERCARD ZDIFF ZDIFFSTORE.
 */
import { command, type Argv } from '../command/command.js';
import { key, numkeys } from '../command/key-spec.js';
import type { Session } from '../command/session.js';
import type { Database } from '../keyspace/database.js';
import type { Reply } from '../resp/reply.js';
import { limitsOf, storeResult } from './support/collections.js';
import { type AlgebraForm, compute, countCommon, readAlgebra } from './support/sorted-set-algebra.js';
import { Members } from './support/sorted-sets.js';

function replyAlgebra(argv: Argv, db: Database, session: Session, form: AlgebraForm): Reply {
  const algebra = readAlgebra(argv, db, form);
  if (form.answers === 'count') return countCommon(algebra);
  const limits = limitsOf(session);
  const result = compute(algebra, limits, db.hashSeed);
  if (form.answers === 'stored') {
    result.settle(limits);
    return storeResult(db, argv[1]!, result, 'z', form.name);
  }
  const out = new Members(session, algebra.withScores);
  result.visit(0, result.size, false, out.add);
  return out.items;
}

export const zunion = command({
  name: 'zunion', since: '6.2.0', group: 'sorted-set', complexity: 'O(N)+O(M*log(M)) for N members in all sets together and M in the result.',
  summary: 'Returns the members that any of several sorted sets has, with their scores combined.',
  syntax: 'numkeys:integer key... [WEIGHTS weight:integer...] [AGGREGATE (SUM | MIN | MAX)] [WITHSCORES]',
  flags: ['readonly', 'movablekeys'],
  keys: [numkeys(1, 'RO access')],
  categories: ['sortedset'],
  run: (argv, db, session) => replyAlgebra(argv, db, session, { name: 'zunion', operation: 'union', at: 1, answers: 'members' }),
});

export const zunionstore = command({
  name: 'zunionstore', since: '2.0.0', group: 'sorted-set', complexity: 'O(N)+O(M*log(M)) for N members in all sets together and M in the result.',
  summary: 'Stores the members that any of several sorted sets has, with their scores combined. Returns their number.',
  syntax: 'destination:key numkeys:integer key... [WEIGHTS weight:integer...] [AGGREGATE (SUM | MIN | MAX)]',
  flags: ['write', 'denyoom', 'movablekeys'],
  keys: [key(1, 'OW update'), numkeys(2, 'RO access')],
  categories: ['sortedset'],
  run: (argv, db, session) => replyAlgebra(argv, db, session, { name: 'zunionstore', operation: 'union', at: 2, answers: 'stored' }),
});

export const zinter = command({
  name: 'zinter', since: '6.2.0', group: 'sorted-set',
  complexity: 'O(N*K)+O(M*log(M)) at worst, N being the size of the smallest of K sets and M that of the result.',
  summary: 'Returns the members that all of several sorted sets have, with their scores combined.',
  syntax: 'numkeys:integer key... [WEIGHTS weight:integer...] [AGGREGATE (SUM | MIN | MAX)] [WITHSCORES]',
  flags: ['readonly', 'movablekeys'],
  keys: [numkeys(1, 'RO access')],
  categories: ['sortedset'],
  run: (argv, db, session) => replyAlgebra(argv, db, session, { name: 'zinter', operation: 'inter', at: 1, answers: 'members' }),
});

export const zinterstore = command({
  name: 'zinterstore', since: '2.0.0', group: 'sorted-set',
  complexity: 'O(N*K)+O(M*log(M)) at worst, N being the size of the smallest of K sets and M that of the result.',
  summary: 'Stores the members that all of several sorted sets have, with their scores combined. Returns their number.',
  syntax: 'destination:key numkeys:integer key... [WEIGHTS weight:integer...] [AGGREGATE (SUM | MIN | MAX)]',
  flags: ['write', 'denyoom', 'movablekeys'],
  keys: [key(1, 'OW update'), numkeys(2, 'RO access')],
  categories: ['sortedset'],
  run: (argv, db, session) => replyAlgebra(argv, db, session, { name: 'zinterstore', operation: 'inter', at: 2, answers: 'stored' }),
});

export const zintercard = command({
  name: 'zintercard', since: '7.0.0', group: 'sorted-set', complexity: 'O(N*K) at worst, N being the size of the smallest of K sets.',
  summary: 'Counts the members that all of several sorted sets have, up to a limit.',
  syntax: 'numkeys:integer key... [LIMIT limit:integer]',
  flags: ['readonly', 'movablekeys'],
  keys: [numkeys(1, 'RO access')],
  categories: ['sortedset'],
  run: (argv, db, session) => replyAlgebra(argv, db, session, { name: 'zintercard', operation: 'inter', at: 1, answers: 'count' }),
});

export const zdiff = command({
  name: 'zdiff', since: '6.2.0', group: 'sorted-set',
  complexity: 'O(N*K + M*log(M)) at worst, N being the size of the first of K sets and M that of the result.',
  summary: 'Returns the members of the first sorted set that no other has.',
  syntax: 'numkeys:integer key... [WITHSCORES]',
  flags: ['readonly', 'movablekeys'],
  keys: [numkeys(1, 'RO access')],
  categories: ['sortedset'],
  run: (argv, db, session) => replyAlgebra(argv, db, session, { name: 'zdiff', operation: 'diff', at: 1, answers: 'members' }),
});

export const zdiffstore = command({
  name: 'zdiffstore', since: '6.2.0', group: 'sorted-set',
  complexity: 'O(N*K + M*log(M)) at worst, N being the size of the first of K sets and M that of the result.',
  summary: 'Stores the members of the first sorted set that no other has. Returns their number.',
  syntax: 'destination:key numkeys:integer key...',
  flags: ['write', 'denyoom', 'movablekeys'],
  keys: [key(1, 'OW update'), numkeys(2, 'RO access')],
  categories: ['sortedset'],
  run: (argv, db, session) => replyAlgebra(argv, db, session, { name: 'zdiffstore', operation: 'diff', at: 2, answers: 'stored' }),
});
