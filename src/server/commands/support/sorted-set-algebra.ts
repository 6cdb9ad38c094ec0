/**
 * Set operations on sorted sets: ZUNION, ZINTER, ZDIFF, their …STORE forms and ZINTERCARD. Members of plain sets have a score of 1. Scores are summed in
 * Redis's order, inputs by size, because sums of doubles depend on it.
 */
import { ownText } from '../../../shared/own-text.js';
import type { Argv } from '../../command/command.js';
import * as errors from '../../errors.js';
import type { Database } from '../../keyspace/database.js';
import { ScoreDict } from '../../keyspace/dict.js';
import type { HashSeed } from '../../keyspace/hash.js';
import type { EncodingLimits } from '../../keyspace/types/limits.js';
import { SetValue } from '../../keyspace/types/set.js';
import { SortedSetValue } from '../../keyspace/types/sorted-set.js';
import { double, integer, integerBetween, isWord } from './arguments.js';
import { LONG_MAX } from './collections.js';

type Operation = 'union' | 'inter' | 'diff';
type Aggregate = (one: number, other: number) => number;

/** One of the input sets. */
interface Input {
  /** Undefined if the key does not exist. */
  readonly value: SortedSetValue | SetValue | undefined;
  weight: number;
}

export interface Algebra {
  readonly operation: Operation;
  readonly inputs: readonly Input[];
  readonly aggregate: Aggregate;
  readonly withScores: boolean;
  /** ZINTERCARD's; 0: none. */
  readonly limit: number;
}

/** The allowed options of a command. */
export interface AlgebraForm {
  readonly name: string;
  readonly operation: Operation;
  /** Position of numkeys in argv. */
  readonly at: number;
  readonly answers: 'members' | 'stored' | 'count';
}

const notNumber = (score: number): number => (Number.isNaN(score) ? 0 : score);
// The sum of infinities of both signs is 0, as in Redis.
const SUM: Aggregate = (one, other) => notNumber(one + other);
const MIN: Aggregate = (one, other) => (other < one ? other : one);
const MAX: Aggregate = (one, other) => (other > one ? other : one);

/** Parses the arguments in the order of Redis's checks: number of keys, their types, options. Throws the error for the first mistake. */
export function readAlgebra(argv: Argv, db: Database, form: AlgebraForm): Algebra {
  const count = integer(argv[form.at]!);
  if (count < 1) throw errors.noInputKey(form.name);
  if (count > argv.length - (form.at + 1)) throw errors.SYNTAX;
  const first = form.at + 1;
  const inputs = argv.slice(first, first + count).map((key) => readInput(db, key));
  const options = new OptionReader(argv, first + count, form, inputs);
  if (form.operation !== 'diff') inputs.sort((one, other) => sizeOf(one) - sizeOf(other));
  return { operation: form.operation, inputs, aggregate: options.aggregate, withScores: options.withScores, limit: options.limit };
}

function readInput(db: Database, key: string): Input {
  const value = db.lookupRead(key);
  if (value !== undefined && !(value instanceof SortedSetValue) && !(value instanceof SetValue)) throw errors.WRONG_TYPE;
  return { value, weight: 1 };
}

class OptionReader {
  aggregate = SUM;
  withScores = false;
  limit = 0;

  constructor(
    private readonly argv: Argv,
    private at: number,
    private readonly form: AlgebraForm,
    private readonly inputs: readonly Input[],
  ) {
    while (this.at < argv.length) {
      if (!this.readOption(argv[this.at]!, argv.length - this.at)) throw errors.SYNTAX;
    }
  }

  private readOption(word: string, left: number): boolean {
    const { operation, answers } = this.form;
    const isWeighted = operation !== 'diff' && answers !== 'count';
    if (isWeighted && left >= this.inputs.length + 1 && isWord(word, 'WEIGHTS')) return this.readWeights();
    if (isWeighted && left >= 2 && isWord(word, 'AGGREGATE')) return this.readAggregate();
    if (answers === 'members' && isWord(word, 'WITHSCORES')) return this.readWithScores();
    if (answers === 'count' && left >= 2 && isWord(word, 'LIMIT')) return this.readLimit();
    return false;
  }

  private readWeights(): boolean {
    this.at++;
    for (const input of this.inputs) input.weight = double(this.argv[this.at++]!, errors.NOT_A_WEIGHT);
    return true;
  }

  private readAggregate(): boolean {
    const word = this.argv[this.at + 1]!;
    this.at += 2;
    if (isWord(word, 'SUM')) this.aggregate = SUM;
    else if (isWord(word, 'MIN')) this.aggregate = MIN;
    else if (isWord(word, 'MAX')) this.aggregate = MAX;
    else return false;
    return true;
  }

  private readWithScores(): boolean {
    this.at++;
    this.withScores = true;
    return true;
  }

  private readLimit(): boolean {
    this.limit = integerBetween(this.argv[this.at + 1]!, 0, LONG_MAX, errors.NEGATIVE_LIMIT);
    this.at += 2;
    return true;
  }
}

/** Returns the result as a new set, which is a skiplist until `settle` is called. */
export function compute(algebra: Algebra, limits: EncodingLimits, seed: HashSeed): SortedSetValue {
  const result = new SortedSetValue(seed, true);
  if (algebra.operation === 'union') union(algebra, seed, (member, score) => result.add(member, score, limits));
  else if (algebra.operation === 'inter') intersection(algebra, (member, score) => result.add(member, score, limits));
  else difference(algebra.inputs, (member, score) => result.add(member, score, limits));
  return result;
}

/** Returns how many members all sets have in common, up to the limit. */
export function countCommon(algebra: Algebra): number {
  let count = 0;
  intersection(algebra, () => void count++, algebra.limit === 0 ? Infinity : algebra.limit);
  return count;
}

type Visit = (member: string, score: number) => void;

function union({ inputs, aggregate }: Algebra, seed: HashSeed, visit: Visit): void {
  const scores = new ScoreDict(seed);
  for (const { value, weight } of inputs) {
    const isLent = value instanceof SortedSetValue && value.encoding === 'listpack';
    visitAll(value, (member, score) => {
      const weighted = notNumber(weight * score);
      const slot = scores.find(member);
      if (slot === -1) scores.add(isLent ? ownText(member) : member, weighted);
      else scores.setValue(slot, aggregate(scores.valueAt(slot), weighted));
    });
  }
  for (let slot = 0; slot < scores.size; slot++) visit(scores.keyAt(slot), scores.valueAt(slot));
}

/** Looks up each member of the smallest set in all others; stops after `most` hits. */
function intersection({ inputs, aggregate }: Algebra, visit: Visit, most = Infinity): void {
  const [smallest, ...others] = inputs;
  let left = most;
  if (sizeOf(smallest!) === 0) return;
  visitWhile(smallest!.value!, (member, own) => {
    let score = notNumber(smallest!.weight * own);
    for (const { value, weight } of others) {
      const other = scoreIn(value!, member);
      if (other === undefined) return true;
      score = aggregate(score, other * weight);
    }
    visit(member, score);
    return --left > 0;
  });
}

function difference([first, ...others]: readonly Input[], visit: Visit): void {
  if (first === undefined || others.some(({ value }) => value === first.value)) return;
  visitAll(first.value, (member, score) => {
    if (!others.some(({ value }) => value !== undefined && scoreIn(value, member) !== undefined)) visit(member, score);
  });
}

const sizeOf = ({ value }: Input): number => value?.size ?? 0;

function scoreIn(value: SortedSetValue | SetValue, member: string): number | undefined {
  if (value instanceof SortedSetValue) return value.score(member);
  return value.has(member) ? 1 : undefined;
}

function visitAll(value: Input['value'], visit: Visit): void {
  if (value !== undefined) {
    visitWhile(value, (member, score) => {
      visit(member, score);
      return true;
    });
  }
}

/** Visits members until `visit` returns false. */
function visitWhile(value: SortedSetValue | SetValue, visit: (member: string, score: number) => boolean): void {
  if (value instanceof SetValue) {
    for (let position = 0; position < value.size && visit(value.memberAt(position), 1); position++);
    return;
  }
  let goesOn = true;
  value.visit(0, value.size, false, (member, score) => {
    if (goesOn) goesOn = visit(member, score);
  });
}
