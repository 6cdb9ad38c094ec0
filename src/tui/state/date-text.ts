/** Unix time in ms as people read it: `2026-11-29 12:03:07.250 UTC`. */
export function dateText(unixMs: number): string {
  return `${new Date(unixMs).toISOString().replace('T', ' ').slice(0, -1)} UTC`;
}

/** The time of day where the lab runs, `12:03:07.250`. */
export function clockText(unixMs: number): string {
  const time = new Date(unixMs);
  const parts = [time.getHours(), time.getMinutes(), time.getSeconds()].map((part) => String(part).padStart(2, '0'));
  return `${parts.join(':')}.${String(time.getMilliseconds()).padStart(3, '0')}`;
}
