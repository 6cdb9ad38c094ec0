/**
 * Requests and replies are found in the bytes that a program reads and writes; bytes of another protocol are shown as they are.
 */
import { expect, test } from 'vitest';
import type { TraceBody } from '../../src/server/index.js';
import { Translator } from '../../src/program/translator.js';

/** A connection, token 1. What was read (`>`) or written (`<`) becomes these events, without the reads and writes themselves. */
function conversation(...calls: readonly (readonly ['>' | '<', string])[]) {
  const translator = new Translator();
  const tell = (body: TraceBody, text = ''): readonly TraceBody[] =>
    translator.translate({ kind: 'event', number: 0, atUs: 0, body, bytes: Buffer.from(text).toString('base64') } as Parameters<Translator['translate']>[0]);
  tell({ kind: 'connect', token: 1, fd: 9, peer: '127.0.0.1:5000', local: '127.0.0.1:7000' });
  return calls.map(([way, text]) => {
    const bytes = Buffer.byteLength(text);
    const events = way === '>' ? tell({ kind: 'read', token: 1, result: bytes }, text) : tell({ kind: 'write', token: 1, result: bytes, of: bytes }, text);
    const shown = events.flatMap((event) => {
      if (event.kind === 'frame') return [`frame ${event.argv.join(' ')}`];
      if (event.kind === 'reply') return [`reply ${event.raw}`];
      return event.kind === 'frame-partial' ? [`half ${event.have}`] : [];
    });
    return { shown, query: translator.clients(0)[0]!.queryBytes };
  });
}

test('an answer that is not RESP ends the wait for the rest of a request: an echo keeps nothing', () => {
  expect(conversation(['>', 'abc'], ['<', 'abc'], ['>', 'de'], ['<', 'de'])).toEqual([
    { shown: ['half 3'], query: 3 },
    { shown: ['frame abc', 'reply abc'], query: 0 },
    { shown: ['frame de'], query: 0 },
    { shown: ['reply de'], query: 0 },
  ]);
});

test('lines that are echoed are shown as they are, once each', () => {
  expect(conversation(['>', 'hello\n'], ['<', 'hello\n'], ['>', '+a\r\n'], ['<', '+a\r\n']).map(({ shown }) => shown)).toEqual([
    ['frame hello'], ['reply hello\n'], ['frame +a'], ['reply +a\r\n'],
  ]);
});

test('half a request of a server that answers in RESP is kept until the rest has come', () => {
  expect(conversation(['>', '*1\r\n$4\r\nPI'], ['<', '+hel'], ['<', 'lo\r\n'], ['>', 'NG\r\n'], ['<', '+PONG\r\n'])).toEqual([
    { shown: ['half 10'], query: 10 },
    { shown: [], query: 10 },
    { shown: ['reply +hello\r\n'], query: 10 },
    { shown: ['frame PING'], query: 0 },
    { shown: ['reply +PONG\r\n'], query: 0 },
  ]);
});
