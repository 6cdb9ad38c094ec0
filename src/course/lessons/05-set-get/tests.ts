/**
 * Lesson 05: ECHO, SET, GET.
 */
import { startServer, expectReply, request } from '../../requests.js';
import type { LessonTest } from '../../lesson.js';
import { turnUntil } from '../../turning.js';

const ALL_BYTES = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join('');
const NIL = '$-1\r\n';
const OK = '+OK\r\n';

export const tests: readonly LessonTest[] = [
  {
    name: { en: 'PING and ECHO', ko: 'PING과 ECHO' },
    run(exports) {
      const { bench, server } = startServer(exports);
      const client = bench.connect();
      expectReply(bench, server, client, ['PING'], '+PONG\r\n');
      expectReply(bench, server, client, ['ECHO', 'hello world'], '$11\r\nhello world\r\n');
      expectReply(bench, server, client, ['echo', ''], '$0\r\n\r\n');
    },
  },
  {
    name: { en: 'a key that was never set is nil', ko: '아무도 SET하지 않은 키는 nil입니다' },
    run(exports) {
      const { bench, server } = startServer(exports);
      expectReply(bench, server, bench.connect(), ['GET', 'nothing'], NIL);
    },
  },
  {
    name: { en: 'one keyspace for everyone: another client reads what was set', ko: '모두가 함께 쓰는 키 공간: 다른 클라이언트가 SET한 값을 읽습니다' },
    run(exports) {
      const { bench, server } = startServer(exports);
      const [writer, reader] = [bench.connect(), bench.connect()];
      expectReply(bench, server, writer, ['SET', 'k', 'value'], OK);
      expectReply(bench, server, reader, ['GET', 'k'], '$5\r\nvalue\r\n');
      expectReply(bench, server, reader, ['SET', 'k', 'other'], OK);
      expectReply(bench, server, writer, ['GET', 'k'], '$5\r\nother\r\n');
      expectReply(bench, server, writer, ['DEL', 'k'], ':1\r\n');
      expectReply(bench, server, reader, ['GET', 'k'], NIL);
      expectReply(bench, server, reader, ['DEL', 'k'], ':0\r\n');
    },
  },
  {
    name: { en: 'values are bytes: every one of the 256 comes back, and lengths count bytes', ko: '값은 바이트입니다: 256가지 모두 그대로 돌아오고, 길이는 바이트를 셉니다' },
    run(exports) {
      const { bench, server } = startServer(exports);
      const client = bench.connect();
      expectReply(bench, server, client, ['SET', ALL_BYTES, ALL_BYTES], OK);
      expectReply(bench, server, client, ['GET', ALL_BYTES], `$256\r\n${ALL_BYTES}\r\n`);
      expectReply(bench, server, client, ['ECHO', '\xec\x95\x88\xeb\x85\x95'], '$6\r\n\xec\x95\x88\xeb\x85\x95\r\n');
    },
  },
  {
    name: { en: 'names of object properties are keys like others', ko: 'constructor 같은 이름도 다른 키와 같습니다' },
    run(exports) {
      const { bench, server } = startServer(exports);
      const client = bench.connect();
      for (const key of ['constructor', '__proto__', 'toString']) {
        expectReply(bench, server, client, ['GET', key], NIL);
        expectReply(bench, server, client, ['SET', key, '1'], OK);
        expectReply(bench, server, client, ['GET', key], '$1\r\n1\r\n');
      }
    },
  },
  {
    name: { en: 'too few words and unknown commands are errors, and the connection goes on', ko: '인수가 모자라거나 모르는 명령은 오류이고, 연결은 계속됩니다' },
    run(exports) {
      const { bench, server } = startServer(exports);
      const client = bench.connect();
      expectReply(bench, server, client, ['GET'], "-ERR wrong number of arguments for 'get' command\r\n");
      expectReply(bench, server, client, ['SET', 'k'], "-ERR wrong number of arguments for 'set' command\r\n");
      expectReply(bench, server, client, ['DANCE'], "-ERR unknown command 'DANCE'\r\n");
      expectReply(bench, server, client, ['PING'], '+PONG\r\n');
    },
  },
  {
    name: { en: 'a pipeline is answered in order', ko: '파이프라인은 보낸 순서대로 응답을 받습니다' },
    run(exports) {
      const { bench, server } = startServer(exports);
      const client = bench.connect();
      client.send(request('SET', 'n', '1') + request('GET', 'n') + request('DEL', 'n') + request('GET', 'n'));
      const expected = `${OK}$1\r\n1\r\n:1\r\n${NIL}`;
      turnUntil(server, () => client.outbound.length >= expected.length);
      const got = client.receive();
      bench.expect(
        got === expected,
        { en: 'OK, 1, 1, nil, in this order', ko: 'OK, 1, 1, nil의 순서' },
        { en: `there came ${JSON.stringify(got)}`, ko: `온 것: ${JSON.stringify(got)}` },
      );
    },
  },
];
