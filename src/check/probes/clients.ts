/**
 * Probes of how a server serves several clients, and misbehaving clients.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { encodeRequest } from '../../server/index.js';
import { fail, type Finding, pass, passIf, type Probe } from '../probe.js';
import type { Target } from '../target.js';
import { isPong, show, Unexpected } from '../wire.js';

/** Passes if a new client is served. */
async function othersAreServed(target: Target): Promise<Finding> {
  try {
    const other = await target.open();
    const reply = await other.ask('PING');
    return passIf(isPong(reply), { en: `another client gets ${show(reply)}`, ko: `다른 클라이언트가 ${show(reply)} 응답을 받음` });
  } catch (error) {
    throw error instanceof Unexpected ? error.at({ en: 'another client', ko: '다른 클라이언트' }) : error;
  }
}

export const secondClient: Probe = {
  name: 'second-client',
  asks: { en: 'Is a second client served while the first one is connected and says nothing?', ko: '첫 클라이언트가 연결된 채 가만히 있을 때 두 번째 클라이언트를 처리합니까?' },
  sent: { en: 'a client connects, sends PING, and stays; PING by another client', ko: '한 클라이언트가 연결해 PING을 보내고 머무름, 다른 클라이언트의 PING' },
  pass: { en: 'No client waits for another one that is idle.', ko: '쉬고 있는 클라이언트 때문에 다른 클라이언트가 기다리지 않습니다.' },
  fail: { en: 'It serves one client after another: the second waits until the first has gone.', ko: '한 번에 한 클라이언트만 처리합니다. 두 번째는 첫째가 떠날 때까지 기다립니다.' },
  look: 'a map from token to stream and one poll for all; or a thread for each connection',
  async run(target) {
    const first = await target.open();
    await first.ask('PING');
    return othersAreServed(target);
  },
};

export const halfFrameHolds: Probe = {
  name: 'unfinished-request',
  asks: { en: 'Are others served while a client has sent half a request?', ko: '한 클라이언트가 요청의 절반만 보냈을 때 다른 클라이언트를 처리합니까?' },
  sent: { en: 'half of PING; PING by another client', ko: 'PING의 절반, 다른 클라이언트의 PING' },
  pass: { en: 'It does not block in a read.', ko: '아무도 read에서 기다리지 않습니다.' },
  fail: { en: 'It blocks in a read until the rest arrives.', ko: 'read 안에서 나머지를 기다립니다.' },
  look: 'recv(2), O_NONBLOCK, EAGAIN',
  async run(target) {
    const client = await target.open();
    await target.sendAlone(client, '*1\r\n$4\r\nPI');
    return othersAreServed(target);
  },
};

const MANY = 1000;

export const manyClients: Probe = {
  name: 'thousand-connections',
  once: true,
  exhausts: true,
  asks: { en: 'Are 1,000 connections served at the same time?', ko: '연결 1,000개를 동시에 처리합니까?' },
  sent: { en: `${MANY} connections, PING on each`, ko: `연결 ${MANY}개, 각각 PING` },
  pass: { en: 'Connections cost it little.', ko: '연결 하나의 비용이 작습니다.' },
  fail: { en: 'It runs out of something: descriptors, threads, or its backlog.', ko: '파일 디스크립터, 스레드, 백로그 중 무엇인가가 모자랍니다.' },
  look: 'listen(2) (backlog), getrlimit(2) (RLIMIT_NOFILE)',
  async run(target) {
    const clients = await target.openMany(MANY);
    for (const client of clients) client.send(encodeRequest(['PING']));
    let answered = 0;
    for (const client of clients) {
      const reply = await client.next().catch((error: unknown) => {
        throw error instanceof Unexpected ? error.behind(`${answered} × PONG`) : error;
      });
      if (!isPong(reply)) return fail({ en: `${answered} × PONG, then ${show(reply)}`, ko: `${answered} × PONG, 그 뒤 ${show(reply)}` });
      answered++;
    }
    return pass({ en: `${MANY} × PONG`, ko: `${MANY} × PONG` });
  },
};

const RESETS = 5;

export const reset: Probe = {
  name: 'reset',
  asks: { en: 'Does it survive a connection that is reset in the middle of a request?', ko: '요청 도중 리셋된 연결을 견딥니까?' },
  sent: { en: `${RESETS} clients send half a request and reset; PING by another client`, ko: `클라이언트 ${RESETS}개가 요청의 절반을 보내고 리셋, 다른 클라이언트의 PING` },
  pass: { en: 'ECONNRESET concerns one connection.', ko: 'ECONNRESET은 연결 하나에만 영향을 줍니다.' },
  fail: { en: 'An error of one connection ends or holds up the server.', ko: '한 연결의 오류가 서버를 멈추거나 끝냅니다.' },
  look: 'recv(2), ECONNRESET; signal(7), SIGPIPE',
  async run(target) {
    for (let i = 0; i < RESETS; i++) {
      const client = await target.open();
      await target.sendAlone(client, '*3\r\n$3\r\nSET\r\n$5\r\nhel');
      client.reset();
    }
    await sleep(50);
    return othersAreServed(target);
  },
};

export const halfClose: Probe = {
  name: 'half-close',
  asks: {
    en: 'Does it answer what was asked, and then close, when the client has ended its direction (FIN)?',
    ko: '클라이언트가 송신을 끝내면(FIN) 남은 요청에 답하고 연결을 닫습니까?',
  },
  sent: { en: 'PING, and FIN', ko: 'PING과 FIN' },
  pass: { en: 'The end of the stream is seen (a read of 0 bytes), and the connection is closed.', ko: '스트림의 끝(0바이트 read)을 알아채고 연결을 반납합니다.' },
  fail: {
    en: 'The connection stays open forever: its descriptor leaks.',
    ko: '연결이 계속 남습니다. 디스크립터가 반납되지 않습니다.',
  },
  look: 'recv(2): 0 is the end of the stream; shutdown(2)',
  async run(target) {
    const client = await target.open();
    await client.ask('PING');
    client.send(encodeRequest(['PING']));
    client.halfClose();
    // Redis itself reads EOF first, if it arrives together with the request: then there is no reply.
    const reply = await client.next().then(show, () => null);
    const isClosed = await client.closes();
    const [en, ko] = isClosed ? ['the connection is closed', '연결이 닫힘'] : ['the connection stays open', '연결이 열린 채 남음'];
    return passIf(isClosed, { en: `${reply ?? 'no reply'}, and ${en}`, ko: `${reply ?? '응답 없음'}, ${ko}` });
  },
};

/** Together several times what the sockets of both sides take. */
const SLOW_REQUESTS = 6000;
const SLOW_BYTES = 10_000;
/** Three times the size of all replies: by default Redis itself keeps them all. */
const BOUND_BYTES = 3 * SLOW_REQUESTS * SLOW_BYTES;

const mebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;

function memoryWords(grownBytes: number): readonly [en: string, ko: string] {
  const [grown, bound] = [mebibytes(Math.max(0, grownBytes)), mebibytes(BOUND_BYTES)];
  return [`; its memory has grown by ${grown}, at most ${bound} are allowed`, `; 메모리가 ${grown} 늘어남, ${bound}까지 허용`];
}

export const slowReader: Probe = {
  name: 'slow-reader',
  asks: {
    en: 'Are others served, and does memory stay bounded, while a client sends and does not read?',
    ko: '보내기만 하고 읽지 않는 클라이언트가 있을 때 다른 클라이언트를 처리하고 메모리를 제한합니까?',
  },
  sent: {
    en: `ECHO of ${SLOW_BYTES} bytes ${SLOW_REQUESTS} times, without reading; PING by another client`,
    ko: `${SLOW_BYTES}바이트의 ECHO ${SLOW_REQUESTS}번, 읽지 않음; 다른 클라이언트의 PING`,
  },
  pass: { en: 'A full socket holds up one client only.', ko: '가득 찬 소켓은 그 클라이언트만 멈춥니다.' },
  fail: { en: 'It blocks in a write, or keeps all unread output.', ko: 'write 안에서 기다리거나, 읽히지 않은 출력을 끝없이 쌓습니다.' },
  look: 'send(2), EAGAIN; backpressure: interest in WRITABLE only while output waits',
  needs: ['ECHO', 'x'],
  async run(target) {
    const before = target.process?.view().residentBytes ?? 0;
    const client = await target.open();
    await client.ask('PING');
    client.pause();
    const requests = Buffer.from(encodeRequest(['ECHO', 'x'.repeat(SLOW_BYTES)]).repeat(100), 'latin1');
    for (let i = 0; i < SLOW_REQUESTS; i += 100) client.send(requests);
    await target.takesNoMore(client);
    const [en, ko] =
      client.unsentBytes === 0
        ? ['it has read all the requests, although nobody reads the replies', '응답을 아무도 읽지 않는데 요청을 모두 읽음']
        : ['it has stopped reading from that client', '그 클라이언트에서 읽기를 멈춤'];
    const served = await othersAreServed(target);
    const grownBytes = target.process === null ? null : target.process.view().residentBytes - before;
    const [memory, koMemory] = grownBytes === null ? ['', ''] : memoryWords(grownBytes);
    const came = { en: `${en}${memory}; ${served.came.en}`, ko: `${ko}${koMemory}; ${served.came.ko}` };
    return passIf(served.result === 'pass' && (grownBytes === null || grownBytes <= BOUND_BYTES), came);
  },
};
