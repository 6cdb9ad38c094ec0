/**
 * The settings: one table. Command-line flags, the configuration file, CONFIG GET and SET, and docs/configuration.md
 * all derive from it; names, defaults and limits are those of redis-server 7.0.
 */

export interface IntegerSetting {
  readonly kind: 'integer';
  readonly default: number;
  readonly min: number;
  readonly max: number;
}
/** Bytes, written as in redis.conf: 100, 64kb, 1gb. */
export interface MemorySetting {
  readonly kind: 'memory';
  readonly default: number;
  readonly min: number;
  readonly max: number;
}
export interface BooleanSetting {
  readonly kind: 'boolean';
  readonly default: boolean;
}
export interface EnumSetting {
  readonly kind: 'enum';
  readonly default: string;
  readonly values: readonly string[];
}
export interface StringSetting {
  readonly kind: 'string';
  readonly default: string;
}

export type Setting = (IntegerSetting | MemorySetting | BooleanSetting | EnumSetting | StringSetting) & {
  /** False: only at the start, by flag or file. */
  readonly mutable: boolean;
  readonly summary: string;
};

const integer = (def: number, min: number, max: number, summary: string, mutable = true) => ({ kind: 'integer', default: def, min, max, mutable, summary }) as const;
const string = (def: string, summary: string, mutable = true) => ({ kind: 'string', default: def, mutable, summary }) as const;

export const SETTINGS = {
  port: integer(6379, 0, 65535, 'TCP port to listen on; 0 listens on none.'),
  bind: string('127.0.0.1', 'Addresses to listen on, separated by spaces.'),
  unixsocket: string('', 'Path of a unix domain socket to listen on as well.', false),
  'tcp-backlog': integer(511, 0, 0x7fffffff, 'Connections that may wait to be accepted.', false),
  'tcp-keepalive': integer(300, 0, 0x7fffffff, 'Seconds before the first keepalive probe; 0 sends none.'),
  databases: integer(16, 1, 0x7fffffff, 'Number of databases.', false),
  requirepass: string('', 'Password that clients must give with AUTH; empty: none.'),
} as const satisfies { readonly [name: string]: Setting };

export type SettingName = keyof typeof SETTINGS;
type ValueOf<S extends Setting> = S extends { kind: 'integer' | 'memory' } ? number : S extends { kind: 'boolean' } ? boolean : string;
export type SettingValues = { -readonly [name in SettingName]: ValueOf<(typeof SETTINGS)[name]> };

/** The values in force. Read a field; change through `set`, which checks and tells who wants to know. */
export class Config {
  readonly values: SettingValues;

  constructor(initial: Partial<SettingValues> = {}) {
    const defaults = Object.fromEntries(Object.entries(SETTINGS).map(([name, setting]) => [name, setting.default]));
    this.values = { ...defaults, ...initial } as SettingValues;
  }
}
