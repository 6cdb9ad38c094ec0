/**
 * Each experiment as a learner plays it, by keys alone: no text is cut, and the screen shows what is kept in goldens/.
 *
 * Here three are played, each at one size in each language; GOLDENS=each plays all of them so, GOLDENS=all at both sizes, and `npm run goldens` keeps what has become
 * otherwise.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bundledExperiments } from '../../../src/tui/learn/library.js';
import { comparable, Learner } from '../../support/learner.js';

const SMALL = { columns: 80, rows: 24 };
const LARGE = { columns: 120, rows: 40 };

const { GOLDENS = 'some' } = process.env;
/** One about a token, one about a pipeline, one about a batch of events. */
const SOME = ['wouldblock', 'pipeline', 'stale'];
const PLAYED = bundledExperiments().filter(({ name }) => GOLDENS !== 'some' || SOME.includes(name));
const PLAYS = [
  { language: 'en', ...SMALL },
  { language: 'ko', ...LARGE },
  ...(GOLDENS === 'some' || GOLDENS === 'each' ? [] : [{ language: 'en', ...LARGE } as const, { language: 'ko', ...SMALL } as const]),
] as const;

const kept = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');

function keep(path: string, noted: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, noted);
}

describe.each(PLAYS)('in $language at $columns×$rows', ({ language, columns, rows }) => {
  test.concurrent.each(PLAYED.map((experiment) => [experiment.name, experiment] as const))('%s', { timeout: 900_000 }, async (name, experiment) => {
    using learner = new Learner(experiment, language, { columns, rows });
    const path = new URL(`goldens/${name}/${language}-${columns}x${rows}.txt`, import.meta.url).pathname;
    const noted = await learner.play();
    const isSame = String(comparable(noted)) === String(comparable(kept(path)));
    if (GOLDENS === 'write' && !isSame) keep(path, noted);
    else expect(comparable(noted)).toEqual(comparable(kept(path)));
  });
});
