/**
 * The fields of trace events, as experiments name them.
 */
import { TRACE_EVENTS, type TraceKind } from '../../server/index.js';

/** The fields of an event, from its documentation: `token, frame (its number)` → token, frame. */
export function fieldsOf(kind: TraceKind): readonly string[] {
  const names = TRACE_EVENTS[kind].fields.replace(/\([^()]*\)/g, '').split(',').map((name) => name.trim());
  return [...names.filter((name) => name !== ''), 'seq', 'atUs'];
}
