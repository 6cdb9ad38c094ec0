/**
 * Words of the program pane, which shows a learner's own program, and of the loop pane while it shows that program.
 */
import type { Chapter } from './entry.js';

export const PROGRAM: Chapter = {
  about: {
    en:
      'Your own program, in place of the server of the lab: its process as the kernel reports it, and what is wrong with its loop, ' +
      'as far as can be seen from outside.',
    ko: 'lab의 서버 대신 실행 중인 직접 작성한 프로그램입니다. 커널이 알려 주는 프로세스의 상태와, 밖에서 볼 수 있는 만큼의 루프 문제를 보여 줍니다.',
  },
  entries: [
    {
      term: 'pid',
      also: ['프로세스'],
      en: ['The ID of the process in which the program runs.', 'It leads a process group of its own, which ends with the lab.'],
      ko: ['프로그램이 실행되는 프로세스의 번호입니다.', '자신의 프로세스 그룹을 이끌며, 그룹은 lab과 함께 끝납니다.'],
    },
    {
      term: 'CPU',
      en: ['The share of one processor that the process has used recently.', 'A loop with nothing to do sleeps in the poll and uses none.'],
      ko: ['프로세스가 최근에 프로세서 하나를 얼마나 썼는지 나타냅니다.', '할 일이 없는 루프는 poll에서 잠들어 전혀 쓰지 않습니다.'],
    },
    {
      term: 'resident',
      also: ['RSS', '상주 메모리'],
      en: ['The memory of the process that is in RAM.', 'The kernel calls it the resident set.'],
      ko: ['프로세스의 메모리 가운데 RAM에 있는 양입니다.', '커널은 이것을 resident set이라고 부릅니다.'],
    },
    {
      term: 'descriptors',
      also: ['fds', '디스크립터'],
      en: ['The number of files and sockets that the process has open.', 'A number that only grows is a leak: something is not closed.'],
      ko: ['프로세스가 열어 둔 파일과 소켓의 수입니다.', '늘기만 한다면 무언가를 닫지 않는 누수입니다.'],
    },
  ],
};

export const LOOP_OF_PROGRAM: Chapter = {
  about: {
    en:
      'The loop of your own program: its source, with the line marked that last called wait, accept, read or write of its poll. ' +
      'What the program does between two of these calls is not visible.',
    ko:
      '직접 작성한 프로그램의 루프입니다. 소스를 보여 주고, poll의 wait, accept, read, write를 마지막으로 호출한 줄을 표시합니다. ' +
      '호출과 호출 사이에 프로그램이 하는 일은 보이지 않습니다.',
  },
  entries: [
    {
      term: 'turn',
      en: ['A turn begins when the program waits for its poll, and ends when it waits again.', 'Turns are numbered from 1.'],
      ko: ['프로그램이 poll에서 기다릴 때 시작하고, 다시 기다릴 때 끝납니다.', '턴에는 1부터 번호가 붙습니다.'],
    },
    {
      term: 'waited, worked',
      en: ['The time of the turn in the poll, and the time from its return to the next wait.', 'A loop that works for long makes all its clients wait.'],
      ko: ['턴에서 poll 안에 있던 시간과, poll이 돌아온 뒤 다음 wait까지의 시간입니다.', '오래 작업하는 루프는 모든 클라이언트를 기다리게 합니다.'],
    },
    {
      term: 'held',
      en: [
        'The program is held within a call of its poll, just after the event that is shown.',
        'Space lets it run again, and e, h and t let it go on by an event, a phase or a turn.',
      ],
      ko: ['프로그램이 poll을 호출한 곳에서, 표시된 이벤트 바로 뒤에 멈춰 있습니다.', 'Space를 누르면 다시 실행되고, e, h, t는 이벤트, 단계, 턴 하나만큼 진행합니다.'],
    },
  ],
};
