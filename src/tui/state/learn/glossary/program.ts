/**
 * Words of the program pane, which shows a learner's own program.
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
