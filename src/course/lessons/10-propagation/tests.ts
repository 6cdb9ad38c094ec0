/**
 * Lesson 10: writes propagate to sinks; from locks through a channel with one owner to the loop.
 */
import type { Peer } from '../../kernel.js';
import type { Text } from '../../../shared/language.js';
import type { Exports, LessonTest } from '../../lesson.js';
import { quoted, request, type Server as Turning, startServer } from '../../requests.js';
import { turnUntil } from '../../turning.js';
import { Unmet, type Workbench, type WorkbenchOptions } from '../../workbench.js';

interface Server extends Turning {
  /** In the program with locks. */
  readonly waitingForLock?: number;
  /** In a program with a channel, if it has this. */
  readonly waitingInChannel?: number;
}

const OK = '+OK\r\n';

/** The window of a sink that does not read. */
const NARROW = 100;

/** More than the lecture allows to wait for one sink. */
const TOO_MUCH = 1024 * 1024 + 300_000;

/** A learner's server, clients, and sinks. */
class Propagation {
  readonly bench: Workbench;
  readonly server: Server;

  constructor(exports: Exports, options: WorkbenchOptions = {}) {
    const { bench, server } = startServer(exports, options);
    this.bench = bench;
    this.server = server;
  }

  /** @param window number of bytes that it takes without reading */
  sink(window = 10_000_000): Peer {
    const sink = this.bench.connect();
    sink.setWindow(window);
    sink.send(request('SYNC'));
    turnUntil(this.server, () => sink.fd !== -1 && sink.inbound.length === 0);
    for (let turn = 0; turn < 3; turn++) this.server.runOnce(0);
    return sink;
  }

  expectReply(client: Peer, words: readonly string[], reply: string): void {
    client.send(request(...words));
    this.bench.watch();
    const command = quoted(words.join(' '));
    this.expectGot(client, reply, { en: `${command} brings ${quoted(reply)}`, ko: `${command}의 응답은 ${quoted(reply)}` });
  }

  /** Throws {@link Unmet} unless a client or a sink receives exactly this within some turns. */
  expectGot(client: Peer, wanted: string, expected: Text, show = quoted): void {
    let got = client.receive();
    turnUntil(this.server, () => {
      got += client.receive();
      return got.length >= wanted.length;
    }, 300);
    this.expect(got === wanted, expected, { en: `${show(got)} came`, ko: `온 것: ${show(got)}` });
  }

  expectWrites(sink: Peer, writes: readonly (readonly string[])[], expected: Text): void {
    this.expectGot(sink, writes.map((words) => request(...words)).join(''), expected, writesIn);
  }

  /** Throws {@link Unmet}, which also says how many wait for a lock or an owner. */
  expect(isSo: boolean, expected: Text, also: Text): void {
    const { waitingForLock = 0, waitingInChannel = 0 } = this.server;
    const held = waitingForLock === 0
      ? { en: '', ko: '' }
      : { en: `; tasks that wait for the lock: ${waitingForLock}`, ko: `; 락을 기다리는 작업: ${waitingForLock}` };
    const queued = waitingInChannel === 0
      ? { en: '', ko: '' }
      : { en: `; requests that wait for the owner: ${waitingInChannel}`, ko: `; 소유자를 기다리는 요청: ${waitingInChannel}` };
    this.bench.expect(isSo, expected, { en: `${also.en}${held.en}${queued.en}`, ko: `${also.ko}${held.ko}${queued.ko}` });
  }
}

/** Requests as they are typed, separated by commas. */
function writesIn(bytes: string): string {
  const requests = bytes.split(/\*\d+\r\n/).filter((each) => each !== '');
  const words = requests.map((each) => each.split('\r\n').filter((_, at) => at % 2 === 1).map((word) => (word.length > 10 ? `${word.slice(0, 10)}…` : word)));
  return quoted(words.map((each) => each.join(' ')).join(', '));
}

interface Event {
  readonly kind: string;
}

interface Handler {
  handle(event: Event & { readonly [property: string]: unknown }): void;
}

type HandlerClass = new (out: { send(id: number, text: string): void; publish(event: Event): void }) => Handler;

/** The learner's handler without a socket: records what it sends and publishes. */
class HandlerBench {
  private readonly handler: Handler;
  private sent: string[] = [];
  private published: Event[] = [];

  constructor(exports: Exports) {
    const Class = exports['Handler'];
    if (typeof Class !== 'function') {
      const expected = { en: 'a class Handler with handle(event), which owns all state', ko: '모든 상태를 소유하고 handle(event)를 가진 클래스 Handler' };
      throw new Unmet(expected, { en: 'the file exports no Handler', ko: '파일이 Handler를 export하지 않습니다' });
    }
    this.handler = new (Class as HandlerClass)({
      send: (id, text) => void (text === '' || this.sent.push(`${id}: ${text}`)),
      publish: (event) => void this.published.push(event),
    });
  }

  connect(...ids: readonly number[]): void {
    for (const id of ids) this.handler.handle({ kind: 'ClientConnect', id });
  }

  disconnect(id: number): void {
    this.handler.handle({ kind: 'ClientDisconnect', id });
  }

  request(id: number, ...words: readonly string[]): void {
    this.handler.handle({ kind: 'ClientRequest', id, argv: words.map((word) => Buffer.from(word, 'latin1')) });
  }

  /** The kinds of the published events; handles them. */
  handlePublished(): readonly string[] {
    const events = this.published;
    this.published = [];
    for (const event of events) this.handler.handle({ ...event });
    return events.map(({ kind }) => kind);
  }

  expectPublished(kinds: readonly string[], expected: Text): void {
    const published = this.handlePublished();
    expectSame(published, kinds, expected, { en: 'it published', ko: '발행한 이벤트:' });
  }

  expectSent(sent: readonly string[], expected: Text): void {
    const before = this.sent;
    this.sent = [];
    expectSame(before, sent, expected, { en: 'it sent', ko: '보낸 것:' });
  }
}

function expectSame(got: readonly string[], wanted: readonly string[], expected: Text, verb: Text): void {
  if (got.length === wanted.length && got.every((each, at) => each === wanted[at])) return;
  const [en, ko] = got.length === 0 ? ['nothing', '없음'] : [quoted(got.join(' ')), quoted(got.join(' '))];
  throw new Unmet(expected, { en: `${verb.en} ${en}`, ko: `${verb.ko} ${ko}` });
}

export const tests: readonly LessonTest[] = [
  {
    name: {
      en: 'a sink gets all existing keys, and then each write; reads and failures are not propagated',
      ko: '싱크는 있는 키를 받고, 그다음 쓰기마다 받습니다. 읽기와 실패는 전파하지 않습니다',
    },
    run(exports) {
      const propagation = new Propagation(exports);
      const client = propagation.bench.connect();
      propagation.expectReply(client, ['SET', 'before', '1'], OK);
      const sink = propagation.sink();
      propagation.expectReply(client, ['SET', 'k', 'v'], OK);
      propagation.expectReply(client, ['GET', 'k'], '$1\r\nv\r\n');
      propagation.expectReply(client, ['DEL', 'nothing'], ':0\r\n');
      propagation.expectReply(client, ['INCR', 'k'], '-ERR value is not an integer or out of range\r\n');
      propagation.expectReply(client, ['DEL', 'k'], ':1\r\n');
      const writes = [['SET', 'before', '1'], ['SET', 'k', 'v'], ['DEL', 'k']];
      propagation.expectWrites(sink, writes, { en: 'SET before 1, SET k v and DEL k for the sink', ko: '싱크에는 SET before 1, SET k v, DEL k' });
    },
  },
  {
    name: {
      en: 'a sink that takes nothing delays no writers, no readers and no other sinks',
      ko: '아무것도 받지 않는 싱크가 아무도 막지 않습니다. 쓰는 쪽도, 읽는 쪽도, 다른 싱크도',
    },
    run(exports) {
      const propagation = new Propagation(exports);
      propagation.sink(NARROW);
      const other = propagation.sink();
      const [writer, reader] = [propagation.bench.connect(), propagation.bench.connect()];
      const value = 'x'.repeat(1000);
      turnUntil(propagation.server, () => propagation.server.size === 4);
      writer.send(request('SET', 'k', value));
      reader.send(request('PING'));
      propagation.bench.watch();
      propagation.expectGot(reader, '+PONG\r\n', { en: '+PONG for an unrelated client', ko: '아무 상관 없는 클라이언트에게 +PONG' });
      propagation.expectGot(writer, OK, { en: '+OK for the writer', ko: '쓰는 클라이언트에게 +OK' });
      propagation.expectWrites(other, [['SET', 'k', value]], { en: 'the write, for the sink that reads', ko: '읽는 싱크에는 그 쓰기가 옵니다' });
    },
  },
  {
    name: { en: 'a slow sink gets everything in the end, in the order of the writes', ko: '느린 싱크도 결국 모든 쓰기를 순서대로 받습니다' },
    run(exports) {
      const propagation = new Propagation(exports);
      const sinks = [propagation.sink(NARROW), propagation.sink()];
      const writers = [propagation.bench.connect(), propagation.bench.connect()];
      const writes: string[][] = [];
      for (let at = 0; at < 20; at++) {
        const write = ['SET', 'k', `${at}${'.'.repeat(50)}`];
        propagation.expectReply(writers[at % 2]!, write, OK);
        writes.push(write);
      }
      for (const [at, sink] of sinks.entries()) {
        propagation.expectWrites(sink, writes, { en: `all 20 writes for sink ${at}, in order`, ko: `싱크 ${at}에는 쓰기 20개가 순서대로` });
      }
    },
  },
  {
    name: { en: 'a disconnected sink is dropped: the write that notices it succeeds, and so do the next ones', ko: '사라진 싱크는 버립니다. 그때의 쓰기도, 다음 쓰기도 성공합니다' },
    run(exports) {
      const propagation = new Propagation(exports);
      const [breaks, stays] = [propagation.sink(), propagation.sink()];
      const [first, second] = [propagation.bench.connect(), propagation.bench.connect()];
      turnUntil(propagation.server, () => propagation.server.size === 4);
      first.send(request('SET', 'k', '1'));
      breaks.reset();
      propagation.bench.watch();
      propagation.expectGot(first, OK, { en: '+OK for the write during which the sink disconnected', ko: '싱크가 끊어진 그때의 쓰기에 +OK' });
      propagation.expectReply(second, ['SET', 'k', '2'], OK);
      const writes = [['SET', 'k', '1'], ['SET', 'k', '2']];
      propagation.expectWrites(stays, writes, { en: 'both writes, for the sink that stays', ko: '남은 싱크에는 두 쓰기 모두' });
      const { size } = propagation.server;
      propagation.expect(size === 3, { en: 'three connections are left', ko: '연결이 셋 남습니다' }, { en: `size is ${size}`, ko: `size는 ${size}입니다` });
    },
  },
  {
    name: { en: 'a sink that never reads is dropped when more than 1 MiB waits for it', ko: '끝내 읽지 않는 싱크는 1 MiB 넘게 쌓이면 버립니다' },
    run(exports) {
      const propagation = new Propagation(exports);
      const sink = propagation.sink(NARROW);
      const writer = propagation.bench.connect();
      const value = 'x'.repeat(10_000);
      for (let written = 0; written < TOO_MUCH; written += value.length) propagation.expectReply(writer, ['SET', 'k', value], OK);
      propagation.bench.watch();
      turnUntil(propagation.server, () => sink.isClosedByServer);
      propagation.expect(
        sink.isClosedByServer,
        { en: 'a close of the sink', ko: '싱크를 close' },
        { en: 'it is kept, and so is all that waits for it', ko: '싱크와 쌓인 바이트를 그대로 두었습니다' },
      );
      propagation.expectReply(writer, ['GET', 'k'], `$${value.length}\r\n${value}\r\n`);
    },
  },
  {
    name: { en: 'a sink that joins during the writes gets each of them once', ko: '쓰기 도중에 들어온 싱크도 쓰기마다 한 번씩 받습니다' },
    run(exports) {
      const propagation = new Propagation(exports);
      const [writer, sink] = [propagation.bench.connect(), propagation.bench.connect()];
      turnUntil(propagation.server, () => propagation.server.size === 2);
      writer.send(request('INCR', 'n').repeat(3));
      sink.send(request('SYNC'));
      writer.send(request('INCR', 'n').repeat(2));
      propagation.bench.watch();
      turnUntil(propagation.server, () => writer.outbound.length >= 5 * 4);
      writer.receive();
      propagation.expectReply(writer, ['INCR', 'n'], ':6\r\n');
      // In whatever order the turn has handled them: the sink's own keyspace must have 6.
      const got = sink.receive();
      const [, snapshot = '0'] = /^\*3\r\n\$3\r\nSET\r\n\$1\r\nn\r\n\$1\r\n(\d)\r\n/.exec(got) ?? [];
      const value = Number(snapshot) + got.split('INCR').length - 1;
      propagation.expect(
        value === 6,
        { en: 'n is 6 at the sink, as it is here', ko: '싱크의 n도 여기처럼 6' },
        { en: `it comes to ${value}: ${writesIn(got)}`, ko: `싱크에서는 ${value}: ${writesIn(got)}` },
      );
    },
  },
  {
    name: {
      en: 'one handler owns the state: a request becomes a reply, and a write also an event Replication',
      ko: '핸들러 하나가 상태를 소유합니다. 요청은 응답이 되고, 쓰기는 Replication 이벤트도 됩니다',
    },
    run(exports) {
      const bench = new HandlerBench(exports);
      bench.connect(1, 2);
      bench.request(1, 'SET', 'k', 'v');
      bench.expectSent([`1: ${OK}`], { en: '+OK for client 1', ko: '클라이언트 1에 +OK' });
      bench.expectPublished(['Replication'], { en: 'one event Replication', ko: 'Replication 이벤트 하나' });
      bench.request(2, 'GET', 'k');
      bench.expectSent(['2: $1\r\nv\r\n'], { en: 'v for client 2', ko: '클라이언트 2에 v' });
      bench.expectPublished([], { en: 'no event for a GET', ko: 'GET에는 이벤트 없음' });
    },
  },
  {
    name: { en: 'the handler sends a Replication to every sink that is connected, and to no other client', ko: '핸들러는 연결된 모든 싱크에만 Replication을 보냅니다' },
    run(exports) {
      const bench = new HandlerBench(exports);
      bench.connect(1, 2, 3, 4);
      for (const id of [2, 3, 4]) bench.request(id, 'SYNC');
      bench.disconnect(3);
      bench.request(1, 'SET', 'k', 'v');
      bench.expectSent([`1: ${OK}`], { en: 'until the event is handled, the reply alone', ko: '이벤트를 처리하기 전에는 응답만' });
      bench.expectPublished(['Replication'], { en: 'one event Replication', ko: 'Replication 이벤트 하나' });
      const write = request('SET', 'k', 'v');
      bench.expectSent([`2: ${write}`, `4: ${write}`], { en: 'the write for sinks 2 and 4', ko: '싱크 2와 4에 그 쓰기' });
    },
  },
  {
    name: { en: 'three sinks, two writers, reads and writes that are cut: all sinks get the same', ko: '싱크 셋, 쓰는 클라이언트 둘, 나뉜 read와 write: 모든 싱크가 같은 것을 받습니다' },
    run(exports) {
      for (let seed = 1; seed <= 5; seed++) {
        const propagation = new Propagation(exports, { seed, faults: { partial: 0.4, wouldBlock: 0.2, spurious: 0.1 } });
        const { bench, server } = propagation;
        const sinks = [propagation.sink(), propagation.sink(), propagation.sink()];
        const writers = [bench.connect(), bench.connect()];
        for (const [at, writer] of writers.entries()) {
          for (let value = 0; value < 20; value++) writer.send(request('SET', 'k', `${at}.${value}${'.'.repeat(value * 20)}`));
        }
        const wanted = writers[0]!.inbound.length + writers[1]!.inbound.length;
        bench.watch();
        const got = sinks.map(() => '');
        turnUntil(server, () => {
          sinks.forEach((sink, at) => (got[at] += sink.receive()));
          return got.every((each) => each.length >= wanted);
        }, 2000);
        const isSame = got.every((each) => each === got[0] && each.length === wanted);
        const lengths = got.map(({ length }) => length).join(', ');
        propagation.expect(
          isSame,
          { en: `seed ${seed}: the same ${wanted} bytes for each sink`, ko: `시드 ${seed}: 싱크마다 같은 ${wanted}바이트` },
          { en: `they got ${lengths} bytes`, ko: `받은 바이트: ${lengths}` },
        );
      }
    },
  },
];
