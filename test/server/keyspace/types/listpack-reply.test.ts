import { expect, test } from 'vitest';
import { OutputBuffer } from '../../../../src/server/client/output-buffer.js';
import { ListpackReply } from '../../../../src/server/keyspace/types/listpack-reply.js';
import { elementTexts, packElements } from '../../../../src/server/keyspace/types/listpack-text.js';
import { encode, type RespVersion } from '../../../../src/server/resp/encoder.js';
import { MapReply, type Reply } from '../../../../src/server/resp/reply.js';

const TEXTS = [
  '', '0', '9', '10', '127', '128', '-1', '-4096', '4095', '32767', '-8388608', '2147483647', '9007199254740993', '-9223372036854775808', '01', '\xff\r\n',
  'x'.repeat(7), 'x'.repeat(9), 'x'.repeat(32), 'x'.repeat(33), 'x'.repeat(63), 'x'.repeat(64), 'x'.repeat(4095), 'x'.repeat(4096),
];
const MANY = Array.from({ length: 40 }, () => TEXTS).flat();
const LISTPACK = packElements(MANY);

/** The chunks, their bytes as text: expect compares it at once, and bytes one by one. */
function written(reply: Reply, version: RespVersion): { readonly head: number; readonly chunks: readonly { readonly capacity: number; readonly text: string }[] } {
  const output = new OutputBuffer();
  encode(output, reply, version);
  const { head, chunks } = output.capture()!;
  return { head, chunks: chunks.map(({ capacity, bytes }) => ({ capacity, text: Buffer.from(bytes).toString('latin1') })) };
}

test.each<[name: string, inPlace: Reply, made: Reply]>([
  ['all elements', new ListpackReply(LISTPACK, 0, 1, MANY.length), MANY],
  ['all elements, as a map', new ListpackReply(LISTPACK, 0, 1, MANY.length, true), new MapReply(MANY)],
  ['every second element', new ListpackReply(LISTPACK, 0, 2, MANY.length / 2), elementTexts(LISTPACK, 0, 2)],
  ['every other element', new ListpackReply(LISTPACK, 1, 2, MANY.length / 2), elementTexts(LISTPACK, 1, 2)],
  ['some elements', new ListpackReply(LISTPACK, 6, 2, 10), elementTexts(LISTPACK, 6, 2).slice(0, 10)],
  ['no element', new ListpackReply(LISTPACK, 0, 1, 0), []],
])('%s are encoded as their texts would be, in the same chunks', (_name, inPlace, made) => {
  for (const version of [2, 3] as const) expect(written(inPlace, version)).toEqual(written(made, version));
});
