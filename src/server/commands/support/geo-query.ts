/**
 * Parses the arguments of GEORADIUS, GEOSEARCH and related commands, in the order of Redis's georadiusGeneric.
 */
import type { Argv } from '../../command/command.js';
import * as errors from '../../errors.js';
import type { SortedSetValue } from '../../keyspace/types/sorted-set.js';
import { double, integer, isWord } from './arguments.js';
import { readPlace, readUnit } from './geo-search.js';
import { type Place, placeOf, type Shape } from './geohash.js';
import type { ErrorReply } from '../../resp/reply.js';

/** What a command's name determines; positions in argv. */
export interface GeoForm {
  readonly source: number;
  /** Where options begin. */
  readonly options: number;
  /** How the centre is given: as longitude and latitude, as a member, or (GEOSEARCH) by one of the options. */
  readonly centre: 'place' | 'member' | 'option';
  readonly mayStore: boolean;
  /** Position of GEOSEARCHSTORE's destination. */
  readonly destination?: number;
}

export interface GeoQuery {
  readonly shape: Shape;
  /** Metres per unit of all lengths, also those of the reply. */
  readonly unit: number;
  readonly withDistance: boolean;
  readonly withHash: boolean;
  readonly withCoordinates: boolean;
  /** Null: unsorted. */
  readonly order: 'asc' | 'desc' | null;
  /** 0: all. */
  readonly count: number;
  /** Any `count` places are sufficient. */
  readonly any: boolean;
  readonly storeKey: string | null;
  readonly storesDistance: boolean;
}

type Size = { readonly radius: number } | { readonly width: number; readonly height: number };

/** `value` is the source, undefined if there is none: then arguments are checked, but no member is looked up. */
export function readGeoQuery(argv: Argv, value: SortedSetValue | undefined, form: GeoForm): GeoQuery {
  return new QueryReader(argv, value, form).read();
}

const NOWHERE: Place = { longitude: 0, latitude: 0 };

class QueryReader {
  private centre: Place | null = null;
  private centreIsMember = false;
  private size: Size | null = null;
  private unit = 1;
  private withDistance = false;
  private withHash = false;
  private withCoordinates = false;
  private order: 'asc' | 'desc' | null = null;
  private count = 0;
  private any = false;
  private storeKey: string | null;
  private storesDistance = false;

  constructor(
    private readonly argv: Argv,
    private readonly value: SortedSetValue | undefined,
    private readonly form: GeoForm,
  ) {
    this.storeKey = form.destination === undefined ? null : argv[form.destination]!;
  }

  read(): GeoQuery {
    this.readFixed();
    for (let at = this.form.options; at < this.argv.length; at++) {
      const more = this.readOption(this.argv[at]!, at);
      if (more === -1) throw errors.SYNTAX;
      at += more;
    }
    this.check();
    return {
      shape: { ...(this.centre ?? NOWHERE), ...(this.size ?? { radius: 0 }) },
      unit: this.unit,
      withDistance: this.withDistance,
      withHash: this.withHash,
      withCoordinates: this.withCoordinates,
      // Finding the nearest ones requires sorting.
      order: this.order ?? (this.count > 0 && !this.any ? 'asc' : null),
      count: this.count,
      any: this.any,
      storeKey: this.storeKey,
      storesDistance: this.storesDistance,
    };
  }

  /** GEORADIUS has its circle first. */
  private readFixed(): void {
    const { argv, form, value } = this;
    if (form.centre === 'place') this.centre = readPlace(argv[2]!, argv[3]!);
    else if (form.centre === 'option' || value === undefined) return;
    else this.centre = this.member(argv[2]!);
    this.readRadius(form.options - 2);
  }

  /** Returns how many more arguments the option has, -1 for an unknown option. */
  private readOption(word: string, at: number): number {
    if (isWord(word, 'WITHDIST')) this.withDistance = true;
    else if (isWord(word, 'WITHHASH')) this.withHash = true;
    else if (isWord(word, 'WITHCOORD')) this.withCoordinates = true;
    else if (isWord(word, 'ANY')) this.any = true;
    else if (isWord(word, 'ASC')) this.order = 'asc';
    else if (isWord(word, 'DESC')) this.order = 'desc';
    else if (isWord(word, 'COUNT') && at + 1 < this.argv.length) return this.readCount(at + 1);
    else return this.form.centre === 'option' ? this.readSearchOption(word, at, this.argv.length - at - 1) : this.readStore(word, at);
    return 0;
  }

  private readCount(at: number): number {
    this.count = integer(this.argv[at]!);
    if (this.count <= 0) throw errors.GEO_COUNT_NOT_POSITIVE;
    return 1;
  }

  private readStore(word: string, at: number): number {
    if (!this.form.mayStore || at + 1 >= this.argv.length) return -1;
    const storesDistance = isWord(word, 'STOREDIST');
    if (!storesDistance && !isWord(word, 'STORE')) return -1;
    this.storeKey = this.argv[at + 1]!;
    this.storesDistance = storesDistance;
    return 1;
  }

  private readSearchOption(word: string, at: number, left: number): number {
    if (left >= 1 && (this.centre === null || this.centreIsMember) && isWord(word, 'FROMMEMBER')) {
      this.centre = this.value === undefined ? NOWHERE : this.member(this.argv[at + 1]!);
      this.centreIsMember = true;
      return 1;
    }
    if (left >= 2 && !this.centreIsMember && isWord(word, 'FROMLONLAT')) {
      this.centre = readPlace(this.argv[at + 1]!, this.argv[at + 2]!);
      return 2;
    }
    const isBox = this.size !== null && 'width' in this.size;
    if (left >= 2 && !isBox && isWord(word, 'BYRADIUS')) return this.readRadius(at + 1);
    if (left >= 3 && (this.size === null || isBox) && isWord(word, 'BYBOX')) return this.readBox(at + 1);
    if (this.form.mayStore && isWord(word, 'STOREDIST')) {
      this.storesDistance = true;
      return 0;
    }
    return -1;
  }

  private readRadius(at: number): number {
    const radius = this.length(at, errors.RADIUS_NOT_NUMERIC);
    if (radius < 0) throw errors.RADIUS_NEGATIVE;
    this.unit = readUnit(this.argv[at + 1]!);
    this.size = { radius: radius * this.unit };
    return 2;
  }

  private readBox(at: number): number {
    const width = this.length(at, errors.WIDTH_NOT_NUMERIC);
    const height = this.length(at + 1, errors.HEIGHT_NOT_NUMERIC);
    if (width < 0 || height < 0) throw errors.BOX_NEGATIVE;
    this.unit = readUnit(this.argv[at + 2]!);
    this.size = { width: width * this.unit, height: height * this.unit };
    return 3;
  }

  private length(at: number, error: ErrorReply): number {
    return double(this.argv[at]!, error);
  }

  private member(name: string): Place {
    const score = this.value!.score(name);
    if (score === undefined) throw errors.NO_SUCH_PLACE;
    return placeOf(score);
  }

  private check(): void {
    const { form, argv } = this;
    const isSearch = form.centre === 'option';
    if (this.storeKey !== null && (this.withDistance || this.withHash || this.withCoordinates)) {
      throw errors.storeWithWith(isSearch ? 'GEOSEARCHSTORE' : 'STORE option in GEORADIUS');
    }
    if (isSearch && this.centre === null) throw errors.noCentre(argv[0]!);
    if (isSearch && this.size === null) throw errors.noShape(argv[0]!);
    if (this.any && this.count === 0) throw errors.ANY_WITHOUT_COUNT;
  }
}
