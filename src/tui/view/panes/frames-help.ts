/**
 * What ? says about the frames pane.
 */
import type { Pane } from '../pane.js';

export const framesHelp: Pane['help'] = {
  about:
    'Requests (>) and replies (<) in the order in which they were decoded and encoded. Each client has ' +
    'its own numbers. Enter opens a frame: its values as a tree beside its bytes. ' +
    'There ↑ ↓ walk through the tree and mark the bytes of a value; x leads into the bytes, where each marks the value that it belongs to.',
  entries: [
    { term: '>', meaning: 'A request that a client has sent.' },
    { term: '<', meaning: 'A reply that the server has put into the output buffer of that client. It leaves before the loop sleeps again.' },
    { term: 'tok', meaning: 'The token of the connection, in its colour.' },
    { term: 'no', meaning: 'The number of the request on its connection; its reply has the same.' },
    {
      term: 'frame',
      meaning:
        'One whole request or reply. A stream of bytes has no borders of its own: the ' +
        'decoder finds where a frame ends by the lengths that stand in it.',
    },
    { term: 'size', meaning: 'Bytes on the wire, types, lengths and line ends included.' },
    { term: 'time', meaning: 'How long the command was executed. Waiting, reading and writing are not in it.' },
    {
      term: 'have 12 of 40',
      meaning:
        'Half a frame: so many bytes have come, and at least so many are needed. The beginning is kept in the query buffer until the rest comes.',
    },
    { term: 'parked', meaning: 'A blocking command that found nothing. Its reply comes when one of its keys is ready, or when its time is over.' },
    { term: '~', meaning: 'A gap. At full speed the server does more than the trace can tell: so many commands were only counted.' },
    {
      term: 'filter',
      meaning:
        'Words that stand in a request or its reply, which are shown together; in quotes a word may be anything, "err" too. ' +
        'In the language of breakpoints: cmd:sort is a command, user:* or key user a glob of keys, #7 ' +
        'a token, us>1000 what took longer, err what was answered by an error.',
    },
    { term: 'push', meaning: 'Something that no request of this client asked for: a published message, an invalidation, a line of MONITOR.' },
    {
      term: 'RESP',
      meaning:
        'The protocol of Redis. A byte says the type (+ - : $ * and more), then comes a ' +
        'value or a length, and every line ends with CR LF (0d 0a).',
    },
    { term: 'bulk string', meaning: '$ and a length, then exactly so many bytes of any kind. Requests are arrays of bulk strings.' },
    { term: 'simple string', meaning: '+ and a short text up to the end of the line, such as OK.' },
    { term: 'array', meaning: '* and a count, then so many values. Sets (~), maps (%) and pushes (>) are alike; RESP3 has them.' },
    { term: 'inline request', meaning: 'A line of plain words instead of RESP, so that telnet will do to talk to the server.' },
    {
      term: 'read',
      meaning:
        'One call of read(2) on the socket. A frame may need several of them, and one may ' +
        'bring many frames; | in the bytes shows where another read begins.',
    },
    { term: '[ ]', meaning: 'The bytes of the value that the cursor stands on in the tree.' },
    { term: '> <', meaning: 'In an open frame: the byte that the cursor stands on. The line above says which read brought it.' },
    { term: 'cut', meaning: 'The trace carries only the first 512 bytes of a frame.' },
  ],
};
