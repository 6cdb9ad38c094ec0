/** Differences that docs/differences.md names: they are no news to the fuzzer. */
import { ErrorReply, type Reply } from '../../src/server/resp/reply.js';
import { areAlike, type Likeness } from '../support/compare-replies.js';
import type { RawReply } from '../support/raw-client.js';

export function isByIntent(argv: readonly string[], lab: RawReply, redis: RawReply): boolean {
  if (/^(EVAL|FCALL)/i.test(argv[0]!)) return withoutSignOfNan(lab) === withoutSignOfNan(redis);
  if (isValueByIntent(lab.value, redis.value)) return true;
  if (/^SORT(_RO)?$/i.test(argv[0]!)) return areAlike(lab, redis, likenessOfSort(argv));
  // Of an integer, the time of the key here, and that of the shared integer there.
  return argv[0] === 'OBJECT' && typeof lab.value === 'number' && typeof redis.value === 'number';
}

/** Of one reply, also among those that EXEC brings. */
export function isValueByIntent(lab: Reply, redis: Reply): boolean {
  // Which of several libraries is in the way depends on the order of a hash table.
  const exists = (reply: Reply): boolean => reply instanceof ErrorReply && /^ERR (Library|Function) \S+ already exists/.test(reply.text);
  // Redis refuses to sort after another command has met a number out of range.
  if (redis instanceof ErrorReply && redis.text.startsWith('ERR One or more scores')) return true;
  // What INCRBYFLOAT leaves past 2^53 is called int here; Redis never calls it so.
  return (exists(lab) && exists(redis)) || (lab === 'int' && redis === 'embstr');
}

/** What is no number has a sign in C. */
function withoutSignOfNan({ bytes }: RawReply): string {
  return bytes.replace(/\$\d+\r\n-?nan\r\n/g, 'nan').replaceAll('-nan', 'nan');
}

/** Where two elements are equal, or nothing is to be sorted, Redis takes the one first that its hash table has first: then a LIMIT may leave others. */
function likenessOfSort(argv: readonly string[]): Likeness {
  const words = argv.map((word) => word.toUpperCase());
  if (!words.includes('ALPHA') && !words.includes('BY')) return 'exact';
  return words.includes('LIMIT') ? 'shape' : 'unordered';
}

/** As what EXEC brings of a queued command is to be compared. */
export function likenessInTransaction(argv: readonly string[], likeness: Likeness): Likeness {
  return /^SORT(_RO)?$/i.test(argv[0]!) ? likenessOfSort(argv) : likeness;
}
