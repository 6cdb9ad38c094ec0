/**
 * How a program has ended, in one line: by itself, by a signal, or by an error, whose place is in its standard error.
 */
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withParticle } from '../shared/korean.js';
import type { Text } from '../shared/language.js';
import type { ProgramEnd } from './running.js';

export interface ProgramEnding extends ProgramEnd {
  readonly text: Text;
  /** An error has ended it that nothing has caught, which {@link text} contains. */
  readonly hasThrown: boolean;
  /** The place of the error that ended it; null: unknown. */
  readonly place: ErrorPlace | null;
}

interface ErrorPlace {
  readonly path: string;
  readonly line: number;
}

/** Lines of standard error that are kept: a long stack and what precedes it. */
const MOST_LINES = 60;

/** The last lines of a program's standard error. */
export class LastWords {
  lines: readonly string[] = [];

  /** @param line a byte string */
  hear(line: string): void {
    this.lines = [...this.lines, textOf(line)].slice(-MOST_LINES);
  }
}

const ERROR_LINE = /^(?:Uncaught )?(?:[A-Z]\w*(?:Error|Exception)|Error)\b.*/;
/** `file:///home/me/loop.mjs:3`, as Node writes it above the throwing line, and `    at f (file:///home/me/loop.mjs:3:5)`. */
const PLACE = /(?:^|[( ])((?:file:\/\/)?(?:\/|[A-Za-z]:[\\/])[^():]*(?:\([^)]*\)[^():]*)*):(\d+)(?::\d+)?\)?(?: \{)?$/;
/** How Node writes the address in an error of listening. */
const ADDRESS = /^\s*address: \{ host: '([^']*)', port: (\d+) \}/;

/** What Node prints last about an error that nothing has caught. */
const CLOSING_LINE = /^Node\.js v\d/;
/** Below the throwing line of source. */
const CARET_LINE = /^\s*\^+\s*$/;
const REJECTED = /^UnhandledPromiseRejection: .* rejected with the reason (".*")\.$/;
/** When its memory is used up, for example. */
const FATAL_LINE = /^FATAL ERROR: (.*)$/;

/** Node's exit code if a top-level await never settles, and nothing else keeps the process alive. */
const UNSETTLED_AWAIT = 13;

/** @param file absolute path of the program */
export function endingOf(end: ProgramEnd, { lines }: LastWords, file: string): ProgramEnding {
  const { code, signal } = end;
  const thrown = code === 0 || signal !== null ? null : thrownIn(lines, file);
  if (thrown !== null) return { ...end, text: { en: `it threw ${thrown.said}`, ko: `예외를 던졌습니다: ${thrown.said}` }, hasThrown: true, place: thrown.place };
  return { ...end, text: signal === null ? exitText(code) : signalText(signal, lines), hasThrown: false, place: null };
}

function exitText(code: number | null): Text {
  const en = `it has ended with exit code ${code}`;
  const ko = `종료 코드 ${withParticle(String(code), '으로/로')} 끝났습니다`;
  if (code !== UNSETTLED_AWAIT) return { en, ko };
  return { en: `${en}: it awaits a promise that nothing settles`, ko: `${ko}: await하는 promise를 완료할 것이 없습니다` };
}

function signalText(signal: string, lines: readonly string[]): Text {
  const [, why] = lines.map((line) => FATAL_LINE.exec(line)).find((found) => found !== null) ?? [];
  const after = why === undefined ? '' : `: ${why}`;
  return { en: `it was ended by ${signal}${after}`, ko: `${signal} 신호로 끝났습니다${after}` };
}

/** `TypeError: x is not a function (loop.mjs:12)`; null: nothing was thrown, although an error may have been printed. */
function thrownIn(all: readonly string[], file: string): { readonly said: string; readonly place: ErrorPlace | null } | null {
  const closing = all.findLastIndex((line) => CLOSING_LINE.test(line));
  if (closing === -1) return null;
  const lines = all.slice(0, closing);
  const at = firstLineOfError(lines);
  if (at === -1) return null;
  const [, reason] = REJECTED.exec(lines[at]!) ?? [];
  const said = reason === undefined ? lines[at]!.replace(/^Uncaught /, '') : `${reason} in a promise, and nothing caught it`;
  const message = `${said}${takenAddress(lines.slice(at))}`;
  const before = lines.slice(0, at).filter((line) => PLACE.test(line) && !line.startsWith(' ')).slice(-1);
  const stack = lines.slice(at + 1).filter((line) => /^\s+at /.test(line));
  const places = [...before, ...stack].flatMap(placeOf).filter(({ path }) => isOfProgram(path));
  const place = places.find(({ path }) => path === file) ?? places[0];
  if (place === undefined) return { said: message, place: null };
  return { said: `${message} (${basename(place.path)}:${place.line})`, place };
}

/** What was thrown need not be an Error, so it is found by the throwing line above it, where Node prints that. */
function firstLineOfError(lines: readonly string[]): number {
  const caret = lines.findLastIndex((line) => CARET_LINE.test(line));
  const below = caret === -1 ? -1 : lines.findIndex((line, at) => at > caret && line !== '');
  return below === -1 ? lines.findLastIndex((line) => ERROR_LINE.test(line)) : below;
}

const textOf = (bytes: string): string => Buffer.from(bytes, 'latin1').toString();

/** The address that is in use. */
function takenAddress(lines: readonly string[]): string {
  const address = lines[0]!.includes('EADDRINUSE') ? lines.map((line) => ADDRESS.exec(line)).find((found) => found !== null) : undefined;
  return address === undefined || address === null ? '' : `: ${address[1]}:${address[2]} is taken by another program`;
}

function placeOf(line: string): ErrorPlace[] {
  const [, path, number] = PLACE.exec(line) ?? [];
  if (path === undefined || number === undefined) return [];
  try {
    return [{ path: path.startsWith('file:') ? fileURLToPath(path) : path, line: Number(number) }];
  } catch {
    return [];
  }
}

/** This package's root is recognised by its name in node_modules, or by its build. */
const isOfProgram = (path: string): boolean => !path.includes('/node_modules/') && !isOfLab(path);
const isOfLab = (path: string): boolean => /[\\/]dist[\\/](?:poll|program|chunks)[\\/]/.test(path);

/** Leaves out what Node prints of the lab's own code below a program: frames of the stack, and the throwing line. */
export class WithoutLab {
  /** Within the lines that Node prints about the throwing place, up to a blank one. */
  private isAtPlace = false;

  /** @param line of standard error, a byte string */
  keeps(line: string): boolean {
    if (this.isAtPlace) {
      this.isAtPlace = line !== '';
      return false;
    }
    const text = textOf(line);
    if (!placeOf(text).some(({ path }) => isOfLab(path))) return true;
    if (/^\s+at /.test(text)) return false;
    this.isAtPlace = /^(?:file:)?\//.test(text);
    return !this.isAtPlace;
  }
}
