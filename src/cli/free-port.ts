/**
 * The port of a server without a given one: the first free port from the default on.
 */
export const DEFAULT_PORT = 6379;

/** How many ports after the default one are tried. */
const PORTS_TRIED = 20;

/** Starts a server on the given port; if none is given (undefined), on the first free one from 6379. Rejects as `start` does. */
export async function onFreePort<T>(asked: number | undefined, start: (port: number) => Promise<T>): Promise<T> {
  for (let port = asked ?? DEFAULT_PORT; ; port++) {
    try {
      return await start(port);
    } catch (error) {
      const isTaken = (error as { code?: unknown }).code === 'EADDRINUSE';
      if (!isTaken || asked !== undefined || port === DEFAULT_PORT + PORTS_TRIED) throw error;
    }
  }
}
