/**
 * The panes by name.
 */
import type { PaneId } from '../../state/pane-id.js';
import type { Pane } from '../pane.js';
import { framesPane } from './frames.js';
import { keyspacePane } from './keyspace.js';
import { loopPane } from './loop.js';
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
