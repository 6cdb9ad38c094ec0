/**
 * Words of the REPL pane: the console and its own words.
 */
import type { Chapter } from './entry.js';

export const REPL: Chapter = {
  about: {
    en:
      'A console like redis-cli. It is a real TCP client of this loop, so its own connection is in the tokens pane, and in the same colour. ' +
      'Type help for its commands, and help WORD for a word of the screen.',
    ko:
      'redis-cli와 같은 콘솔입니다. 이 루프의 실제 TCP 클라이언트이므로 Tokens 창에 자신의 연결이 같은 색으로 나타납니다. ' +
      'help를 입력하면 명령을, help 단어를 입력하면 화면에 나오는 단어의 설명을 볼 수 있습니다.',
  },
  entries: [
    {
      term: 'REPL',
      also: ['console', '콘솔'],
      en: [
        'Read, evaluate, print, loop: a typed line is sent to the server, as by any client.',
        'Its requests wait for the loop like those of all other clients.',
      ],
      ko: ['입력한 것을 클라이언트로서 서버에 보내고 응답을 출력하는 콘솔(read-eval-print loop)입니다.', '이 콘솔의 요청도 다른 클라이언트와 똑같이 루프를 기다립니다.'],
    },
    {
      term: 'dim text',
      also: ['hint', '힌트'],
      en: ['The rest of the syntax, not typed yet.', '[ ] may be left out, | separates alternatives, "..." may be repeated.'],
      ko: ['아직 입력하지 않은 문법입니다.', '[ ]는 생략할 수 있고, |는 선택지를 나누며, ...는 반복할 수 있습니다.'],
    },
    {
      term: 'red line',
      en: ['The command has too few or too many arguments, or does not exist.', 'Enter sends it anyway, to show the answer of the server.'],
      ko: ['인자가 모자라거나 많은 명령, 또는 없는 명령입니다.', '그래도 Enter를 누르면 전송되어 서버의 응답을 볼 수 있습니다.'],
    },
    {
      term: 'Tab',
      also: ['completion', '자동 완성'],
      en: ['Completes commands, subcommands, options and the keys on the screen.', 'Pressed again it goes to the next, Shift-Tab to the one before.'],
      ko: ['명령, 하위 명령, 옵션, 화면에 있는 키를 자동 완성합니다.', '다시 누르면 다음 후보, Shift-Tab은 이전 후보입니다.'],
    },
    {
      term: 'Ctrl-R',
      en: ['Searches the lines that were typed earlier.', 'They are kept across runs, but never those that hold a password.'],
      ko: ['이전에 입력한 줄을 검색합니다.', '입력 기록은 다음 실행에도 남지만 비밀번호가 든 줄은 저장하지 않습니다.'],
    },
    {
      term: '(TX)',
      en: ['Between MULTI and EXEC.', 'Commands are queued and run together at EXEC.'],
      ko: ['MULTI와 EXEC 사이입니다.', '명령은 큐에 쌓였다가 EXEC에서 함께 실행됩니다.'],
    },
    {
      term: '[2]',
      en: ['The database that this client has selected, if it is not 0.', 'SELECT chooses another one.'],
      ko: ['이 클라이언트가 선택한 데이터베이스이며 0이면 표시하지 않습니다.', 'SELECT로 바꿉니다.'],
    },
    {
      term: 'Ctrl-C',
      en: ['Leaves a subscription, MONITOR, or a command that waits.', 'Otherwise it clears the line; pressed twice, it ends the lab.'],
      ko: ['구독, MONITOR, 또는 대기 중인 명령에서 빠져나옵니다.', '빠져나올 것이 없으면 줄을 비우고, 두 번 누르면 lab을 종료합니다.'],
    },
    {
      term: '@a SET x 1',
      also: ['@name', 'client', 'clients', '클라이언트'],
      en: ['Sends the command over a second connection named a.', '@a alone makes it the current one, and @ goes back.'],
      ko: ['a라는 이름의 두 번째 연결로 명령을 보냅니다.', '@a만 입력하면 그 연결이 현재 연결이 되고, @를 입력하면 돌아옵니다.'],
    },
    {
      term: 'raw, slice',
      en: ['Bytes by hand: raw "*1\\r\\n$4\\r\\nPI" sends just these, slice 1 PING sends one byte at a time.', 'help lab lists more of them.'],
      ko: ['바이트를 직접 보내는 명령으로, raw "*1\\r\\n$4\\r\\nPI"는 그 바이트만, slice 1 PING은 한 바이트씩 보냅니다.', '나머지는 help lab에 있습니다.'],
    },
  ],
};
