/**
 * Lesson 01: bind and accept_one.
 */
import { Events, TcpStream } from '../../../poll/index.js';
import type { Exports, LessonTest } from '../../lesson.js';
import { ADDRESS, Workbench } from '../../workbench.js';

interface Server {
  acceptOne(): unknown;
}

function bind(bench: Workbench, exports: Exports): Server {
  const { Server } = exports as { Server: { bind(poll: unknown, address: string): Server } };
  const server = Server.bind(bench.poll, ADDRESS);
  const returned = server === null || typeof server !== 'object' ? String(server) : 'an object without acceptOne';
  bench.expect(
    typeof server?.acceptOne === 'function',
    { en: 'Server.bind returns a Server', ko: 'Server.bind가 Server를 돌려줍니다' },
    { en: `bind returned ${returned}`, ko: `bind가 돌려준 값: ${typeof server === 'object' && server !== null ? 'acceptOne이 없는 객체' : returned}` },
  );
  return server;
}

export const tests: readonly LessonTest[] = [
  {
    name: { en: 'bind listens: a client can connect', ko: 'bind가 listen합니다: 클라이언트가 연결할 수 있습니다' },
    run(exports) {
      const bench = new Workbench();
      bind(bench, exports);
      try {
        bench.connect();
      } catch {
        bench.expect(false, { en: `a listener at ${ADDRESS}`, ko: `${ADDRESS}에서 listen하고 있어야 합니다` });
      }
    },
  },
  {
    name: { en: 'the listener is registered: the poll reports token 0 when a client connects', ko: '리스너가 등록되어 있습니다: 클라이언트가 연결하면 poll이 토큰 0을 알립니다' },
    run(exports) {
      const bench = new Workbench();
      bind(bench, exports);
      bench.connect();
      const events = new Events();
      bench.poll.poll(events, 0);
      const tokens = [...events].map(({ token }) => token);
      bench.expect(
        tokens.length === 1 && tokens[0] === 0,
        { en: 'an event for token 0, as READABLE was asked for', ko: 'READABLE로 등록했으므로 토큰 0의 이벤트가 옵니다' },
        {
          en: `the poll brought ${tokens.length === 0 ? 'nothing' : `token ${tokens.join(', ')}`}`,
          ko: `poll이 알린 토큰: ${tokens.length === 0 ? '없음' : tokens.join(', ')}`,
        },
      );
    },
  },
  {
    name: { en: 'no connection waits: acceptOne returns null, and throws nothing', ko: '기다리는 연결이 없으면 acceptOne은 null을 돌려주고, 아무것도 던지지 않습니다' },
    run(exports) {
      const bench = new Workbench();
      const server = bind(bench, exports);
      const accepted = server.acceptOne();
      bench.expect(
        accepted === null,
        { en: 'null: WouldBlock is a value that means "not now"', ko: 'null: WouldBlock은 "지금은 아니다"라는 뜻의 값입니다' },
        { en: `acceptOne returned ${String(accepted)}`, ko: `acceptOne이 돌려준 값: ${String(accepted)}` },
      );
    },
  },
  {
    name: { en: 'two clients wait: acceptOne returns one stream each time, then null', ko: '두 클라이언트가 기다리면 acceptOne은 부를 때마다 스트림 하나를, 그다음에 null을 돌려줍니다' },
    run(exports) {
      const bench = new Workbench();
      const server = bind(bench, exports);
      bench.connect();
      bench.connect();
      bench.watch();
      const streams = [server.acceptOne(), server.acceptOne()];
      const waiting = { en: 'two connections were waiting', ko: '연결 두 개가 기다리고 있었습니다' };
      bench.expect(streams.every((stream) => stream instanceof TcpStream), { en: 'a stream each time', ko: '매번 스트림 하나' }, waiting);
      bench.expect(streams[0] !== streams[1], { en: 'two different streams', ko: '서로 다른 두 스트림' }, waiting);
      bench.expect(bench.count('accept') === 2, { en: 'one accept for each acceptOne', ko: 'acceptOne마다 accept 한 번' }, waiting);
      bench.expect(server.acceptOne() === null, { en: 'null after the last one', ko: '마지막 뒤에는 null' }, waiting);
    },
  },
];
