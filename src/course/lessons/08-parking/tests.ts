/**
 * Lesson 08: BLPOP parks a client until a push, or its timeout.
 */
import type { Exports, LessonTest } from '../../lesson.js';
import { expectReply, quoted, request, type Server } from '../../requests.js';
import type { Peer } from '../../kernel.js';
import { withParticle } from '../../../shared/korean.js';
import type { Text } from '../../../shared/language.js';
import { bindTo, turnUntil } from '../../turning.js';
import { Workbench, type WorkbenchOptions } from '../../workbench.js';

/** A learner's server, and clients that wait in BLPOP. */
class Parking {
  readonly bench: Workbench;
  readonly server: Server;
  private addedMs = 0;

  constructor(exports: Exports, options: WorkbenchOptions = {}) {
    this.bench = new Workbench(options);
    this.server = bindTo<Server>(this.bench, exports, 'Server', () => this.bench.kernel.nowMs + this.addedMs);
  }

  /** Lets time pass, without a turn of the loop. */
  pass(ms: number): void {
    this.addedMs += ms;
  }

  /** A client that has sent BLPOP, and possibly further requests. */
  park(seconds: string, key = 'q', behind = ''): Peer {
    const client = this.bench.connect();
    client.send(request('BLPOP', key, seconds) + behind);
    turnUntil(this.server, () => client.fd !== -1 && client.inbound.length === 0);
    return client;
  }

  push(client: Peer, ...values: readonly string[]): void {
    expectReply(this.bench, this.server, client, ['RPUSH', 'q', ...values], `:${values.length}\r\n`);
  }

  /** Throws {@link Unmet} unless the client receives exactly this within some turns. */
  expectGot(client: Peer, wanted: string, expected: Text): void {
    turnUntil(this.server, () => client.outbound.length >= wanted.length, 20);
    const got = client.receive();
    this.bench.expect(got === wanted, expected, { en: `${quoted(got)} came`, ko: `온 것: ${quoted(got)}` });
  }

  /** How long one turn sleeps that may sleep this long. */
  sleep(mostMs: number): number {
    const beforeMs = this.bench.kernel.nowMs;
    this.bench.watch();
    this.server.runOnce(mostMs);
    return this.bench.kernel.nowMs - beforeMs;
  }
}

const brings = (value: string): string => `*2\r\n$1\r\nq\r\n$${value.length}\r\n${value}\r\n`;
const NOTHING = '*-1\r\n';
const NIL = '$-1\r\n';

export const tests: readonly LessonTest[] = [
  {
    name: { en: 'a list that has a value: BLPOP brings it at once', ko: '값이 있는 리스트: BLPOP이 바로 꺼냅니다' },
    run(exports) {
      const parking = new Parking(exports);
      const client = parking.bench.connect();
      parking.push(client, 'a', 'b');
      expectReply(parking.bench, parking.server, client, ['BLPOP', 'q', '0'], brings('a'));
      expectReply(parking.bench, parking.server, client, ['LPOP', 'q'], brings('b').slice('*2\r\n$1\r\nq\r\n'.length));
    },
  },
  {
    name: { en: 'a push serves the client that waits, and the value is taken', ko: 'push하면 기다리던 클라이언트가 받고, 값은 리스트에 남지 않습니다' },
    run(exports) {
      const parking = new Parking(exports);
      const waits = parking.park('0');
      const pushes = parking.bench.connect();
      parking.expectGot(waits, '', { en: 'no reply before something is pushed', ko: 'push 전에는 응답이 없습니다' });
      parking.push(pushes, 'job');
      parking.expectGot(waits, brings('job'), { en: 'the client that waits gets q and job', ko: '기다리던 클라이언트가 q와 job을 받습니다' });
      expectReply(parking.bench, parking.server, pushes, ['LPOP', 'q'], NIL);
    },
  },
  {
    name: { en: 'while a client is parked, the loop serves the others and sleeps in the poll', ko: '클라이언트가 대기하는 동안 루프는 다른 클라이언트를 처리하고 poll에서 잡니다' },
    run(exports) {
      const parking = new Parking(exports);
      const { bench, server } = parking;
      parking.park('0');
      expectReply(bench, server, bench.connect(), ['PING'], '+PONG\r\n');
      const sleptMs = parking.sleep(250);
      bench.expect(
        sleptMs === 250 && bench.count('poll') === 1 && bench.count('read') === 0,
        { en: 'one sleep of 250 ms: the loop does not check again and again whether a value has come', ko: '250 ms를 한 번 잡니다. 값이 왔는지 되풀이해서 확인하지 않습니다' },
        { en: `it slept ${sleptMs} ms`, ko: `잔 시간: ${sleptMs} ms` },
      );
    },
  },
  {
    name: { en: 'the client that has waited longest is served first', ko: '가장 오래 기다린 클라이언트가 먼저입니다' },
    run(exports) {
      const parking = new Parking(exports);
      const [first, second, third] = [parking.park('0'), parking.park('0'), parking.park('0')];
      const pushes = parking.bench.connect();
      parking.push(pushes, 'a');
      parking.expectGot(first, brings('a'), { en: 'the first client that waited gets a', ko: '가장 먼저 기다린 클라이언트가 a를 받습니다' });
      parking.push(pushes, 'b', 'c', 'd');
      parking.expectGot(second, brings('b'), { en: 'one push of b, c and d: the second client gets b', ko: 'b, c, d를 한 번에 push: 두 번째 클라이언트가 b를 받습니다' });
      parking.expectGot(third, brings('c'), { en: 'and the third one c', ko: '세 번째 클라이언트는 c를 받습니다' });
      expectReply(parking.bench, parking.server, pushes, ['LPOP', 'q'], '$1\r\nd\r\n');
    },
  },
  {
    name: { en: 'a client that waits for another key is not served', ko: '다른 키를 기다리는 클라이언트는 받지 않습니다' },
    run(exports) {
      const parking = new Parking(exports);
      const other = parking.park('0', 'other');
      const waits = parking.park('0');
      parking.push(parking.bench.connect(), 'job');
      parking.expectGot(waits, brings('job'), { en: 'the client that waits for q gets the job', ko: 'q를 기다리는 클라이언트가 job을 받습니다' });
      parking.expectGot(other, '', { en: 'the one that waits for `other` gets nothing', ko: '`other`를 기다리는 클라이언트는 아무것도 받지 않습니다' });
    },
  },
  {
    name: { en: 'the poll sleeps just until a timeout, and then the client gets nothing: *-1', ko: 'poll은 시간이 끝날 때까지만 자고, 클라이언트는 빈 응답 *-1을 받습니다' },
    run(exports) {
      const parking = new Parking(exports);
      const { bench, server } = parking;
      const late = parking.park('0.9');
      const soon = parking.park('0.3');
      const sleptMs = parking.sleep(10_000);
      bench.expect(
        sleptMs === 300,
        { en: 'a sleep of 300 ms, the shorter of two timeouts', ko: '두 시간 중 짧은 300 ms만 잡니다' },
        { en: `it slept ${sleptMs} ms`, ko: `잔 시간: ${sleptMs} ms` },
      );
      parking.expectGot(soon, NOTHING, { en: 'after 300 ms *-1 for the client whose timeout it is', ko: '300 ms 뒤 더 기다리지 않는 클라이언트에게 *-1' });
      parking.expectGot(late, '', { en: 'nothing yet for the other one', ko: '다른 클라이언트에게는 아직 아무것도 가지 않습니다' });
      expectReply(bench, server, soon, ['PING'], '+PONG\r\n');
    },
  },
  {
    name: { en: 'a client that was served has one reply, also when its timeout passes later', ko: '받은 클라이언트는 나중에 시간이 끝나도 응답이 하나뿐입니다' },
    run(exports) {
      const parking = new Parking(exports);
      const waits = parking.park('0.5');
      parking.push(parking.bench.connect(), 'job');
      parking.expectGot(waits, brings('job'), { en: 'the job, in time', ko: '제때 받은 job' });
      parking.pass(1000);
      parking.bench.watch();
      parking.server.runOnce(0);
      parking.expectGot(waits, '', { en: 'no second reply when the 0.5 s are over', ko: '0.5초가 지나도 두 번째 응답은 없습니다' });
    },
  },
  {
    name: { en: 'a parked client that disconnects is forgotten: the value goes to one that is still there', ko: '대기 중에 떠난 클라이언트는 잊습니다. 값은 남아 있는 클라이언트에게 갑니다' },
    run(exports) {
      const parking = new Parking(exports);
      const { bench, server } = parking;
      const [leaves, stays] = [parking.park('0'), parking.park('0')];
      const pushes = bench.connect();
      leaves.close();
      bench.watch();
      turnUntil(server, () => leaves.isClosedByServer);
      bench.expect(leaves.isClosedByServer, { en: 'its stream is closed, though it is parked', ko: '대기 중이어도 스트림을 닫습니다' });
      parking.push(pushes, 'job');
      const expected = { en: 'the second client gets the job: the first one is gone', ko: '첫 클라이언트는 떠났으므로 두 번째가 job을 받습니다' };
      parking.expectGot(stays, brings('job'), expected);
      const breaks = parking.park('0');
      breaks.reset();
      turnUntil(server, () => breaks.isClosedByServer);
      parking.push(pushes, 'kept');
      expectReply(bench, server, pushes, ['LPOP', 'q'], '$4\r\nkept\r\n');
    },
  },
  {
    name: { en: 'a request sent after BLPOP waits for its reply, and is executed then', ko: 'BLPOP 뒤에 보낸 요청은 그 응답을 기다렸다가 실행합니다' },
    run(exports) {
      const parking = new Parking(exports);
      const waits = parking.park('0', 'q', request('PING'));
      parking.expectGot(waits, '', { en: 'no +PONG before the reply of BLPOP', ko: 'BLPOP의 응답보다 먼저 +PONG이 오지 않습니다' });
      parking.push(parking.bench.connect(), 'job');
      parking.expectGot(waits, `${brings('job')}+PONG\r\n`, { en: 'the job, and then +PONG, without another event', ko: 'job, 그다음 다른 이벤트 없이 +PONG' });
    },
  },
  {
    name: {
      en: '20 clients, reads that are cut and writes that are short: each value comes to one of them',
      ko: '클라이언트 20개, 나뉜 read와 짧은 write: 값마다 한 클라이언트에게만 갑니다',
    },
    run(exports) {
      const parking = new Parking(exports, { seed: 8, faults: { partial: 0.3, wouldBlock: 0.1, spurious: 0.1 } });
      const { bench, server } = parking;
      const clients = Array.from({ length: 20 }, () => parking.park('0'));
      const pushes = bench.connect();
      for (let value = 10; value < 30; value++) pushes.send(request('RPUSH', 'q', String(value)));
      bench.watch();
      const got = clients.map(() => '');
      turnUntil(server, () => {
        clients.forEach((client, at) => (got[at] += client.receive()));
        return got.every((each) => each.length >= brings('10').length);
      }, 500);
      const wanted = clients.map((_, at) => brings(String(10 + at)));
      const wrong = got.findIndex((each, at) => each !== wanted[at]);
      bench.expect(
        wrong === -1,
        { en: 'client N, in order of arrival, gets value N', ko: 'N번째로 온 클라이언트가 N번째 값을 받습니다' },
        { en: `client ${wrong} got ${quoted(got[wrong] ?? '')}`, ko: `클라이언트 ${withParticle(wrong, '이/가')} 받은 것: ${quoted(got[wrong] ?? '')}` },
      );
    },
  },
];
