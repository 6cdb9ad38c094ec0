/**
 * Lesson 09: many requests by one read, many replies by one write, and a budget for each client.
 */
import type { LessonTest } from '../../lesson.js';
import type { Peer } from '../../kernel.js';
import { request, type Server, startServer } from '../../requests.js';
import { turnUntil } from '../../turning.js';
import type { Workbench } from '../../workbench.js';

/** Requests of one client per turn, as in the lecture. */
const BUDGET = 64;

const PING = request('PING');
const PONG = '+PONG\r\n';

/** More than the budgets of many turns. */
const FLOOD = 2000;

/** Clients that the server has accepted. */
function connect(bench: Workbench, server: Server, count: number): readonly Peer[] {
  const clients = Array.from({ length: count }, () => bench.connect());
  turnUntil(server, () => server.size === count);
  return clients;
}

/** The number of PONGs that a client has received since the last call. */
const pongs = (client: Peer): number => client.receive().length / PONG.length;

export const tests: readonly LessonTest[] = [
  {
    name: { en: 'a pipeline of 50: one read, one write, and every reply in its place', ko: '요청 50개의 파이프라인: read 한 번, write 한 번, 응답은 모두 제자리에' },
    run(exports) {
      const { bench, server } = startServer(exports);
      const [client] = connect(bench, server, 1) as [Peer];
      const words = Array.from({ length: 50 }, (_, at) => `${at}`);
      client.send(words.map((word) => request('ECHO', word)).join(''));
      bench.watch();
      server.runOnce(0);
      const got = client.receive();
      bench.expect(got === words.map((word) => `$${word.length}\r\n${word}\r\n`).join(''), { en: '50 replies in one turn, in order', ko: '한 턴에 응답 50개, 순서대로' });
      bench.expect(bench.count('write') === 1, { en: 'one write for all of them', ko: '모두 write 한 번으로' });
    },
  },
  {
    name: { en: `a flood: at most ${BUDGET} of its requests in a turn`, ko: `쏟아지는 요청: 한 턴에 ${BUDGET}개까지` },
    run(exports) {
      const { bench, server } = startServer(exports);
      const [flood] = connect(bench, server, 1) as [Peer];
      flood.send(PING.repeat(FLOOD));
      bench.watch();
      server.runOnce(0);
      const count = pongs(flood);
      bench.expect(
        count === BUDGET,
        { en: `${BUDGET} replies in the first turn`, ko: `첫 턴에 응답 ${BUDGET}개` },
        { en: `${count} of ${FLOOD} came`, ko: `${FLOOD}개 중 ${count}개` },
      );
    },
  },
  {
    name: { en: 'the others get their turn: they do not wait until the flood is over', ko: '다른 클라이언트도 차례가 옵니다. 쏟아진 요청이 끝나기를 기다리지 않습니다' },
    run(exports) {
      const { bench, server } = startServer(exports);
      const [flood, other] = connect(bench, server, 2) as [Peer, Peer];
      flood.send(PING.repeat(FLOOD));
      server.runOnce(0);
      flood.receive();
      for (let turn = 2; turn <= 4; turn++) {
        other.send(PING);
        bench.watch();
        server.runOnce(0);
        const [theirs, own] = [pongs(other), pongs(flood)];
        bench.expect(
          theirs === 1 && own === BUDGET,
          { en: `in turn ${turn} one reply for the other client, and ${BUDGET} for the flood`, ko: `${turn}번째 턴에 다른 클라이언트는 응답 1개, 쏟아낸 클라이언트는 ${BUDGET}개` },
          { en: `the other got ${theirs}, the flood ${own}`, ko: `다른 클라이언트 ${theirs}개, 쏟아낸 클라이언트 ${own}개` },
        );
      }
    },
  },
  {
    name: { en: 'the remainder: no event reports it, and the poll does not sleep meanwhile', ko: '나머지: 이벤트가 오지 않지만 poll은 자지 않고 처리합니다' },
    run(exports) {
      const { bench, server } = startServer(exports);
      const [client] = connect(bench, server, 1) as [Peer];
      client.send(PING.repeat(FLOOD));
      const beforeMs = bench.kernel.nowMs;
      let count = 0;
      bench.watch();
      for (let turn = 0; turn < 100 && count < FLOOD; turn++) {
        server.runOnce(10_000);
        count += pongs(client);
      }
      bench.expect(
        count === FLOOD,
        { en: `all ${FLOOD} replies, though nothing more arrives`, ko: `더 오는 것이 없어도 응답 ${FLOOD}개 모두` },
        { en: `${count} came, and then the poll had nothing to report`, ko: `${count}개가 오고, 그 뒤 poll은 알릴 것이 없었습니다` },
      );
      const sleptMs = bench.kernel.nowMs - beforeMs;
      bench.expect(
        sleptMs === 0,
        { en: 'no sleep while a client is not finished', ko: '끝나지 않은 클라이언트가 있는 동안 자지 않기' },
        { en: `it slept ${sleptMs} ms`, ko: `잔 시간: ${sleptMs} ms` },
      );
    },
  },
  {
    name: { en: 'when all are finished, the poll sleeps again', ko: '모두 끝나면 poll은 다시 잡니다' },
    run(exports) {
      const { bench, server } = startServer(exports);
      const [client] = connect(bench, server, 1) as [Peer];
      client.send(PING.repeat(200));
      turnUntil(server, () => client.outbound.length >= 200 * PONG.length);
      // A remainder may have been remembered that turns out to be empty.
      server.runOnce(0);
      bench.watch();
      const beforeMs = bench.kernel.nowMs;
      server.runOnce(250);
      const sleptMs = bench.kernel.nowMs - beforeMs;
      bench.expect(
        sleptMs === 250 && bench.count('read') === 0,
        { en: 'one sleep of 250 ms, and no read', ko: '250 ms를 한 번 자고, read는 하지 않기' },
        { en: `it slept ${sleptMs} ms`, ko: `잔 시간: ${sleptMs} ms` },
      );
    },
  },
  {
    name: { en: 'ten floods: equal shares', ko: '열 클라이언트가 쏟아내도 몫이 같습니다' },
    run(exports) {
      const { bench, server } = startServer(exports);
      const clients = connect(bench, server, 10);
      for (const client of clients) client.send(PING.repeat(FLOOD));
      bench.watch();
      for (let turn = 0; turn < 5; turn++) server.runOnce(0);
      const counts = clients.map(pongs);
      bench.expect(
        counts.every((count) => count === 5 * BUDGET),
        { en: `${5 * BUDGET} replies for each after five turns`, ko: `다섯 턴 뒤 각각 응답 ${5 * BUDGET}개` },
        { en: `they got ${counts.join(', ')}`, ko: `받은 개수: ${counts.join(', ')}` },
      );
    },
  },
  {
    name: {
      en: 'a client that does not read waits for WRITABLE, not in the remainder: the poll sleeps, and nothing is lost',
      ko: '읽지 않는 클라이언트는 나머지가 아니라 WRITABLE을 기다립니다. poll은 자고, 잃는 것은 없습니다',
    },
    run(exports) {
      const { bench, server } = startServer(exports);
      const [client] = connect(bench, server, 1) as [Peer];
      client.setWindow(100);
      client.send(PING.repeat(FLOOD));
      for (let turn = 0; turn < 5; turn++) server.runOnce(0);
      bench.watch();
      const beforeMs = bench.kernel.nowMs;
      server.runOnce(250);
      const sleptMs = bench.kernel.nowMs - beforeMs;
      bench.expect(
        sleptMs === 250 && client.inbound.length > 0,
        { en: 'a sleep of 250 ms, and requests that stay in the socket', ko: '250 ms를 자고, 요청은 소켓에 남습니다' },
        {
          en: `it slept ${sleptMs} ms, ${client.inbound.length} bytes are in the socket`,
          ko: `잔 시간: ${sleptMs} ms, 소켓에 남은 바이트: ${client.inbound.length}`,
        },
      );
      let got = '';
      client.setWindow(10_000);
      turnUntil(server, () => {
        got += client.receive();
        return got.length >= FLOOD * PONG.length;
      }, 1000);
      bench.expect(
        got === PONG.repeat(FLOOD),
        { en: `all ${FLOOD} replies when it reads`, ko: `읽기 시작하면 응답 ${FLOOD}개 모두` },
        { en: `${Math.floor(got.length / PONG.length)} came`, ko: `온 것: ${Math.floor(got.length / PONG.length)}개` },
      );
    },
  },
  {
    name: {
      en: 'a client that sends 200 requests and the end of the stream gets 200 replies, and is closed',
      ko: '요청 200개와 스트림의 끝을 보낸 클라이언트는 응답 200개를 받고 닫힙니다',
    },
    run(exports) {
      const { bench, server } = startServer(exports);
      const [client] = connect(bench, server, 1) as [Peer];
      client.send(PING.repeat(200));
      client.shutdown();
      bench.watch();
      turnUntil(server, () => client.isClosedByServer);
      const count = pongs(client);
      bench.expect(
        count === 200 && client.isClosedByServer,
        { en: 'every reply, and then a close', ko: '응답을 모두 보내고 close' },
        {
          en: `${count} replies came, and the stream is ${client.isClosedByServer ? 'closed' : 'open'}`,
          ko: `응답 ${count}개, 스트림은 ${client.isClosedByServer ? '닫혔습니다' : '열려 있습니다'}`,
        },
      );
    },
  },
  {
    name: { en: 'however reads and writes are cut: every reply, in order', ko: 'read와 write가 어떻게 나뉘어도 응답이 모두 순서대로 옵니다' },
    run(exports) {
      for (let seed = 1; seed <= 10; seed++) {
        const { bench, server } = startServer(exports, { seed, faults: { partial: 0.3, wouldBlock: 0.2, spurious: 0.1 } });
        const client = bench.connect();
        const words = Array.from({ length: 200 }, (_, at) => `${at}`);
        client.send(words.map((word) => request('ECHO', word)).join(''));
        const expected = words.map((word) => `$${word.length}\r\n${word}\r\n`).join('');
        let got = '';
        turnUntil(server, () => {
          got += client.receive();
          return got.length >= expected.length;
        }, 3000);
        bench.expect(
          got === expected,
          { en: `seed ${seed}: ${expected.length} bytes, in order`, ko: `시드 ${seed}: ${expected.length}바이트, 순서대로` },
          { en: `${got.length} came`, ko: `온 것: ${got.length}바이트` },
        );
      }
    },
  },
];
