/**
 * The help of the loop pane, for readers who have read about event loops and never seen one. The events of the trace, which can be stepped
 * through and named in breakpoints, are explained by their own table.
 */
import { TRACE_EVENTS } from '../../../server/index.js';
import type { Pane } from '../pane.js';

export const loopHelp: Pane['help'] = {
  about:
    'One thread serves every client. It asks the kernel "who is ready?", sleeps until somebody ' +
    'is, does a little for each of them, and asks again: that is one turn. ' +
    'The arrow marks the line that runs; while nothing happens it stays at poll.wait, where the thread costs nothing.',
  entries: [
    { term: 'turn', meaning: 'Once around the loop: write what is pending, sleep, serve whoever is ready, run the timers that are due.' },
    {
      term: 'poll.wait',
      meaning:
        'The one place where the loop may sleep. It hands a list of interests to the kernel (epoll_wait) and gets back the tokens that are ready.',
    },
    { term: 'token', meaning: 'The number under which a socket is registered with the poll. The kernel gives it back when the socket is ready.' },
    { term: 'LISTENER', meaning: 'Token 0, the socket that new connections arrive at. It is READABLE when somebody wants to connect.' },
    { term: 'WAKER', meaning: 'Token 1. Another thread writes to it to get the loop out of its sleep: this screen does, when you pause or step.' },
    {
      term: 'WouldBlock',
      meaning:
        'The kernel\'s "nothing now" (EAGAIN). Good news: instead of making everybody wait, the ' +
        'call comes straight back, and the loop goes on to the next client.',
    },
    { term: 'accept', meaning: 'Takes a new connection from the backlog and gives it a token; repeated until WouldBlock.' },
    { term: 'read', meaning: 'Takes the bytes that have come from a client. It may be half a request, or twenty.' },
    { term: 'decode', meaning: 'Makes requests of bytes. What is not whole yet is kept until the rest comes.' },
    { term: 'execute', meaning: 'Runs the command. Nothing else runs meanwhile, so a command needs no lock, and a slow one keeps all clients waiting.' },
    {
      term: 'reply',
      meaning:
        'Encodes the answer into the output buffer of its client, from where it is written ' +
        'before the loop sleeps again. Its time counts as executing.',
    },
    {
      term: 'write',
      meaning: 'Hands output to the kernel, straight away. Only if the socket does not take all of it, the loop asks to be told when it is WRITABLE.',
    },
    { term: 'timers', meaning: 'Things to do at a time: looking for expired keys, ending the wait of a blocked client. They run at the end of a turn.' },
    {
      term: 'timeout',
      meaning:
        'How long poll.wait may sleep: until the next timer is due; without a timer there is no ' +
        'limit. That is how one thread waits for sockets and for time at once.',
    },
    { term: 'waited', meaning: 'Time asleep in poll.wait. Much of it means an idle server, not a slow one; so it is not part of the bar.' },
    {
      term: 'worked',
      meaning:
        'What this turn did, in microseconds, and how long the next one took to write its replies: the bar shows the shares, and in a wider pane ' +
        'each line of the code has its own time beside it. Measured between events of the trace, so the cost of watching is in it.',
    },
    {
      term: 'p50, p99, max',
      meaning:
        'Turn times: how long the last 500 turns were busy, writing the replies of the turn before and then from waking up to the end of the ' +
        'timers: half of them at most p50, 99 of 100 at most p99, the longest max. No client can be served faster than the turn it waits for.',
    },
    {
      term: 'small bars',
      meaning: 'The last turns, the newest on the right. Heights are logarithms, because one turn may take a thousand times as long as the next.',
    },
    { term: 'held', meaning: 'You have stopped the loop itself, not only the picture: clients wait, and its clock stands still.' },
    {
      term: 'BUSY',
      meaning:
        'The loop has been in one turn for a tenth of a second or longer, and cannot tell anything: what is shown of it is seen from ' +
        'another thread, its time from when that first saw it. Who has sent something meanwhile waits in the kernel.',
    },
    { term: 'too fast to follow', meaning: 'More happens than can be told. The rest is counted, not shown: pause, or slow down, to see every step.' },
    { term: 'emulated', meaning: 'The portable poller has no kernel to ask: readiness is made up from what Node has already read.' },
    {
      term: 'ClientConnect …',
      meaning:
        'How many events of each of the five kinds have been seen: connecting, requests, leaving, ' +
        'publish and subscribe, replication. What the trace has dropped is not in it.',
    },
    ...Object.entries(TRACE_EVENTS).map(([kind, { meaning }]) => ({ term: `event ${kind}`, meaning })),
  ],
};
