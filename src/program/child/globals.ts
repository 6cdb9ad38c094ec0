/**
 * The clocks and the random numbers of a program, and the numbers of its process and of its parent, put through {@link Inputs}: Date, performance.now,
 * process.hrtime, Math.random, node:crypto's, process.pid and process.ppid.
 *
 * Calls that are not recorded are reported once for each kind: timers, and random bytes that come by a callback.
 */
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers';
import type { Inputs } from './inputs.js';

/** @param notRecorded is called once for each kind of call */
export function recordGlobals(inputs: Inputs, notRecorded: (what: string) => void): void {
  recordProcessIds(inputs);
  recordClocks(inputs);
  recordRandom(inputs, notRecorded);
  tellOfTimers(notRecorded);
  // What the program imports from node:crypto or node:process by name is then the same.
  syncBuiltinESMExports();
}

/** They stay as they are: they are recorded once, at the beginning. */
function recordProcessIds(inputs: Inputs): void {
  const { pid, ppid } = process;
  replace(process, { pid: inputs.fact('process.pid', () => pid), ppid: inputs.fact('process.ppid', () => ppid) });
}

function recordClocks(inputs: Inputs): void {
  const RealDate = Date;
  const realNow = Date.now;
  const now = (): number => inputs.call('Date.now', [], realNow);
  RealDate.now = now;
  const OwnDate: DateConstructor = new Proxy(RealDate, {
    apply: () => new RealDate(now()).toString(),
    construct: (target, args, newTarget): Date =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget === OwnDate ? target : newTarget) as Date,
  });
  RealDate.prototype.constructor = OwnDate;
  globalThis.Date = OwnDate;
  const realMs = performance.now.bind(performance);
  performance.now = () => inputs.call('performance.now', [], realMs);
  const realPair = process.hrtime.bind(process);
  const realBig = process.hrtime.bigint;
  const hrtime = ((since?: [number, number]) => {
    const [seconds, rest] = inputs.call('process.hrtime', [], () => realPair()) as [number, number];
    if (since === undefined) return [seconds, rest];
    const ns = rest - since[1];
    return ns < 0 ? [seconds - since[0] - 1, ns + 1e9] : [seconds - since[0], ns];
  }) as NodeJS.HRTime;
  hrtime.bigint = () => BigInt(inputs.call('process.hrtime.bigint', [], () => String(realBig())));
  process.hrtime = hrtime;
  const realUptime = process.uptime.bind(process);
  process.uptime = () => inputs.call('process.uptime', [], realUptime);
}

function recordRandom(inputs: Inputs, notRecorded: (what: string) => void): void {
  const realRandom = Math.random;
  Math.random = () => inputs.call('Math.random', [], realRandom);
  const { randomBytes, randomInt, randomUUID } = crypto;
  const fill = <T extends NodeJS.ArrayBufferView>(view: T): T => {
    const bytes = Buffer.from(view.buffer, view.byteOffset, view.byteLength);
    const text = inputs.call('random bytes', [bytes.length], () => randomBytes(bytes.length).toString('base64'));
    Buffer.from(text, 'base64').copy(bytes);
    return view;
  };
  const own = {
    randomBytes(size: number, callback?: unknown): unknown {
      if (callback === undefined && Number.isInteger(size) && size >= 0) return fill(Buffer.alloc(size));
      notRecorded('crypto.randomBytes');
      return (randomBytes as (...all: unknown[]) => unknown)(size, ...(callback === undefined ? [] : [callback]));
    },
    randomInt(...args: unknown[]): unknown {
      const real = (): number => (randomInt as unknown as (...all: unknown[]) => number)(...args);
      if (args.every((each) => typeof each === 'number')) return inputs.call('crypto.randomInt', args, real);
      notRecorded('crypto.randomInt');
      return real();
    },
    randomUUID: (options?: crypto.RandomUUIDOptions) => inputs.call('crypto.randomUUID', [], () => randomUUID(options)),
    randomFillSync: (view: NodeJS.ArrayBufferView, offset = 0, size?: number) => {
      const width = (view as { BYTES_PER_ELEMENT?: number }).BYTES_PER_ELEMENT ?? 1;
      fill(Buffer.from(view.buffer, view.byteOffset + offset * width, size === undefined ? view.byteLength - offset * width : size * width));
      return view;
    },
  };
  replace(crypto, own);
  replace(globalThis.crypto, { getRandomValues: fill, randomUUID: own.randomUUID });
}

function tellOfTimers(notRecorded: (what: string) => void): void {
  const names = ['setTimeout', 'setInterval', 'setImmediate'] as const;
  for (const name of names) {
    const real = globalThis[name] as unknown as (...args: unknown[]) => unknown;
    const own = new Proxy(real, {
      apply: (target, self, args) => {
        notRecorded(name);
        return Reflect.apply(target, self, args) as unknown;
      },
    });
    replace(globalThis, { [name]: own });
    replace(timers, { [name]: own });
  }
}

/** Also where there is only a getter. */
function replace(target: object, own: { readonly [name: string]: unknown }): void {
  for (const [name, value] of Object.entries(own)) Object.defineProperty(target, name, { value, configurable: true, enumerable: true, writable: true });
}
