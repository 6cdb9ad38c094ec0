/**
 * Random commands from argument trees: those of family tables (in the notation of dispatch/syntax.ts) and those of COMMAND DOCS.
 */
import { type Argument, parseSyntax } from '../../src/server/dispatch/syntax.js';
import type { Likeness } from '../support/compare-replies.js';
import { FAMILIES, LIKENESS } from './families.js';
import type { Random } from './random.js';
import { randomJunk, randomValue } from './values.js';

export interface Template {
  /** Words that name the command: `OBJECT ENCODING`. */
  readonly name: string;
  readonly family: string;
  readonly arguments: readonly Argument[];
}

export interface FuzzCommand {
  readonly argv: readonly string[];
  readonly likeness: Likeness;
  /** May park its client. */
  readonly blocks: boolean;
}

/** Stands where a number of keys is to come, until the keys are there. */
const NUMKEYS = '\0numkeys\0';

/** Commands that pick at random: with other counts than their templates', both servers would pick differently, or for years. */
const PICKS = /^(SPOP|SRANDMEMBER|HRANDFIELD|ZRANDMEMBER)$/;

export function familyTemplates(family: string): Template[] {
  return (FAMILIES[family] ?? []).map((line) => {
    // The words in capitals at the beginning of the line; the first is the command, a second one counts if the first is a container.
    const [, name = ''] = /^((?:OBJECT |XGROUP |XINFO |CLIENT |PUBSUB |COMMAND |MEMORY )?[A-Z_]+)/.exec(line)!;
    return { name, family, arguments: parseSyntax(line.slice(name.length)) };
  });
}

export function generate(random: Random, template: Template): FuzzCommand {
  const argv = template.name.split(' ');
  for (const argument of template.arguments) append(random, argument, template.family, argv);
  fillNumkeys(random, argv);
  if (template.family !== 'lex' && !PICKS.test(argv[0]!) && random.chance(0.04)) spoil(random, argv);
  // IDs from the clock would differ, and every reply that shows them.
  if (argv[0] === 'XADD' && argv[2] !== undefined) for (let at = 2; at < argv.length; at++) if (argv[at] === '*') argv[at] = '9-*';
  // Stored by numbers or not: see isSortByIntent in duel.ts.
  if (argv[0] === 'SORT' && argv.some((word) => word.toUpperCase() === 'STORE')) argv.push('ALPHA');
  const blocks = template.family === 'blocking';
  return { argv, likeness: LIKENESS[template.name] ?? 'exact', blocks };
}

function append(random: Random, argument: Argument, family: string, argv: string[]): void {
  if (argument.optional && random.chance(0.65)) return;
  const times = argument.multiple ? random.between(1, 3) : 1;
  for (let i = 0; i < times; i++) {
    if (argument.token !== undefined && (i === 0 || (argument.type !== 'key' && argument.name !== 'weight'))) argv.push(random.chance(0.9) ? argument.token : argument.token.toLowerCase());
    if (argument.type === 'oneof') append(random, { ...random.pick(argument.arguments!), optional: false }, family, argv);
    else if (argument.type === 'block') for (const inner of argument.arguments!) append(random, inner, family, argv);
    else if (argument.type !== 'pure-token') argv.push(argument.name === 'numkeys' ? NUMKEYS : randomValue(random, argument.name, argument.type, family));
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
