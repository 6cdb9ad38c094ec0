/** The transport of a session without a connection, for example a script's: what is sent to it is discarded. */
import type { Transport } from './session.js';

export const NOWHERE: Transport = {
  fd: -1, peer: '?:0', peerAddress: { host: '?', port: 0 }, local: '?:0',
  send() {},
  closeAfterReply() {},
  close() {},
  follow() {},
  sharedGrew() {},
  setNoDelay() {},
  flush() {},
  resume() {},
  queryBytes: 0, queryCapacity: 0, decodedBytes: 0, outputBytes: 0, outputHeld: 0, outputCapacity: 0, outputChunks: 0,
  isClosing: false, isDoomed: false, awaitsWritable: false, interest: 0, isGhost: false,
};
