/** The effect of a fault on a call or a request, as the trace shows it. */
export interface FaultEffects {
  readonly accept: `accept: ${string}`;
  readonly bytes: `${'read' | 'write'} of ${number} B`;
  readonly call: `${'read' | 'write'}: ${string}`;
  readonly decision: `${string}: ${string} instead of ${string}`;
  readonly ended: `ended: ${string}`;
  readonly error: `error reply to ${string}`;
  readonly lateReadiness: `reported ${number} ms later`;
  readonly lateReply: `reply ${number} ms late to ${string}`;
  readonly noReply: `no reply to ${string}`;
  readonly slowDisk: `${'write' | 'fsync'} takes ${number} ms longer`;
}

export type FaultEffect = FaultEffects[keyof FaultEffects];
