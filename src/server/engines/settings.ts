/**
 * The settings that have an effect for threads.
 */
import type { SettingName } from '../config.js';

export const THREADS_SETTINGS = [
  'port', 'bind', 'tcp-backlog', 'protected-mode', 'maxmemory', 'loglevel', 'logfile', 'dir',
] as const satisfies readonly SettingName[];
