/**
 * Whatever clients send, and however small a pane is: every row has exactly its columns, and nothing a terminal would obey leaves the pane.
 */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { frameId } from '../../../../src/tui/state/model/frames.js';
import type { Pane } from '../../../../src/tui/view/pane.js';
import { framesPane } from '../../../../src/tui/view/panes/frames.js';
import { keyspacePane } from '../../../../src/tui/view/panes/keyspace.js';
import { tokensPane } from '../../../../src/tui/view/panes/tokens.js';
import { width as widthOf } from '../../../../src/tui/view/text.js';
import { COLORED, PLAIN, stage, type Scene } from '../../scene.js';

const utf8 = (text: string): string => Buffer.from(text).toString('latin1');

/** Wide characters, emoji, a family of them, combining marks, controls, escape sequences, bidi, half of a character. */
const AWKWARD = ['plain', '', ' ', '漢字', '👩‍👩‍👧', '🇩🇪', 'e\u0301', '\u202eabc', '\x1b[31mred\x1b[0m', '\x1b]0;title\x07', '\r\n\t\b\x7f', '\u200b', '"q"'].map(utf8).concat('\xff\xfe', '\xe6\xbc', '\x9b31m', '\x00');

function crowded(texts: readonly string[]): Scene {
  const scene = stage();
  const [a, b, c] = [scene.connect(), scene.connect(), scene.connect()];
  texts.forEach((text, i) => a.ask('SET', text, texts[(i + 1) % texts.length]!, 'PX', String(100 + i)));
  a.ask('RPUSH', `${texts[0]!}:list`, ...texts);
  a.ask('HSET', 'hash', ...texts.flatMap((text) => [text, text]));
  b.ask('BLPOP', texts[0]! + 'none', '1');
  c.send(`*2\r\n$4\r\nECHO\r\n$99\r\n${texts.join('')}`);
  scene.lab.settle();
  scene.look({ value: { db: 0, key: 'hash', offset: 0, limit: 100 } });
  return scene;
}

function check(scene: Scene, pane: Pane, size: { readonly width: number; readonly height: number }): void {
  for (const theme of [PLAIN, COLORED]) {
    const rows = scene.draw(pane, size, theme);
    expect(rows).toHaveLength(size.height);
    // eslint-disable-next-line no-control-regex -- this is what must not be there
    const plain = rows.map((row) => row.replaceAll(/\x1b\[[\d;]*m/g, ''));
    expect(plain.map(widthOf), `${pane.id} ${size.width}×${size.height}\n${plain.join('\n')}`).toEqual(plain.map(() => size.width));
    expect(plain.join('')).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
  }
}

const size = fc.record({ width: fc.oneof(fc.integer({ min: 10, max: 40 }), fc.integer({ min: 10, max: 160 })), height: fc.integer({ min: 1, max: 14 }) });
const texts = fc.array(fc.oneof(fc.constantFrom(...AWKWARD), fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes).toString('latin1'))), { minLength: 1, maxLength: 8 });

test('lists', () => {
  fc.assert(
    fc.property(texts, fc.array(size, { minLength: 1, maxLength: 6 }), (content, sizes) => {
      using scene = crowded(content);
      for (const each of sizes) for (const pane of [tokensPane, framesPane, keyspacePane]) check(scene, pane, each);
    }),
    { numRuns: 40 },
  );
});

test('open frames and values', () => {
  fc.assert(
    fc.property(texts, fc.array(fc.record({ size, at: fc.nat(40), cursor: fc.nat(12) }), { minLength: 1, maxLength: 6 }), (content, views) => {
      using scene = crowded(content);
      const frames = scene.model.frames.rows.items();
      for (const view of views) {
        scene.set('frames', { isOpen: true, selected: frameId(frames[view.at % frames.length]!), cursor: view.cursor });
        scene.set('keyspace', { isOpen: true, selected: view.at % 2 === 0 ? 'hash' : (content[0] ?? ''), cursor: view.cursor });
        for (const pane of [framesPane, keyspacePane]) check(scene, pane, view.size);
      }
    }),
    { numRuns: 40 },
  );
});

test('nothing at all', () => {
  using scene = stage();
  for (const pane of [tokensPane, framesPane, keyspacePane]) check(scene, pane, { width: 10, height: 1 });
});
