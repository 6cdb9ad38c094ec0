/**
 * A rule: one decision of the loop as a JavaScript expression over the values of its seam.
 *
 *   after-read    result === 'WouldBlock' ? 'close' : 'read again'
 *
 * An expression consists only of the seam's values, numbers, texts, operators and a few functions of Math. So it cannot loop, has no state, and gives the same
 * result each time: its duration is limited by its length, and a replay decides as the recorded server did. It is compiled in an empty context of its own, in
 * which no code can be generated from strings.
 */
import { createContext, Script } from 'node:vm';
import { formatResults, isNumber, type SeamName, seamOf } from './seams.js';

export type RuleValue = number | string | boolean;

/** An invalid expression; the message is one line for people, and quotes only words of the expression. */
export class RuleError extends Error {
  override readonly name = 'RuleError';
}

/** Returns the value of the expression; may throw. */
export type RuleFunction = (...values: readonly RuleValue[]) => unknown;

const LONGEST = 1000;

/** A sequence of these makes up an expression; nothing before a slash can turn it into a comment. */
const TOKEN =
  /[ \t]+|\d+(?:\.\d+)?|'[ !-&(-[\]-~]*'|"[ !#-[\]-~]*"|Math\.(?:abs|ceil|floor|max|min|round)\b|[A-Za-z_$][\w$]*|\/(?![/*])|[-+*%!<>=?:|&(),]/y;

const CONSTANTS: ReadonlySet<string> = new Set(['true', 'false', 'null', 'undefined', 'NaN', 'Infinity']);

/** Compiles an expression. Throws {@link RuleError}. */
export function compileRule(seam: SeamName, expression: string): RuleFunction {
  const names = Object.keys(seamOf(seam).parameters);
  checkWords(seam, expression, names);
  const source = `(function (${names.join(', ')}) { 'use strict'; return (\n${expression}\n); })`;
  try {
    const context = createContext(Object.create(null) as object, { codeGeneration: { strings: false, wasm: false } });
    return new Script(source).runInContext(context) as RuleFunction;
  } catch (error) {
    throw new RuleError(`${seam}: ${(error as Error).message}`);
  }
}

function checkWords(seam: SeamName, expression: string, names: readonly string[]): void {
  if (expression.trim() === '') throw new RuleError(`${seam} needs an expression, for example: ${seamOf(seam).textbook}`);
  if (expression.length > LONGEST) throw new RuleError(`${seam}: an expression has at most ${LONGEST} characters`);
  TOKEN.lastIndex = 0;
  for (let at = 0; at < expression.length; at = TOKEN.lastIndex) {
    const [token] = TOKEN.exec(expression) ?? [];
    if (token === undefined) throw new RuleError(`${seam}: ${shown(expression[at]!)} at character ${at + 1} cannot stand in an expression; ${whatMay(names)}`);
    // An assignment would change only the expression's own value, and is never intended.
    if (token === '=' && !/[=!<>]/.test(expression[at - 1] ?? '') && expression[at + 1] !== '=') throw new RuleError(`${seam}: = assigns; === compares`);
    if (/^[A-Za-z_$]/.test(token) && !token.startsWith('Math.') && !CONSTANTS.has(token) && !names.includes(token)) {
      throw new RuleError(`${seam} does not know ${token}; ${whatMay(names)}`);
    }
  }
}

const whatMay = (names: readonly string[]): string => `there are ${names.join(', ')}, numbers, texts in quotes, operators, and Math.min and the like`;

const shown = (character: string): string => (/[!-~]/.test(character) ? character : 'a byte');

/** Returns what is wrong with a result; null: the seam allows it. @param values that it was computed from */
export function resultError(seam: SeamName, result: unknown, values: readonly RuleValue[]): string | null {
  if (isAllowed(seam, result, values)) return null;
  const given = typeof result === 'string' ? `'${result}'` : typeof result === 'number' || typeof result === 'boolean' ? String(result) : typeof result;
  return `${seam} must come to ${formatResults(seam)}, and came to ${given}`;
}

function isAllowed(seam: SeamName, result: unknown, values: readonly RuleValue[]): boolean {
  const { results, parameters } = seamOf(seam);
  if (!isNumber(results)) return typeof result === 'string' && Object.hasOwn(results, result);
  if (typeof result !== 'number' || !Number.isInteger(result) || result < results.least) return false;
  return results.most === null || result <= Number(values[Object.keys(parameters).indexOf(results.most)]);
}
