/**
 * QueuedSend: a stream whose send is in a SendRing. In a file of its own, so that nothing of io_uring is loaded where sends are direct.
 */

/** Value of {@link QueuedSend.sent}: there is no result, and the bytes must be sent as if they had never been queued. */
export const NOT_SENT = -0x40000000;
/** Value of {@link QueuedSend.sent} while the send is queued. */
export const SENT_LATER = -0x40000001;

export interface QueuedSend {
  readonly fd: number;
  /** Bytes sent, an errno below 0, {@link NOT_SENT} or {@link SENT_LATER}. */
  sent: number;
}
