/**
 * Times of day as people write them: `12:03`, `12:03:07`, `12:03:07.250`.
 */

/** Unix time in ms of this time of day, in the local time zone, on the day of `unixMs`, or `daysLater` days later. */
export type TimeOfDay = (unixMs: number, daysLater?: number) => number;

/** Null if invalid. */
export function parseTimeOfDay(text: string): TimeOfDay | null {
  const [, hours = '', minutes = '', seconds = '0', fraction = '0'] = /^(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3}))?)?$/.exec(text) ?? [];
  if (hours === '' || Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) return null;
  return (unixMs, daysLater = 0) => {
    const time = new Date(unixMs);
    time.setDate(time.getDate() + daysLater);
    time.setHours(Number(hours), Number(minutes), Number(seconds), Number(fraction.padEnd(3, '0')));
    return time.getTime();
  };
}
