/**
 * Walks over a tape from answer to answer, without a server that asks for them.
 */
import * as inputs from './inputs.js';
import { takeAddress, takeError, takeFlushed, takeJobDone } from './inputs.js';
import { TapeCursor } from './tape.js';

export interface TapeVisitor {
  /** A client with this token has sent `tape[start, end)`. */
  read(token: number, start: number, end: number): void;
  /** `tape[start, end)` is a secret that the host has generated, as JSON. */
  secret(start: number, end: number): void;
  /** `tape[start, end)` is an ACL file. */
  aclFile(start: number, end: number): void;
}

/** @param tape whole answers. Throws TapeEnd if the last one is cut off */
export function walkTape(tape: Buffer, visitor: TapeVisitor): void {
  const cursor = new TapeCursor(tape);
  while (!cursor.isAtEnd) walkAnswer(cursor, visitor);
}

function walkAnswer(cursor: TapeCursor, visitor: TapeVisitor): void {
  const tag = cursor.byte();
  switch (tag) {
    case inputs.READ: {
      const token = cursor.number();
      const start = cursor.skip(cursor.number());
      visitor.read(token, start, cursor.position);
      return;
    }
    case inputs.READ_OF_SERVER:
      cursor.number();
      cursor.skip(cursor.number());
      return;
    case inputs.HOST_SECRET: {
      const start = cursor.skip(cursor.number());
      visitor.secret(start, cursor.position);
      return;
    }
    case inputs.HOST_FILE: {
      const start = cursor.skip(cursor.number());
      visitor.aclFile(start, cursor.position);
      return;
    }
    case inputs.WAIT:
      for (let left = cursor.number(); left > 0; left--) {
        cursor.number();
        cursor.byte();
      }
      return;
    case inputs.REFRESH:
      cursor.signed();
      cursor.signed();
      return;
    case inputs.READ_US:
      cursor.signed();
      return;
    case inputs.WRITE_ALL:
      cursor.word();
      return;
    case inputs.WRITE:
      cursor.number();
      cursor.word();
      return;
    case inputs.FLUSH:
      takeFlushed(cursor);
      return;
    case inputs.WRITE_UNHASHED:
    case inputs.ADVANCE:
      cursor.number();
      return;
    case inputs.ACCEPT:
      cursor.number();
      takeAddress(cursor);
      takeAddress(cursor);
      return;
    case inputs.LISTEN:
    case inputs.CONNECT:
      cursor.number();
      takeAddress(cursor);
      return;
    case inputs.FAILED:
      takeError(cursor);
      return;
    case inputs.JOB_DONE:
      takeJobDone(cursor);
      return;
    case inputs.HOST:
    case inputs.FAULT:
    case inputs.SIGNAL:
      cursor.text();
      return;
    case inputs.READ_NOT_NOW:
    case inputs.READ_END:
    case inputs.WRITE_NOT_NOW:
    case inputs.QUEUED:
    case inputs.NOT_QUEUED:
    case inputs.ACCEPT_NOT_NOW:
    case inputs.WATCHED:
    case inputs.UNWATCHED:
    case inputs.SHUTDOWN:
    case inputs.END:
      return;
    default:
      throw new Error(`the tape has an answer ${tag} that is none`);
  }
}
