/**
 * Texts of a lesson besides those of its experiment.
 */
import type { Disturbance, Verdict } from './experiment.js';
import type { Language } from '../../../shared/language.js';
import type { LessonStep } from './lesson.js';

interface Texts {
  readonly list: string;
  readonly done: string;
  /** After the number and the name of the experiment. */
  readonly steps: { readonly [at in LessonStep['at']]: string };
  readonly running: { readonly [what in (LessonStep & { at: 'running' })['what']]: string };
  youSaid(answer: string): string;
  readonly asItIs: string;
  readonly notAsItIs: string;
  readonly moments: string;
  readonly noMoments: string;
  /** Warning if there are keys: `reset lab` is run before each run. */
  readonly empties: string;
  readonly breakIt: string;
  readonly orType: string;
  readonly failed: string;
  /** Why a run says nothing about the loop. */
  readonly disturbed: { readonly [disturbance in Disturbance]: string };
  readonly onceMore: string;
  /** Enter was pressed during a run. */
  readonly playing: string;
  readonly needsEpoll: string;
  readonly finished: string;
  readonly sources: string;
  readonly tooSmall: string;
  readonly verdicts: { readonly [verdict in Verdict]: string };
  /** For lessons in lines. */
  readonly askNumber: (most: number) => string;
  readonly momentIn: (turn: number, moment: string) => string;
  readonly askEnter: string;
  readonly askName: string;
}

const ENGLISH: Texts = {
  list: 'Experiments',
  done: 'done',
  steps: {
    predict: 'predict', running: 'runs', step: 'step', explain: 'why', break: 'break', broken: 'broken', mend: 'mend', missed: 'mend', done: 'mended',
    sources: 'sources', failed: 'stopped',
  },
  running: { run: 'It runs: watch the panes.', break: 'The same once more, broken.', mend: 'The same once more, with your line.' },
  youSaid: (answer) => `You said: ${answer}.`,
  asItIs: 'That is what has happened.',
  notAsItIs: 'Something else has happened:',
  moments: 'Key moments:',
  noMoments: 'No moments are kept.',
  empties: 'It empties the databases of this server.',
  breakIt: 'Now the same with a common mistake:',
  orType: 'Or type what follows',
  failed: 'It could not be run to its end:',
  disturbed: {
    late: 'The machine was too slow: the loop was no longer busy when the others sent.',
    restless: 'The lab did not become idle.',
    others: 'Other clients were served meanwhile. Keep them idle while an experiment runs.',
  },
  onceMore: 'Once more.',
  playing: 'an experiment is running: the line can be sent when it has ended; Esc leaves it',
  needsEpoll: 'It shows what epoll does, but this loop uses another poller.',
  finished: 'Done.',
  sources: 'Sources:',
  tooSmall: 'Experiments need 80x24.',
  verdicts: { green: 'GREEN', red: 'RED', unjudged: 'NOT JUDGED' },
  askNumber: (most) => `1 to ${most}?`,
  momentIn: (turn, moment) => `turn ${turn}: ${moment}`,
  askEnter: 'Enter continues.',
  askName: 'Name or number? Enter leaves.',
};

const KOREAN: Texts = {
  list: '실험',
  done: '완료',
  steps: {
    predict: '예상', running: '실행', step: '단계', explain: '이유', break: '망가뜨리기', broken: '망가짐', mend: '고치기', missed: '고치기', done: '고침',
    sources: '출처', failed: '중단',
  },
  running: { run: '실행 중입니다. 패널을 지켜보세요.', break: '망가뜨린 채로 다시 실행합니다.', mend: '고른 줄로 다시 실행합니다.' },
  youSaid: (answer) => `예상: ${answer}.`,
  asItIs: '예상대로 되었습니다.',
  notAsItIs: '실제로는:',
  moments: '결정적인 순간:',
  noMoments: '남아 있는 순간이 없습니다.',
  empties: '이 서버의 데이터베이스를 비웁니다.',
  breakIt: '이제 흔히 하는 실수를 넣고 다시 실행합니다:',
  orType: '또는 이어서 입력:',
  failed: '끝까지 실행하지 못했습니다:',
  disturbed: {
    late: '컴퓨터가 느려서, 다른 클라이언트가 보낼 때 루프는 이미 바쁘지 않았습니다.',
    restless: 'lab이 유휴 상태가 되지 않았습니다.',
    others: '그동안 다른 클라이언트가 명령을 보냈습니다. 실험 중에는 조용히 두세요.',
  },
  onceMore: '다시 실행합니다.',
  playing: '실험이 실행 중입니다. 끝난 뒤에 보낼 수 있고, Esc로 나갑니다',
  needsEpoll: 'epoll의 동작을 보여 주는 실험인데, 이 루프는 다른 폴러를 씁니다.',
  finished: '끝났습니다.',
  sources: '출처:',
  tooSmall: '실험에는 80x24가 필요합니다.',
  verdicts: { green: 'GREEN', red: 'RED', unjudged: '판정 불가' },
  askNumber: (most) => `1~${most}?`,
  momentIn: (turn, moment) => `턴 ${turn}: ${moment}`,
  askEnter: 'Enter: 계속',
  askName: '이름이나 번호? Enter: 나가기',
};

export const LESSON_TEXTS: { readonly [language in Language]: Texts } = { en: ENGLISH, ko: KOREAN };
