/**
 * Probes of how a server parses bytes: requests in pieces, many at once, any bytes.
 */
import { encodeRequest, type Reply } from '../../server/index.js';
import type { Text } from '../../shared/language.js';
import { fail, pass, passIf, type Probe, same } from '../probe.js';
import { isPong, show, textOf, Unexpected } from '../wire.js';

const PING = encodeRequest(['PING']);
/** Wait after a reply, for an extra one. */
const MORE_MS = 40;

export const ping: Probe = {
  name: 'ping',
  asks: { en: 'Does it answer PING?', ko: 'PING에 답합니까?' },
  sent: same('PING'),
  pass: { en: 'It speaks the protocol.', ko: '프로토콜을 이해합니다.' },
  fail: { en: 'It does not answer a request in RESP.', ko: 'RESP 요청에 답하지 않습니다.' },
  look: 'redis.io/docs/latest/develop/reference/protocol-spec',
  async run(target) {
    const client = await target.open();
    const reply = await client.ask('PING');
    return isEcho(reply) ? { ...fail(ECHOED), means: IS_ECHO } : passIf(isPong(reply), same(show(reply)));
  },
};

/** The request itself: an array with its one word. */
const isEcho = (reply: Reply): boolean => Array.isArray(reply) && reply.length === 1 && reply[0] === 'PING';
const ECHOED: Text = { en: '*1 $4 PING: it sent the request itself back', ko: '*1 $4 PING: 요청을 그대로 되돌려 보냄' };
const IS_ECHO: Text = {
  en: 'It is an echo server: it writes back what it reads, and does not decode the request.',
  ko: '에코 서버입니다: 읽은 것을 그대로 쓰고, 요청을 해석하지 않습니다.',
};

const MANY_PINGS = 20;

export const manyPings: Probe = {
  name: 'many-pings',
  asks: { en: 'Does one connection serve many requests, one after another?', ko: '한 연결에서 여러 요청을 차례로 처리합니까?' },
  sent: { en: `PING ${MANY_PINGS} times, each after the reply to the one before`, ko: `PING ${MANY_PINGS}번, 매번 앞의 응답을 받은 뒤` },
  pass: { en: 'It continues to read after the first reply.', ko: '첫 응답 뒤에도 계속 읽습니다.' },
  fail: { en: 'It answers once and reads no more, or closes.', ko: '한 번 답한 뒤 더 읽지 않거나 연결을 닫습니다.' },
  look: 'recv(2): read until the end of the stream (0), not once',
  async run(target) {
    const client = await target.open();
    for (let number = 1; number <= MANY_PINGS; number++) {
      const reply = await client.ask('PING').catch((error: unknown) => {
        throw error instanceof Unexpected ? error.at(same(`PING ${number}`)) : error;
      });
      if (!isPong(reply)) return fail(same(`PING ${number}: ${show(reply)}`));
    }
    return pass(same(`${MANY_PINGS} × PONG`));
  },
};

/** A probe that sends the pieces with pauses between them and expects one PONG. */
function inPieces(name: string, pieces: () => readonly string[], texts: Pick<Probe, 'asks' | 'sent' | 'pass' | 'fail' | 'look'>): Probe {
  return {
    name,
    ...texts,
    async run(target) {
      const client = await target.open();
      for (const piece of pieces()) await target.sendAlone(client, piece);
      const reply = await client.next();
      const more = await client.silence(MORE_MS);
      return passIf(isPong(reply) && more.length === 0, same([reply, ...more].map(show).join(', ').slice(0, 200)));
    },
  };
}

const look = 'one read is not one request: keep what is not whole (mio: "readable" says nothing about how much)';

export const halfFrame = inPieces('half-frame', () => [PING.slice(0, 9), PING.slice(9)], {
  asks: { en: 'Does it wait for the second half of a request?', ko: '요청의 나머지 절반을 기다립니까?' },
  sent: { en: 'PING in two halves', ko: '둘로 나눈 PING' },
  pass: { en: 'It keeps half a request until the rest comes.', ko: '나머지가 올 때까지 절반의 요청을 보관합니다.' },
  fail: { en: 'It takes one read for one request.', ko: '한 번의 read를 하나의 요청으로 여깁니다.' },
  look,
});

export const byteByByte = inPieces('byte-by-byte', () => [...PING], {
  asks: { en: 'Does it put a request together from single bytes?', ko: '한 바이트씩 온 요청을 조립합니까?' },
  sent: { en: 'PING, one byte at a time', ko: 'PING을 한 바이트씩' },
  pass: { en: 'A request may be split anywhere.', ko: '요청이 어떻게 나뉘어 와도 이해합니다.' },
  fail: { en: 'It loses or answers parts of a request.', ko: '요청의 일부를 잃거나 일부에 답합니다.' },
  look,
});

export const splitLength: Probe = {
  name: 'split-length',
  asks: { en: 'Does it understand a request that is cut inside of a length?', ko: '길이 값 중간에서 나뉜 요청을 이해합니까?' },
  sent: { en: 'ECHO of 12 bytes, cut between the 1 and the 2 of its length', ko: '12바이트의 ECHO, 길이의 1과 2 사이에서 나눔' },
  pass: { en: 'A length is used only when its line is complete.', ko: '길이 줄이 완성된 뒤에야 길이를 읽습니다.' },
  fail: { en: 'It takes the first digits as the length.', ko: '앞자리 숫자만 길이로 읽습니다.' },
  look,
  needs: ['ECHO', 'x'],
  async run(target) {
    const client = await target.open();
    const text = 'twelve bytes';
    for (const piece of ['*2\r\n$4\r\nECHO\r\n$1', `2\r\n${text}\r\n`]) await target.sendAlone(client, piece);
    const reply = await client.next();
    return passIf(textOf(reply) === text, same(show(reply)));
  },
};

const PIPELINE = 10_000;

export const pipeline: Probe = {
  name: 'pipeline',
  asks: { en: 'Does it answer 10,000 requests that come at once?', ko: '한꺼번에 온 요청 10,000개에 답합니까?' },
  sent: { en: `PING ${PIPELINE} times at once`, ko: `PING ${PIPELINE}개를 한꺼번에` },
  pass: { en: 'It handles every request of a read.', ko: 'read로 받은 모든 요청을 꺼내 처리합니다.' },
  fail: { en: 'It answers only a part: requests after the first of a read are lost, or output is.', ko: '일부에만 답합니다. 한 read에 함께 온 요청이나 출력이 사라집니다.' },
  look: 'redis.io/docs/latest/develop/use/pipelining',
  async run(target) {
    const client = await target.open();
    client.send(PING.repeat(PIPELINE));
    const replies = await client.take(PIPELINE);
    const other = replies.findIndex((reply) => !isPong(reply));
    return other === -1 ? pass(same(`${PIPELINE} × PONG`)) : fail(wrongReply(other, replies));
  },
};

function wrongReply(at: number, replies: readonly Reply[]): Text {
  const reply = show(replies[at]!);
  return { en: `reply ${at + 1} is ${reply}`, ko: `응답 ${at + 1}: ${reply}` };
}

const ORDERED = 1000;

export const order: Probe = {
  name: 'order',
  asks: { en: 'Do replies come in the order of the requests?', ko: '응답이 요청 순서대로 옵니까?' },
  sent: { en: `ECHO of ${ORDERED} different words at once`, ko: `서로 다른 단어 ${ORDERED}개의 ECHO를 한꺼번에` },
  pass: { en: 'Replies are matched to requests by their order.', ko: '클라이언트가 순서만으로 응답의 짝을 찾을 수 있습니다.' },
  fail: { en: 'The protocol has no other way to match replies to requests.', ko: '이 프로토콜은 순서 말고는 응답의 짝을 찾을 방법이 없습니다.' },
  look: 'redis.io/docs/latest/develop/reference/protocol-spec (request-response model)',
  needs: ['ECHO', 'x'],
  async run(target) {
    const client = await target.open();
    const words = Array.from({ length: ORDERED }, (_, at) => `word ${at}`);
    client.send(words.map((word) => encodeRequest(['ECHO', word])).join(''));
    const replies = await client.take(ORDERED);
    const wrong = replies.findIndex((reply, at) => textOf(reply) !== words[at]);
    return wrong === -1 ? pass({ en: 'each at its place', ko: '모두 제자리' }) : fail(wrongReply(wrong, replies));
  },
};

/** Every byte, CRLF twice, and a NUL at both ends. */
const ALL_BYTES = `\0\r\n$3\r\n${Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join('')}\r\n\0`;

export const binary: Probe = {
  name: 'binary',
  asks: { en: 'Do all bytes come back as they were sent?', ko: '모든 바이트가 보낸 그대로 돌아옵니까?' },
  sent: { en: `ECHO of ${ALL_BYTES.length} bytes: NUL, CR LF, and each of the 256`, ko: `${ALL_BYTES.length}바이트의 ECHO: NUL, CR LF, 256가지 모두` },
  pass: { en: 'It uses lengths and not line ends, and does not change bytes.', ko: '줄 끝이 아니라 길이로 읽고, 바이트를 바꾸지 않습니다.' },
  fail: { en: 'It looks for line ends inside values, or decodes bytes as text.', ko: '값 안에서 줄 끝을 찾거나, 바이트를 텍스트로 다룹니다.' },
  look: 'redis.io/docs/latest/develop/reference/protocol-spec (bulk strings are binary-safe)',
  needs: ['ECHO', 'x'],
  async run(target) {
    const client = await target.open();
    const reply = await client.ask('ECHO', ALL_BYTES);
    if (textOf(reply) === ALL_BYTES) return pass({ en: `the same ${ALL_BYTES.length} bytes`, ko: `같은 ${ALL_BYTES.length}바이트` });
    return fail(same(show(reply)));
  },
};
