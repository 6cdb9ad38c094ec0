/**
 * The names of the panes, in the order in which Tab walks through them and 1–6 call them.
 */
export const PANE_IDS = ['loop', 'tokens', 'readiness', 'frames', 'keyspace', 'repl'] as const;
export type PaneId = (typeof PANE_IDS)[number];
