/**
 * Lesson 06: expiry, lazy and active.
 */
import type { Exports, LessonTest } from '../../lesson.js';
import { expectReply, type Server } from '../../requests.js';
import { bindTo } from '../../turning.js';
import { Workbench } from '../../workbench.js';

interface ExpiringServer extends Server {
  readonly store: { readonly size: number; nextDueMs(): number | null; deleteDue(): number };
}

interface Started {
  readonly bench: Workbench;
  readonly server: ExpiringServer;
  readonly client: ReturnType<Workbench['connect']>;
  /** Lets time pass, without a turn of the loop. */
  pass(ms: number): void;
}

/** Starts a server whose time is that of the simulated kernel, which waits advance, plus what the test adds. */
function start(exports: Exports): Started {
  const bench = new Workbench();
  let addedMs = 0;
  const server = bindTo<ExpiringServer>(bench, exports, 'Server', () => bench.kernel.nowMs + addedMs);
  return { bench, server, client: bench.connect(), pass: (ms) => void (addedMs += ms) };
}

const NIL = '$-1\r\n';
const OK = '+OK\r\n';

export const tests: readonly LessonTest[] = [
  {
    name: { en: 'a key exists before it expires', ko: '시간이 되기 전에는 키가 있습니다' },
    run(exports) {
      const { bench, server, client, pass } = start(exports);
      expectReply(bench, server, client, ['SET', 'k', 'v', 'PX', '100'], OK);
      pass(99);
      expectReply(bench, server, client, ['GET', 'k'], '$1\r\nv\r\n');
    },
  },
  {
    name: { en: 'lazy: a request for an expired key gets nil, and deletes it', ko: '지연 만료: 시간이 지난 키를 찾으면 nil을 받고, 그 키는 지워집니다' },
    run(exports) {
      const { bench, server, client, pass } = start(exports);
      expectReply(bench, server, client, ['SET', 'k', 'v', 'PX', '100'], OK);
      pass(100);
      expectReply(bench, server, client, ['GET', 'k'], NIL);
      expectReply(bench, server, client, ['DEL', 'k'], ':0\r\n');
      bench.expect(server.store.size === 0, { en: 'the key takes no memory any longer', ko: '키가 더는 메모리를 차지하지 않습니다' });
    },
  },
  {
    name: { en: 'SET without PX removes the expiry time', ko: 'PX 없는 SET은 시간을 없앱니다' },
    run(exports) {
      const { bench, server, client, pass } = start(exports);
      expectReply(bench, server, client, ['SET', 'k', 'v', 'PX', '100'], OK);
      expectReply(bench, server, client, ['SET', 'k', 'w'], OK);
      pass(1000);
      expectReply(bench, server, client, ['GET', 'k'], '$1\r\nw\r\n');
    },
  },
  {
    name: { en: 'an invalid time is an error, and nothing is set', ko: '시간이 아니면 오류이고, 아무것도 저장하지 않습니다' },
    run(exports) {
      const { bench, server, client } = start(exports);
      expectReply(bench, server, client, ['SET', 'k', 'v', 'PX', 'soon'], '-ERR syntax error\r\n');
      expectReply(bench, server, client, ['SET', 'k', 'v', 'XX', '5'], '-ERR syntax error\r\n');
      expectReply(bench, server, client, ['GET', 'k'], NIL);
    },
  },
  {
    name: { en: 'nextDueMs returns the nearest time of all', ko: 'nextDueMs는 가장 가까운 시각을 알려 줍니다' },
    run(exports) {
      const { bench, server, client } = start(exports);
      const none = server.store.nextDueMs();
      bench.expect(none === null, { en: 'null without keys that expire', ko: '만료될 키가 없으면 null' }, { en: `it was ${none}`, ko: `값: ${none}` });
      expectReply(bench, server, client, ['SET', 'late', 'v', 'PX', '900'], OK);
      expectReply(bench, server, client, ['SET', 'never', 'v'], OK);
      expectReply(bench, server, client, ['SET', 'soon', 'v', 'PX', '300'], OK);
      const next = server.store.nextDueMs();
      bench.expect(next === 300, { en: 'the time of `soon`: 300', ko: '`soon`의 시각: 300' }, { en: `it was ${next}`, ko: `값: ${next}` });
    },
  },
  {
    name: { en: 'active: the poll sleeps just until the next key expires, and then the key is deleted', ko: '능동 만료: poll은 다음 키의 시각까지만 자고, 그 키를 지웁니다' },
    run(exports) {
      const { bench, server, client } = start(exports);
      expectReply(bench, server, client, ['SET', 'k', 'v', 'PX', '500'], OK);
      bench.watch();
      const beforeMs = bench.kernel.nowMs;
      for (let turn = 0; turn < 3 && server.store.size > 0; turn++) server.runOnce(10_000);
      const sleptMs = bench.kernel.nowMs - beforeMs;
      bench.expect(
        sleptMs <= 500,
        { en: 'a timeout of at most 500 ms for the poll', ko: 'poll의 시간 제한은 500 ms 이하' },
        { en: `it slept ${sleptMs} ms`, ko: `잔 시간: ${sleptMs} ms` },
      );
      bench.expect(
        server.store.size === 0,
        { en: 'the key is deleted, although no client has read it', ko: '아무도 찾지 않았지만 키가 사라집니다' },
        { en: `after ${sleptMs} ms the store holds ${server.store.size}`, ko: `${sleptMs} ms 뒤 남은 키: ${server.store.size}` },
      );
    },
  },
  {
    name: { en: 'without keys that expire the poll sleeps as long as it is told', ko: '만료될 키가 없으면 poll은 정해진 만큼 잡니다' },
    run(exports) {
      const { bench, server, client } = start(exports);
      expectReply(bench, server, client, ['SET', 'k', 'v'], OK);
      bench.watch();
      const beforeMs = bench.kernel.nowMs;
      server.runOnce(250);
      bench.expect(bench.kernel.nowMs - beforeMs === 250, { en: 'one sleep of 250 ms', ko: '250 ms를 한 번 잡니다' });
    },
  },
];
