/**
 * Geo commands: GEOADD GEODIST GEOHASH GEOPOS GEORADIUS GEORADIUSBYMEMBER GEORADIUSBYMEMBER_RO GEORADIUS_RO GEOSEARCH GEOSEARCHSTORE.
 *
 * A place is a member of a sorted set whose score is its geohash: every sorted-set command works on it as well.
 */
import { command, type Argv } from '../command/command.js';
import * as errors from '../errors.js';
import { key, keyword } from '../command/key-spec.js';
import type { Session } from '../command/session.js';
import type { Database } from '../keyspace/database.js';
import { SortedSetValue } from '../keyspace/types/sorted-set.js';
import { Double, NULL_ARRAY, type Reply } from '../resp/reply.js';
import { isWord } from './support/arguments.js';
import { limitsOf, storeResult } from './support/collections.js';
import { exactLongDouble, findPlaces, type FoundPlace, readPlace, readUnit } from './support/geo-search.js';
import { type GeoForm, type GeoQuery, readGeoQuery } from './support/geo-query.js';
import { cellAt, exactDistance, lettersOf, MAX_STEP, type Place, placeOf, scoreOf } from './support/geohash.js';
import { formatLongDouble } from './support/long-double.js';
import { zadd } from './sorted-set.js';

export const geoadd = command({
  name: 'geoadd', since: '3.2.0', group: 'geo', complexity: 'O(log(N)) for each place, in a set of N.',
  summary: 'Adds places to a sorted set, or moves them. Returns how many are new, or with CH how many have changed.',
  syntax: 'key [NX | XX] [CH] {longitude:double latitude:double member}...',
  flags: ['write', 'denyoom'],
  keys: [key(1, 'RW update')],
  categories: ['geo'],
  history: [['6.2.0', 'CH, NX and XX.']],
  run(argv, db, session) {
    let first = 2;
    while (first < argv.length && ['NX', 'XX', 'CH'].some((word) => isWord(argv[first]!, word))) first++;
    const options = argv.slice(2, first);
    const excludesAll = options.some((word) => isWord(word, 'NX')) && options.some((word) => isWord(word, 'XX'));
    if ((argv.length - first) % 3 !== 0 || excludesAll) return errors.SYNTAX;
    const scored: string[] = [];
    for (let at = first; at < argv.length; at += 3) {
      const place = readPlace(argv[at]!, argv[at + 1]!);
      scored.push(String(scoreOf(cellAt(place, MAX_STEP))), argv[at + 2]!);
    }
    const added = ['zadd', argv[1]!, ...options, ...scored];
    db.effects?.instead(added);
    return zadd.run!(added, db, session);
  },
});

export const geopos = command({
  name: 'geopos', since: '3.2.0', group: 'geo', complexity: 'O(N) for N members.',
  summary: 'Returns longitude and latitude of members of a sorted set.',
  syntax: 'key member...',
  arity: -2,
  flags: ['readonly'],
  keys: [key(1, 'RO access')],
  categories: ['geo'],
  run(argv, db) {
    const value = read(db, argv[1]!);
    return argv.slice(2).map((member) => {
      const score = value?.score(member);
      return score === undefined ? NULL_ARRAY : coordinates(placeOf(score));
    });
  },
});

export const geohash = command({
  name: 'geohash', since: '3.2.0', group: 'geo', complexity: 'O(log(N)) for each member, in a set of N.',
  summary: 'Returns the geohashes of members of a sorted set, in letters.',
  syntax: 'key member...',
  arity: -2,
  flags: ['readonly'],
  keys: [key(1, 'RO access')],
  categories: ['geo'],
  run(argv, db) {
    const value = read(db, argv[1]!);
    return argv.slice(2).map((member) => {
      const score = value?.score(member);
      return score === undefined ? null : lettersOf(placeOf(score));
    });
  },
});

export const geodist = command({
  name: 'geodist', since: '3.2.0', group: 'geo', complexity: 'O(log(N))',
  summary: 'Returns the distance between two members of a sorted set.',
  syntax: 'key member1 member2 [M | KM | FT | MI]',
  flags: ['readonly'],
  keys: [key(1, 'RO access')],
  categories: ['geo'],
  run(argv, db) {
    if (argv.length > 5) return errors.SYNTAX;
    const unit = argv.length === 5 ? readUnit(argv[4]!) : 1;
    const value = read(db, argv[1]!);
    const one = value?.score(argv[2]!);
    const other = value?.score(argv[3]!);
    return one === undefined || other === undefined ? null : formatDistance(exactDistance(placeOf(one), placeOf(other)) / unit);
  },
});

const RADIUS_TAIL = 'radius:double (M | KM | FT | MI) [WITHCOORD] [WITHDIST] [WITHHASH] [{COUNT count:integer [ANY]}] [ASC | DESC]';
const SEARCH_TAIL = '(FROMMEMBER member | FROMLONLAT {longitude:double latitude:double}) '
  + '({BYRADIUS radius:double (M | KM | FT | MI)} | {BYBOX width:double height:double (M | KM | FT | MI)}) [ASC | DESC] [{COUNT count:integer [ANY]}]';
const COMPLEXITY = 'O(N+log(M)) for N members in the cells around the shape, of M in all.';

export const georadius = command({
  name: 'georadius', since: '3.2.0', group: 'geo', complexity: COMPLEXITY,
  documentation: ['deprecated'],
  deprecatedSince: '6.2.0',
  replacedBy: '`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument',
  summary: 'Returns or stores the members of a sorted set within a distance of a place.',
  syntax: `key longitude:double latitude:double ${RADIUS_TAIL} [STORE key] [STOREDIST key]`,
  flags: ['write', 'denyoom', 'movablekeys'],
  keys: [key(1, 'RO access'), keyword('STORE', 6, 0, 1, 'OW update'), keyword('STOREDIST', 6, 0, 1, 'OW update')],
  categories: ['geo'],
  history: [['6.2.0', 'ANY with COUNT.'], ['7.0.0', 'Units in upper case.']],
  run: (argv, db, session) => search(argv, db, session, { source: 1, options: 6, centre: 'place', mayStore: true }),
});

export const georadius_ro = command({
  name: 'georadius_ro', since: '3.2.10', group: 'geo', complexity: COMPLEXITY,
  documentation: ['deprecated'],
  deprecatedSince: '6.2.0',
  replacedBy: '`GEOSEARCH` with the `BYRADIUS` argument',
  summary: 'Returns the members of a sorted set within a distance of a place.',
  syntax: `key longitude:double latitude:double ${RADIUS_TAIL}`,
  flags: ['readonly'],
  keys: [key(1, 'RO access')],
  categories: ['geo'],
  history: [['6.2.0', 'ANY with COUNT.']],
  run: (argv, db, session) => search(argv, db, session, { source: 1, options: 6, centre: 'place', mayStore: false }),
});

export const georadiusbymember = command({
  name: 'georadiusbymember', since: '3.2.0', group: 'geo', complexity: COMPLEXITY,
  documentation: ['deprecated'],
  deprecatedSince: '6.2.0',
  replacedBy: '`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` arguments',
  summary: 'Returns or stores the members of a sorted set within a distance of one of them.',
  syntax: `key member ${RADIUS_TAIL} [STORE key] [STOREDIST key]`,
  flags: ['write', 'denyoom', 'movablekeys'],
  keys: [key(1, 'RO access'), keyword('STORE', 5, 0, 1, 'OW update'), keyword('STOREDIST', 5, 0, 1, 'OW update')],
  categories: ['geo'],
  history: [['7.0.0', 'Units in upper case.']],
  run: (argv, db, session) => search(argv, db, session, { source: 1, options: 5, centre: 'member', mayStore: true }),
});

export const georadiusbymember_ro = command({
  name: 'georadiusbymember_ro', since: '3.2.10', group: 'geo', complexity: COMPLEXITY,
  documentation: ['deprecated'],
  deprecatedSince: '6.2.0',
  replacedBy: '`GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments',
  summary: 'Returns the members of a sorted set within a distance of one of them.',
  syntax: `key member ${RADIUS_TAIL}`,
  flags: ['readonly'],
  keys: [key(1, 'RO access')],
  categories: ['geo'],
  run: (argv, db, session) => search(argv, db, session, { source: 1, options: 5, centre: 'member', mayStore: false }),
});

export const geosearch = command({
  name: 'geosearch', since: '6.2.0', group: 'geo', complexity: COMPLEXITY,
  summary: 'Returns the members of a sorted set within a circle or a box.',
  syntax: `key ${SEARCH_TAIL} [WITHCOORD] [WITHDIST] [WITHHASH]`,
  flags: ['readonly'],
  keys: [key(1, 'RO access')],
  categories: ['geo'],
  history: [['7.0.0', 'Units in upper case.']],
  run: (argv, db, session) => search(argv, db, session, { source: 1, options: 2, centre: 'option', mayStore: false }),
});

export const geosearchstore = command({
  name: 'geosearchstore', since: '6.2.0', group: 'geo', complexity: COMPLEXITY,
  summary: 'Stores the members of a sorted set within a circle or a box. Returns their number.',
  syntax: `destination:key source:key ${SEARCH_TAIL} [STOREDIST]`,
  flags: ['write', 'denyoom'],
  keys: [key(1, 'OW update'), key(2, 'RO access')],
  categories: ['geo'],
  history: [['7.0.0', 'Units in upper case.']],
  run: (argv, db, session) => search(argv, db, session, { source: 2, options: 3, centre: 'option', mayStore: true, destination: 1 }),
});

function search(argv: Argv, db: Database, session: Session, form: GeoForm): Reply {
  const value = read(db, argv[form.source]!);
  const query = readGeoQuery(argv, value, form);
  const found = value === undefined ? [] : findPlaces(value, query);
  if (query.storeKey === null) return found.map((place) => placeReply(place, query));
  const result = new SortedSetValue(db.hashSeed);
  const limits = limitsOf(session);
  for (const { member, score } of found) {
    result.set(member, query.storesDistance ? exactDistance(query.shape, placeOf(score)) / query.unit : score, limits);
  }
  return storeResult(db, query.storeKey, result, 'z', form.centre === 'option' ? 'geosearchstore' : 'georadiusstore');
}

function placeReply({ member, score, metres }: FoundPlace, { withDistance, withHash, withCoordinates, unit }: GeoQuery): Reply {
  if (!withDistance && !withHash && !withCoordinates) return member;
  const reply: Reply[] = [member];
  if (withDistance) reply.push(formatDistance(metres / unit));
  if (withHash) reply.push(score);
  if (withCoordinates) reply.push(coordinates(placeOf(score)));
  return reply;
}

const formatDistance = (length: number): string => length.toFixed(4);

function coordinates({ longitude, latitude }: Place): Reply {
  return [coordinate(longitude), coordinate(latitude)];
}

/** Unlike all other doubles coordinates are printed with 17 digits after the point. */
function coordinate(degrees: number): Double {
  return new Double(degrees, formatLongDouble(exactLongDouble(degrees)));
}

/** Returns the sorted set at a key; undefined if there is none. Throws WRONGTYPE for every other type. */
function read(db: Database, name: string): SortedSetValue | undefined {
  const value = db.lookupRead(name);
  if (value !== undefined && !(value instanceof SortedSetValue)) throw errors.WRONG_TYPE;
  return value;
}
