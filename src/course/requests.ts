/**
 * Requests and replies for the tests of lesson 04 and later. Byte strings are latin1.
 */
import { encodeRequest } from '../server/resp/request-encoder.js';
import type { Workbench, WorkbenchOptions } from './workbench.js';
import type { Exports } from './lesson.js';
import { start, type Started, turnUntil, type Turning } from './turning.js';
import type { Peer } from './kernel.js';
import type { Text } from '../shared/language.js';

export const request = (...words: readonly string[]): string => encodeRequest(words);

export interface Server extends Turning {
  readonly size: number;
}

export const startServer = (exports: Exports, options: WorkbenchOptions = {}): Started<Server> => start(exports, 'Server', options);

/** Sends a request, and throws {@link Unmet} unless this reply is received. */
export function expectReply(bench: Workbench, server: Server, client: Peer, words: readonly string[], reply: string): void {
  client.send(request(...words));
  bench.watch();
  turnUntil(server, () => client.outbound.length >= reply.length || client.isClosedByServer);
  const got = client.receive();
  const [asked, wanted, came] = [words.join(' '), quoted(reply), describeBytes(got)];
  const closed = client.isClosedByServer ? { en: ', and the connection was closed', ko: ' (연결이 닫혔습니다)' } : { en: '', ko: '' };
  bench.expect(
    got === reply,
    { en: `${quoted(asked)} brings ${wanted}`, ko: `${quoted(asked)}의 응답은 ${wanted}` },
    { en: `it brought ${came.en}${closed.en}`, ko: `온 것: ${came.ko}${closed.ko}` },
  );
}

/** What was received, in quotes and shortened; many equal bytes at the end are counted. */
export function describeBytes(bytes: string): Text {
  if (bytes.length <= LONGEST) return { en: JSON.stringify(bytes), ko: JSON.stringify(bytes) };
  const last = bytes.at(-1)!;
  let start = bytes.length - 1;
  while (start > 0 && bytes[start - 1] === last) start--;
  const areEqual = bytes.length - start > LONGEST;
  const shown = bytes.slice(0, areEqual && start <= LONGEST ? start : LONGEST);
  const more = bytes.length - shown.length;
  const value = last === '\0' ? '0' : JSON.stringify(last);
  const all = areEqual && shown.length >= start;
  return {
    en: `${JSON.stringify(shown)} and ${more} bytes more${all ? ` (all ${value})` : ''}`,
    ko: `${JSON.stringify(shown)} 뒤에 ${more}바이트${all ? `(모두 ${value})` : ''}`,
  };
}

const LONGEST = 60;

/** As a text in quotes, truncated if it is long. */
export const quoted = (bytes: string): string => JSON.stringify(bytes.length > LONGEST ? `${bytes.slice(0, LONGEST)}…` : bytes);
