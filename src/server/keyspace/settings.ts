/**
 * Applies the settings of the keyspace, with the names of redis.conf. Called once by server.ts.
 */
import type { EvictionPolicy } from './eviction.js';
import type { Keyspace } from './keyspace.js';
import { type KeyspaceListeners, LISTENER_RANKS } from './listeners.js';
import { KeyspaceNotifications, parseNotifyFlags } from './notifications.js';

/** The settings that are used here. */
interface Values {
  readonly maxmemory: number;
  readonly 'maxmemory-policy': string;
  readonly 'maxmemory-samples': number;
  readonly 'maxmemory-eviction-tenacity': number;
  readonly 'lfu-log-factor': number;
  readonly 'lfu-decay-time': number;
  readonly hz: number;
  readonly 'active-expire-effort': number;
  readonly 'notify-keyspace-events': string;
}

interface SettingsSource {
  readonly values: Values;
  /** Calls back after a change. */
  onChange(name: keyof Values, listener: () => void): void;
}

const FOLLOWED = [
  'maxmemory', 'maxmemory-policy', 'maxmemory-samples', 'maxmemory-eviction-tenacity', 'lfu-log-factor', 'lfu-decay-time', 'hz', 'active-expire-effort',
] as const satisfies readonly (keyof Values)[];

/**
 * Applies the settings as they are now, and every change of them.
 * @param limit gets the function to call before each command to keep below maxmemory; null while there is no limit
 * @param exceeded called for a new limit below what is used; keys are evicted at the end of the turn
 */
export function followSettings(
  keyspace: Keyspace,
  config: SettingsSource,
  limit: (makeRoom: (() => boolean) | null) => void,
  exceeded: (maxmemory: number, usedBytes: number) => void,
): void {
  const makeRoom = (): boolean => keyspace.performEvictions();
  const apply = (): void => {
    configure(keyspace, config.values);
    limit(config.values.maxmemory === 0 ? null : makeRoom);
  };
  for (const name of FOLLOWED) config.onChange(name, apply);
  config.onChange('maxmemory', () => {
    const { maxmemory } = config.values;
    const { usedBytes } = keyspace;
    if (maxmemory === 0 || usedBytes <= maxmemory) return;
    exceeded(maxmemory, usedBytes);
    keyspace.eviction.continueLater();
  });
  apply();
}

function configure(keyspace: Keyspace, values: Values): void {
  keyspace.configure({
    maxmemory: values.maxmemory,
    policy: values['maxmemory-policy'] as EvictionPolicy,
    samples: values['maxmemory-samples'],
    tenacity: values['maxmemory-eviction-tenacity'],
    lfuLogFactor: values['lfu-log-factor'],
    lfuDecayTime: values['lfu-decay-time'],
    hz: values.hz,
    activeExpireEffort: values['active-expire-effort'],
  });
}

/** Sets up keyspace notifications, which listen only while the setting selects some. @param publish sends a message to a channel's subscribers */
export function followNotifications(listeners: KeyspaceListeners, config: SettingsSource, publish: (channel: string, message: string) => void): void {
  const notifications = new KeyspaceNotifications(publish);
  const apply = (): void => {
    notifications.flags = parseNotifyFlags(config.values['notify-keyspace-events']) ?? 0;
    if (notifications.isWanted) listeners.join(notifications, LISTENER_RANKS.notifications);
    else listeners.leave(notifications);
  };
  config.onChange('notify-keyspace-events', apply);
  apply();
}
