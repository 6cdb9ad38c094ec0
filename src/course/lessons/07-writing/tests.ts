/**
 * Lesson 07: short writes, interest in WRITABLE, backpressure.
 */
import type { LessonTest } from '../../lesson.js';
import { startServer, expectReply, request } from '../../requests.js';
import { turnUntil } from '../../turning.js';

const LONG = 'x'.repeat(50_000);
const REPLY = `$${LONG.length}\r\n${LONG}\r\n`;

export const tests: readonly LessonTest[] = [
  {
    name: { en: 'a reply that the socket takes fully is written at once, without registering for WRITABLE', ko: '소켓이 전부 받는 응답은 바로 쓰고, WRITABLE을 요구하지 않습니다' },
    run(exports) {
      const { bench, server } = startServer(exports);
      const client = bench.connect();
      expectReply(bench, server, client, ['PING'], '+PONG\r\n');
      bench.expect(bench.count('interest') === 0, { en: 'no reregister, since nothing waits', ko: '기다리는 것이 없으므로 reregister 없음' });
    },
  },
  {
    name: { en: 'a short write: the rest waits, WRITABLE is registered, and nothing is lost', ko: '짧은 쓰기: 나머지는 기다리고, WRITABLE을 요구하며, 아무것도 잃지 않습니다' },
    run(exports) {
      const { bench, server } = startServer(exports);
      const client = bench.connect();
      client.setWindow(10_000);
      client.send(request('ECHO', LONG));
      turnUntil(server, () => client.outbound.length >= 10_000);
      bench.watch();
      let got = '';
      turnUntil(server, () => {
        got += client.receive();
        return got.length >= REPLY.length;
      });
      bench.expect(
        got === REPLY,
        { en: `all ${REPLY.length} bytes, piece by piece, as the client reads`, ko: `클라이언트가 읽는 대로 ${REPLY.length}바이트 모두` },
        { en: `${got.length} came`, ko: `온 것: ${got.length}바이트` },
      );
    },
  },
  {
    name: { en: 'when everything is written, interest in WRITABLE is dropped', ko: '다 쓰면 WRITABLE 관심을 거둡니다' },
    run(exports) {
      const { bench, server } = startServer(exports);
      const client = bench.connect();
      client.setWindow(10_000);
      client.send(request('ECHO', LONG));
      let got = 0;
      turnUntil(server, () => {
        got += client.receive().length;
        return got >= REPLY.length;
      });
      const last = bench.trace.findLast(({ kind }) => kind === 'interest');
      bench.expect(
        last?.kind === 'interest' && last.after === 1,
        { en: 'the last reregister is for READABLE alone', ko: '마지막 reregister는 READABLE만' },
        {
          en: last?.kind === 'interest' ? `it was for ${last.after === 3 ? 'READABLE and WRITABLE' : last.after}` : 'there was none',
          ko: last?.kind === 'interest' ? `실제 관심 비트: ${last.after}` : '없었습니다',
        },
      );
    },
  },
  {
    name: { en: 'a client that does not read delays no other client', ko: '읽지 않는 클라이언트는 아무도 막지 않습니다' },
    run(exports) {
      const { bench, server } = startServer(exports);
      const [lazy, other] = [bench.connect(), bench.connect()];
      lazy.setWindow(100);
      lazy.send(request('ECHO', LONG));
      turnUntil(server, () => lazy.outbound.length >= 100);
      expectReply(bench, server, other, ['PING'], '+PONG\r\n');
    },
  },
  {
    name: {
      en: 'backpressure: a client that does not take its replies is not read from, so that memory stays bounded',
      ko: '배압: 응답을 가져가지 않는 클라이언트에게서는 읽지 않아 메모리가 제한됩니다',
    },
    run(exports) {
      const { bench, server } = startServer(exports);
      const client = bench.connect();
      client.setWindow(100);
      client.send(request('ECHO', LONG).repeat(20));
      turnUntil(server, () => false, 40);
      const leftBytes = client.inbound.length;
      bench.expect(
        leftBytes > 15 * LONG.length,
        { en: 'most of 1 MB stays in the socket', ko: '1 MB의 대부분이 소켓에 남습니다' },
        { en: `the loop has read all but ${leftBytes} bytes, and keeps their replies`, ko: `${leftBytes}바이트만 남기고 모두 읽어 응답을 쌓았습니다` },
      );
      let got = 0;
      client.setWindow(1_000_000);
      turnUntil(server, () => {
        got += client.receive().length;
        return got >= REPLY.length * 20;
      }, 5000);
      bench.expect(
        got === REPLY.length * 20,
        { en: 'when it reads, everything arrives', ko: '읽기 시작하면 결국 모두 옵니다' },
        { en: `${got} of ${REPLY.length * 20} bytes came`, ko: `${REPLY.length * 20}바이트 중 ${got}바이트` },
      );
    },
  },
  {
    name: { en: 'writes that are short or return WouldBlock at any place lose and duplicate nothing', ko: '쓰기가 어디서 짧아지거나 WouldBlock이어도 잃거나 겹치는 바이트가 없습니다' },
    run(exports) {
      for (let seed = 1; seed <= 10; seed++) {
        const { bench, server } = startServer(exports, { seed, faults: { partial: 0.4, wouldBlock: 0.2, spurious: 0.1 } });
        const client = bench.connect();
        const words = Array.from({ length: 30 }, (_, at) => `${at}${'.'.repeat(at * 40)}`);
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
