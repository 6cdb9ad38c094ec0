/**
 * What learners get wrong: programs of the course with one mistake, and how the test of the lesson tells it.
 */

export interface Mistake {
  readonly lesson: string;
  readonly what: string;
  /** What stands in the solution, and what the learner has written. */
  readonly instead: readonly (readonly [string, string])[];
  /** Words of the first test that is RED, and of what is said of it. */
  readonly red: string;
  readonly says: string;
}

export const MISTAKES: readonly Mistake[] = [
  {
    lesson: '01', what: 'WouldBlock is passed on', instead: [['stream === WouldBlock ? null : stream', 'stream']],
    red: 'no connection waits', says: 'acceptOne returned Symbol(WouldBlock)',
  },
  {
    lesson: '01', what: 'WouldBlock is taken for an error', instead: [['return stream === WouldBlock ? null : stream;', "if (stream === WouldBlock) throw new Error('EAGAIN');\nreturn stream;"]],
    red: 'no connection waits', says: 'Error: EAGAIN',
  },
  { lesson: '01', what: 'the listener is not registered', instead: [['poll.register(listener, LISTENER, Interest.READABLE);', '']], red: 'the listener is registered', says: 'the poll brought nothing; TcpListener.bind(127.0.0.1:7000); poll.poll was called once; register was never called' },
  {
    lesson: '01', what: 'registered for WRITABLE', instead: [['Interest.READABLE', 'Interest.WRITABLE']],
    red: 'the listener is registered', says: 'register(token 0, WRITABLE)',
  },
  {
    lesson: '01', what: 'bind returns nothing', instead: [['    return new Server(listener);', '']],
    red: 'bind listens', says: 'bind returned undefined; TcpListener.bind(127.0.0.1:7000); register(token 0, READABLE)',
  },
  { lesson: '01', what: 'the wrong token', instead: [['poll.register(listener, LISTENER', 'poll.register(listener, Token(5)']], red: 'the listener is registered', says: 'the poll brought token 5' },
  {
    lesson: '01', what: 'a socket that was never bound', instead: [['TcpListener.bind(poll, address)', "TcpListener.bind(poll, '127.0.0.1:9')"]],
    red: 'bind listens', says: 'a listener at 127.0.0.1:7000',
  },
  {
    lesson: '02', what: 'one read for each event', instead: [['      this.#client.write(this.#buffer.subarray(0, count));', '      return void this.#client.write(this.#buffer.subarray(0, count));']],
    red: 'the socket is read until WouldBlock', says: '4096 of 10000 bytes came back; the rest stays in the socket',
  },
  {
    lesson: '02', what: 'a second client takes the place of the first', instead: [['    if (this.#client !== null) return;\n', '']],
    red: 'one client at a time', says: 'the first client got "", the second one "second"',
  },
  {
    lesson: '02', what: 'the client is not registered', instead: [['    this.#poll.register(stream, CLIENT, Interest.READABLE);', '']],
    red: 'the socket is read until WouldBlock', says: '; 0 of 10000 bytes came back; poll.poll was called 50 times; a stream that accept returned was not registered',
  },
  {
    lesson: '02', what: 'the whole buffer is written', instead: [['this.#buffer.subarray(0, count)', 'this.#buffer']],
    red: 'a client gets back', says: 'the client got "hello" and 4091 bytes more (all 0)',
  },
  {
    lesson: '02', what: 'loops around the poll',
    instead: [['    this.#poll.poll(this.#events, timeoutMs);\n    for', '    while (true) {\n    this.#poll.poll(this.#events, timeoutMs);\n    for'], ['      else this.#echo();\n    }', '      else this.#echo();\n    }}']],
    red: 'a client gets back', says: 'runOnce never returns: poll.poll is called again and again in it; it is one turn, so wait once',
  },
  {
    lesson: '02', what: 'the stream is never closed', instead: [['    this.#client.close();\n', '']],
    red: 'the client ends', says: 'read was called twice (3 B, 0: the end); write was called once (3 B); close was not called',
  },
  {
    lesson: '02', what: 'WouldBlock is an error', instead: [['if (count === WouldBlock) return;', "if (count === WouldBlock) throw new Error('EAGAIN');"]],
    red: 'a client gets back', says: 'Error: EAGAIN',
  },
  {
    lesson: '02', what: 'WouldBlock closes', instead: [['if (count === WouldBlock) return;', 'if (count === WouldBlock) return this.#end();']],
    red: 'a read or accept that returns WouldBlock', says: 'bytes came back',
  },
  { lesson: '02', what: 'the end of the stream is not seen', instead: [['if (count === 0) return this.#end();', '']], red: 'the client ends', says: 'read returned 0 (the end) again and again' },
  { lesson: '02', what: 'the end of the stream ends the turn only', instead: [['if (count === 0) return this.#end();', 'if (count === 0) return;']], red: 'the client ends', says: 'a close after the read of 0 bytes' },
  { lesson: '02', what: 'a busy loop', instead: [['poll(this.#events, timeoutMs)', 'poll(this.#events, 0)']], red: 'nothing is ready', says: 'a wait of 250 ms' },
  { lesson: '02', what: 'waits of its own', instead: [['this.#poll.poll(this.#events, timeoutMs);', 'do this.#poll.poll(this.#events, timeoutMs); while (this.#events.isEmpty);']], red: 'nothing is ready', says: 'runOnce never returns: poll.poll is called again and again' },
  {
    lesson: '02', what: 'nobody looks into the backlog again', instead: [['    this.#client = null;\n    // A connection may have waited meanwhile; that was reported once already.\n    this.#accept();', '    this.#client = null;']],
    red: 'a client that has waited', says: 'it waited in the backlog',
  },
  { lesson: '02', what: 'accept without an event', instead: [['    for (const event of this.#events) {', '    this.#accept();\n    for (const event of this.#events) {']], red: 'nothing is ready', says: 'no accept and no read without an event' },
  {
    lesson: '03', what: 'one accept for each event', instead: [['for (let stream = this.#listener.accept(); stream !== WouldBlock; stream = this.#listener.accept()) {', 'const stream = this.#listener.accept();\nif (stream !== WouldBlock) {']],
    red: 'two clients that came together', says: 'two connections were waiting, size is 1',
  },
  { lesson: '03', what: 'an error ends the loop', instead: [['      this.#end(token);\n    }\n  }\n\n  #end', "      throw new Error('the loop ends');\n    }\n  }\n\n  #end"]], red: 'a reset ends one client', says: 'Error: the loop ends' },
  {
    lesson: '03', what: 'a disconnected client stays in the map', instead: [['    this.#clients.delete(token);', '']],
    red: 'a client that disconnects is closed', says: 'size is 2',
  },
  {
    lesson: '03', what: 'the map keeps a client that was reset', instead: [['    this.#clients.delete(token);', '']],
    red: 'a reset ends one client', says: 'deleted from the map: one client is left; size is 2; poll.poll was called',
  },
  {
    lesson: '03', what: 'clients are not registered', instead: [['      this.#poll.register(stream, token, Interest.READABLE);\n', '']],
    red: 'no token is used twice', says: 'no stream was registered; ',
  },
  {
    lesson: '03', what: 'clients are not registered, so none is read', instead: [['      this.#poll.register(stream, token, Interest.READABLE);\n', '']],
    red: 'each socket is read until WouldBlock', says: '2 streams that accept returned were not registered',
  },
  { lesson: '03', what: 'tokens are used again', instead: [['Token(this.#nextToken++)', 'Token(this.#clients.size + 1)']], red: 'no token is used twice', says: 'they got 1, 1, 1, 1, 1' },
  { lesson: '03', what: 'one stream for all', instead: [['const stream = this.#clients.get(token);', 'const stream = [...this.#clients.values()][0];']], red: 'each client gets its own', says: '' },
  {
    lesson: '03', what: 'one read for each event', instead: [['        stream.write(this.#buffer.subarray(0, count));', '        return void stream.write(this.#buffer.subarray(0, count));']],
    red: 'each socket is read until WouldBlock', says: '4096 and 4096 of 10000 bytes came back',
  },
  { lesson: '04', what: 'one read is one request', instead: [['for (let argv = client.decoder.next(); argv !== null; argv = client.decoder.next()) client', 'const argv = client.decoder.next(); if (argv !== null) client']], red: 'several requests in one read', says: 'three times PONG' },
  { lesson: '04', what: 'a word without its CR LF', instead: [['bytes.length < stop + 2', 'bytes.length < stop']], red: 'byte by byte', says: "expected '*'" },
  { lesson: '04', what: 'the buffer of the read is kept', instead: [['this.#bytes = Buffer.concat([this.#bytes, bytes]);', 'this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes]);']], red: 'half a request', says: '' },
  { lesson: '04', what: 'half a request is dropped', instead: [['if (bytes.length < stop + 2) return null;', 'if (bytes.length < stop + 2) { this.#bytes = Buffer.alloc(0); return null; }']], red: 'half a request', says: "expected '*'" },
  {
    lesson: '04', what: 'one decoder for all',
    instead: [['decoder: new Decoder() }', 'decoder: SHARED }'], ['export class Server {', 'const SHARED = new Decoder();\nexport class Server {']],
    red: 'each client has its own decoder', says: '',
  },
  { lesson: '05', what: 'lengths count characters', instead: [["argv.map((word) => word.toString('latin1'))", 'argv.map((word) => word.toString())']], red: 'values are bytes', says: 'brings' },
  {
    lesson: '05', what: 'an object as a map',
    instead: [[
      '#values = new Map();',
      '#values = { get(key) { return this[key]; }, set(key, value) { this[key] = value; }, ' +
        'delete(key) { const had = key in this; delete this[key]; return had; } };',
    ]],
    red: 'names of object properties', says: '',
  },
  { lesson: '05', what: 'a keyspace for each connection', instead: [['decoder: new Decoder() }', 'decoder: new Decoder(), store: new Store() }'], ['this.#store.execute', 'client.store.execute']], red: 'one keyspace for everyone', says: 'it brought' },
  { lesson: '06', what: 'lazy only', instead: [['    this.store.deleteDue();\n', '']], red: 'active', says: 'the store holds 1' },
  { lesson: '06', what: 'the poll sleeps on', instead: [['this.#timeout(timeoutMs)', 'timeoutMs']], red: 'active', says: 'it slept 10000 ms' },
  { lesson: '06', what: 'a poll that never sleeps', instead: [['this.#timeout(timeoutMs)', '0']], red: 'without keys that expire', says: 'one sleep of 250 ms' },
  { lesson: '06', what: 'active only', instead: [['entry.dueMs > this.#now()) return entry.value;', 'true) return entry.value;']], red: 'lazy', says: 'it brought' },
  { lesson: '07', what: 'a write takes all', instead: [['client.waiting = client.waiting.subarray(taken);', 'client.waiting = Buffer.alloc(0);']], red: 'a short write', says: 'all 50010 bytes' },
  {
    lesson: '07', what: 'WRITABLE is never asked for', instead: [['isArmed ? Interest.READABLE | Interest.WRITABLE : Interest.READABLE', 'Interest.READABLE']],
    red: 'when everything is written', says: '',
  },
  {
    lesson: '07', what: 'WRITABLE is kept',
    instead: [['isArmed ? Interest.READABLE | Interest.WRITABLE : Interest.READABLE', 'Interest.READABLE | Interest.WRITABLE']],
    red: 'when everything is written', says: 'READABLE and WRITABLE',
  },
  { lesson: '07', what: 'no backpressure', instead: [['    return !isArmed;', '    return true;']], red: 'backpressure', says: 'keeps their replies' },
  { lesson: '07', what: 'writes until all is taken', instead: [['if (taken === WouldBlock) break;', 'if (taken === WouldBlock) continue;']], red: 'a short write', says: 'write returned WouldBlock again and again' },
  {
    lesson: '08', what: 'waits in the command, with a poll of its own', instead: [['    const value = this.#pop(key);\n    if (value !== null)', '    let value;\n    while ((value = this.#pop(key)) === null) this.#poll.poll(new Events(), 10);\n    if (value !== null)']],
    red: 'a push serves', says: 'runOnce never returns: poll.poll is called again and again',
  },
  {
    lesson: '08', what: 'polls again and again', instead: [['this.#timeout(timeoutMs)', 'this.#parked.length > 0 ? 10 : timeoutMs']],
    red: 'while a client is parked', says: 'it slept 10 ms',
  },
  {
    lesson: '08', what: 'serves the latest', instead: [['this.#parked.findIndex(', 'this.#parked.findLastIndex(']],
    red: 'the client that has waited longest', says: '"" came',
  },
  {
    lesson: '08', what: 'serves one for each push',
    instead: [['      this.#resume(client, pair(key, this.#pop(key)));', '      return this.#resume(client, pair(key, this.#pop(key)));']],
    red: 'the client that has waited longest', says: 'the third one c; "" came',
  },
  {
    lesson: '08', what: 'serves any waiting client', instead: [['(each) => each.key === key', '() => true']],
    red: 'a client that waits for another key', says: '"" came',
  },
  { lesson: '08', what: 'the value stays in the list', instead: [['pair(key, this.#pop(key)));\n    }', 'pair(key, this.#lists.get(key)[0]));\n    }']], red: 'a push serves', says: '"LPOP q" brings "$-1\\r\\n"' },
  { lesson: '08', what: 'the time is never over', instead: [['    this.#timeOut();\n', '']], red: 'the poll sleeps just until', says: '"" came' },
  { lesson: '08', what: 'the poll sleeps on', instead: [['this.#timeout(timeoutMs)', 'timeoutMs']], red: 'the poll sleeps just until', says: 'it slept 10000 ms' },
  { lesson: '08', what: 'the latest time, not the next', instead: [['Math.min(...this.#parked', 'Math.max(0, ...this.#parked']], red: 'the poll sleeps just until', says: 'it slept 900 ms' },
  {
    lesson: '08', what: 'a served client is not removed',
    instead: [
      ['const [{ client }] = this.#parked.splice(at, 1);', 'const { client } = this.#parked[at];\nif (!client.isParked) return;'],
      ['this.#parked.findIndex((each) => each.key === key)', 'this.#parked.findIndex((each) => each.key === key && each.client.isParked)'],
    ],
    red: 'a client that was served', says: 'no second reply',
  },
  {
    lesson: '08', what: 'a disconnected client is not forgotten',
    instead: [['    this.#parked = this.#parked.filter((each) => each.client !== client);\n', '']],
    red: 'a parked client that disconnects', says: 'the first one is gone; "" came',
  },
  {
    lesson: '08', what: 'goes on with the requests behind it', instead: [['    client.isParked = true;\n', '']],
    red: 'a request sent after BLPOP', says: 'no +PONG before',
  },
  {
    lesson: '08', what: 'the requests behind it are left', instead: [['    this.#resumed.push(client.token);', '    this.#write(client);']],
    red: 'a request sent after BLPOP', says: 'without another event',
  },
  { lesson: '09', what: 'a write for each reply', instead: [["      else replies.push(Buffer.from(execute(argv), 'latin1'));", "      else { replies.push(''); client.waiting = Buffer.concat([client.waiting, Buffer.from(execute(argv), 'latin1')]); this.#write(client); }"], ['client.waiting = Buffer.concat(replies);', '']], red: 'a pipeline of 50', says: 'write was called 50 times' },
  { lesson: '09', what: 'no budget', instead: [['replies.length < BUDGET && ', '']], red: 'a flood', says: '2000 of 2000 came' },
  {
    lesson: '09', what: 'the remainder is forgotten', instead: [['if (state === READ) this.#unfinished.add(client.token);', 'if (state === READ) return;']],
    red: 'the remainder', says: '64 came, and then the poll had nothing to report',
  },
  {
    lesson: '09', what: 'sleeps in spite of the remainder', instead: [['this.#unfinished.size > 0 ? 0 : timeoutMs', 'timeoutMs']],
    red: 'the remainder', says: 'ms; poll.poll was called',
  },
  { lesson: '09', what: 'never sleeps again', instead: [['this.#unfinished.size > 0 ? 0 : timeoutMs', '0']], red: 'when all are finished', says: 'it slept 0 ms' },
  { lesson: '09', what: 'finishes the unfinished first', instead: [['for (const token of due) this.#handle(this.#clients.get(token));', 'for (const token of due) do { this.#unfinished.delete(token); this.#handle(this.#clients.get(token)); } while (this.#unfinished.has(token));']], red: 'a flood', says: '2000 of 2000 came' },
  {
    lesson: '09', what: 'the unfinished go before the events, and again after them',
    instead: [[
      '    const due = this.#unfinished;\n',
      '    for (const token of this.#unfinished) this.#handle(this.#clients.get(token));\n    const due = this.#unfinished;\n',
    ]],
    red: 'the others get their turn', says: 'the flood 128',
  },
  {
    lesson: '09', what: 'a client that does not read counts as unfinished',
    instead: [[
      'if (this.#write(client)) this.#serve(client);',
      'if (this.#write(client)) this.#serve(client);\n      else this.#unfinished.add(client.token);',
    ]],
    red: 'a client that does not read', says: 'it slept 0 ms',
  },
  { lesson: '09', what: 'the end drops the replies', instead: [['    client.waiting = Buffer.concat(replies);\n', '    if (state === ENDED) return this.#end(client);\n    client.waiting = Buffer.concat(replies);\n']], red: 'a client that sends 200', says: '192 replies came' },
  { lesson: '10', what: 'writes to a sink until it has taken all', instead: [['if (taken === WouldBlock) break;', 'if (taken === WouldBlock) continue;']], red: 'a sink that takes nothing', says: 'write returned WouldBlock again and again' },
  {
    lesson: '10', what: 'writes where the handler sends', instead: [['    this.#touched.add(client);', '    this.#flush(client);']],
    red: 'a disconnected sink', says: 'both writes, for the sink that stays; "SET k 2" came',
  },
  {
    lesson: '10', what: 'propagates what is only read', instead: [['if (isChanged) this.#publish', 'this.#publish']],
    red: 'a sink gets all existing keys', says: '"SET before 1, SET k v, GET k, DEL nothing,',
  },
  {
    lesson: '10', what: 'handles what was published at the end of the turn',
    instead: [
      ['publish: (event) => this.#queue.push(event)', 'publish: (event) => this.#later.push(event)'],
      ['  #touched = new Set();', '  #touched = new Set();\n  #later = [];'],
      ['    for (const client of this.#touched)', '    for (const event of this.#later.splice(0)) this.#emit(event);\n    for (const client of this.#touched)'],
    ],
    red: 'a sink that joins during', says: 'it comes to 11',
  },
  {
    lesson: '10', what: 'no keys for a sink that joins', instead: [['      return this.#database.snapshot();', "      return '';"]],
    red: 'a sink gets all existing keys', says: 'SET before 1',
  },
  {
    lesson: '10', what: 'disconnected sinks stay', instead: [['        this.#isSink.delete(event.id);', '']],
    red: 'the handler sends a Replication', says: 'it sent "2: ',
  },
  { lesson: '10', what: 'a queue without an end', instead: [['client.waiting.length > MOST_WAITING', 'false']], red: 'a sink that never reads', says: 'it is kept, and so is all that waits for it' },
  { lesson: '10', what: 'the handler propagates without an event', instead: [["this.#publish({ kind: 'Replication', request: request(words) });", "this.handle({ kind: 'Replication', request: request(words) });"]], red: 'one handler owns', says: 'it published nothing' },
];
