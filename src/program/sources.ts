/**
 * Sources: the files of a program from which it calls, as lines.
 */
import { readFileSync, statSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import type { SourceFile } from './view.js';

/** Longer files are not shown in a pane. */
const MOST_BYTES = 4 * 1024 * 1024;

export class Sources {
  all: ReadonlyMap<number, SourceFile> = new Map();
  private readonly folder: string;
  private readonly numbers = new Map<string, number>();
  private readonly paths = new Map<number, string>();

  /** @param main absolute path of the program */
  constructor(main: string) {
    this.folder = dirname(main);
  }

  add(number: number, path: string): void {
    this.numbers.set(path, number);
    this.paths.set(number, path);
    const name = relative(this.folder, path);
    const source = { name: Buffer.from(name.startsWith('..') ? path : name).latin1Slice(), lines: linesOf(path) };
    this.all = new Map([...this.all, [number, source]]);
  }

  /** Null: there is no file with this number. */
  pathOf(number: number): string | null {
    return this.paths.get(number) ?? null;
  }

  /** Null: nothing was called from this file. */
  numberOf(path: string): number | null {
    return this.numbers.get(path) ?? null;
  }
}

function linesOf(path: string): readonly string[] {
  try {
    // The program names its scripts itself: this may be a pipe or a device, which has no end.
    const stat = statSync(path);
    return !stat.isFile() || stat.size > MOST_BYTES ? [] : readFileSync(path).latin1Slice().split(/\r?\n/);
  } catch {
    return [];
  }
}
