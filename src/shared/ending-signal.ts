/** A signal that tells the server to end, as SHUTDOWN does. */
export type EndingSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';
