import { describe, expect, test } from 'vitest';
import { CorruptDump } from '../../../../src/server/keyspace/rdb/bytes.js';
import { elementBytes, LISTPACK_OVERHEAD, readListpack } from '../../../../src/server/keyspace/rdb/listpack.js';
import { ListpackEditor } from '../../../../src/server/keyspace/types/listpack-editor.js';
import {
  checkListpack, elementAt, elementCount, elementEnd, elementInteger, elementText, EMPTY_LISTPACK, findElement, packElements,
} from '../../../../src/server/keyspace/types/listpack-text.js';
import { parseInt64 } from '../../../../src/server/keyspace/types/int64.js';

const EDGES = [0, 1, 127, 128, 4095, 4096, 0x7fff, 0x8000, 0x7fffff, 0x800000, 0x7fffffff, 0x80000000];
const INTEGERS = EDGES.flatMap((at) => [String(at), String(-at), String(-at - 1)]);
const WIDE = ['9007199254740991', '9007199254740993', '-9007199254740992', '9223372036854775807', '-9223372036854775808'];
const NEARLY = ['', '-', '-0', '01', '+1', '1.0', '9223372036854775808', '-9223372036854775809', '12x', '\xff\x00'];
const LENGTHS = [1, 5, 13, 24, 25, 62, 63, 64, 126, 127, 128, 4095, 4096, 16381, 16382, 16383, 70_000].map((length) => 'v'.repeat(length));
const ALL = [...INTEGERS, ...WIDE, ...NEARLY, ...LENGTHS];

/** All elements, read one after the other. */
const elementsOf = (listpack: string): string[] =>
  Array.from({ length: elementCount(listpack) }, (_, index) => elementText(listpack, elementAt(listpack, index)));

describe('a listpack as a text', () => {
  test('has elements of every encoding, in the bytes that the format demands', () => {
    const listpack = packElements(ALL);
    expect(listpack.length).toBe(ALL.reduce((sum, text) => sum + elementBytes(text), LISTPACK_OVERHEAD));
    expect(readListpack(listpack)).toEqual(ALL);
    expect(elementsOf(listpack)).toEqual(ALL);
    expect(elementEnd(listpack, elementAt(listpack, ALL.length - 1))).toBe(listpack.length - 1);
    for (const [index, text] of ALL.entries()) {
      expect(elementText(listpack, findElement(listpack, text, 1))).toBe(text);
      expect(elementInteger(listpack, elementAt(listpack, index))).toBe(parseInt64(text));
    }
    for (const text of ['v'.repeat(65), 'v'.repeat(5000), '77', '-5000', '70000', '9007199254740995', 'w']) expect(findElement(listpack, text, 1)).toBe(-1);
  });

  test('finds a text only at every second element, if asked to', () => {
    const listpack = packElements(['a', 'b', 'c', '7', '7', 'a']);
    expect(findElement(listpack, 'b', 2)).toBe(-1);
    expect(findElement(listpack, 'c', 2)).toBe(elementAt(listpack, 2));
    expect(findElement(listpack, '7', 2)).toBe(elementAt(listpack, 4));
  });

  test('counts more elements than its header can', () => {
    const texts = Array.from({ length: 66_000 }, (_, at) => String(at % 100));
    expect([65_534, 65_535, 66_000].map((count) => elementCount(packElements(texts.slice(0, count))))).toEqual([65_534, 65_535, 66_000]);
  });
});

describe('an editor', () => {
  const opened = (listpack: string, step: number): ListpackEditor => {
    const editor = new ListpackEditor(step);
    editor.open(listpack, elementCount(listpack));
    return editor;
  };

  test('changes a listpack as an array is changed', () => {
    let state = 7;
    const random = (below: number): number => Math.floor(((state = (state * 16807) % 2147483647) / 2147483647) * below);
    const any = (): string => ALL[random(ALL.length - 3)]!;
    const texts: string[] = [];
    const editor = opened(EMPTY_LISTPACK, 2);
    for (let round = 0; round < 500; round++) {
      const listpack = packElements(texts);
      const at = random(texts.length + 1);
      const place = elementAt(listpack, at);
      if (random(100) === 0) editor.open(listpack, texts.length);
      if (random(3) > 0 && at < texts.length) {
        const text = any();
        editor.replace(place, text);
        texts[at] = text;
      } else if (random(5) === 0) {
        const count = Math.min(texts.length - at, 2);
        editor.remove(place, count);
        texts.splice(at, count);
      } else {
        texts.push(any());
        editor.append(texts[texts.length - 1]!);
      }
      expect([editor.count, editor.length, editor.text()]).toEqual([texts.length, packElements(texts).length, packElements(texts)]);
      const sought = any();
      const [found, first] = [editor.find(sought), findElement(editor.text(), sought, 2)];
      // Not always the first one, if there are several.
      expect(found === -1 ? null : elementText(editor.text(), found)).toBe(first === -1 ? null : sought);
    }
    expect(texts.length).toBeGreaterThan(20);
  });

  test('finds elements of every encoding', () => {
    const listpack = packElements(ALL);
    const editor = opened(listpack, 1);
    for (const [index, text] of ALL.entries()) {
      const at = elementAt(listpack, index);
      expect([elementText(listpack, editor.find(text)), editor.endOf(at)]).toEqual([text, elementEnd(listpack, at)]);
    }
    for (const text of ['v'.repeat(65), 'v'.repeat(5000), '77', '-5000', '70000', '9007199254740995', 'w']) expect(editor.find(text)).toBe(-1);
  });

  test('makes texts that further changes leave as they are', () => {
    const editor = opened(packElements(['a', 'b']), 2);
    const before = editor.text();
    editor.replace(elementAt(before, 1), 'c');
    expect([elementsOf(before), elementsOf(editor.text())]).toEqual([['a', 'b'], ['a', 'c']]);
  });
});

describe('bytes of unknown origin', () => {
  const latin1 = (...bytes: number[]): string => Buffer.from([bytes.length + 7, 0, 0, 0, 1, 0, ...bytes, 0xff]).latin1Slice();

  test('are kept as they are if they are as written here', () => {
    const listpack = packElements(ALL);
    expect(checkListpack(listpack)).toBe(listpack);
    expect(checkListpack(EMPTY_LISTPACK)).toBe(EMPTY_LISTPACK);
  });

  test.each([
    ['an integer written as a string', latin1(0x81, 0x37, 2), '7'],
    ['a small integer in 13 bits', latin1(0xc0, 7, 2), '7'],
    ['a small integer in 64 bits', latin1(0xf4, 7, 0, 0, 0, 0, 0, 0, 0, 9), '7'],
    ['a short string with a long length', latin1(0xe0, 1, 0x61, 3), 'a'],
    ['a short string with a longer length', latin1(0xf0, 1, 0, 0, 0, 0x61, 6), 'a'],
    ['an unknown number of elements', latin1(0x81, 0x61, 2).replace('\x01\0', '\xff\xff'), 'a'],
  ])('are written anew: %s', (_what, bytes, text) => {
    expect(checkListpack(bytes)).toBe(packElements([text]));
  });

  test('are refused, or read as other elements, with any byte changed or missing', () => {
    const listpack = packElements(['field', '5', 'x'.repeat(70), '-70000', '9007199254740993', '']);
    let refused = 0;
    for (let at = 0; at < listpack.length; at++) {
      for (const wrong of [0, 0x7f, 0x80, 0xc1, 0xe1, 0xf0, 0xf4, 0xf5, 0xff]) {
        const bytes = listpack.slice(0, at) + String.fromCharCode(wrong) + listpack.slice(at + 1);
        const read = attempt(() => readListpack(bytes));
        expect(attempt(() => elementsOf(checkListpack(bytes)))).toEqual(read);
        if (read === null) refused++;
      }
      expect(() => checkListpack(listpack.slice(0, at))).toThrow(CorruptDump);
    }
    expect(refused).toBeGreaterThan(100);
  });
});

function attempt(read: () => string[]): string[] | null {
  try {
    return read();
  } catch (error) {
    expect(error).toBeInstanceOf(CorruptDump);
    return null;
  }
}
