/**
 * Chooses the connection to whose next request `r` runs: the selected one, otherwise the one at whose event the loop is held or which the history shows,
 * otherwise any.
 */
import type { RunTarget, TraceEvent } from '../../../server/index.js';
import type { State } from '../state.js';

export function runTargetOf(state: State): RunTarget {
  const token = [selectedToken(state), tokenOf(shownEvent(state))].find((each) => each !== null && isClient(state, each));
  return token === undefined || token === null ? {} : { token };
}

/** In the tokens pane, or by a frame of its own. */
function selectedToken({ ui, model }: State): number | null {
  const { frames, tokens } = ui.panes;
  const frame = ui.focus === 'frames' && frames.selected !== null ? model.frames.rows.items().find(({ seq }) => String(seq) === frames.selected) : undefined;
  if (frame !== undefined && 'token' in frame) return frame.token;
  return tokens.selected === null ? null : Number(tokens.selected);
}

function shownEvent({ control, model }: State): TraceEvent | null {
  return control.moment === null ? control.heldAt : model.loop.event;
}

function tokenOf(event: TraceEvent | null): number | null {
  return event !== null && 'token' in event ? event.token : null;
}

const isClient = ({ model }: State, token: number): boolean => model.tokens.rows.get(token)?.kind === 'client';
