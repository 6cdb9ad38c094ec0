/**
 * Lesson 04: half frames and RESP.
 */
import { startServer, expectReply, quoted, request } from '../../requests.js';
import type { Exports, LessonTest } from '../../lesson.js';
import { cutReads, turnUntil } from '../../turning.js';
import { Workbench } from '../../workbench.js';

interface Decoder {
  feed(bytes: Buffer): void;
  next(): Buffer[] | null;
}

const decoderOf = (exports: Exports): Decoder => new (exports as { Decoder: new () => Decoder }).Decoder();

/** The words of all complete requests, each as `a b`. */
function take(decoder: Decoder): string[] {
  const requests: string[] = [];
  for (
    let argv = decoder.next(); argv !== null && requests.length < 100; argv = decoder.next()) requests.push(argv.map((word) => word.latin1Slice()).join(' '),
  );
  return requests;
}

/** Feeds the pieces one by one, each in a reused buffer, as a read does. */
function decode(exports: Exports, pieces: readonly string[]): string[] {
  const decoder = decoderOf(exports);
  const buffer = Buffer.alloc(1024);
  return pieces.flatMap((piece) => {
    buffer.fill('#').write(piece, 'latin1');
    decoder.feed(buffer.subarray(0, piece.length));
    return take(decoder);
  });
}

function expectRequests(bench: Workbench, exports: Exports, pieces: readonly string[], expected: readonly string[]): void {
  const got = decode(exports, pieces);
  const [en, ko] = [`the requests ${expected.map(quoted).join(', ')}`, `요청 ${expected.map(quoted).join(', ')}`];
  const texts = got.map(quoted).join(', ');
  const came = got.length === 0 ? { en: 'none came', ko: '아무것도 나오지 않았습니다' } : { en: `there came ${texts}`, ko: `나온 것: ${texts}` };
  bench.expect(JSON.stringify(got) === JSON.stringify(expected), { en, ko }, came);
}

const PING = request('PING');

export const tests: readonly LessonTest[] = [
  {
    name: { en: 'a whole request is decoded', ko: '온전한 요청을 해석합니다' },
    run(exports) {
      expectRequests(new Workbench(), exports, [request('ECHO', 'hello')], ['ECHO hello']);
    },
  },
  {
    name: { en: 'half a request waits for its other half', ko: '요청의 절반은 나머지를 기다립니다' },
    run(exports) {
      expectRequests(new Workbench(), exports, [PING.slice(0, 9)], []);
      expectRequests(new Workbench(), exports, [PING.slice(0, 9), PING.slice(9)], ['PING']);
    },
  },
  {
    name: { en: 'byte by byte, also inside a length and between CR and LF', ko: '한 바이트씩, 길이 값 중간이나 CR과 LF 사이에서 나뉘어도' },
    run(exports) {
      expectRequests(new Workbench(), exports, [...request('ECHO', 'twelve bytes')], ['ECHO twelve bytes']);
      for (let at = 1; at < PING.length; at++) expectRequests(new Workbench(), exports, [PING.slice(0, at), PING.slice(at)], ['PING']);
    },
  },
  {
    name: { en: 'several requests in one read are all taken', ko: '한 번에 읽은 여러 요청을 모두 꺼냅니다' },
    run(exports) {
      const three = PING + request('ECHO', 'a') + PING;
      expectRequests(new Workbench(), exports, [three], ['PING', 'ECHO a', 'PING']);
      expectRequests(new Workbench(), exports, [three.slice(0, 20), three.slice(20)], ['PING', 'ECHO a', 'PING']);
      const { bench, server } = startServer(exports);
      const client = bench.connect();
      client.send(PING.repeat(3));
      turnUntil(server, () => client.outbound.length >= 21);
      const got = client.receive();
      bench.expect(got === '+PONG\r\n'.repeat(3), { en: 'three times PONG', ko: 'PONG 세 번' }, { en: `there came ${quoted(got)}`, ko: `온 것: ${quoted(got)}` });
    },
  },
  {
    name: { en: 'a value may contain anything: CR LF, NUL, and bytes that look like a request', ko: '값에는 CR LF, NUL, 요청처럼 보이는 것까지 무엇이든 들어갈 수 있습니다' },
    run(exports) {
      expectRequests(new Workbench(), exports, [request('ECHO', `\0${PING}\r\n`) + PING], [`ECHO \0${PING}\r\n`, 'PING']);
      expectRequests(new Workbench(), exports, [request('ECHO', '')], ['ECHO ']);
    },
  },
  {
    name: { en: 'PING is answered, in upper and lower case, however it is cut', ko: 'PING은 대소문자와 나뉘는 방식에 관계없이 응답을 받습니다' },
    run(exports) {
      const { bench, server } = startServer(exports);
      const client = bench.connect();
      cutReads(client, 3);
      expectReply(bench, server, client, ['PING'], '+PONG\r\n');
      expectReply(bench, server, client, ['ping'], '+PONG\r\n');
      expectReply(bench, server, client, ['NONSENSE'], '-ERR unknown command\r\n');
    },
  },
  {
    name: { en: 'each client has its own decoder: two halves of two clients do not meet', ko: '클라이언트마다 디코더가 따로 있어, 두 클라이언트의 절반이 섞이지 않습니다' },
    run(exports) {
      const { bench, server } = startServer(exports);
      const [first, second] = [bench.connect(), bench.connect()];
      first.send(PING.slice(0, 9));
      second.send(PING.slice(0, 5));
      turnUntil(server, () => first.inbound.length + second.inbound.length === 0);
      first.send(PING.slice(9));
      second.send(PING.slice(5));
      bench.watch();
      turnUntil(server, () => first.outbound.length >= 7 && second.outbound.length >= 7);
      const got = [first.receive(), second.receive()];
      bench.expect(
        got.every((each) => each === '+PONG\r\n'),
        { en: 'PONG for both', ko: '둘 다 PONG' },
        { en: `they got ${got.map(quoted).join(' and ')}`, ko: `받은 것: ${got.map(quoted).join(', ')}` },
      );
    },
  },
  {
    name: { en: 'bytes that are no request end only this client', ko: '요청이 아닌 바이트는 그 클라이언트만 끝냅니다' },
    run(exports) {
      const { bench, server } = startServer(exports);
      const [bad, good] = [bench.connect(), bench.connect()];
      bad.send('GET / HTTP/1.1\r\n\r\n');
      turnUntil(server, () => bad.isClosedByServer);
      bench.expect(bad.isClosedByServer, { en: 'next throws ProtocolError for bytes that begin without *', ko: '*로 시작하지 않으면 next가 ProtocolError를 던집니다' });
      expectReply(bench, server, good, ['PING'], '+PONG\r\n');
    },
  },
];
