// The programs of the course in TypeScript: the same as in JavaScript, but for the lines that stand here. What a line becomes may be several lines.

/** In every lesson. */
const ANY_LESSON = {
  "import { Events, Interest, SystemError, TcpListener, Token, WouldBlock } from 'redis-lab/poll';":
    "import { Events, Interest, type Poll, SystemError, TcpListener, type TcpStream, Token, WouldBlock } from 'redis-lab/poll';",
  "import { Events, Interest, TcpListener, Token, WouldBlock } from 'redis-lab/poll';":
    "import { Events, Interest, type Poll, TcpListener, type TcpStream, Token, WouldBlock } from 'redis-lab/poll';",
  "import { Interest, TcpListener, Token, WouldBlock } from 'redis-lab/poll';":
    "import { Interest, type Poll, TcpListener, type TcpStream, Token, WouldBlock } from 'redis-lab/poll';",
  '#bytes = Buffer.alloc(0);': '#bytes: Buffer = Buffer.alloc(0);',
  'feed(bytes) {': 'feed(bytes: Buffer): void {',
  'next() {': 'next(): Buffer[] | null {',
  'const words = [];': 'const words: Buffer[] = [];',
  'export function execute(argv) {': 'export function execute(argv: Buffer[]): string {',
  'execute(argv) {': 'execute(argv: Buffer[]): string {',
  'const bulk = (value) => (': 'const bulk = (value: string | null): string => (',
  'const pair = (key, value) => `': 'const pair = (key: string, value: string | null): string => `',
  'const request = (words) => `': 'const request = (words: string[]): string => `',
  'const wrongNumber = (command) => `': 'const wrongNumber = (command: string): string => `',
  '#listener;': '#listener: TcpListener;',
  '#poll;': '#poll: Poll;',
  '#now;': '#now: () => number;',
  '#clients = new Map();': '#clients = new Map<Token, Client>();',
  'constructor(listener) {': 'constructor(listener: TcpListener) {',
  'constructor(poll, listener) {': 'constructor(poll: Poll, listener: TcpListener) {',
  'constructor(poll, listener, now) {': 'constructor(poll: Poll, listener: TcpListener, now: () => number) {',
  'constructor(now) {': 'constructor(now: () => number) {',
  'static bind(poll, address) {': 'static bind(poll: Poll, address: string): Server {',
  'static bind(poll, address, now = () => performance.now()) {': 'static bind(poll: Poll, address: string, now = (): number => performance.now()): Server {',
  'acceptOne() {': 'acceptOne(): TcpStream | null {',
  'get size() {': 'get size(): number {',
  'runOnce(timeoutMs = null) {': 'runOnce(timeoutMs: number | null = null): void {',
  '#timeout(mostMs) {': '#timeout(mostMs: number | null): number | null {',
  '#acceptAll() {': '#acceptAll(): void {',
  '#handle(client) {': '#handle(client: Client | undefined): void {',
  '#read(client) {': '#read(client: Client): void {',
  '#write(client) {': '#write(client: Client): boolean {',
  '#end(client) {': '#end(client: Client): void {',
};

const CLIENT = ['interface Client {', '  readonly token: Token;', '  readonly stream: TcpStream;', '  readonly decoder: Decoder;'];
const WRITING = ['  /** Bytes that are to be written. */', '  waiting: Buffer;', '  /** WRITABLE is asked for. */', '  isArmed: boolean;'];

/** What stands before this line. */
const before = (line, ...lines) => ({ [line]: [...lines, '', line].join('\n') });

const ANSWERS = '/** Answers requests; any number of clients, on one thread. */';

/** In one lesson; a line that stands here and above is this one. */
const ONE_LESSON = {
  '02-event-loop': {
    'static bind(poll, address) {': 'static bind(poll: Poll, address: string): EchoServer {',
    '#client = null;': '#client: TcpStream | null = null;',
    '#accept() {': '#accept(): void {',
    '#echo() {': '#echo(): void {',
    '#end() {': '#end(): void {',
    'const count = this.#client.read(this.#buffer);': 'const count = this.#client!.read(this.#buffer);',
    'this.#client.write(this.#buffer.subarray(0, count));': 'this.#client!.write(this.#buffer.subarray(0, count));',
    'this.#client.close();': 'this.#client!.close();',
  },
  '03-many-clients': {
    'static bind(poll, address) {': 'static bind(poll: Poll, address: string): EchoServer {',
    '#clients = new Map();': '#clients = new Map<Token, TcpStream>();',
    '#echo(token) {': '#echo(token: Token): void {',
    '#end(token) {': '#end(token: Token): void {',
    'this.#clients.get(token).close();': 'this.#clients.get(token)!.close();',
  },
  '04-half-frames': before(ANSWERS, ...CLIENT, '}'),
  '05-set-get': {
    ...before('/** Answers requests out of one keyspace for everyone. */', ...CLIENT, '}'),
    '#values = new Map();': '#values = new Map<string, string>();',
  },
  '06-expiry': {
    ...before('/** The keyspace, and the commands on it. Values are byte strings. */', 'interface Entry {', '  readonly value: string;', '  readonly dueMs: number | null;', '}'),
    ...before('/** Answers requests; keys with a time to live are gone when it is over. */', ...CLIENT, '}'),
    '#entries = new Map();': '#entries = new Map<string, Entry>();',
    'deleteDue() {': 'deleteDue(): number {',
    'nextDueMs() {': 'nextDueMs(): number | null {',
    'let next = null;': 'let next: number | null = null;',
    '#set(words) {': '#set(words: string[]): string {',
    '#set([key, value, option, ms, ...more]) {': '#set([key, value, option, ms, ...more]: string[]): string {',
    '#find(key) {': '#find(key: string): string | null {',
    'store;': 'store: Store;',
  },
  '07-writing': before('/** Answers requests; who does not take its replies is not read from either. */', ...CLIENT, ...WRITING, '}'),
  '08-parking': {
    ...before(
      '/** Lists, and clients that wait for what others push. */',
      ...CLIENT, ...WRITING, '  isParked: boolean;', '}', '', 'interface Parked {', '  readonly client: Client;', '  readonly key: string;', '  readonly dueMs: number;', '}',
    ),
    '#lists = new Map();': '#lists = new Map<string, string[]>();',
    '#parked = [];': '#parked: Parked[] = [];',
    '#resumed = [];': '#resumed: Token[] = [];',
    'get parked() {': 'get parked(): number {',
    '#execute(client, argv) {': '#execute(client: Client, argv: Buffer[]): string | null {',
    '#push(key, values) {': '#push(key: string, values: string[]): string {',
    '#pop(key) {': '#pop(key: string): string | null {',
    'const value = list.shift();': 'const value = list.shift()!;',
    '#popOrPark(client, key, seconds) {': '#popOrPark(client: Client, key: string, seconds: number): string | null {',
    '#serve(key) {': '#serve(key: string): void {',
    'const [{ client }] = this.#parked.splice(at, 1);': 'const [{ client }] = this.#parked.splice(at, 1) as [Parked];',
    '#timeOut() {': '#timeOut(): void {',
    '#resume(client, reply) {': '#resume(client: Client, reply: string): void {',
    '#executeAll(client) {': '#executeAll(client: Client): void {',
  },
  '09-fairness': {
    ...before('/** Answers many requests by one write, and no client keeps the loop for itself. */', ...CLIENT, ...WRITING, '}'),
    '#unfinished = new Set();': '#unfinished = new Set<Token>();',
    '#serve(client) {': '#serve(client: Client): void {',
    'const replies = [];': 'const replies: Buffer[] = [];',
    '#fill(client) {': '#fill(client: Client): string {',
  },
  '10-propagation': {
    ...before('/** The keyspace. Knows nothing of clients. */', 'interface Result {', '  readonly reply: string;', '  readonly isChanged: boolean;', '}'),
    'const LENGTHS = new Map([': 'const LENGTHS = new Map<string, number>([',
    '#values = new Map();': '#values = new Map<string, string>();',
    'execute(words) {': 'execute(words: string[]): Result {',
    'snapshot() {': 'snapshot(): string {',
    '#isSink = new Map();': '#isSink = new Map<number, boolean>();',
    ...before(
      '/** Bytes that may wait for one client. A client that leaves more is dropped: memory has an end. */',
      'type RedisEvent =',
      "  | { readonly kind: 'ClientConnect'; readonly id: number }",
      "  | { readonly kind: 'ClientRequest'; readonly id: number; readonly argv: Buffer[] }",
      "  | { readonly kind: 'Replication'; readonly request: string }",
      "  | { readonly kind: 'ClientDisconnect'; readonly id: number };",
    ),
    ...before('/** The loop: makes events of what sockets bring, and bytes in sockets of what the handler sends. */', ...CLIENT, ...WRITING, '}'),
    '#send;': '#send: (id: number, text: string) => void;',
    '#publish;': '#publish: (event: RedisEvent) => void;',
    'constructor({ send, publish }) {': 'constructor({ send, publish }: { send(id: number, text: string): void; publish(event: RedisEvent): void }) {',
    'handle(event) {': 'handle(event: RedisEvent): void {',
    '#execute({ id, argv }) {': '#execute({ id, argv }: { readonly id: number; readonly argv: Buffer[] }): string {',
    '#queue = [];': '#queue: RedisEvent[] = [];',
    '#touched = new Set();': '#touched = new Set<Client>();',
    '#emit(event) {': '#emit(event: RedisEvent): void {',
    '#send(id, text) {': '#send(id: number, text: string): void {',
    '#attend(client, does) {': '#attend(client: Client | undefined, does: (client: Client) => void): void {',
    '#flush(client) {': '#flush(client: Client): boolean {',
  },
};

/** Of the program with which lesson 10 begins. */
const TASKS = {
  ...before(
    '/** Something that runs until it has to wait, and then goes on where it was: what a thread, a goroutine or an async function is elsewhere. */',
    'type Steps<Result = void> = Generator<undefined, Result, undefined>;',
  ),
  '#steps;': '#steps!: Steps;',
  '#ready;': '#ready: Task[];',
  'constructor(ready) {': 'constructor(ready: Task[]) {',
  'start(body) {': 'start(body: (task: Task) => Steps): void {',
  'resume() {': 'resume(): void {',
  'run() {': 'run(): void {',
  '#queue = [];': '#queue: Task[] = [];',
  'get waiting() {': 'get waiting(): number {',
  '*acquire(task) {': '*acquire(task: Task): Steps {',
  'release() {': 'release(): void {',
  ...before(
    '/** A task for each connection. What they share is behind a lock. */',
    ...CLIENT, '  /** Tasks that wait until they can read from it, or write to it. */', '  reader: Task | null;', '  writer: Task | null;', '}',
  ),
  '#ready = [];': '#ready: Task[] = [];',
  '#sinks = new Set();': '#sinks = new Set<Client>();',
  'get waitingForLock() {': 'get waitingForLock(): number {',
  '#wake(client, event) {': '#wake(client: Client | undefined, event: Event): void {',
  'const client = { token, stream,': 'const client: Client = { token, stream,',
  '*#serve(task, client) {': '*#serve(task: Task, client: Client): Steps {',
  '*#execute(task, client, words) {': '*#execute(task: Task, client: Client, words: string[]): Steps<string> {',
  '*#receive(task, client) {': '*#receive(task: Task, client: Client): Steps<string[] | null> {',
  '*#send(task, client, text) {': '*#send(task: Task, client: Client, text: string): Steps {',
  'let bytes = Buffer.from(': 'let bytes: Buffer = Buffer.from(',
  "import { Events, Interest, SystemError, TcpListener, Token, WouldBlock } from 'redis-lab/poll';":
    "import { type Event, Events, Interest, type Poll, SystemError, TcpListener, type TcpStream, Token, WouldBlock } from 'redis-lab/poll';",
};

/** Rows that are in no program: a line has been changed in one place only. */
export function unusedTypes(programs) {
  const lines = new Set(programs.flatMap((program) => program.split('\n').map((line) => line.trim())));
  const rows = [ANY_LESSON, ...Object.values(ONE_LESSON), TASKS].flatMap((each) => Object.keys(each));
  return rows.filter((row) => ![...lines].some((line) => line.startsWith(row)));
}

/**
 * A program of the course in TypeScript.
 *
 * @param {string} program in JavaScript
 * @param {string} lesson its name
 * @param {'stub' | 'solution'} which
 */
export function withTypes(program, lesson, which) {
  const begins = lesson === '10-propagation' && which === 'stub' ? TASKS : {};
  const rows = Object.entries({ ...ANY_LESSON, ...ONE_LESSON[lesson], ...begins });
  const lines = program.split('\n').flatMap((line) => {
    const code = line.trimStart();
    const row = rows.find(([before]) => code.startsWith(before));
    if (row === undefined) return withoutJsDocTypes(line);
    const indent = line.slice(0, line.length - code.length);
    return `${row[1]}${code.slice(row[0].length)}`.split('\n').map((each) => (each === '' ? each : `${indent}${each}`));
  });
  return lines.join('\n').replaceAll('\n  /**\n   */', '');
}

/** A line of a comment; none if it has told the type only. */
function withoutJsDocTypes(line) {
  const tag = /^ *(?:\*|\/\*\*) @(?:param|returns) (?=\{)/.exec(line);
  if (tag === null) return [line];
  let depth = 0;
  const end = [...line].findIndex((each, at) => {
    if (each === '{') depth++;
    else if (each === '}') depth--;
    return each === '}' && depth === 0 && at > tag[0].length;
  });
  const rest = line.slice(end + 1).trimStart();
  // A name alone says no more than the code.
  return /^\w*(?: \*\/)?$/.test(rest) ? [] : [`${tag[0]}${rest}`];
}
