/**
 * The panes by name, and the current face of a pane.
 */
import type { State } from '../../state/state.js';
import type { PaneId } from '../../state/pane-id.js';
import type { Pane } from '../pane.js';
import { commandsPane } from './commands.js';
import { framesPane } from './frames.js';
import { keyspacePane } from './keyspace.js';
import { loopPane } from './loop.js';
import { programPane } from './program.js';
import { readinessPane } from './readiness.js';
import { replPane } from './repl.js';
import { tokensPane } from './tokens.js';

export const PANES: { readonly [id in PaneId]: Pane } = {
  loop: loopPane,
  tokens: tokensPane,
  readiness: readinessPane,
  frames: framesPane,
  keyspace: keyspacePane,
  repl: replPane,
};

/** The pane with its current face. */
export function paneOf({ ui, program }: State, id: PaneId): Pane {
  if (id === 'keyspace' && program !== null) return programPane;
  return ui.panes[id].face === 'commands' ? commandsPane : PANES[id];
}
