/**
 * Words of the commands view, the other face of the frames pane.
 */
import type { Chapter } from './entry.js';

export const COMMANDS: Chapter = {
  about: {
    en:
      'Each command that has been called since the server was started, with its times, its bytes and its callers. Enter shows the frames of one, ' +
      'v goes back to all frames.',
    ko: '서버가 시작된 뒤 호출된 명령마다 시간, 바이트, 호출한 클라이언트를 보여 줍니다. Enter는 그 명령의 프레임을 보여 주고, v는 전체 프레임으로 돌아갑니다.',
  },
  entries: [
    {
      term: 'command',
      also: ['명령'],
      en: ['The name of the command.', 'A subcommand is shown with its container, as in config|get.'],
      ko: ['명령의 이름입니다.', '하위 명령은 config|get처럼 둘 다 표시됩니다.'],
    },
    {
      term: 'calls',
      en: [
        'The number of executions, including those in transactions and scripts.',
        'The server counts it, as in INFO commandstats; CONFIG RESETSTAT resets it.',
      ],
      ko: ['트랜잭션과 스크립트 안에서 실행된 것을 포함한 실행 횟수입니다.', 'INFO commandstats와 같은 서버의 집계이며 CONFIG RESETSTAT로 초기화됩니다.'],
    },
    {
      term: 'p50, p99, max',
      en: [
        'The time within which half of the calls, 99 of 100, and all of them finished.',
        'The server counts it, as in LATENCY HISTOGRAM: up to one second, to two significant digits.',
      ],
      ko: ['호출의 절반, 100개 중 99개, 전부가 각각 이 시간 안에 끝났습니다.', 'LATENCY HISTOGRAM과 같은 서버의 집계이며, 1초까지 유효 숫자 두 자리입니다.'],
    },
    {
      term: 'time',
      en: ['The time of all calls together.', 'During this time the loop served no other client.'],
      ko: ['모든 호출에 걸린 시간의 합입니다.', '그동안 루프는 다른 클라이언트를 처리하지 못했습니다.'],
    },
    {
      term: 'in, out',
      en: ['Bytes of its requests and of their replies.', 'They are counted from the trace.'],
      ko: ['요청의 바이트와 응답의 바이트입니다.', '트레이스에서 집계합니다.'],
    },
    {
      term: 'by',
      en: ['The connected clients that called it, and the number of their calls.', 'They are counted from the trace.'],
      ko: ['이 명령을 호출한 접속 중인 클라이언트와 횟수입니다.', '트레이스에서 집계합니다.'],
    },
    {
      term: '+',
      en: ['Incomplete: the trace does not include every call.', 'There were too many at once, or they were made before the trace began.'],
      ko: ['일부라는 표시이며, 트레이스가 모든 호출을 전하지는 못했습니다.', '한꺼번에 너무 많았거나 트레이스가 시작되기 전의 호출입니다.'],
    },
    {
      term: 'filter',
      en: ['Words that occur in the name.', 'cmd:get is exactly that command.'],
      ko: ['이름에 있는 단어로 거릅니다.', 'cmd:get은 정확히 그 명령을 뜻합니다.'],
    },
  ],
};
