/**
 * The names of the panes, in the order of Tab and of the keys 1–6.
 */
export const PANE_IDS = ['loop', 'tokens', 'readiness', 'frames', 'keyspace', 'repl'] as const;
export type PaneId = (typeof PANE_IDS)[number];
