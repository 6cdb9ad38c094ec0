/**
 * Lesson 02: run_once, an echo server for one client.
 */
import type { Text } from '../../../shared/language.js';
import type { LessonTest } from '../../lesson.js';
import { describeBytes } from '../../requests.js';
import { cutReads, start, turnUntil, type Turning } from '../../turning.js';

/** More than one read returns. */
const SENT = 10_000;

/** Turns in which nothing is to happen. */
const WAITING_TURNS = 20;

function gotOf(bytes: string): Text {
  const { en, ko } = describeBytes(bytes);
  return { en: `the client got ${en}`, ko: `클라이언트가 받은 것: ${ko}` };
}

export const tests: readonly LessonTest[] = [
  {
    name: { en: 'nothing is ready: one wait in the poll, for its time, and nothing else', ko: '준비된 것이 없으면 poll에서 정해진 시간만큼 한 번 기다리고, 다른 일은 하지 않습니다' },
    run(exports) {
      const { bench, server } = start<Turning>(exports, 'EchoServer');
      bench.watch();
      const beforeMs = bench.kernel.nowMs;
      server.runOnce(250);
      bench.expect(bench.count('poll') === 1, { en: 'one call of poll.poll in a turn', ko: '한 턴에 poll.poll 한 번' });
      bench.expect(bench.kernel.nowMs - beforeMs === 250, { en: 'a wait of 250 ms, as requested', ko: '요청한 대로 250 ms 기다리기' });
      bench.expect(bench.count('accept') + bench.count('read') === 0, { en: 'no accept and no read without an event', ko: '이벤트가 없으면 accept도 read도 하지 않기' });
    },
  },
  {
    name: { en: 'a client gets back what it sends', ko: '클라이언트가 보낸 것을 그대로 돌려받습니다' },
    run(exports) {
      const { bench, server } = start<Turning>(exports, 'EchoServer');
      const client = bench.connect();
      client.send('hello');
      turnUntil(server, () => client.outbound.length >= 5);
      const echo = client.receive();
      bench.expect(
        echo === 'hello',
        { en: 'the five bytes of hello', ko: 'hello의 다섯 바이트' },
        gotOf(echo),
      );
    },
  },
  {
    name: { en: 'the socket is read until WouldBlock, however many bytes there are', ko: '얼마가 있든 WouldBlock까지 읽습니다' },
    run(exports) {
      const { bench, server } = start<Turning>(exports, 'EchoServer');
      const client = bench.connect();
      turnUntil(server, () => client.fd !== -1);
      bench.watch();
      client.send('x'.repeat(SENT));
      turnUntil(server, () => client.outbound.length >= SENT);
      const echoed = client.receive().length;
      const isLeft = bench.count('read') > 0 && client.inbound.length > 0;
      bench.expect(
        echoed === SENT,
        { en: `all ${SENT} bytes back, though each read brings what the buffer holds`, ko: `한 번의 read가 버퍼만큼만 가져와도 ${SENT}바이트 모두` },
        {
          en: `${echoed} of ${SENT} bytes came back${isLeft ? '; the rest stays in the socket, and edge-triggered it is not reported again' : ''}`,
          ko: `${SENT}바이트 중 ${echoed}바이트가 돌아왔습니다${isLeft ? '. 나머지는 소켓에 남아 있고, 에지 트리거에서는 다시 알려 주지 않습니다' : ''}`,
        },
      );
      bench.expect(
        bench.count('read', 'WouldBlock') > 0,
        { en: 'the last read says WouldBlock: only then is the socket empty', ko: '마지막 read가 WouldBlock이어야 소켓이 빈 것입니다' },
      );
    },
  },
  {
    name: { en: 'the client ends: its stream is closed', ko: '클라이언트가 끝내면 스트림을 닫습니다' },
    run(exports) {
      const { bench, server } = start<Turning>(exports, 'EchoServer');
      const client = bench.connect();
      client.send('bye');
      client.shutdown();
      bench.watch();
      turnUntil(server, () => client.isClosedByServer);
      bench.expect(client.isClosedByServer, { en: 'a close after the read of 0 bytes', ko: '0바이트 read 뒤에 close' });
      const echo = client.receive();
      bench.expect(echo === 'bye', { en: 'what came before the end is echoed', ko: '끝나기 전에 온 것은 돌려줍니다' }, gotOf(echo));
    },
  },
  {
    name: { en: 'one client at a time: a second one waits until the first has left', ko: '한 번에 한 클라이언트: 둘째는 첫째가 떠날 때까지 기다립니다' },
    run(exports) {
      const { bench, server } = start<Turning>(exports, 'EchoServer');
      const first = bench.connect();
      turnUntil(server, () => first.fd !== -1);
      const second = bench.connect();
      bench.watch();
      second.send('second');
      turnUntil(server, () => second.outbound.length > 0, WAITING_TURNS);
      first.send('first');
      turnUntil(server, () => first.outbound.length >= 5);
      const [echo, early] = [first.receive(), second.receive()].map((bytes) => describeBytes(bytes));
      const got = { en: `the first client got ${echo!.en}, the second one ${early!.en}`, ko: `첫 클라이언트가 받은 것: ${echo!.ko}, 둘째: ${early!.ko}` };
      bench.expect(
        echo!.en === '"first"',
        { en: 'the first client gets its echo, though a second one has connected', ko: '둘째가 연결한 뒤에도 첫 클라이언트는 에코를 받습니다' },
        got,
      );
      bench.expect(early!.en === '""', { en: 'nothing for the second client while the first one is connected', ko: '첫 클라이언트가 있는 동안 둘째는 아무것도 받지 않습니다' }, got);
      first.shutdown();
      turnUntil(server, () => second.outbound.length >= 6);
      const late = second.receive();
      bench.expect(late === 'second', { en: 'the second client gets its echo when the first one has left', ko: '첫 클라이언트가 떠나면 둘째가 에코를 받습니다' }, gotOf(late));
    },
  },
  {
    name: { en: 'a client that has waited is served when the first one has gone', ko: '기다리던 클라이언트는 첫 클라이언트가 떠나면 처리됩니다' },
    run(exports) {
      const { bench, server } = start<Turning>(exports, 'EchoServer');
      const [first, second] = [bench.connect(), bench.connect()];
      first.send('first');
      second.send('second');
      turnUntil(server, () => first.outbound.length >= 5);
      const served = first.receive();
      bench.expect(served === 'first', { en: 'the first client gets its echo', ko: '첫 클라이언트가 에코를 받습니다' }, gotOf(served));
      first.shutdown();
      bench.watch();
      turnUntil(server, () => second.outbound.length >= 6);
      const echo = second.receive();
      bench.expect(
        echo === 'second',
        { en: 'the second client gets its echo', ko: '두 번째 클라이언트도 에코를 받습니다' },
        { en: 'it waited in the backlog, which was reported while you served the first', ko: '이 클라이언트는 backlog에서 기다렸고, 그 알림은 첫 클라이언트를 처리하던 중에 왔습니다' },
      );
    },
  },
  {
    name: { en: 'a read or accept that returns WouldBlock although something was ready is no error', ko: '준비되었다고 했는데 WouldBlock이 나와도 오류가 아닙니다' },
    run(exports) {
      for (let seed = 1; seed <= 20; seed++) {
        const { bench, server } = start<Turning>(exports, 'EchoServer', { seed, faults: { spurious: 0.2 } });
        const client = bench.connect();
        cutReads(client, seed);
        const text = `seed ${seed} ${'.'.repeat(200)}`;
        client.send(text);
        let echo = '';
        turnUntil(server, () => {
          echo += client.receive();
          return echo.length >= text.length;
        }, 400);
        bench.expect(
          echo === text,
          { en: 'everything comes back, however reads are cut and delayed', ko: 'read가 어떻게 나뉘고 늦어져도 모두 돌아옵니다' },
          { en: `${echo.length} of ${text.length} bytes came back`, ko: `${text.length}바이트 중 ${echo.length}바이트` },
        );
      }
    },
  },
];
