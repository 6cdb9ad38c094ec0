/**
 * The table of faults: what can be spoiled on purpose. The API, the flags, the console with its help, and docs/faults.md are made from it.
 *
 *   client   what the console's own connections do to the server; typed there as words of their own
 *   wire     between the kernel and the server: what reads, writes and accepts come to
 *   loop     inside of the server: what becomes of a request
 */

export type FaultSide = 'client' | 'wire' | 'loop';

/** What a fault is set on, which decides what may limit it. */
export type FaultObject = 'connections' | 'requests';

export type ParameterName = 'bytes' | 'reply';

interface NumberParameter {
  readonly name: Exclude<ParameterName, 'reply'>;
  readonly kind: 'bytes';
  readonly least: number;
}

interface TextParameter {
  readonly name: 'reply';
  readonly kind: 'text';
  readonly default: string;
}

export type FaultParameter = NumberParameter | TextParameter;

export interface FaultDoc {
  readonly side: FaultSide;
  readonly object: FaultObject;
  /** Null: it takes none. */
  readonly parameter: FaultParameter | null;
  readonly meaning: string;
  /** As it is typed. */
  readonly example: string;
}

export const FAULTS = {
  slice: {
    side: 'wire',
    object: 'connections',
    parameter: { name: 'bytes', kind: 'bytes', least: 1 },
    meaning: 'Each read and each write moves at most so many bytes.',
    example: 'slice 1 on #3',
  },
  error: {
    side: 'loop',
    object: 'requests',
    parameter: { name: 'reply', kind: 'text', default: 'ERR injected fault' },
    meaning: 'The request is answered with this error instead of being executed. Inside MULTI the transaction fails, as with any error.',
    example: 'error "LOADING Redis is loading the dataset in memory" on GET user:* next 3',
  },
} as const satisfies { readonly [name: string]: FaultDoc };

export type FaultName = keyof typeof FAULTS;

export const FAULT_NAMES = Object.keys(FAULTS) as readonly FaultName[];

/** What limits a fault to some of its objects, and how it is typed behind `on`, or, of `next`, at the end. */
export const LIMITS: { readonly [each in FaultObject]: readonly LimitName[] } = {
  connections: ['token', 'next'],
  requests: ['token', 'command', 'key', 'client', 'next'],
};

export type LimitName = 'token' | 'command' | 'key' | 'client' | 'next';

export const faultOf = (name: FaultName): FaultDoc => FAULTS[name];

/** `slice bytes [on #token] [next number]` */
export function faultSyntax(name: FaultName): string {
  const { parameter, object } = faultOf(name);
  const value = parameter === null ? '' : 'default' in parameter ? ` [${parameter.name}]` : ` ${parameter.name}`;
  const target = object === 'connections' ? '[on #token]' : '[on [command] [key pattern] [client name] [#token]]';
  return `${name}${value} ${target} [next number]`;
}
