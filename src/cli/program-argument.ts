/**
 * `redis-lab FILE`: determines whether the file is a learner's program. Its content decides: a redis.conf is a list of settings, and a program is JavaScript or
 * TypeScript. If the content is ambiguous (an empty file, an expression), the name decides.
 */
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { toText } from '../server/config/bytes.js';
import { TAPE_BEGIN } from '../program/tape.js';
import { findSetting, isDirective, splitWords } from '../server/config.js';

const NAME_OF_PROGRAM = /\.[cm]?[jt]s$/;

/** This many bytes of a file are examined. */
const BYTES_LOOKED_AT = 64 * 1024;

/** No setting of redis.conf begins like this. */
const CODE = /^(?:import|export|const|let|var|function|class|async|await|for|while|if|try|type|interface|declare|enum|namespace)\b|^(?:\/\/|\/\*|['"`{(;])/;

/** @param file the first argument, a byte string; returns false for a flag, and for anything that is not a file */
export function isProgram(file: string | undefined): file is string {
  if (file === undefined || file.startsWith('-')) return false;
  const start = beginningOf(toText(file));
  return start !== null && looksLikeProgram(start, file);
}

/** True for the recording of a program (src/program/tape.ts). */
export function isProgramTape(file: string | undefined): file is string {
  if (file === undefined || file.startsWith('-')) return false;
  return beginningOf(toText(file))?.startsWith(TAPE_BEGIN) === true;
}

/** True if it has the name of a program and does not exist. */
export function isMissingProgram(file: string | undefined): file is string {
  return file !== undefined && !file.startsWith('-') && NAME_OF_PROGRAM.test(file) && !existsSync(toText(file));
}

/** @param start the beginning of the file: a byte string. @param name of the file */
export function looksLikeProgram(start: string, name: string): boolean {
  const [first = '', ...rest] = start.replace(/^\xef\xbb\xbf/, '').split(/\r?\n/);
  if (/^#!.*\b(?:node|bun|deno|tsx)\b/.test(first)) return true;
  const line = [first, ...rest].map((each) => each.trim()).find((each) => each !== '' && !each.startsWith('#'));
  if (line === undefined) return NAME_OF_PROGRAM.test(name) && !start.includes('#');
  if (CODE.test(line)) return !isDirective(quotedWord(line));
  const [word = ''] = line.toLowerCase().split(/[\s"']/);
  return NAME_OF_PROGRAM.test(name) && !isDirective(word) && findSetting(word) === undefined;
}

/** `port` in `"port" 6379`, as redis.conf may write it; empty: the line does not begin with a word in quotes. */
const quotedWord = (line: string): string => (/^['"]/.test(line) ? (splitWords(line)?.[0] ?? '') : '');

/** Null: it cannot be read. A pipe is not read: its reader would miss the bytes. */
function beginningOf(path: string): string | null {
  try {
    if (!statSync(path).isFile()) return null;
    const fd = openSync(path, 'r');
    try {
      const bytes = Buffer.alloc(BYTES_LOOKED_AT);
      return bytes.latin1Slice(0, readSync(fd, bytes, 0, bytes.length, 0));
    } finally {
      closeSync(fd);
    }
  } catch {
    return null;
  }
}
