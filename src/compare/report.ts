/**
 * The report of a comparison: a table, bars, an explanation in either language, and one JSON object.
 */
import { availableParallelism } from 'node:os';
import type { Language, Text } from '../shared/language.js';
import type { CompareOptions, EngineFigures } from './compare.js';

const COLUMNS = ['engine', 'served', 'requests/s', 'p50', 'p99', 'cpu/req', 'memory', 'switches', 'waits'] as const;
const WIDTHS = [11, 8, 11, 9, 9, 8, 8, 9, 6] as const;
const NAME_WIDTH = 13;
const BAR_WIDTH = 46;

const MB = 2 ** 20;

/** At this share of a processor the load itself is the limit. */
const BUSY = 0.95;

export function describeHead({ clients, seconds, sinks }: CompareOptions, language: Language): readonly string[] {
  const processors = availableParallelism();
  const [also, koAlso] = sinks === 0 ? ['', ''] : [` and ${sinks} sinks (MONITOR)`, `와 싱크 ${sinks}개(MONITOR)`];
  const head: Text = {
    en: `${clients} clients${also}, SET and GET in turn, ${seconds} s on each engine, one after another; ${processors} processor${processors === 1 ? '' : 's'}`,
    ko: `클라이언트 ${clients}개${koAlso}. SET과 GET을 번갈아 보냅니다. 엔진마다 ${seconds}초, 차례로. 프로세서 ${processors}개`,
  };
  return [head[language], '', row(COLUMNS)];
}

export function describeRow(figures: EngineFigures, { clients }: CompareOptions): string {
  const { engine, served, latencyUs, requests, residentBytes, lock } = figures;
  const cells = [
    engine, `${served}/${clients}`, count(rate(figures)), time(latencyUs?.p50), time(latencyUs?.p99), time(cpuUs(figures)),
    `${Math.round(residentBytes / MB)} MB`, switches(figures).toFixed(2), lock === null ? '-' : per1000(lock.waits, requests).toFixed(1),
  ];
  return row(cells);
}

/** Lines after the rows. */
export function describe(all: readonly EngineFigures[], { clients, sinks }: CompareOptions, language: Language): readonly string[] {
  return [
    '',
    ...LEGEND.map((text) => text[language]),
    ...bars({ en: 'requests a second', ko: '초당 요청' }, all, rate, count, language),
    ...latencyBars(all, clients, language),
    '',
    ...notes(all, clients, sinks).map((text) => text[language]),
  ];
}

export function toJson(all: readonly EngineFigures[], options: CompareOptions): string {
  const engines = all.map((each) => ({ ...each, requestsPerSecond: rate(each), switchesPerRequest: switches(each) }));
  return JSON.stringify({ ...options, processors: availableParallelism(), engines }, null, 2);
}

const LEGEND: readonly Text[] = [
  { en: 'shared-loop: the loop of `loop`, on the keyspace of `threads` (shared memory)', ko: 'shared-loop: `threads`의 키스페이스(공유 메모리)를 쓰는 `loop`' },
  { en: 'sequential: serves one client until it leaves, and only then the next', ko: 'sequential: 한 클라이언트가 떠날 때까지 처리한 뒤에야 다음을 처리' },
  { en: 'served: clients that got a reply; p50 and p99 are theirs alone', ko: 'served: 응답을 받은 클라이언트. p50과 p99는 이들만의 값' },
  { en: 'cpu/req: processor time of the server for each request', ko: 'cpu/req: 요청 하나에 서버가 쓴 프로세서 시간' },
  { en: 'switches: context switches of all its threads for each request', ko: 'switches: 요청 하나에 일어난 컨텍스트 스위치(모든 스레드)' },
  { en: 'waits: times that a thread slept for the lock, for 1,000 requests', ko: 'waits: 요청 1,000개에 스레드가 락을 기다리며 잠든 횟수' },
];

function notes(all: readonly EngineFigures[], clients: number, sinks: number): readonly Text[] {
  const found: Text[] = [];
  const figuresOf = (name: string): EngineFigures | undefined => all.find(({ engine }) => engine === name);
  const [loop, shared, threads] = [figuresOf('loop'), figuresOf('shared-loop'), figuresOf('threads')];
  if (loop !== undefined && shared !== undefined && threads !== undefined) {
    const [structure, engine] = [`${time(cpuUs(loop))} -> ${time(cpuUs(shared))}`, `${time(cpuUs(shared))} -> ${time(cpuUs(threads))}`];
    found.push({
      en:
        `Processor time for a request (cpu/req): the same loop on the keyspace in shared memory instead of its own: ${structure}; ` +
        `threads with a lock instead of a loop, on that same keyspace: ${engine}.`,
      ko:
        `요청 하나의 프로세서 시간(cpu/req): 같은 루프가 자기 키스페이스 대신 공유 메모리의 키스페이스를 쓰면 ${structure}. ` +
        `그 키스페이스를 루프 대신 락을 쓰는 스레드가 처리하면 ${engine}.`,
    });
  }
  if (threads !== undefined && threads.served > 0) {
    const count = threads.served + threads.sinksLeft;
    const each = (threads.grownBytes / MB / count).toFixed(1);
    found.push({
      en: `Each of the ${count} threads took ${each} MB: a thread here is a V8 isolate with a heap of its own. A thread in C takes a stack.`,
      ko: `스레드 ${count}개가 각각 ${each} MB를 썼습니다. 여기서 스레드는 힙을 따로 가진 V8 isolate입니다. C의 스레드는 스택만 씁니다.`,
    });
  }
  for (const { engine, served } of all) {
    if (served === clients) continue;
    const en = `${engine} answered ${served} of ${clients} clients; the others waited all the time, and have no latency.`;
    found.push({ en, ko: `${engine}: 클라이언트 ${clients}개 중 ${served}개만 응답을 받았습니다. 나머지는 내내 기다려서 지연 시간이 없습니다.` });
  }
  const cut = all.filter(({ sinksLeft }) => sinksLeft < sinks).map(({ engine, sinksLeft }) => `${engine} ${sinksLeft}`);
  if (cut.length > 0) {
    const en = `Of ${sinks} sinks there were at the end: ${cut.join(', ')}. The others were never served, or read too slowly and were cut off.`;
    found.push({ en, ko: `싱크 ${sinks}개 중 끝까지 남은 것: ${cut.join(', ')}. 나머지는 처리되지 못했거나, 너무 느리게 읽어 끊겼습니다.` });
  }
  const busy = all.filter(({ ownLoad }) => ownLoad > BUSY).map(({ engine }) => engine);
  if (busy.length > 0) {
    const names = busy.join(', ');
    const en = `The load itself was busy all the time (${names}): the server could have done more.`;
    found.push({ en, ko: `부하 프로그램이 한계였습니다(${names}). 서버는 더 할 수 있었습니다.` });
  }
  const failed = all.filter(({ errors }) => errors > 0).map(({ engine, errors }) => `${engine} ${errors}`);
  if (failed.length > 0) found.push({ en: `Error replies: ${failed.join(', ')}`, ko: `오류 응답: ${failed.join(', ')}` });
  const loads = all.map(({ loadAverage }) => loadAverage.toFixed(1)).join(', ');
  const en = `Load average of the machine before each: ${loads}. Other work takes the processor from all of them.`;
  return [...found, { en, ko: `측정 전 시스템의 load average: ${loads}. 다른 작업이 있으면 모두 느려집니다.` }];
}

/** The latency of the few clients that are served while others get nothing is not compared with that of all. */
function latencyBars(all: readonly EngineFigures[], clients: number, language: Language): string[] {
  const [whole, partly] = [all.filter(({ served }) => served >= clients), all.filter(({ served }) => served < clients)];
  const unranked = (served: number): Text => ({
    en: `not compared: ${served} of ${clients} clients served`,
    ko: `비교하지 않음: 클라이언트 ${clients}개 중 ${served}개만 처리`,
  });
  return [
    ...bars({ en: 'p99 of the latency', ko: '지연 시간의 p99' }, whole, ({ latencyUs }) => latencyUs?.p99 ?? 0, time, language),
    ...partly.map(({ engine, served }) => `  ${engine.padEnd(NAME_WIDTH)}${unranked(served)[language]}`),
  ];
}

type Value = (each: EngineFigures) => number;

function bars(title: Text, all: readonly EngineFigures[], valueOf: Value, format: (value: number) => string, language: Language): string[] {
  const most = Math.max(...all.map(valueOf), Number.MIN_VALUE);
  const bar = (value: number): string => '#'.repeat(Math.max(value > 0 ? 1 : 0, Math.round((value / most) * BAR_WIDTH)));
  return ['', title[language], ...all.map((each) => `  ${each.engine.padEnd(NAME_WIDTH)}${bar(valueOf(each))} ${format(valueOf(each))}`)];
}

const rate = ({ requests, elapsedMs }: EngineFigures): number => requests / (elapsedMs / 1000);

const per1000 = (times: number, requests: number): number => (requests === 0 ? 0 : (times * 1000) / requests);

const switches = ({ voluntarySwitches, forcedSwitches, requests }: EngineFigures): number => per1000(voluntarySwitches + forcedSwitches, requests) / 1000;

const count = (value: number): string => Math.round(value).toLocaleString('en-US');

function time(us: number | undefined): string {
  if (us === undefined) return '-';
  return us < 1000 ? `${us.toFixed(us < 10 ? 1 : 0)} us` : `${(us / 1000).toFixed(us < 100_000 ? 2 : 0)} ms`;
}

/** Per request; undefined: there were no requests. */
const cpuUs = ({ requests, cpuMs }: EngineFigures): number | undefined => (requests === 0 ? undefined : (cpuMs * 1000) / requests);

/** Pads the cells: the first to the left, all others to the right. */
function row(cells: readonly string[]): string {
  return cells.map((cell, i) => (i === 0 ? cell.padEnd(WIDTHS[0]) : cell.padStart(WIDTHS[i]!))).join('');
}
