/**
 * Goals in words: the destination of a step, a run, or a key of the history.
 */
import { formatBreakpoint } from '../../state/breakpoints.js';
import type { InLanguages, Language } from '../../../shared/language.js';
import type { Goal } from '../../state/state.js';
import type { Theme } from '../theme.js';

const ENGLISH = {
  /** The unit of a step, with its article. */
  units: { event: 'an event', phase: 'a phase', command: 'a command', turn: 'a turn' },
  kinds: { event: 'event', phase: 'phase', command: 'command', turn: 'turn' },
  request: (what: string, token: number | undefined) => `${what || 'request'}${token === undefined ? '' : ` of #${token}`}`,
  next: (what: string) => `the next ${what}`,
};

const KOREAN: typeof ENGLISH = {
  units: { event: '다음 이벤트', phase: '다음 단계', command: '다음 명령', turn: '다음 턴' },
  kinds: { event: '이벤트', phase: '단계', command: '명령', turn: '턴' },
  request: (what, token) => `${token === undefined ? '' : `#${token}의 `}${what === '' ? '요청' : `요청 ${what}`}`,
  next: (what) => `다음 ${what}`,
};

const TEXTS: InLanguages<typeof ENGLISH> = { en: ENGLISH, ko: KOREAN };

/** `an event`, `a turn`, `the next request of #7`, `the next DEL key user:* of #7` */
export function goalText(goal: Goal, theme: Pick<Theme, 'visible'>, language: Language): string {
  const texts = TEXTS[language];
  return typeof goal === 'string' ? texts.units[goal] : texts.next(goalName(goal, theme, language));
}

/** The same without saying that it is the next one: `event`, `request of #7`. */
export function goalName(goal: Goal, { visible }: Pick<Theme, 'visible'>, language: Language): string {
  const texts = TEXTS[language];
  if (typeof goal === 'string') return texts.kinds[goal];
  const { token, ...request } = goal;
  return texts.request(visible(formatBreakpoint(request)), token);
}
