/**
 * Readers of JSON nodes: each takes a node and returns a typed value, or reports in one line what is wrong, with line and field.
 *
 *   object({ name: text, goals: listOf(goal) })(node, place) → value; place.problems
 */
import { nearest } from '../../shared/nearest.js';
import { type Complaint, inEach } from './file-texts.js';
import type { JsonNode } from './lined-json.js';
import type { Text } from '../../shared/language.js';

export interface Problem {
  readonly line: number;
  /** `goals[1].count.event`; empty: the whole file. */
  readonly field: string;
  readonly message: Text;
}

/** Where a reader is, and the problems found so far. */
export interface Place {
  readonly field: string;
  readonly problems: Problem[];
}

/** Its result is valid only if no problem has been found. */
export type Reader<T> = (node: JsonNode, place: Place) => T;

/** An optional field. */
interface OptionalField<T> {
  readonly read: Reader<T>;
  readonly otherwise: T;
}

type Field<T> = Reader<T> | OptionalField<T>;
export type Shape = { readonly [name: string]: Field<unknown> };
type Shaped<S extends Shape> = { readonly [name in keyof S]: S[name] extends Field<infer T> ? T : never };

export const optional = <T, E>(read: Reader<T>, otherwise: E): OptionalField<T | E> => ({ read, otherwise });

export const inField = (place: Place, name: string): Place => ({ ...place, field: place.field === '' ? name : `${place.field}.${name}` });
const atIndex = (place: Place, index: number): Place => ({ ...place, field: `${place.field}[${index}]` });

/** Notes the problem; the returned value will not be used. */
export function problem(node: JsonNode, { field, problems }: Place, complaint: Complaint): never {
  problems.push({ line: node.line, field, message: inEach(complaint) });
  return undefined as never;
}

/** The name that was probably meant; undefined: none is close enough. */
export const meant = (wanted: string, names: readonly string[]): string | undefined => nearest(wanted, names)[0];

export const text: Reader<string> = (node, place) => {
  if (node.type !== 'value' || typeof node.value !== 'string') return problem(node, place, ({ aText }) => aText);
  return node.value.trim() === '' ? problem(node, place, ({ notEmpty }) => notEmpty) : node.value;
};

/** Including the empty text. */
export const anyText: Reader<string> = (node, place) =>
  node.type === 'value' && typeof node.value === 'string' ? node.value : problem(node, place, ({ aText }) => aText);

export const number: Reader<number> = (node, place) =>
  node.type === 'value' && typeof node.value === 'number' ? node.value : problem(node, place, ({ aNumber }) => aNumber);

export const boolean: Reader<boolean> = (node, place) =>
  node.type === 'value' && typeof node.value === 'boolean' ? node.value : problem(node, place, ({ trueOrFalse }) => trueOrFalse);

export const scalar: Reader<string | number | boolean> = (node, place) =>
  node.type === 'value' && node.value !== null ? node.value : problem(node, place, ({ aScalar }) => aScalar);

export function oneOf<T extends string | number>(values: readonly T[]): Reader<T> {
  return (node, place) => {
    const value = node.type === 'value' ? node.value : null;
    if (values.includes(value as T)) return value as T;
    const names = values.map(String);
    const near = typeof value === 'string' ? meant(value, names) : undefined;
    return problem(node, place, (texts) => texts.oneOf(names, near));
  };
}

export function listOf<T>(item: Reader<T>, { atLeast = 0, atMost = Infinity } = {}): Reader<readonly T[]> {
  return (node, place) => {
    if (node.type !== 'list') return problem(node, place, ({ aList }) => aList);
    const { length } = node.items;
    if (length < atLeast || length > atMost) {
      problem(node, place, ({ entries }) => entries(atLeast, atMost, length));
    }
    return node.items.map((one, i) => item(one, atIndex(place, i)));
  };
}

export function object<S extends Shape>(shape: S): Reader<Shaped<S>> {
  return (node, place) => {
    const names = Object.keys(shape);
    if (node.type !== 'object') return problem(node, place, ({ anObject }) => anObject(names));
    for (const [name, field] of node.fields) {
      if (!names.includes(name)) problem(field, inField(place, name), ({ noField }) => noField(names, meant(name, names)));
    }
    return Object.fromEntries(Object.entries(shape).map(([name, field]) => [name, readField(node, name, field, place)])) as Shaped<S>;
  };
}

/** Converts a reader's result; if there are problems, values in it may be missing. */
export function mapped<From, To>(read: Reader<From>, map: (from: From) => To): Reader<To> {
  return (node, place) => {
    const value = read(node, place);
    return value === undefined ? (undefined as never) : map(value);
  };
}

function readField(node: JsonNode & { readonly type: 'object' }, name: string, field: Field<unknown>, place: Place): unknown {
  const found = node.fields.get(name);
  if (found !== undefined) return (typeof field === 'function' ? field : field.read)(found, inField(place, name));
  return typeof field === 'function' ? problem(node, place, ({ missing }) => missing(name)) : field.otherwise;
}
