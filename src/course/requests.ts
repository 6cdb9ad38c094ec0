/**
 * Requests and replies for the tests of lesson 04 and later. Byte strings are latin1.
 */
import { encodeRequest } from '../server/resp/request-encoder.js';
import type { Workbench, WorkbenchOptions } from './workbench.js';
import type { Exports } from './lesson.js';
import { start, type Started, turnUntil, type Turning } from './turning.js';
import type { Peer } from './kernel.js';

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
  const [asked, wanted, came] = [words.join(' '), quoted(reply), quoted(got)];
  const closed = client.isClosedByServer ? { en: ', and the connection was closed', ko: ' (연결이 닫혔습니다)' } : { en: '', ko: '' };
  bench.expect(
    got === reply,
    { en: `${quoted(asked)} brings ${wanted}`, ko: `${quoted(asked)}의 응답은 ${wanted}` },
    { en: `it brought ${came}${closed.en}`, ko: `온 것: ${came}${closed.ko}` },
  );
}

const LONGEST = 60;

/** As a text in quotes, truncated if it is long. */
export const quoted = (bytes: string): string => JSON.stringify(bytes.length > LONGEST ? `${bytes.slice(0, LONGEST)}…` : bytes);
