/** compact: which strings may be stored as numbers: only those that the number gives back, byte for byte. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteString, compact } from '../../../src/server/keyspace/value.js';

test.each(['0', '1', '-1', '42', '-900719925474099', '9007199254740991'])('%j becomes a number', (text) => {
  expect(compact(text)).toBe(Number(text));
});

test.each(['', '-', '--1', '-0', '+1', '01', ' 1', '1 ', '1.0', '1e3', '9007199254740993', '-9007199254740993'])('%j stays what it is', (text) => {
  expect(compact(text)).toBe(text);
});

test('every string stored as a number is returned unchanged', () => {
  fc.assert(fc.property(fc.stringMatching(/^[-+0-9. ]{0,18}$/), (text) => String(compact(text)) === text));
});

const CONTENT = 'exactly 16 bytes';
const capacityOf = (string: ByteString): number => (string as unknown as { bytes: Buffer }).bytes.length;

test.each<{ what: string; change: (string: ByteString) => void; after: string }>([
  { what: 'overwrite', change: (string) => string.overwrite(Buffer.from('some other bytes')), after: 'some other bytes' },
  { what: 'overwrite by a shorter one', change: (string) => string.overwrite(Buffer.from('fourteen bytes')), after: 'fourteen bytes' },
  { what: 'append', change: (string) => string.append('!'), after: `${CONTENT}!` },
  { what: 'write', change: (string) => string.write(0, 'E'), after: 'Exactly 16 bytes' },
  { what: 'grow', change: (string) => string.grow(17), after: `${CONTENT}\0` },
  { what: 'splice', change: (string) => string.splice(0, 8, Buffer.from('5 ')), after: '5 16 bytes' },
  { what: 'setByteAt', change: (string) => string.setByteAt(0, 69), after: 'Exactly 16 bytes' },
  { what: 'changeable', change: (string) => void string.changeable.write('E'), after: 'Exactly 16 bytes' },
])('$what leaves a reply to which an output refers as it was, and takes as much memory as without one', ({ change, after }) => {
  const [unread, read, waiting] = [new ByteString(CONTENT), new ByteString(CONTENT), new ByteString(CONTENT)];
  read.asReply();
  const reply = waiting.asReply();
  reply.readers++;
  for (const string of [unread, read, waiting]) {
    change(string);
    expect(string.toString()).toBe(after);
    expect(string.asReply().bytes.toString()).toBe(after);
    expect(capacityOf(string)).toBe(capacityOf(unread));
  }
  expect(reply.bytes.toString()).toBe(CONTENT);
  change(waiting);
  change(unread);
  expect([waiting.toString(), capacityOf(waiting)]).toEqual([unread.toString(), capacityOf(unread)]);
  expect(reply.bytes.toString()).toBe(CONTENT);
});
