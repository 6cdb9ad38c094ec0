/**
 * Goals in words: what a step, a run, or a key of the history goes on to.
 */
import { formatBreakpoint } from '../../state/breakpoints.js';
import type { Goal } from '../../state/state.js';
import type { Theme } from '../theme.js';

/** `an event`, `a turn`, `the next request of #7`, `the next DEL key user:* of #7` */
export function goalText(goal: Goal, { visible }: Pick<Theme, 'visible'>): string {
  if (typeof goal === 'string') return goal === 'event' ? 'an event' : `a ${goal}`;
  const { token, ...request } = goal;
  return `the next ${visible(formatBreakpoint(request)) || 'request'}${token === undefined ? '' : ` of #${token}`}`;
}
