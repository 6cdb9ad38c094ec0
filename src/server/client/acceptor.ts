/**
 * Acceptor: what runs when a listener is ready: accept until WouldBlock.
 */
import { formatAddress, SystemError, type TcpListener, type TcpStream, WOULD_BLOCK } from '../io/poll.js';
import type { Token } from '../io/token.js';
import type { EventHandler } from '../loop/event-loop.js';
import type { Tap } from '../trace/tap.js';

/** Connections taken in one turn, so that a flood of them does not keep the clients waiting (MAX_ACCEPTS_PER_CALL). */
const ACCEPTS_PER_TURN = 1000;

export class Acceptor implements EventHandler {
  constructor(
    private readonly token: Token,
    private readonly listener: TcpListener,
    private readonly tap: Tap,
    /** Takes the connection over and returns its token, or says why it was refused. */
    private readonly connect: (stream: TcpStream) => Token | string,
    /** accept(2) failed, for want of file descriptors for one. */
    private readonly failed: (error: SystemError) => void,
  ) {}

  ready(): void {
    for (let i = 0; i < ACCEPTS_PER_TURN; i++) {
      let stream;
      try {
        stream = this.listener.accept();
      } catch (error) {
        if (!(error instanceof SystemError)) throw error;
        if (this.tap.sink !== null) this.tap.sink.emit({ kind: 'accept', token: this.token, client: error.code });
        this.failed(error);
        return;
      }
      if (stream === WOULD_BLOCK) {
        if (this.tap.sink !== null) this.tap.sink.emit({ kind: 'accept', token: this.token, client: 'WouldBlock' });
        return;
      }
      const client = this.connect(stream);
      if (this.tap.sink !== null) this.tap.sink.emit({ kind: 'accept', token: this.token, client });
    }
  }

  get address(): string {
    return formatAddress(this.listener.local);
  }
}
