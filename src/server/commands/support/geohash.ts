/**
 * Geohashes of Redis's GEO commands: a place on earth as 52 bits, which are the score in a sorted set.
 *
 *   longitude  1   0   1 …      26 bits each, of the way from the lower to the upper end of the range,
 *   latitude     0   1   1 …    interleaved: 100111 …  so that places with a common prefix are in one cell,
 *                               and a cell is a range of scores
 *
 * A search takes the cell around its centre, of a size for which the nine cells around it cover the shape, and searches those ranges.
 * Formulas and limits are those of geohash.c and geohash_helper.c, evaluated in the same order, so that scores and distances agree to the last bit.
 */
import { arcSine, cosine, sine } from './precise-math.js';

export const LONGITUDE_LIMIT = 180;
/** The limit of the Mercator projection, which makes it square. */
export const LATITUDE_LIMIT = 85.05112878;

/** Bits of each coordinate in a score. */
export const MAX_STEP = 26;

const EARTH_RADIUS_METERS = 6372797.560856;
const MERCATOR_MAX = 20037726.37;
const RADIANS_PER_DEGREE = Math.PI / 180;

/** A cell: the first `step` bits of both coordinates of all places in it. */
export interface Cell {
  readonly longitude: number;
  readonly latitude: number;
  readonly step: number;
}

export interface Place {
  readonly longitude: number;
  readonly latitude: number;
}

/** A circle or box around a centre; lengths in metres. */
export type Shape = Place & ({ readonly radius: number } | { readonly width: number; readonly height: number });

/** `latitudeLimit` is 90 for standard geohashes, written in letters. */
export function cellAt(place: Place, step: number, latitudeLimit = LATITUDE_LIMIT): Cell {
  const cells = 2 ** step;
  const longitude = Math.trunc(((place.longitude + LONGITUDE_LIMIT) / (2 * LONGITUDE_LIMIT)) * cells);
  const latitude = Math.trunc(((place.latitude + latitudeLimit) / (2 * latitudeLimit)) * cells);
  return { longitude, latitude, step };
}

/** Returns the bits of a cell, padded with zeros to 52: the lowest score in it. */
export function scoreOf({ longitude, latitude, step }: Cell): number {
  const shift = 2 ** (MAX_STEP - step);
  return interleave(latitude * shift, longitude * shift);
}

/** Returns the scores of a cell: [from, to). */
export function scoresOf(cell: Cell): { from: number; to: number } {
  const from = scoreOf(cell);
  return { from, to: from + 4 ** (MAX_STEP - cell.step) };
}

/** Returns the centre of the smallest cell, which a score identifies. */
export function placeOf(score: number): Place {
  const { even, odd } = deinterleave(score);
  const longitude = middle(odd, LONGITUDE_LIMIT);
  const latitude = middle(even, LATITUDE_LIMIT);
  return { longitude: clamp(longitude, LONGITUDE_LIMIT), latitude: clamp(latitude, LATITUDE_LIMIT) };
}

function middle(index: number, limit: number): number {
  const cells = 2 ** MAX_STEP;
  return (-limit + (index / cells) * (2 * limit) + (-limit + ((index + 1) / cells) * (2 * limit))) / 2;
}

const clamp = (value: number, limit: number): number => Math.min(Math.max(value, -limit), limit);

/** 13 bits at a time, because JavaScript's bit operations end at 32. */
function interleave(even: number, odd: number): number {
  const low = spread(even & 0x1fff) + 2 * spread(odd & 0x1fff);
  const high = spread(Math.floor(even / 0x2000)) + 2 * spread(Math.floor(odd / 0x2000));
  return high * 2 ** 26 + low;
}

/** Inserts a zero before each of 13 bits (a neighbour's 14th is possible). */
function spread(bits: number): number {
  let spreaded = bits;
  spreaded = (spreaded | (spreaded << 8)) & 0x00ff00ff;
  spreaded = (spreaded | (spreaded << 4)) & 0x0f0f0f0f;
  spreaded = (spreaded | (spreaded << 2)) & 0x33333333;
  return (spreaded | (spreaded << 1)) & 0x55555555;
}

function squash(bits: number): number {
  let squashed = bits & 0x55555555;
  squashed = (squashed | (squashed >>> 1)) & 0x33333333;
  squashed = (squashed | (squashed >>> 2)) & 0x0f0f0f0f;
  squashed = (squashed | (squashed >>> 4)) & 0x00ff00ff;
  return (squashed | (squashed >>> 8)) & 0xffff;
}

/** Returns the even and the odd bits of a score; ZADD may have stored one that is no geohash, of which Redis takes 64 bits. */
function deinterleave(score: number): { even: number; odd: number } {
  const bits = Math.trunc(score);
  if (bits >= 0 && bits < 2 ** 52) {
    const high = Math.floor(bits / 2 ** 26);
    const low = bits % 2 ** 26;
    return { even: squash(high) * 0x2000 + squash(low), odd: squash(high >>> 1) * 0x2000 + squash(low >>> 1) };
  }
  const wide = Number.isFinite(bits) ? BigInt.asUintN(64, BigInt(bits)) : 2n ** 63n;
  const high = Number(wide >> 32n);
  const low = Number(wide & 0xffffffffn);
  return { even: squash(high) * 0x10000 + squash(low), odd: squash(high >>> 1) * 0x10000 + squash(low >>> 1) };
}

/** Returns the metres between two places, along a great circle (haversine). Precise enough for comparisons; see {@link exactDistance}. */
export function distance(one: Place, other: Place): number {
  return haversine(one, other, Math);
}

/** The same to the last bit, for what clients get; takes some microseconds. */
export function exactDistance(one: Place, other: Place): number {
  return haversine(one, other, PRECISE);
}

const PRECISE = { sin: sine, cos: cosine, asin: arcSine };

function haversine(one: Place, other: Place, { sin, cos, asin }: Pick<Math, 'sin' | 'cos' | 'asin'>): number {
  const v = sin((other.longitude * RADIANS_PER_DEGREE - one.longitude * RADIANS_PER_DEGREE) / 2);
  const latitude = one.latitude * RADIANS_PER_DEGREE;
  const otherLatitude = other.latitude * RADIANS_PER_DEGREE;
  const u = sin((otherLatitude - latitude) / 2);
  const a = u * u + cos(latitude) * cos(otherLatitude) * v * v;
  return 2 * EARTH_RADIUS_METERS * asin(Math.sqrt(a));
}

const latitudeDistance = (one: number, other: number): number => EARTH_RADIUS_METERS * Math.abs(other * RADIANS_PER_DEGREE - one * RADIANS_PER_DEGREE);

/** Returns the metres from the centre to a place in the shape; -1 for one outside. */
export function distanceInside(shape: Shape, place: Place): number {
  if ('radius' in shape) {
    const metres = distance(shape, place);
    return metres > shape.radius ? -1 : metres;
  }
  if (latitudeDistance(place.latitude, shape.latitude) > shape.height / 2) return -1;
  // The distance east or west is measured on the latitude of the place.
  if (distance(place, { longitude: shape.longitude, latitude: place.latitude }) > shape.width / 2) return -1;
  return distance(shape, place);
}

interface Bounds {
  readonly west: number;
  readonly south: number;
  readonly east: number;
  readonly north: number;
}

function boundsOf(shape: Shape): Bounds {
  const height = 'radius' in shape ? shape.radius : shape.height / 2;
  const width = 'radius' in shape ? shape.radius : shape.width / 2;
  const latitudeDelta = height / EARTH_RADIUS_METERS / RADIANS_PER_DEGREE;
  // A degree of longitude is shortest on the edge closer to the pole.
  const edge = shape.latitude < 0 ? shape.latitude - latitudeDelta : shape.latitude + latitudeDelta;
  const longitudeDelta = width / EARTH_RADIUS_METERS / Math.cos(edge * RADIANS_PER_DEGREE) / RADIANS_PER_DEGREE;
  return {
    west: shape.longitude - longitudeDelta,
    south: shape.latitude - latitudeDelta,
    east: shape.longitude + longitudeDelta,
    north: shape.latitude + latitudeDelta,
  };
}

/** Returns how small cells may be for nine of them to cover a circle. */
function stepFor(radius: number, latitude: number): number {
  if (radius === 0) return MAX_STEP;
  let step = 1;
  for (let metres = radius; metres < MERCATOR_MAX; metres *= 2) step++;
  step -= 2;
  // Towards the poles cells become narrow.
  if (Math.abs(latitude) > 66) step--;
  if (Math.abs(latitude) > 80) step--;
  return Math.min(Math.max(step, 1), MAX_STEP);
}

/** Returns the cells that may contain places inside of a shape, in the order in which Redis searches them. */
export function cellsAround(shape: Shape): Cell[] {
  const bounds = boundsOf(shape);
  const radius = 'radius' in shape ? shape.radius : Math.sqrt((shape.width / 2) * (shape.width / 2) + (shape.height / 2) * (shape.height / 2));
  let centre = cellAt(shape, stepFor(radius, shape.latitude));
  if (centre.step > 1 && !neighboursReach(centre, bounds)) centre = cellAt(shape, centre.step - 1);
  return directions(centre, bounds).map(([east, north]) => neighbour(centre, east, north));
}

function neighboursReach(centre: Cell, bounds: Bounds): boolean {
  return (
    edges(neighbour(centre, 0, 1)).north >= bounds.north &&
    edges(neighbour(centre, 0, -1)).south <= bounds.south &&
    edges(neighbour(centre, 1, 0)).east >= bounds.east &&
    edges(neighbour(centre, -1, 0)).west <= bounds.west
  );
}

/** Returns steps east and north: centre, N, S, E, W, NE, NW, SE, SW; without those beyond what the centre already covers. */
function directions(centre: Cell, bounds: Bounds): readonly (readonly [east: number, north: number])[] {
  const all = [[0, 0], [0, 1], [0, -1], [1, 0], [-1, 0], [1, 1], [-1, 1], [1, -1], [-1, -1]] as const;
  if (centre.step < 2) return all;
  const own = edges(centre);
  return all.filter(([east, north]) => {
    if (north < 0 && own.south < bounds.south) return false;
    if (north > 0 && own.north > bounds.north) return false;
    if (east < 0 && own.west < bounds.west) return false;
    return !(east > 0 && own.east > bounds.east);
  });
}

/**
 * Wraps around the edges of the map. On the very edge a coordinate is one past the last cell, and stays so unless there is a
 * step in its direction.
 */
function neighbour({ longitude, latitude, step }: Cell, east: number, north: number): Cell {
  const cells = 2 ** step;
  return {
    longitude: east === 0 ? longitude : (longitude + east + cells) % cells,
    latitude: north === 0 ? latitude : (latitude + north + cells) % cells,
    step,
  };
}

function edges({ longitude, latitude, step }: Cell): Bounds {
  const cells = 2 ** step;
  const at = (index: number, limit: number): number => -limit + (index / cells) * (2 * limit);
  return {
    west: at(longitude, LONGITUDE_LIMIT),
    east: at(longitude + 1, LONGITUDE_LIMIT),
    south: at(latitude, LATITUDE_LIMIT),
    north: at(latitude + 1, LATITUDE_LIMIT),
  };
}

const LETTERS = '0123456789bcdefghjkmnpqrstuvwxyz';

/** Returns the eleven letters of a standard geohash; Redis has bits for ten, and the last is always 0. */
export function lettersOf(place: Place): string {
  const { longitude, latitude } = cellAt(place, MAX_STEP, 90);
  const bits = interleave(latitude, longitude);
  let letters = '';
  for (let at = 1; at <= 10; at++) letters += LETTERS[Math.floor(bits / 2 ** (52 - at * 5)) % 32];
  return `${letters}0`;
}
