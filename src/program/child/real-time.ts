/**
 * The real clocks, for the program's side of the lab: a program that is recorded, or run again, gets its own from {@link recordGlobals}.
 */
const { bigint } = process.hrtime;
const now = performance.now.bind(performance);

/** Microseconds of the machine's monotonic clock. */
export const machineUs = (): number => Math.round(Number(bigint()) / 1000);

export const processMs = (): number => now();
