/** Unix time in ms as people read it: `2026-11-29 12:03:07.250 UTC`. */
export function dateText(unixMs: number): string {
  return `${new Date(unixMs).toISOString().replace('T', ' ').slice(0, -1)} UTC`;
}
