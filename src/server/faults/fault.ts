/**
 * Fault: a requested fault, as plain data that crosses threads and is recorded. Checked here against the table; whether its command or connection exists is
 * checked where it is set.
 *
 *   slice 1 on #3                                  { name: 'slice', bytes: 1, token: 3 }
 *   error "LOADING later" on GET user:* next 3     { name: 'error', reply: 'LOADING later', command: 'get', key: 'user:*', next: 3 }
 *   rule on-eof on #3 'ignore'                     { name: 'rule', seam: 'on-eof', expression: "'ignore'", token: 3 }
 */
import { durationUs } from '../../shared/duration.js';
import { parseMemory } from '../config/setting.js';
import { quoteWord } from '../resp/request-encoder.js';
import { splitInline } from '../resp/inline.js';
import { type DefectName, DEFECTS, isDefect, isSeam } from '../rules/defects.js';
import { compileRule, RuleError } from '../rules/rule.js';
import { SEAM_NAMES, type SeamName, seamOf } from '../rules/seams.js';
import { FAULT_NAMES, FAULTS, type FaultName, type FaultParameter, faultOf, faultSyntax, LIMITS, type LimitName } from './table.js';

/** What limits a fault to some connections or requests; all given limits must hold. Byte strings are latin1: one character is one byte. */
export interface FaultLimits {
  /** The connection, by its token. */
  readonly token?: number;
  /** Lower case; `config` means all of its subcommands, `config|get` one. */
  readonly command?: string;
  /** A glob, as for KEYS; one key of the request must match. */
  readonly key?: string;
  /** A glob for the name set by CLIENT SETNAME. */
  readonly client?: string;
  /** Number of injections after which the fault is removed. */
  readonly next?: number;
}

export type Fault = FaultLimits &
  (
    | { readonly name: 'slice'; readonly bytes: number }
    | { readonly name: 'latency' | 'late-reply' | 'slow-disk'; readonly ms: number }
    | { readonly name: 'bandwidth'; readonly bytesPerSecond: number }
    | { readonly name: 'would-block'; readonly times: number }
    | { readonly name: 'reset' | 'half-close' | 'disk-full'; readonly afterBytes?: number }
    | { readonly name: 'accept'; readonly code?: string }
    | { readonly name: 'error'; readonly reply?: string }
    | { readonly name: 'no-reply' }
    | { readonly name: DefectName }
    | { readonly name: 'rule'; readonly seam: SeamName; readonly expression: string }
  );

/** An invalid fault; the message is one line for people, a byte string. */
export class FaultError extends Error {
  override readonly name = 'FaultError';
}

/** Parses a fault as typed; a byte string. Throws {@link FaultError}. */
export function parseFaultText(text: string): Fault {
  const rule = /^\s*rule(?:\s+(\S+)(?:\s+(.*))?)?\s*$/i.exec(text);
  if (rule !== null) return parseRule(rule[1], rule[2]);
  const words = splitInline(text);
  if (words === null) throw new FaultError('a quote is open, or something follows it without a space');
  return parseFault(words);
}

/** The same for a line that is already split into words. */
export function parseFault(words: readonly string[]): Fault {
  const [name = '', ...rest] = words;
  const known = checkName(name.toLowerCase());
  if (known === 'rule') return parseRule(rest[0], rest.slice(1).join(' '));
  const { parameter } = faultOf(known);
  const on = rest.findIndex((word) => /^(on|next)$/i.test(word));
  const values = on === -1 ? rest : rest.slice(0, on);
  const draft: Draft = { name: known, ...(on === -1 ? {} : parseLimits(rest.slice(on))) };
  if (values.length > 0) {
    if (parameter === null || (parameter.kind !== 'text' && values.length > 1)) throw surplus(known, values.at(parameter === null ? 0 : 1)!);
    draft[parameter.name] = parseValue(parameter, values);
  }
  return checkFault(draft);
}

/** Parses what follows `rule`; the expression is taken literally, quotes included. Throws {@link FaultError}. */
export function parseRule(seam = '', rest = ''): Fault {
  const [, token, expression = ''] = /^(?:on\s+#(\d+)\s+)?(.*)$/i.exec(rest)!;
  return checkFault({ name: 'rule', seam: seam.toLowerCase(), expression: expression.trim(), ...(token !== undefined && { token: Number(token) }) });
}

type Draft = { name: string; [property: string]: unknown };

const surplus = (name: FaultName, word: string): FaultError => new FaultError(`${quoteWord(word)} is one word too many: ${faultSyntax(name).join(' ')}`);

function parseValue(parameter: FaultParameter, words: readonly string[]): number | string {
  if (parameter.kind === 'text') return words.join(' ');
  const [word] = words as [string];
  const number = parameter.kind === 'bytes' ? parseMemory(word) : parameter.kind === 'time' ? parseTime(word) : numberOf(word);
  // What is no number stays as it is, so that the check can report it.
  return number === null || word === '' ? word : (Number(number) as number);
}

/** Parses `50`, `50ms`, `1.5s`: returns milliseconds, or null. */
function parseTime(word: string): number | null {
  try {
    return durationUs(word) / 1000;
  } catch {
    return null;
  }
}

/** Parses `on GET user:* client app next 3`. */
function parseLimits(words: readonly string[]): { [name in LimitName]?: string | number } {
  const limits: { [name in LimitName]?: string | number } = {};
  const put = (name: LimitName, value: string | number | undefined): void => {
    if (value === undefined) throw new FaultError(`${name} needs a value`);
    if (limits[name] !== undefined) throw new FaultError(`two limits of one kind: ${name}`);
    limits[name] = value;
  };
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const lower = word.toLowerCase();
    if (lower === 'on') continue;
    if (word.startsWith('#')) put('token', numberOf(word.slice(1)));
    else if (lower === 'token' || lower === 'next') put(lower, numberOf(rest.shift()));
    else if (lower === 'key' || lower === 'client') put(lower, rest.shift());
    else if (limits.command === undefined) put('command', lower);
    else put('key', word);
  }
  return limits;
}

/** What is no number stays as it is, so that the check can report it. */
const numberOf = (word: string | undefined): number | string | undefined => (word !== undefined && /^[+-]?\d+$/.test(word) ? Number(word) : word);

/** Returns the fault with known properties only. Throws {@link FaultError} for invalid requests of untyped programs, or of people. */
export function checkFault(asked: unknown): Fault {
  if (typeof asked !== 'object' || asked === null) throw new FaultError(`a fault is an object with a name, or a text: ${FAULTS.slice.example}`);
  const { name, ...properties } = asked as { readonly name?: unknown };
  const known = checkName(name);
  const { parameter, object } = faultOf(known);
  const own = propertiesOf(known);
  const allowed = LIMITS[object];
  const fault: Draft = { name: known };
  for (const [property, value] of Object.entries(properties)) {
    if (value === undefined) continue;
    if (!own.includes(property) && !allowed.includes(property as LimitName)) throw new FaultError(unknownProperty(known, property));
    fault[property] = value;
  }
  if (known === 'rule') checkRule(fault.seam, fault.expression);
  if (known === 'rule' || isDefect(known)) checkTokenOf(known === 'rule' ? (fault.seam as SeamName) : DEFECTS[known].seam, fault.token);
  if (parameter !== null) checkParameter(known, parameter, fault[parameter.name]);
  for (const limit of allowed) if (fault[limit] !== undefined) checkLimit(known, limit, fault[limit]);
  return fault as unknown as Fault;
}

/** Returns the properties of a fault besides its limits. */
function propertiesOf(name: FaultName): readonly string[] {
  const { parameter } = faultOf(name);
  return name === 'rule' ? ['seam', 'expression'] : parameter === null ? [] : [parameter.name];
}

function checkRule(seam: unknown, expression: unknown): void {
  if (typeof seam !== 'string' || !isSeam(seam)) {
    const shown = typeof seam === 'string' && seam !== '' ? ` ${quoteWord(seam)}` : ' without a name';
    throw new FaultError(`there is no seam${shown}; there are ${SEAM_NAMES.join(', ')}`);
  }
  if (typeof expression !== 'string') throw new FaultError('rule: expression must be a text');
  try {
    compileRule(seam, expression);
  } catch (error) {
    throw error instanceof RuleError ? new FaultError(error.message) : error;
  }
}

function checkTokenOf(seam: SeamName, token: unknown): void {
  if (token !== undefined && !seamOf(seam).isOfConnection) throw new FaultError(`${seam} is no decision about one connection: it takes no token`);
}

function checkName(name: unknown): FaultName {
  if (typeof name === 'string' && Object.hasOwn(FAULTS, name)) return name as FaultName;
  const shown = typeof name === 'string' ? ` ${quoteWord(name)}` : ' without a name';
  throw new FaultError(`there is no fault${shown}; there are ${FAULT_NAMES.join(', ')}`);
}

function unknownProperty(name: FaultName, property: string): string {
  const { object } = faultOf(name);
  const known = [...propertiesOf(name), ...LIMITS[object]];
  return `${name} is set on ${object}: it takes ${known.join(', ')}, and no ${quoteWord(property)}`;
}

function checkParameter(name: FaultName, parameter: FaultParameter, value: unknown): void {
  if (value === undefined && parameter.default !== undefined) return;
  if (parameter.kind === 'text') {
    const { choices } = parameter;
    if (typeof value === 'string' && (choices === undefined ? /^[^\x00-\x1f\x7f]+$/.test(value) : choices.includes(value))) return;
    throw new FaultError(`${name}: ${parameter.name} must be ${choices === undefined ? 'a line of text' : `one of ${choices.join(', ')}`}`);
  }
  if (Number.isSafeInteger(value) && (value as number) >= parameter.least) return;
  throw new FaultError(`${name}: ${parameter.name} must be a whole number from ${parameter.least}`);
}

function checkLimit(name: FaultName, limit: LimitName, value: unknown): void {
  const isNumber = limit === 'token' || limit === 'next';
  const least = limit === 'next' ? 1 : 0;
  const isRight = isNumber ? Number.isSafeInteger(value) && (value as number) >= least : typeof value === 'string' && value !== '';
  if (!isRight) throw new FaultError(`${name}: ${limit} must be ${isNumber ? `a whole number from ${least}` : 'a text'}`);
}

/** Formats a fault as it would be typed; a byte string without control bytes. */
export function formatFault(fault: Fault): string {
  if (fault.name === 'rule') return `rule ${fault.seam}${fault.token === undefined ? '' : ` on #${fault.token}`} ${fault.expression}`;
  const { parameter } = faultOf(fault.name);
  const value = parameter === null ? undefined : (fault as unknown as Draft)[parameter.name];
  const { token, command, key, client, next } = fault;
  const limits = [
    command === undefined ? '' : quoteWord(command.toUpperCase()),
    key === undefined ? '' : `key ${quoteWord(key)}`,
    client === undefined ? '' : `client ${quoteWord(client)}`,
    token === undefined ? '' : `#${token}`,
  ].filter((part) => part !== '');
  return [
    fault.name,
    ...(value === undefined ? [] : [typeof value === 'string' ? quoteWord(value) : `${value as number}${parameter!.kind === 'time' ? 'ms' : ''}`]),
    ...(limits.length === 0 ? [] : ['on', ...limits]),
    ...(next === undefined ? [] : [`next ${next}`]),
  ].join(' ');
}
