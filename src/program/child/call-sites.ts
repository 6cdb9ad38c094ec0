/**
 * CallSites: finds the line of the program that has called the poll, from the stack of that call.
 */
import { fileURLToPath } from 'node:url';
import type { Place } from '../protocol.js';
import { captureStackTrace, OwnError, set } from './own.js';

/** Number of stack frames examined: those of the poll, and enough of the program's own. */
const MOST_FRAMES = 24;

export class CallSites {
  /** Called with each new file and its number, before a place uses it. */
  onFile: (file: number, path: string) => void = () => {};
  private readonly numbers = new Map<string, number>();

  /** @param ownFolder URL of the package's code, which does not belong to the program */
  constructor(private readonly ownFolder: string) {}

  /** The innermost frame of the program, without its packages; null: there is none. */
  find(): Place | null {
    const { prepareStackTrace, stackTraceLimit } = OwnError;
    const holder: { stack?: unknown } = {};
    try {
      set(OwnError, 'stackTraceLimit', MOST_FRAMES);
      set(OwnError, 'prepareStackTrace', (_error: unknown, sites: unknown) => sites);
      captureStackTrace(holder);
      // A text, if Error is frozen.
      const sites = Array.isArray(holder.stack) ? (holder.stack as readonly NodeJS.CallSite[]) : [];
      for (const site of sites) {
        const name = site.getFileName();
        const line = site.getLineNumber();
        if (typeof name === 'string' && line !== null && this.isOfProgram(name)) return [this.numberOf(name), line, site.getColumnNumber() ?? 1];
      }
      return null;
    } finally {
      set(OwnError, 'prepareStackTrace', prepareStackTrace);
      set(OwnError, 'stackTraceLimit', stackTraceLimit);
    }
  }

  /** @param name path or URL of a script */
  isOfProgram(name: string): boolean {
    return !name.startsWith('node:') && !name.startsWith(this.ownFolder) && !name.includes('/node_modules/') && /^(?:file:|\/|[A-Za-z]:)/.test(name);
  }

  private numberOf(name: string): number {
    const known = this.numbers.get(name);
    if (known !== undefined) return known;
    const number = this.numbers.size;
    this.numbers.set(name, number);
    this.onFile(number, name.startsWith('file:') ? fileURLToPath(name) : name);
    return number;
  }
}
