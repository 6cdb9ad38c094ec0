/**
 * Random commands from argument trees: those of family tables (in the notation of command/syntax.ts) and those of COMMAND DOCS.
 */
import { createHash } from 'node:crypto';
import { type Argument, parseSyntax } from '../../src/server/command/syntax.js';
import type { Likeness } from '../support/compare-replies.js';
import { FAMILIES, LIKENESS, LISTENING, SCRIPTABLE } from './families.js';
import { evalScript, luaLibrary, type LuaScript } from './lua.js';
import { Random } from './random.js';
import { COMMAND, KNOWN_SCRIPT, KNOWN_SHA, LIBRARY, NUMKEYS, randomJunk, randomValue, SCRIPT } from './values.js';

export interface Template {
  /** Words that name the command: `OBJECT ENCODING`. */
  readonly name: string;
  readonly family: string;
  readonly arguments: readonly Argument[];
  /** For the clients that listen. */
  readonly listens: boolean;
}

export interface FuzzCommand {
  readonly argv: readonly string[];
  readonly likeness: Likeness;
  /** May park its client. */
  readonly blocks: boolean;
}

/** Commands that pick at random, with other counts than their templates', would pick differently, or for years; and CONFIG GET * shows all that differs. */
const UNSPOILT = /^(SPOP|SRANDMEMBER|HRANDFIELD|ZRANDMEMBER|CONFIG)$/;

export function familyTemplates(family: string): Template[] {
  const template = (line: string, listens: boolean): Template => {
    // The words in capitals at the beginning of the line; the first is the command, a second one counts if the first is a container.
    const [, name = ''] = /^((?:(?:OBJECT|XGROUP|XINFO|CLIENT|PUBSUB|COMMAND|MEMORY|SCRIPT|FUNCTION|CONFIG|ACL|LATENCY|SLOWLOG) )?[A-Z_-]+)/.exec(line)!;
    return { name, family, arguments: parseSyntax(line.slice(name.length)), listens };
  };
  return [...(FAMILIES[family] ?? []).map((line) => template(line, false)), ...(LISTENING[family] ?? []).map((line) => template(line, true))];
}

export function generate(random: Random, template: Template): FuzzCommand {
  const argv = template.name.split(' ');
  for (const argument of template.arguments) append(random, argument, template.family, argv);
  fillNumkeys(random, argv);
  if (template.family !== 'lex' && !UNSPOILT.test(argv[0]!) && random.chance(0.04)) spoil(random, argv);
  // IDs from the clock would differ, and every reply that shows them.
  if (argv[0] === 'XADD' && argv[2] !== undefined) for (let at = 2; at < argv.length; at++) if (argv[at] === '*') argv[at] = '9-*';
  // Stored by numbers or not: see by-intent.ts.
  if (argv[0] === 'SORT' && argv.some((word) => word.toUpperCase() === 'STORE')) argv.push('ALPHA');
  const likeness = fillScripts(random, argv);
  const blocks = template.family === 'blocking' && !template.listens;
  return { argv, likeness: likeness ?? LIKENESS[template.name] ?? 'exact', blocks };
}

/** Puts scripts and whole commands where they are to come. Returns how a script's reply is to be compared. */
function fillScripts(random: Random, argv: string[]): Likeness | null {
  let likeness: Likeness | null = null;
  for (const [at, word] of argv.entries()) {
    if (word === SCRIPT) {
      const script = evalScript(random, (isExact) => scriptable(random, isExact));
      argv[at] = script.code;
      ({ likeness } = script);
    } else if (word === LIBRARY) argv[at] = luaLibrary(random, (isExact) => scriptable(random, isExact));
    else if (word === KNOWN_SCRIPT) argv[at] = random.pick(knownScripts()).code;
    else if (word === KNOWN_SHA) argv[at] = createHash('sha1').update(random.pick(knownScripts()).code, 'latin1').digest('hex');
    else if (word === COMMAND) argv.splice(at, 1, ...generate(random, random.pick(scriptableTemplates())).argv);
  }
  return likeness;
}

let templates: readonly Template[] | null = null;
let known: readonly LuaScript[] | null = null;

/** What scripts may call, and COMMAND GETKEYS be asked about. */
function scriptableTemplates(): readonly Template[] {
  return (templates ??= SCRIPTABLE.flatMap(familyTemplates).filter(({ name }) => !/^(SORT|SORT_RO|OBJECT .*|FLUSHALL)$/.test(name)));
}

/** @param isExact one whose reply is compared byte for byte */
function scriptable(random: Random, isExact: boolean): FuzzCommand {
  for (;;) {
    const command = generate(random, random.pick(scriptableTemplates()));
    if (!isExact || command.likeness === 'exact') return command;
  }
}

/** A few scripts that are always the same, so that EVALSHA finds what SCRIPT LOAD and EVAL have brought. */
function knownScripts(): readonly LuaScript[] {
  const random = new Random(7);
  return (known ??= Array.from({ length: 12 }, () => evalScript(random, (isExact) => scriptable(random, isExact), true)).filter(({ likeness }) => likeness === 'exact'));
}

function append(random: Random, argument: Argument, family: string, argv: string[]): void {
  if (argument.optional && random.chance(0.65)) return;
  const times = argument.multiple ? random.between(1, 3) : 1;
  for (let i = 0; i < times; i++) {
    if (argument.token !== undefined && (i === 0 || (argument.type !== 'key' && argument.name !== 'weight'))) argv.push(random.chance(0.9) ? argument.token : argument.token.toLowerCase());
    if (argument.type === 'oneof') append(random, { ...random.pick(argument.arguments!), optional: false }, family, argv);
    else if (argument.type === 'block') for (const inner of argument.arguments!) append(random, inner, family, argv);
    else if (argument.type !== 'pure-token') argv.push(randomValue(random, argument.name, argument.type, family));
  }
}

/** A number of keys is right most of the time. How many there are: the arguments behind it up to the first option word. */
function fillNumkeys(random: Random, argv: string[]): void {
  const at = argv.indexOf(NUMKEYS);
  if (at === -1) return;
  const option = argv.findIndex((word, i) => i > at && /^(WEIGHTS|AGGREGATE|WITHSCORES|LIMIT|LEFT|RIGHT|MIN|MAX|COUNT)$/i.test(word));
  const keys = (option === -1 ? argv.length : option) - at - 1;
  argv[at] = random.chance(0.95) ? String(keys) : random.pick(['0', '-1', '1', '3', 'abc', '9223372036854775807']);
}

function spoil(random: Random, argv: string[]): void {
  const at = random.between(1, argv.length);
  switch (random.below(4)) {
    case 0:
      return void (argv.length > 1 && argv.pop());
    case 1:
      return void argv.push(randomJunk(random));
    case 2:
      return void argv.splice(at, 0, argv[at - 1] === argv[0] ? randomJunk(random) : argv[at - 1]!);
    default:
      // Not offsets: 4294967295 is one that is allowed, and makes half a gigabyte. Not cursors: those of another server find other things.
      if (at < argv.length && !/^(SETRANGE|SETBIT|BITFIELD|[A-Z]*SCAN)$/.test(argv[0]!)) argv[at] = randomJunk(random);
  }
}
