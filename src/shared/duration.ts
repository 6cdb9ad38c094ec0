/**
 * Durations as people write them: a number of milliseconds, or a text with a unit: `250ms`, `90s`, `1.5h`, `2d`.
 */

const UNIT_MS: { readonly [unit: string]: number } = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Parses a duration into whole microseconds. Throws RangeError if it is invalid or negative. */
export function durationUs(duration: number | string): number {
  const ms = typeof duration === 'string' ? textMs(duration) : duration;
  if (typeof ms !== 'number' || !Number.isFinite(ms)) {
    throw new RangeError(`${shown(duration)} is not a duration such as 1500 (ms), 250ms, 90s, 15m, 1.5h or 2d`);
  }
  if (ms < 0) throw new RangeError(`time does not go backwards: ${shown(duration)}`);
  return Math.round(ms * 1000);
}

const shown = (duration: unknown): string => (typeof duration === 'string' ? JSON.stringify(duration) : String(duration));

function textMs(text: string): number {
  const [, amount = '', unit = 'ms'] = /^\s*(-?(?:\d+\.?\d*|\.\d+))\s*(ms|s|m|h|d)?\s*$/i.exec(text) ?? [];
  return amount === '' ? Number.NaN : Number(amount) * UNIT_MS[unit.toLowerCase()]!;
}
