/**
 * Searches a sorted set of places: finds the members in a shape, and sorts them. Used by commands/geo.ts.
 */
import * as errors from '../../errors.js';
import type { SortedSetValue } from '../../keyspace/types/sorted-set.js';
import { double, isWord } from './arguments.js';
import type { GeoQuery } from './geo-query.js';
import { type Cell, cellsAround, distanceInside, LATITUDE_LIMIT, LONGITUDE_LIMIT, type Place, placeOf, scoresOf, type Shape } from './geohash.js';
import type { LongDouble } from './long-double.js';

export interface FoundPlace {
  readonly member: string;
  readonly score: number;
  /** Distance from the centre. */
  readonly metres: number;
}

/** Returns the places of a query, at most `count` of them if that is not 0. */
export function findPlaces(value: SortedSetValue, query: GeoQuery): FoundPlace[] {
  const found: FoundPlace[] = [];
  let last: Cell | null = null;
  for (const cell of cellsAround(query.shape)) {
    // Around a large shape the neighbours of the centre may be the same cell.
    if (last !== null && last.longitude === cell.longitude && last.latitude === cell.latitude) continue;
    if (query.any && found.length >= query.count) break;
    collect(value, cell, query, found);
    last = cell;
  }
  if (query.order !== null) sort(found, query.order);
  return query.count === 0 ? found : found.slice(0, query.count);
}

function collect(value: SortedSetValue, cell: Cell, { shape, any, count }: GeoQuery, found: FoundPlace[]): void {
  const { from, to } = scoresOf(cell);
  const start = value.countBelow(from);
  const end = value.countBelow(to);
  value.visit(start, end - start, false, (member, score) => {
    if (any && found.length >= count) return;
    const metres = metresInside(shape, score);
    if (metres >= 0) found.push({ member, score, metres });
  });
}

const metresInside = (shape: Shape, score: number): number => distanceInside(shape, placeOf(score));

function sort(found: FoundPlace[], order: 'asc' | 'desc'): void {
  found.sort((one, other) => (order === 'asc' ? one.metres - other.metres : other.metres - one.metres));
}

/** Parses a place. Throws for what is no number, and for a place outside of the map. */
export function readPlace(longitudeText: string, latitudeText: string): Place {
  const longitude = double(longitudeText);
  const latitude = double(latitudeText);
  if (!(Math.abs(longitude) <= LONGITUDE_LIMIT && Math.abs(latitude) <= LATITUDE_LIMIT)) throw errors.invalidPlace(longitude, latitude);
  return { longitude, latitude };
}

/** Returns the metres per unit. */
export function readUnit(text: string): number {
  if (isWord(text, 'M')) return 1;
  if (isWord(text, 'KM')) return 1000;
  if (isWord(text, 'FT')) return 0.3048;
  if (isWord(text, 'MI')) return 1609.34;
  throw errors.UNSUPPORTED_UNIT;
}

/** Converts a double exactly, for printing more digits than a double needs. */
export function exactLongDouble(value: number): LongDouble {
  let mantissa = value;
  let exponent = 0;
  for (; !Number.isInteger(mantissa); mantissa *= 2) exponent--;
  return { mantissa: BigInt(mantissa), exponent };
}
