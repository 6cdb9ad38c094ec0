/**
 * The table of faults. The API, the flags, the console with its help, and docs/faults.md derive from it.
 *
 *   client   what the console's own connections do to the server; typed there as separate commands
 *   wire     between the kernel and the server: changes the results of waits, reads, writes and accepts
 *   disk     between the helper thread and the file system: affects what is written to files
 *   loop     inside the server: affects requests, and the loop's decisions at its seams (rules/)
 */
import { DEFECTS, type DefectName } from '../rules/defects.js';

export type FaultSide = 'wire' | 'disk' | 'loop';

/** What a fault is set on, which determines its possible limits. */
export type FaultObject = 'connections' | 'listeners' | 'files' | 'requests' | 'rules';

export type ParameterName = 'bytes' | 'ms' | 'times' | 'afterBytes' | 'bytesPerSecond' | 'code' | 'reply';

/** Sizes are typed as in redis.conf, `10kb`; times as `50ms` or `2s`. */
interface NumberParameter {
  readonly name: ParameterName;
  readonly kind: 'bytes' | 'time' | 'count';
  readonly least: number;
  /** Without a default it must be given. */
  readonly default?: number;
}

interface TextParameter {
  readonly name: ParameterName;
  readonly kind: 'text';
  readonly default: string;
  /** The allowed values. */
  readonly choices?: readonly string[];
}

export type FaultParameter = NumberParameter | TextParameter;

export interface FaultDoc {
  readonly side: FaultSide;
  readonly object: FaultObject;
  /** Null: no parameter. */
  readonly parameter: FaultParameter | null;
  readonly meaning: string;
  /** As typed. */
  readonly example: string;
}

/** A defect has no parameter, and is typed as its name. */
interface DefectDoc extends FaultDoc {
  readonly side: 'loop';
  readonly object: 'rules';
  readonly parameter: null;
}

const DEFECT_DOCS = Object.fromEntries(
  Object.entries(DEFECTS).map(([name, { meaning }]) => [name, { side: 'loop', object: 'rules', parameter: null, meaning, example: name }]),
) as { readonly [name in DefectName]: DefectDoc };

export const FAULTS = {
  slice: {
    side: 'wire',
    object: 'connections',
    parameter: { name: 'bytes', kind: 'bytes', least: 1 },
    meaning: 'Each read and each write moves at most this number of bytes.',
    example: 'slice 1 on #3',
  },
  latency: {
    side: 'wire',
    object: 'connections',
    parameter: { name: 'ms', kind: 'time', least: 1 },
    meaning: 'The poll reports the readiness of a connection this much later than the kernel does.',
    example: 'latency 50ms',
  },
  bandwidth: {
    side: 'wire',
    object: 'connections',
    parameter: { name: 'bytesPerSecond', kind: 'bytes', least: 1 },
    meaning: 'At most this number of bytes a second in each direction of a connection; earlier reads and writes return WouldBlock.',
    example: 'bandwidth 10kb on #3',
  },
  'would-block': {
    side: 'wire',
    object: 'connections',
    parameter: { name: 'times', kind: 'count', least: 1 },
    meaning: 'Before each read and each write that moves bytes, this number of attempts return WouldBlock, although the socket is ready.',
    example: 'would-block 3 on #3',
  },
  reset: {
    side: 'wire',
    object: 'connections',
    parameter: { name: 'afterBytes', kind: 'bytes', least: 0, default: 0 },
    meaning:
      'When this number of bytes has been read and written since it was set, the connection breaks: ECONNRESET for the server, a reset (RST) for the client.',
    example: 'reset 1kb on #3 next 1',
  },
  'half-close': {
    side: 'wire',
    object: 'connections',
    parameter: { name: 'afterBytes', kind: 'bytes', least: 0, default: 0 },
    meaning: 'When this number of bytes has been read since it was set, the server reads EOF, as if the client had shut down its direction.',
    example: 'half-close 100 on #3',
  },
  accept: {
    side: 'wire',
    object: 'listeners',
    parameter: { name: 'code', kind: 'text', default: 'EMFILE', choices: ['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'ECONNABORTED'] },
    meaning: 'accept fails with this error. With ECONNABORTED the connection is lost; with the others it waits in the backlog.',
    example: 'accept EMFILE next 5',
  },
  'disk-full': {
    side: 'disk',
    object: 'files',
    parameter: { name: 'afterBytes', kind: 'bytes', least: 0, default: 0 },
    meaning: 'When this number of bytes has been written to files since it was set, no more fits: ENOSPC.',
    example: 'disk-full 1mb',
  },
  'slow-disk': {
    side: 'disk',
    object: 'files',
    parameter: { name: 'ms', kind: 'time', least: 1 },
    meaning: 'Each write to a file and each fsync takes this much longer. The loop does not wait for them.',
    example: 'slow-disk 200ms',
  },
  error: {
    side: 'loop',
    object: 'requests',
    parameter: { name: 'reply', kind: 'text', default: 'ERR injected fault' },
    meaning: 'The request is answered with this error instead of being executed. Inside MULTI the transaction fails, as with any error.',
    example: 'error "LOADING Redis is loading the dataset in memory" on GET user:* next 3',
  },
  'late-reply': {
    side: 'loop',
    object: 'requests',
    parameter: { name: 'ms', kind: 'time', least: 1 },
    meaning: 'The command is executed, and answered this much later. What its client sends meanwhile waits.',
    example: 'late-reply 2s on SET client app',
  },
  'no-reply': {
    side: 'loop',
    object: 'requests',
    parameter: null,
    meaning: 'The command is executed, and not answered. What its client sends meanwhile waits, until the fault is removed.',
    example: 'no-reply on INCR next 1',
  },
  ...DEFECT_DOCS,
  rule: {
    side: 'loop',
    object: 'rules',
    parameter: null,
    meaning: 'A decision of the loop is made by this JavaScript expression over the values of the seam; of several for one seam the newest counts.',
    example: "rule after-read on #3 result === 'WouldBlock' ? 'close' : 'read again'",
  },
} as const satisfies { readonly [name: string]: FaultDoc };

export type FaultName = keyof typeof FAULTS;

export const FAULT_NAMES = Object.keys(FAULTS) as readonly FaultName[];

export const faultOf = (name: FaultName): FaultDoc => FAULTS[name];

export type LimitName = 'token' | 'command' | 'key' | 'client' | 'next';

/** The possible limits of a fault, by its object. */
export const LIMITS: { readonly [each in FaultObject]: readonly LimitName[] } = {
  connections: ['token', 'next'],
  listeners: ['next'],
  files: ['next'],
  requests: ['token', 'command', 'key', 'client', 'next'],
  rules: ['token'],
};

const TARGETS: { readonly [each in FaultObject]: readonly string[] } = {
  connections: ['[on #token]'],
  listeners: [],
  files: [],
  requests: ['[on [command] [key pattern] [client name] [#token]]'],
  rules: ['[on #token]'],
};

/** Returns its syntax in parts: `slice`, `bytes`, `[on #token]`, `[next number]`. */
export function faultSyntax(name: FaultName): readonly string[] {
  if (name === 'rule') return [name, 'seam', ...TARGETS.rules, 'expression'];
  const { parameter, object } = faultOf(name);
  const value = parameter === null ? [] : [parameter.default === undefined ? parameter.name : `[${parameter.name}]`];
  return [name, ...value, ...TARGETS[object], ...(LIMITS[object].includes('next') ? ['[next number]'] : [])];
}

/** What the console's own connections can do to the server; the words of the console for it. */
export const CLIENT_FAULTS = [
  {
    name: 'slice',
    arguments: 'bytes command',
    summary: 'Sends a command in parts of this many bytes, one write each with a pause in between, so that each causes a read of its own.',
  },
  {
    name: 'pause-reading',
    arguments: '',
    summary: 'Stops reading the socket: the replies pile up in the kernel, then in the output buffer, and WRITABLE is armed.',
  },
  { name: 'resume-reading', arguments: '', summary: 'Reads on.' },
  { name: 'halfclose', arguments: '', summary: 'Ends our direction of the connection (FIN). The server reads EOF and closes.' },
  { name: 'reset', arguments: '', summary: 'Resets the connection (RST). In capitals, RESET is the command of Redis.' },
] as const;
