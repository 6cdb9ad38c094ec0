/**
 * Probes of what a connection leaves to the next one. Descriptors are reused at once, so state that is kept under the number of a descriptor and not released
 * with the connection reaches the next client.
 */
import { encodeRequest } from '../../server/index.js';
import { cannotTell, fail, pass, type Probe, same } from '../probe.js';
import type { Target } from '../target.js';
import { isPong, show } from '../wire.js';

const PING = encodeRequest(['PING']);
const ROUNDS = 8;
/** Number of requests whose replies the predecessor does not read. */
const LEFT_REQUESTS = 2000;
/** Wait after a reply, for an extra one. */
const MORE_MS = 40;

/** Sends half a request, or requests whose replies it does not read, and disconnects. */
async function comeAndGo(target: Target, round: number): Promise<void> {
  const client = await target.open();
  if (round % 2 === 0) {
    await target.sendAlone(client, '*1\r\n$4\r\nPI');
  } else {
    client.pause();
    await target.sendAlone(client, PING.repeat(LEFT_REQUESTS));
  }
  client.reset();
}

export const reconnect: Probe = {
  name: 'reconnect',
  asks: {
    en: 'Does a new connection start without any state of one that has just closed?',
    ko: '새 연결이 방금 떠난 연결의 것을 물려받지 않고 시작합니까?',
  },
  sent: {
    en: `half of PING, or PING ${LEFT_REQUESTS} times without reading, and a reset; at once another connection, and PING on it; ${ROUNDS} times`,
    ko: `PING의 절반, 또는 읽지 않고 PING ${LEFT_REQUESTS}번을 보낸 뒤 리셋; 곧바로 새 연결에서 PING; ${ROUNDS}번 반복`,
  },
  pass: { en: 'The state of a connection is released with it.', ko: '연결에 속한 것은 연결과 함께 끝납니다.' },
  fail: {
    en: 'The state of a connection outlives it: the next one has the same descriptor, so it inherits half a request, or replies of the closed one.',
    ko: '연결에 딸린 상태가 연결보다 오래 남습니다. 같은 디스크립터를 받은 다음 연결이 요청의 절반이나 남의 응답을 물려받습니다.',
  },
  look: 'close(2): the lowest free descriptor is used next; epoll(7), "If using an event cache"; delete buffers where the connection is closed',
  async run(target) {
    for (let round = 0; round < ROUNDS; round++) {
      await comeAndGo(target, round);
      const next = await target.open();
      const reply = await next.ask('PING');
      const more = await next.silence(MORE_MS);
      if (!isPong(reply) || more.length > 0) return fail(same(inherited(round, [reply, ...more].map(show))));
      next.close();
    }
    return pass(same(`${ROUNDS} × PONG`));
  },
};

function inherited(round: number, replies: readonly string[]): string {
  const all = replies.length > 4 ? [...replies.slice(0, 4), '…'] : replies;
  return `${round} × PONG; ${all.join(', ')}`;
}

const NUMBERS = 10;
/** A server that does not notice the end of a stream never releases the number. */
const CLOSING_MS = 500;

export const clientId: Probe = {
  name: 'client-id',
  asks: { en: 'Does each connection have a number that was not used before?', ko: '연결마다 전에 쓰이지 않은 번호를 받습니까?' },
  sent: {
    en: `CLIENT ID on a connection, which is then closed, and on the next one; ${NUMBERS} connections`,
    ko: `연결에서 CLIENT ID를 묻고 닫은 뒤 다음 연결에서 다시 물음; 연결 ${NUMBERS}개`,
  },
  pass: { en: 'A number identifies one connection, also after that has closed.', ko: '번호는 연결이 끝난 뒤에도 그 연결 하나만 가리킵니다.' },
  fail: {
    en: 'A number is reused: an event of the same batch, or CLIENT KILL, that was meant for the closed connection reaches another client.',
    ko: '번호를 다시 씁니다. 떠난 연결을 향한 것(같은 묶음의 이벤트, CLIENT KILL 등)이 다른 클라이언트에게 갑니다.',
  },
  look: 'redis.io/commands/client-id (never repeated); a generation beside the number: slab, epoll_event.data',
  needs: ['CLIENT', 'ID'],
  async run(target) {
    const numbers: number[] = [];
    for (let count = 0; count < NUMBERS; count++) {
      const client = await target.open();
      const reply = await client.ask('CLIENT', 'ID');
      if (typeof reply !== 'number') return cannotTell(same(show(reply)));
      numbers.push(reply);
      // When it closes as well, it has noticed that this client has gone.
      client.halfClose();
      await client.closes(CLOSING_MS);
      client.close();
    }
    const again = numbers.findIndex((number, at) => at > 0 && number <= numbers[at - 1]!);
    const came = same(`CLIENT ID: ${numbers.join(', ')}`);
    return again === -1 ? pass(came) : fail(came);
  },
};
