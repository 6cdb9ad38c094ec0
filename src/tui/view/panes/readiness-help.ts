/**
 * What ? says about the readiness pane.
 */
import type { Pane } from '../pane.js';

export const readinessHelp: Pane['help'] = {
  about:
    'Each line is one token that the kernel named in a turn: what it was ready for, and what ' +
    'came of it. Readiness is a hint: "a read may bring something now". ' +
    'Only trying shows whether it does, and WouldBlock is an ordinary answer.',
  entries: [
    { term: '812', meaning: 'The number of the turn. Tokens below one number were ready in the same wait, and were served one after the other.' },
    { term: '#7', meaning: 'The token of a connection, in its colour, which is the same in all panes.' },
    { term: 'LISTENER', meaning: 'Token 0 (#0): READABLE means that connections wait in the backlog. They are accepted until WouldBlock.' },
    { term: 'WAKER', meaning: 'Token 1 (#1): another thread has woken the loop, for example this screen to pause it.' },
    { term: 'READABLE (R)', meaning: 'There are bytes to read, or the end of the stream, or an error that a read will name.' },
    {
      term: 'WRITABLE (W)',
      meaning:
        'The send buffer has room again. Most sockets have room nearly always, so the loop asks for it only while output waits that did not fit.',
    },
    { term: 'ERROR (E)', meaning: 'Something is wrong with the socket; the next read or write gets the error code.' },
    {
      term: 'READ_CLOSED (C)',
      meaning: 'The peer has closed its sending half: what it sent before can still be read, then comes EOF. Replies may still go out.',
    },
    { term: 'HUP (H)', meaning: 'Hang-up: both halves are closed. It is reported whether one is interested in it or not.' },
    { term: '-', meaning: 'This token was not ready itself. Something was written to it all the same: a message it subscribed to, or the end of its wait.' },
    { term: 'interest', meaning: 'What a token is registered for: R, or RW. The kernel reports only that, besides errors and hang-ups.' },
    { term: 'read 42 B', meaning: 'One read(2) took 42 bytes. ×2 means that it took two reads.' },
    { term: 'WouldBlock', meaning: 'Nothing more for now (EAGAIN). Good news: the socket is drained, and nobody had to wait to find out.' },
    {
      term: 'draining',
      meaning:
        'Reading until WouldBlock: level-triggered, the kernel reports a socket as long as bytes are left, so one read that does not fill the ' +
        'buffer will do. Edge-triggered it reports only news: bytes that are left unread would never be mentioned again.',
    },
    { term: '1 frame', meaning: 'So many whole requests were in those bytes.' },
    { term: 'have 12 of 40', meaning: 'Half a request: 12 bytes are here, and at least 40 are needed. They wait in the query buffer; the loop does not.' },
    { term: 'wrote 5 B', meaning: 'All of the output went to the kernel at once. That is the usual case, without ever asking for WRITABLE.' },
    { term: 'write 16384 of 1048576 B', meaning: 'The socket took only a part: its peer reads too slowly, and the buffer in the kernel is full.' },
    {
      term: 'WRITABLE armed',
      meaning:
        'The rest waits in the output buffer, and the loop asks the poll to tell when there is room. Disarmed: ' +
        'all is sent; left armed, the poll would wake the loop again and again for nothing.',
    },
    {
      term: 'parked, unparked',
      meaning: 'A blocking command found nothing: its client waits, the loop does not. It goes on when a key is there, or its time is over.',
    },
    { term: 'EOF', meaning: 'The peer will send nothing more: the connection is closed.' },
    { term: 'ECONNRESET', meaning: 'The peer has cut the connection instead of closing it. An ordinary event for a server, not an exception.' },
    {
      term: '--- turns not shown',
      meaning:
        'The server was faster than anybody can read: these turns were counted, not traced. A row ' +
        'above that ends in … was broken off before its reply was written.',
    },
  ],
};
