/**
 * The console's own words: what they do, and how they are typed. `help lab`, completion and hints use this table.
 */

import { CLIENT_FAULTS } from '../../../server/index.js';
import type { Text } from '../../../shared/language.js';

export interface LabWord {
  readonly name: string;
  /** Its arguments, as a hint shows them. */
  readonly arguments: string;
  readonly summary: Text;
}

const CLIENT_FAULTS_IN_KOREAN: { readonly [name in (typeof CLIENT_FAULTS)[number]['name']]: string } = {
  slice: '명령을 그만큼의 바이트씩 나누어, 사이를 두고 한 번에 하나씩 보냅니다. 그래서 조각마다 read가 한 번씩 일어납니다.',
  'pause-reading': '소켓 읽기를 멈춥니다. 응답이 커널에, 이어서 출력 버퍼에 쌓이고 WRITABLE이 등록됩니다.',
  'resume-reading': '다시 읽습니다.',
  halfclose: '연결에서 이쪽 방향을 끝냅니다(FIN). 서버는 EOF를 읽고 연결을 닫습니다.',
  reset: '인사 없이 연결을 끊습니다(RST). 대문자 RESET은 Redis의 명령입니다.',
};

export const LAB_WORDS: readonly LabWord[] = [
  {
    name: '@name',
    arguments: '[command]',
    summary: {
      en:
        'Sends the command over a separate connection with that name, opened when first used. ' +
        'Without a command, lines go there from now on; `@` alone returns to the default one.',
      ko: '그 이름의 연결을 처음 쓸 때 열고 그 연결로 명령을 보냅니다. 명령이 없으면 이후의 줄을 그 연결로 보내며, `@`만 입력하면 돌아옵니다.',
    },
  },
  {
    name: '5',
    arguments: 'command',
    summary: {
      en: 'Runs the command that number of times, each time after the previous reply.',
      ko: '앞의 응답이 올 때마다 다시, 명령을 그 횟수만큼 실행합니다.',
    },
  },
  {
    name: 'clients',
    arguments: '',
    summary: {
      en: 'Lists the connections of this console.',
      ko: '이 콘솔의 연결을 나열합니다.',
    },
  },
  {
    name: 'raw',
    arguments: '"bytes"',
    summary: {
      en: 'Sends exactly these bytes, for example raw "*1\\r\\n$4\\r\\nPI": half a request, and the loop waits for the rest.',
      ko: '정확히 이 바이트만 보냅니다. 예를 들어 raw "*1\\r\\n$4\\r\\nPI"는 요청의 절반이므로 루프가 나머지를 기다립니다.',
    },
  },
  ...CLIENT_FAULTS.map(({ name, arguments: syntax, summary }) => ({ name, arguments: syntax, summary: { en: summary, ko: CLIENT_FAULTS_IN_KOREAN[name] } })),
  {
    name: 'escapes',
    arguments: 'on | off',
    summary: {
      en: 'On: non-ASCII bytes are shown as \\xHH, as in redis-cli; off: text in UTF-8 as it is. In all panes, where the key \\ does the same.',
      ko: 'on: ASCII가 아닌 것을 redis-cli처럼 \\xHH로 표시합니다. off: UTF-8 텍스트를 그대로 표시합니다. 모든 창에 적용되며, 창에서는 \\ 키가 같은 일을 합니다.',
    },
  },
  {
    name: 'run',
    arguments: '[to #token | to command [key]]',
    summary: {
      en:
        'Lets the loop run to the next matching request, and holds it before that executes: run to #7, run to DEL user:*. `run` alone: to the ' +
        'next request of any client, but not to what redis-cli and client libraries send by themselves when they connect.',
      ko:
        '지정한 다음 요청까지 루프를 실행하고 그 실행 직전에 멈춥니다: run to #7, run to DEL user:*. run만 입력하면 아무 클라이언트의 다음 요청까지이며, redis-cli와 클라이언트 ' +
        '라이브러리가 접속할 때 스스로 보내는 것은 건너뜁니다.',
    },
  },
  {
    name: 'goto',
    arguments: 'turn number | command number | time | change key | oldest | now',
    summary: {
      en:
        'Shows a moment of the history: goto turn 120, goto turn 120.7 (its seventh event), goto command 5, goto 12:03:07.250, goto change user:7 ' +
        '(the last change of that key, and its author). While it is shown, commands are answered as of that moment, in a temporary copy.',
      ko:
        '히스토리의 한 순간을 보여 줍니다: goto turn 120, goto turn 120.7(일곱째 이벤트), goto command 5, goto 12:03:07.250, goto change user:7(그 ' +
        '키를 마지막으로 바꾼 때와 바꾼 쪽). 그동안 명령은 버려질 사본에서 그때의 값으로 응답받습니다.',
    },
  },
  {
    name: 'fork',
    arguments: '[off]',
    summary: {
      en:
        'Starts a second server from the shown moment, present or past, on its own port, and shows it until Esc, or fork off, ends it. It ' +
        'has executed everything up to that moment; later requests of clients are dropped, and the clients of that moment are ghosts.',
      ko:
        '표시된 순간(현재 또는 과거)에서 다른 포트에 두 번째 서버를 열고, Esc나 fork off로 돌아올 때까지 보여 준 뒤 끝냅니다. ' +
        '그때까지 실행된 상태로 시작하며, 그 뒤에 보낸 것은 버려지고 그때의 클라이언트는 고스트입니다.',
    },
  },
  {
    name: 'fault',
    arguments: 'name [value] [on target] [next number] | off [number]',
    summary: {
      en:
        'Injects a fault: fault slice 1 on #3, fault error LOADING on GET user:* next 3. `help fault` lists the ' +
        'faults. fault off 2 ends the second, fault off all of them.',
      ko:
        '일부러 장애를 일으킵니다: fault slice 1 on #3, fault error LOADING on GET user:* next 3. `help fault`로 종류를 볼 수 있습니다. fault off ' +
        '2는 둘째 장애를, fault off는 모두 끝냅니다.',
    },
  },
  {
    name: 'rule',
    arguments: '[seam [expression | off]]',
    summary: {
      en:
        "Replaces one of the loop's decisions by an expression: rule after-read result === 'WouldBlock' ? 'close' : 'read again'. " +
        'rule after-read shows the textbook\'s expression and the active one, rule after-read off removes your own. `help rule` lists the seams.',
      ko:
        '루프의 결정 하나를 식으로 대신합니다: rule after-read result === \'WouldBlock\' ? \'close\' : \'read again\'. rule after-read는 원래의 식과 ' +
        '적용 중인 식을 보여 주고, rule after-read off는 직접 넣은 식을 끝냅니다. `help rule`로 이음매를 볼 수 있습니다.',
    },
  },
  {
    name: 'faults',
    arguments: '',
    summary: {
      en: 'Lists the active faults, with how often each was injected.',
      ko: '설정된 장애와 각각 주입된 횟수를 나열합니다.',
    },
  },
  {
    name: 'trigger',
    arguments: 'edge | level | default [on #token]',
    summary: {
      en:
        'Reports readiness edge- or level-triggered from now on, or as at the start: for one token (on #3, on @name, #0 is the listener), ' +
        'or for all, including new ones.',
      ko: '이제부터 준비 상태를 에지 또는 레벨 트리거로, 또는 시작할 때처럼(default) 보고하게 합니다. 한 토큰(on #3, on @name, #0은 리스너) 또는 현재와 앞으로의 모든 토큰에 적용됩니다.',
    },
  },
  {
    name: 'wait',
    arguments: 'until condition [for duration] | duration',
    summary: {
      en:
        'Waits, at most 2 s unless a duration is given, until a condition holds: parked or closed (one client: @name parked), idle, busy, held, ' +
        '12 turns, 0 keys in all, 5 keys expired since the start. With only a duration, wait 300ms, it waits for that time.',
      ko:
        '지정한 상태가 될 때까지, 시간을 주지 않으면 최대 2초 기다립니다: parked, closed(한 클라이언트는 @name parked), idle, busy, held, 12 turns, ' +
        '0 keys, 5 expired. wait 300ms처럼 시간만 주면 그만큼 기다립니다.',
    },
  },
  {
    name: 'flood',
    arguments: 'clients commands command',
    summary: {
      en:
        'Connects that number of clients, flood-1 and so on; each sends the command that number of times at once. Reports when all are answered. ' +
        'Further lines can be run meanwhile.',
      ko: 'flood-1부터 그만큼의 클라이언트를 열어 각각 명령을 그 횟수만큼 한꺼번에 보내고, 모두 응답받으면 알립니다. 그동안 다른 줄도 계속 실행됩니다.',
    },
  },
  {
    name: 'reset lab',
    arguments: '',
    summary: {
      en: 'Ends all other clients of this console, faults, rules and triggering, restores the settings of the start, and empties all databases.',
      ko: '이 콘솔의 다른 클라이언트, 장애, 규칙, 트리거 설정을 끝내고, CONFIG SET으로 바꾼 설정을 시작할 때의 값으로 되돌리고, 모든 데이터베이스를 비웁니다.',
    },
  },
  {
    name: 'busy',
    arguments: 'seconds',
    summary: {
      en: 'Keeps the loop busy for this time: the client sends a script that computes, and all others wait. At most 60 s.',
      ko: '그 시간 동안 루프를 바쁘게 합니다. 클라이언트가 계산하는 스크립트를 보내고 나머지는 모두 기다립니다. 최대 60초입니다.',
    },
  },
  {
    name: 'herd',
    arguments: '[waiters] [connections] [exclusive]',
    summary: {
      en:
        'Separately from the server: threads (8), each with its own epoll, wait for one listener, and clients (50) connect to it one after ' +
        'another. Reports how often the kernel woke a thread, and how often without a connection. exclusive: with EPOLLEXCLUSIVE.',
      ko:
        '서버와 별도로, 각자 epoll을 가진 스레드 여럿(8)이 한 리스너를 기다리는 동안 클라이언트(50)가 하나씩 접속합니다. 커널이 스레드를 몇 번 깨웠고 그중 몇 번이 헛일이었는지 알려 줍니다. ' +
        'exclusive를 붙이면 EPOLLEXCLUSIVE를 씁니다.',
    },
  },
  {
    name: 'threads',
    arguments: '[clients] [commands]',
    summary: {
      en:
        'Separately from the server: another one with a thread for each connection. Clients (8) count on one key by INCR (500 times each), under one lock, ' +
        'and one more is idle. Reports how often the lock was taken, and how often a thread slept for it.',
      ko:
        '서버와 별도로, 연결마다 스레드를 두는 서버를 엽니다. 클라이언트(8)가 한 키를 INCR로 셉니다(각각 500번). 락은 하나이고, 클라이언트 하나는 아무 말도 하지 않습니다. ' +
        '락을 몇 번 잡았고 스레드가 락을 기다리며 몇 번 잠들었는지 알려 줍니다.',
    },
  },
  {
    name: 'learn',
    arguments: '[experiment]',
    summary: {
      en: 'Opens an experiment. Without a name it starts the first minute again: what one thread does for all clients; in lines, it shows the list.',
      ko: '실험을 안내합니다. 이름이 없으면 처음 1분 안내(스레드 하나가 모두를 위해 하는 일)를 다시 시작하고, 줄 단위 lab에서는 목록을 보여 줍니다.',
    },
  },
  {
    name: 'advance',
    arguments: 'duration',
    summary: {
      en:
        'Advances a virtual clock (--clock virtual) by 250ms, 90s, 15m, 1.5h or 2d: everything due meanwhile happens in due order, ' +
        'each at its own time.',
      ko: '가상 시계(--clock virtual)를 250ms, 90s, 15m, 1.5h, 2d만큼 앞으로 돌립니다. 그 사이에 기한이 된 일은 각자의 시각에 순서대로 일어납니다.',
    },
  },
  {
    name: 'clear',
    arguments: '',
    summary: {
      en: 'Clears the transcript.',
      ko: '화면의 기록을 비웁니다.',
    },
  },
  {
    name: 'help',
    arguments: '[command | @group | word | lab]',
    summary: {
      en: 'Explains a command, lists a group, explains a word of the screen, or the words of this table.',
      ko: '명령, 그룹, 화면에 나오는 단어, 또는 이 표의 단어를 설명합니다.',
    },
  },
  {
    name: 'quit',
    arguments: '',
    summary: {
      en: 'Leaves the lab; exit does the same. `@a quit` ends the connection of that client only.',
      ko: 'lab을 종료합니다. exit도 같습니다. `@a quit`은 그 클라이언트의 연결만 끝냅니다.',
    },
  },
];

/** The words that can be typed as they are. */
export const TYPED_LAB_WORDS: readonly LabWord[] = LAB_WORDS.filter(({ name }) => /^[a-z]/.test(name));

/** The console's word with which a line begins; null if it is a command for the server. */
export function findLabWord(name: string | undefined): LabWord | null {
  if (name === undefined || name === 'RESET') return null;
  const wanted = name === '?' ? 'help' : name.toLowerCase() === 'exit' ? 'quit' : name.toLowerCase();
  return TYPED_LAB_WORDS.find((word) => word.name === wanted) ?? null;
}
