/**
 * Lesson 03: a map from Token to stream.
 */
import { withParticle } from '../../../shared/korean.js';
import type { Peer } from '../../kernel.js';
import type { LessonTest } from '../../lesson.js';
import { describeBytes } from '../../requests.js';
import { cutReads, start, turnUntil, type Turning } from '../../turning.js';
import type { Workbench } from '../../workbench.js';

interface EchoServer extends Turning {
  readonly size: number;
}

/** More than one read returns. */
const SENT = 10_000;

/** Connects two clients, one after the other. Throws {@link Unmet} unless both are accepted: the test is about what follows. */
function connectTwo(bench: Workbench, server: EchoServer): readonly [Peer, Peer] {
  const first = bench.connect();
  turnUntil(server, () => server.size >= 1);
  const second = bench.connect();
  bench.watch();
  turnUntil(server, () => server.size >= 2);
  const { size } = server;
  const expected = { en: 'two clients that came one after the other are accepted', ko: '차례로 온 두 클라이언트를 accept합니다' };
  bench.expect(size === 2, expected, { en: `size is ${size}`, ko: `size는 ${size}입니다` });
  return [first, second];
}

export const tests: readonly LessonTest[] = [
  {
    name: { en: 'two clients that came together are both accepted', ko: '함께 온 두 클라이언트를 모두 accept합니다' },
    run(exports) {
      const { bench, server } = start<EchoServer>(exports, 'EchoServer');
      bench.connect();
      bench.connect();
      bench.watch();
      turnUntil(server, () => server.size >= 2, 5);
      bench.expect(
        server.size === 2,
        { en: 'a size of 2', ko: 'size가 2' },
        { en: `two connections were waiting, size is ${server.size}`, ko: `연결 두 개가 기다리고 있었고 size는 ${server.size}입니다` },
      );
      bench.expect(
        bench.count('accept', 'WouldBlock') > 0,
        { en: 'accept until WouldBlock: the poll reports only once', ko: 'poll은 한 번만 알리므로 WouldBlock까지 accept' },
      );
    },
  },
  {
    name: { en: 'each client gets its own bytes back, in turns', ko: '번갈아 보내도 각자 자기 바이트를 돌려받습니다' },
    run(exports) {
      const { bench, server } = start<EchoServer>(exports, 'EchoServer');
      const clients = Array.from({ length: 10 }, () => bench.connect());
      for (let round = 0; round < 3; round++) {
        clients.forEach((client, at) => client.send(`${at}:${round};`));
        turnUntil(server, () => clients.every(({ outbound }) => outbound.length >= 4));
        clients.forEach((client, at) => {
          const echo = client.receive();
          const got = describeBytes(echo);
          bench.expect(
            echo === `${at}:${round};`,
            { en: `client ${at} gets ${at}:${round};`, ko: `클라이언트 ${withParticle(at, '은/는')} ${at}:${round};` },
            { en: `it got ${got.en}`, ko: `받은 것: ${got.ko}` },
          );
        });
      }
    },
  },
  {
    name: { en: 'a silent client delays no other client', ko: '조용한 클라이언트는 아무도 막지 않습니다' },
    run(exports) {
      const { bench, server } = start<EchoServer>(exports, 'EchoServer');
      bench.connect();
      const other = bench.connect();
      other.send('here');
      bench.watch();
      turnUntil(server, () => other.outbound.length >= 4, 10);
      bench.expect(other.receive() === 'here', { en: 'the second client gets its echo while the first one is silent', ko: '첫 클라이언트가 조용해도 두 번째는 에코를 받습니다' });
    },
  },
  {
    name: { en: 'a client that disconnects is closed and forgotten, and the others stay', ko: '떠난 클라이언트는 닫고 잊으며, 나머지는 남습니다' },
    run(exports) {
      const { bench, server } = start<EchoServer>(exports, 'EchoServer');
      const [stays, leaves] = connectTwo(bench, server);
      leaves.shutdown();
      bench.watch();
      turnUntil(server, () => server.size === 1);
      bench.expect(
        leaves.isClosedByServer && server.size === 1,
        { en: 'one client is left', ko: '클라이언트가 하나 남습니다' },
        { en: `size is ${server.size}`, ko: `size는 ${server.size}입니다` },
      );
      stays.send('still');
      turnUntil(server, () => stays.outbound.length >= 5);
      bench.expect(stays.receive() === 'still', { en: 'the one that stays is served', ko: '남은 클라이언트는 계속 처리됩니다' });
    },
  },
  {
    name: { en: 'a reset ends one client, not the loop', ko: '리셋은 루프가 아니라 그 클라이언트만 끝냅니다' },
    run(exports) {
      const { bench, server } = start<EchoServer>(exports, 'EchoServer');
      const [stays, breaks] = connectTwo(bench, server);
      breaks.send('x');
      breaks.reset();
      bench.watch();
      turnUntil(server, () => server.size === 1);
      bench.expect(bench.count('close') === 1, { en: 'ECONNRESET closes this one stream', ko: 'ECONNRESET이 나면 그 스트림 하나를 닫습니다' });
      bench.expect(
        server.size === 1,
        { en: 'the stream that was reset is deleted from the map: one client is left', ko: '리셋된 스트림은 맵에서 지워져 클라이언트가 하나 남습니다' },
        { en: `size is ${server.size}`, ko: `size는 ${server.size}입니다` },
      );
      stays.send('still');
      turnUntil(server, () => stays.outbound.length >= 5);
      bench.expect(stays.receive() === 'still', { en: 'the other one is served', ko: '다른 클라이언트는 계속 처리됩니다' });
    },
  },
  {
    name: { en: 'each socket is read until WouldBlock', ko: '모든 소켓을 WouldBlock까지 읽습니다' },
    run(exports) {
      const { bench, server } = start<EchoServer>(exports, 'EchoServer');
      const clients = connectTwo(bench, server);
      for (const client of clients) client.send('x'.repeat(SENT));
      bench.watch();
      turnUntil(server, () => clients.every(({ outbound }) => outbound.length >= SENT));
      const echoed = clients.map((client) => client.receive().length);
      bench.expect(
        echoed.every((count) => count === SENT),
        { en: `all ${SENT} bytes back, for both`, ko: `둘 다 ${SENT}바이트 모두` },
        { en: `${echoed.join(' and ')} of ${SENT} bytes came back`, ko: `돌아온 바이트: ${echoed.join(', ')} / ${SENT}` },
      );
    },
  },
  {
    name: { en: 'no token is used twice', ko: '토큰을 두 번 쓰지 않습니다' },
    run(exports) {
      const { bench, server } = start<EchoServer>(exports, 'EchoServer');
      const used: number[] = [];
      for (let i = 0; i < 5; i++) {
        const client = bench.connect();
        turnUntil(server, () => server.size === 1);
        client.shutdown();
        turnUntil(server, () => server.size === 0);
      }
      for (const event of bench.trace) if (event.kind === 'connect') used.push(event.token);
      bench.expect(
        new Set(used).size === used.length && used.length === 5,
        { en: 'five clients, five tokens', ko: '클라이언트 다섯, 토큰 다섯' },
        {
          en: used.length === 0 ? 'no stream was registered' : `they got ${used.join(', ')}`,
          ko: used.length === 0 ? '등록한 스트림이 없습니다' : `받은 토큰: ${used.join(', ')}`,
        },
      );
    },
  },
  {
    name: { en: '100 clients, with reads that are cut and delayed', ko: '클라이언트 100개, 나뉘고 늦어지는 read' },
    run(exports) {
      const { bench, server } = start<EchoServer>(exports, 'EchoServer', { seed: 42, faults: { spurious: 0.1 } });
      const clients = Array.from({ length: 100 }, () => bench.connect());
      clients.forEach((client, at) => cutReads(client, at));
      clients.forEach((client, at) => client.send(`client ${at}\n`.repeat(5)));
      const echoes = clients.map(() => '');
      turnUntil(server, () => {
        clients.forEach((client, at) => (echoes[at] += client.receive()));
        return echoes.every((echo, at) => echo.length >= `client ${at}\n`.length * 5);
      }, 500);
      const wrong = echoes.filter((echo, at) => echo !== `client ${at}\n`.repeat(5)).length;
      bench.expect(wrong === 0, { en: 'each client gets all', ko: '모두가 전부 돌려받습니다' }, { en: `${wrong} of 100 did not`, ko: `100개 중 ${wrong}개가 그러지 못했습니다` });
    },
  },
];
