/**
 * Small lists as Redis's listpacks: the elements in their order. Used by List. The text is never changed (listpack-text.ts); what changes a list returns
 * another one (listpack-splice.ts).
 */
import { FIRST_ELEMENT } from '../rdb/listpack.js';
import { spliced, textElement } from './listpack-splice.js';
import { elementAt, elementCount, elementEnd, elementText, EMPTY_LISTPACK, packElements } from './listpack-text.js';

/** Returns the listpack with `texts[first]`, `texts[first + 1]`, … added one after the other at its front or back. */
export function pushPacked(listpack: string, texts: readonly string[], first: number, atHead: boolean): string {
  const { length } = texts;
  if (length - first === 1) return insertPacked(listpack, atHead ? FIRST_ELEMENT : listpack.length - 1, texts[first]!);
  const added = texts.slice(first);
  if (atHead) added.reverse();
  const elements = packElements(added);
  if (listpack === EMPTY_LISTPACK) return elements;
  const at = atHead ? FIRST_ELEMENT : listpack.length - 1;
  return spliced(listpack, at, at, elements.slice(FIRST_ELEMENT, -1), added.length);
}

/** Returns the listpack with another element, which begins at a place. */
export function insertPacked(listpack: string, at: number, text: string): string {
  return spliced(listpack, at, at, textElement(text), 1);
}

/** Returns the listpack with another element instead of the one at a place. */
export function replacePacked(listpack: string, at: number, text: string): string {
  return spliced(listpack, at, elementEnd(listpack, at), textElement(text), 0);
}

/** Returns the listpack without its first elements. */
export function withoutFirst(listpack: string, count: number): string {
  return spliced(listpack, FIRST_ELEMENT, elementAt(listpack, count), '', -count);
}

/** Returns the listpack without its last elements. */
export function withoutLast(listpack: string, count: number): string {
  const from = count === 1 ? lastElement(listpack) : elementAt(listpack, elementCount(listpack) - count);
  return spliced(listpack, from, listpack.length - 1, '', -count);
}

/** Returns the place of the last element, by the length that is written behind it. */
export function lastElement(listpack: string): number {
  let at = listpack.length - 2;
  let length = 0;
  for (let shift = 0; ; shift += 7, at--) {
    const bits = listpack.charCodeAt(at);
    length |= (bits & 127) << shift;
    if (bits < 128) return at - length;
  }
}

/** Returns `count` elements from the one with the number `start` on, all of which must exist. */
export function slicePacked(listpack: string, start: number, count: number): string[] {
  const texts: string[] = [];
  for (let at = elementAt(listpack, start); texts.length < count; at = elementEnd(listpack, at)) texts.push(elementText(listpack, at));
  return texts;
}
