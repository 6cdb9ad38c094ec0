/**
 * Parses the arguments of XREAD and XREADGROUP, and formats their reply.
 */
import type { Argv } from '../../command/command.js';
import * as errors from '../../errors.js';
import type { Session } from '../../command/session.js';
import { MapReply, type Reply } from '../../resp/reply.js';
import { integer, isWord } from './arguments.js';
import { timeoutMilliseconds } from './timeout.js';

export interface StreamRequest {
  readonly names: readonly string[];
  /** One for each name, as given: an ID, `$` or `>`. */
  readonly ids: readonly string[];
  /** 0: all. */
  readonly count: number;
  /** Null: do not block; 0: for ever. */
  readonly timeoutMs: number | null;
  readonly group: string;
  readonly consumer: string;
  readonly needsNoAck: boolean;
}

/** Throws Redis's error for the first mistake. */
export function readArguments(argv: Argv, isGroup: boolean, { isScript }: Session): StreamRequest {
  let count = 0;
  let timeoutMs: number | null = null;
  let group: string | null = null;
  let consumer = '';
  let needsNoAck = false;
  for (let at = 1; at < argv.length; at++) {
    const word = argv[at]!;
    const more = argv.length - 1 - at;
    if (more > 0 && isWord(word, 'BLOCK')) {
      if (isScript) throw errors.blockInScript(argv[0]!);
      timeoutMs = timeoutMilliseconds(argv[++at]!);
    }
    else if (more > 0 && isWord(word, 'COUNT')) count = Math.max(0, integer(argv[++at]!));
    else if (more > 0 && isWord(word, 'STREAMS')) {
      if (more % 2 === 1) throw errors.UNBALANCED_STREAMS;
      if (isGroup && group === null) throw errors.MISSING_GROUP;
      const idsAt = at + 1 + more / 2;
      return { names: argv.slice(at + 1, idsAt), ids: argv.slice(idsAt), count, timeoutMs, group: group ?? '', consumer, needsNoAck };
    } else if (more > 1 && isWord(word, 'GROUP')) {
      if (!isGroup) throw errors.GROUP_OUTSIDE_XREADGROUP;
      group = argv[++at]!;
      consumer = argv[++at]!;
    } else if (isWord(word, 'NOACK')) {
      if (!isGroup) throw errors.NOACK_OUTSIDE_XREADGROUP;
      needsNoAck = true;
    } else throw errors.SYNTAX;
  }
  throw errors.SYNTAX;
}

/** Converts alternating names and entries: a map in RESP3, pairs in RESP2. */
export function streamsReply(flat: readonly Reply[], session: Session): Reply {
  if (session.version === 3) return new MapReply(flat);
  const pairs: Reply[] = [];
  for (let at = 0; at < flat.length; at += 2) pairs.push([flat[at]!, flat[at + 1]!]);
  return pairs;
}
