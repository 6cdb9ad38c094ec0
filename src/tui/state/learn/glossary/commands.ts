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
      en: ['The name of the command.', 'Of a subcommand both stand here, as in config|get.'],
      ko: ['명령의 이름입니다.', '하위 명령은 config|get처럼 둘 다 표시됩니다.'],
    },
    {
      term: 'calls',
      en: [
        'How often it was executed, also in transactions and by scripts.',
        'The server counts it, as INFO commandstats says; CONFIG RESETSTAT begins anew.',
      ],
      ko: ['트랜잭션과 스크립트 안에서 실행된 것을 포함한 실행 횟수입니다.', 'INFO commandstats와 같은 서버의 집계이며 CONFIG RESETSTAT로 초기화됩니다.'],
    },
    {
      term: 'p50, p99, max',
      en: [
        'Half of the calls, 99 of 100, and all of them took no longer.',
        'The server counts it, as LATENCY HISTOGRAM says: up to a second, to two digits.',
      ],
      ko: ['호출의 절반, 100개 중 99개, 전부가 각각 이 시간 안에 끝났습니다.', 'LATENCY HISTOGRAM과 같은 서버의 집계이며, 1초까지 유효 숫자 두 자리입니다.'],
    },
    {
      term: 'time',
      en: ['What all calls took together.', 'It is the time in which the loop served nobody else.'],
      ko: ['모든 호출에 걸린 시간의 합입니다.', '그동안 루프는 다른 누구도 처리하지 못했습니다.'],
    },
    {
      term: 'in, out',
      en: ['Bytes of its requests and of their replies.', 'They are counted from the trace.'],
      ko: ['요청의 바이트와 응답의 바이트입니다.', '트레이스에서 집계합니다.'],
    },
    {
      term: 'by',
      en: ['The connected clients that called it, and how often.', 'They are counted from the trace.'],
      ko: ['이 명령을 호출한 접속 중인 클라이언트와 횟수입니다.', '트레이스에서 집계합니다.'],
    },
    {
      term: '+',
      en: ['A part: the trace has not told of every call.', 'There were too many at once, or they came before it began.'],
      ko: ['일부라는 표시이며, 트레이스가 모든 호출을 전하지는 못했습니다.', '한꺼번에 너무 많았거나 트레이스가 시작되기 전의 호출입니다.'],
    },
    {
      term: 'filter',
      en: ['Words that stand in the name.', 'cmd:get is exactly that command.'],
      ko: ['이름에 있는 단어로 거릅니다.', 'cmd:get은 정확히 그 명령을 뜻합니다.'],
    },
  ],
};
