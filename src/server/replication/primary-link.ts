/**
 * PrimaryLink: this server as a replica: the connection to its master, from REPLICAOF to the stream of changes.
 *
 *   none ─REPLICAOF─▶ connect ─▶ connecting ─▶ handshake ─full─▶ sync ─▶ loading ─▶ connected
 *                       ▲  ▲                       └──────────partial─────────────▶    │
 *                       │  └── a second later ◀── anything fails                       │
 *                       └─────────────── at once, continuing from there ◀── it is lost ┘
 *
 * Up to `loading` the link reads the socket itself (link-socket.ts). Then the connection becomes a client's, whose requests the dispatcher executes
 * (client/master-connection.ts). The dataset is kept and loaded by ArrivingDataset (arriving-dataset.ts), and requests of clients may be refused meanwhile.
 */
import { captureTimer, type Scheduler, type TimerState } from '../../shared/timer-state.js';
import { READ_ONLY_REPLICA } from '../errors.js';
import { SystemError, type TcpStream } from '../io/poll.js';
import type { Token } from '../io/token.js';
import type { ErrorReply } from '../resp/reply.js';
import type { Tap } from '../trace/tap.js';
import { ArrivingDataset, type DatasetLoad, type DatasetState, type DatasetSurroundings, type LoadProgress } from './arriving-dataset.js';
import type { DatasetTransfer } from './dataset-transfer.js';
import { Handshake, type HandshakeState, type Outcome, type Position } from './handshake.js';
import { type LinkLoop, LinkSocket, type LinkSocketState } from './link-socket.js';
import { knownAddress, type LookupJobs, NameLookup } from './name-lookup.js';
import type { Replication } from './replication.js';

/** The names are CONFIG's. */
export interface LinkSettings {
  readonly replicaof: string;
  readonly masterauth: string;
  readonly masteruser: string;
  readonly 'repl-timeout': number;
  readonly 'replica-read-only': boolean;
  readonly 'replica-serve-stale-data': boolean;
  readonly 'replica-announce-ip': string;
  readonly 'replica-announce-port': number;
  readonly 'repl-diskless-load': string;
}

/** A host, as the settings name it, and a port. */
export interface MasterAddress {
  readonly host: string;
  readonly port: number;
}

/** The connection to the master, once it sends the stream. */
export interface MasterClient {
  readonly token: Token;
  /** Unix time of the last bytes from it. */
  readonly lastInteractionMs: number;
  /** Executes what has already been read. */
  take(bytes: Buffer): void;
  /** Sends the offset that this server has reached. */
  acknowledge(offset: number): void;
  end(why: 'replication ended' | 'replication timeout'): void;
}

/** What clients are refused, and why. */
export interface Refusals {
  /** Null: writes are not refused. */
  readonly writes: ErrorReply | null;
  /** The link is down, or the dataset is being loaded. */
  readonly isStale: boolean;
  /** async: the old dataset is served meanwhile. */
  readonly loading: 'no' | 'async' | 'yes';
}

interface Surroundings extends DatasetSurroundings {
  readonly settings: LinkSettings;
  readonly replication: Replication;
  readonly clock: { readonly nowMs: number };
  readonly stats: { bytesFromMaster: number };
  readonly scheduler: Scheduler;
  readonly tap: Tap;
  readonly loop: LinkLoop;
  readonly replicas: { restart(): void; disconnectAll(): void; promoted(): void; createBacklog(): void; look(): void };
  /** The failover in which the followed master is asked to take over. */
  readonly failover: { readonly phase: string; end(): void; abort(why: string): void };
  readonly jobs: LookupJobs;
  /** The port at which clients find this server. */
  port(): number;
  newToken(): Token;
  log(level: 'notice' | 'warning', message: string): void;
  /** Called when the dataset is the master's. @param isInFile it is in the snapshot file too */
  datasetLoaded(loaded: DatasetLoad['loaded'], isInFile: boolean): void;
  /** True while the dataset of the start is being loaded: the link does not connect before the end. */
  isLoading(): boolean;
  /** Makes the connection a client's. */
  adopt(stream: TcpStream, token: Token, db: number): MasterClient;
  /** Called when the role has changed, or what clients are refused. */
  changed(refusals: Refusals): void;
  /** Called when what this connection sends next shows a password. */
  hideOutput(token: Token, waitingBytes: () => number): void;
}

export type LinkPhase = 'none' | 'connect' | 'connecting' | 'handshake' | 'sync' | 'loading' | 'connected';

export interface LinkState {
  readonly phase: LinkPhase;
  /** Token of the master's connection, once it is a client's. */
  readonly client: Token | null;
  readonly socket: LinkSocketState | null;
  readonly handshake: HandshakeState | null;
  readonly dataset: DatasetState | null;
  readonly position: Position | null;
  readonly line: string;
  readonly unread: Uint8Array;
  readonly canContinue: boolean;
  readonly lastIoMs: number;
  readonly downSinceMs: number;
  readonly cron: TimerState | null;
  /** The job that looks up the master's name; null: there is none. */
  readonly lookup: number | null;
}

/** What a link is restored with. */
export interface LinkSockets {
  streamOf(socket: LinkSocketState): TcpStream;
  /** Returns the master's connection, which was restored with all others. */
  clientOf(token: Token): MasterClient;
}

const CRON_TIMER = 'replica';
const CRON_MS = 1000;
/** How often it checks whether the dataset of the start is loaded. */
const LOADING_MS = 100;
const MAX_LINE = 1024;

export class PrimaryLink {
  phase: LinkPhase = 'none';
  /** Since when there is no stream, in unix time; 0: there never was one. */
  downSinceMs = 0;
  /** When bytes last came from the master before it was a client. */
  lastIoMs = 0;
  private client: MasterClient | null = null;
  private socket: LinkSocket | null = null;
  private handshake: Handshake | null = null;
  private dataset: ArrivingDataset | null = null;
  /** The position of the dataset being received. */
  private position: Position | null = null;
  private line = '';
  /** Bytes that followed the dataset. */
  private unread = Buffer.alloc(0);
  /** The data is a part of a history, and a master may have what follows. */
  canContinue = false;
  private cron: TimerState | null = null;

  private readonly names: NameLookup;

  constructor(private readonly server: Surroundings) {
    this.names = new NameLookup(server.jobs, (address, why) => this.lookedUp(address, why));
  }

  // ---- Which master ----

  /** Null: this server is a master itself. */
  get master(): MasterAddress | null {
    const [host = '', port = ''] = this.server.settings.replicaof.split(' ');
    return host === '' ? null : { host, port: Number(port) };
  }

  /** Called at the start of a server whose settings name a master; it connects in its first turn. */
  begin(): void {
    if (this.master === null) return;
    this.server.replication.role = 'slave';
    this.phase = 'connect';
    this.schedule(0);
    this.tell();
  }

  /** Called when a replica has loaded a snapshot that it saved at this place in its master's history: it asks the master for what follows. */
  resume(id: string, offset: number, db: number): void {
    const { replication } = this.server;
    replication.adopt(id, offset);
    replication.selectedDb = db;
    this.canContinue = true;
  }

  /** REPLICAOF: called when the settings name another master. */
  follow(): void {
    const { replication, log, replicas } = this.server;
    const wasMaster = replication.role === 'master';
    this.drop('replication ended');
    if (wasMaster) {
      this.canContinue = true;
      log(
        'notice',
        'Before turning into a replica, using my own master parameters to synthesize a cached master: I may be able to synchronize with the new ' +
          'master with just a partial transfer.',
      );
    }
    replication.role = 'slave';
    this.phase = 'connect';
    this.schedule(CRON_MS);
    this.tell();
    replicas.look();
    log('notice', `Connecting to MASTER ${this.server.settings.replicaof.replace(' ', ':')}`);
    this.connect();
  }

  /** REPLICAOF NO ONE: this server continues as a master with its data. */
  promote(): void {
    const { replication, replicas, scheduler } = this.server;
    this.drop('replication ended');
    this.phase = 'none';
    this.canContinue = false;
    if (this.cron !== null) scheduler.cancel(this.cron);
    this.cron = null;
    replication.role = 'master';
    replication.shift();
    replicas.promoted();
    this.tell();
    replicas.look();
  }

  /** Called when the server ends. */
  end(): void {
    this.drop('replication ended');
    this.phase = 'none';
  }

  /** Called when a setting has changed that determines what clients are refused. */
  tell(): void {
    const { settings, replication, changed } = this.server;
    const progress = this.loadProgress;
    const isReplica = replication.role === 'slave';
    const isStale = isReplica && this.phase !== 'connected' && !settings['replica-serve-stale-data'];
    changed({
      writes: isReplica && settings['replica-read-only'] ? READ_ONLY_REPLICA : null,
      isStale,
      loading: progress === null ? 'no' : progress.isAsync ? 'async' : 'yes',
    });
  }

  // ---- Status ----

  get isUp(): boolean {
    return this.phase === 'connected';
  }

  /** True while the dataset is being received or loaded. */
  get isSynchronizing(): boolean {
    return this.phase === 'sync' || this.phase === 'loading';
  }

  /** The dataset being received or loaded. */
  get transfer(): DatasetTransfer | null {
    return this.dataset?.transfer ?? null;
  }

  /** Progress of the dataset being loaded; null: none is. */
  get loadProgress(): LoadProgress | null {
    return this.dataset?.progress ?? null;
  }

  /** The state in the words of ROLE. */
  get stateName(): string {
    switch (this.phase) {
      case 'handshake':
        return 'handshake';
      case 'sync':
      case 'loading':
        return 'sync';
      default:
        return this.phase;
    }
  }

  /** Unix time of the last sign of the master; -1: not connected. */
  get silentSinceMs(): number {
    return this.client === null ? -1 : this.client.lastInteractionMs;
  }

  // ---- The stream ----

  /** Sends the offset of this server, because the master asks for it, or it is time. */
  acknowledge(): void {
    this.client?.acknowledge(this.server.replication.offset);
  }

  /** Called when the connection to the master is gone. */
  lost(token: Token): void {
    if (this.client === null || this.client.token !== token) return;
    this.client = null;
    this.server.log('warning', 'Connection with master lost.');
    this.server.log('notice', 'Caching the disconnected master state.');
    this.canContinue = true;
    this.downSinceMs = this.server.clock.nowMs;
    this.phase = 'connect';
    this.tell();
    this.server.log('notice', 'Reconnecting to MASTER');
    this.connect();
  }

  // ---- Connecting ----

  private connect(): void {
    const { host } = this.master!;
    const address = knownAddress(host);
    if (address === null) this.names.begin(host);
    else this.connectTo(address);
  }

  /** @param address null: the master's name has none */
  private lookedUp(address: string | null, why: string): void {
    if (address === null) this.server.log('warning', `Unable to connect to MASTER: the name ${this.master!.host} cannot be resolved (${why})`);
    else this.connectTo(address);
  }

  private connectTo(address: string): void {
    const { loop, log, clock } = this.server;
    const { port } = this.master!;
    let stream: TcpStream;
    try {
      stream = loop.poll.connect({ host: address, port });
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      return log('warning', `Unable to connect to MASTER: ${error.code}`);
    }
    this.phase = 'connecting';
    this.lastIoMs = clock.nowMs;
    this.line = '';
    this.handshake = this.createHandshake();
    this.socket = new LinkSocket(stream, this.server.newToken(), this.server, this).begin();
    log('notice', 'MASTER <-> REPLICA sync started');
  }

  private createHandshake(): Handshake {
    const { settings, replication, log } = this.server;
    const introduction = {
      password: settings.masterauth,
      user: settings.masteruser,
      port: settings['replica-announce-port'] || this.server.port(),
      address: settings['replica-announce-ip'],
    };
    const from = (): Position | null => (this.canContinue ? { id: replication.id, offset: replication.offset + 1 } : null);
    return new Handshake(introduction, from, () => this.server.failover.phase === 'failover-in-progress', (message) => log('notice', message));
  }

  /** Called by the socket: it is connected, or has failed. */
  connected(): void {
    this.phase = 'handshake';
    this.server.log('notice', 'Non blocking connect for SYNC fired the event.');
    this.tell();
    this.socket!.say(this.handshake!.begin());
  }

  /** Called by the socket. A synchronization that is cut off begins again at once. */
  failed(why: string): void {
    const { dataset } = this;
    this.fail(dataset === null ? why : dataset.describe(why));
    if (dataset !== null) this.connect();
  }

  /** Called by the dataset. */
  broken(why: string): void {
    this.fail(why);
  }

  /** Called by the socket: from the first line to the end of the dataset. */
  took(bytes: Buffer): void {
    this.lastIoMs = this.server.clock.nowMs;
    let at = 0;
    while (at < bytes.length) {
      if (this.phase === 'handshake') at = this.takeLine(bytes, at);
      else if (this.dataset !== null && !this.dataset.isComplete) at = this.takeDataset(this.dataset, bytes, at);
      else if (this.dataset !== null) {
        this.unread = Buffer.concat([this.unread, bytes.subarray(at)]);
        return;
      } else {
        // It may have failed instead.
        this.client?.take(bytes.subarray(at));
        return;
      }
    }
  }

  private takeLine(bytes: Buffer, start: number): number {
    const newline = bytes.indexOf(10, start);
    this.line += bytes.latin1Slice(start, newline === -1 ? bytes.length : newline);
    if (this.line.length > MAX_LINE) {
      this.fail('the master sends a line that does not end');
      return bytes.length;
    }
    if (newline === -1) return bytes.length;
    const line = this.line.replace(/\r$/, '');
    this.line = '';
    const next = this.handshake!.answer(line);
    if (typeof next !== 'string') this.came(next);
    else if (next !== '') {
      const socket = this.socket!;
      if (this.handshake!.saysPassword) this.server.hideOutput(socket.token, () => socket.unsentBytes);
      socket.say(next);
    }
    return newline + 1;
  }

  private came(outcome: Outcome): void {
    const { log, replication, replicas } = this.server;
    this.handshake = null;
    switch (outcome.kind) {
      case 'later':
        log('notice', outcome.why);
        return this.fail(null);
      case 'failed':
        this.fail(outcome.why);
        return this.server.failover.abort('Failover target rejected psync request');
      case 'full':
        this.server.failover.end();
        this.position = outcome.position;
        this.dataset = new ArrivingDataset(this.server, this, outcome.position.id === replication.id);
        this.phase = 'sync';
        this.tell();
        return log('notice', `Full resync from master: ${outcome.position.id}:${outcome.position.offset}`);
      case 'partial':
        this.server.failover.end();
        log('notice', 'Successful partial resynchronization with master.');
        if (outcome.id !== null && outcome.id !== replication.id) {
          log('warning', `Master replication ID changed to ${outcome.id}`);
          replication.rename(outcome.id);
          replicas.disconnectAll();
        }
        this.handOver(Math.max(0, replication.selectedDb));
        replicas.createBacklog();
        return log('notice', 'MASTER <-> REPLICA sync: Master accepted a Partial Resynchronization.');
    }
  }

  // ---- The dataset ----

  private takeDataset(dataset: ArrivingDataset, bytes: Buffer, start: number): number {
    const wasLoading = dataset.progress !== null;
    const at = dataset.take(bytes, start);
    this.server.stats.bytesFromMaster += at - start;
    if (!wasLoading && dataset.progress !== null) this.tell();
    return at;
  }

  /** Called by the dataset: nothing more is read from the master until it is loaded; what it sends waits in the kernel. */
  arrived(): void {
    this.socket!.release();
  }

  /** Called by the dataset, before its first step. */
  loading(isBeside: boolean): void {
    if (!isBeside) this.leaveHistory();
    this.phase = 'loading';
    this.tell();
    if (!isBeside) this.server.log('notice', 'MASTER <-> REPLICA sync: Flushing old data');
  }

  /** The data no longer is what replicas of this server have, and what a master could continue. */
  private leaveHistory(): void {
    this.canContinue = false;
    this.server.replicas.disconnectAll();
  }

  /** Called by the dataset. */
  loaded({ loaded }: DatasetLoad, isInFile: boolean): void {
    const { replication, replicas, log } = this.server;
    const { unread, position } = this;
    this.leaveHistory();
    replication.adopt(position!.id, position!.offset);
    this.dataset = null;
    this.position = null;
    this.unread = Buffer.alloc(0);
    this.server.datasetLoaded(loaded, isInFile);
    this.handOver(loaded.streamDb);
    replicas.restart();
    log('notice', `MASTER <-> REPLICA sync: Finished with success, ${loaded.keys} keys`);
    this.acknowledge();
    if (unread.length > 0) this.client?.take(unread);
  }

  /** Makes the connection a client's. */
  private handOver(db: number): void {
    const { stream, token } = this.socket!;
    this.socket!.release();
    this.socket = null;
    this.phase = 'connected';
    this.downSinceMs = 0;
    this.client = this.server.adopt(stream, token, db);
    this.tell();
  }

  // ---- Failing ----

  /** Drops the connection; another one follows within a second. */
  private fail(why: string | null): void {
    if (why !== null) this.server.log('warning', why);
    this.drop('replication ended');
    this.phase = 'connect';
    this.tell();
  }

  /** Cleans up a connection in any state. */
  private drop(why: 'replication ended' | 'replication timeout'): void {
    const { client, socket, dataset } = this;
    this.names.forget();
    this.client = null;
    this.socket = null;
    this.handshake = null;
    this.dataset = null;
    dataset?.stop();
    this.position = null;
    this.unread = Buffer.alloc(0);
    if (client !== null) {
      this.canContinue = true;
      this.downSinceMs = this.server.clock.nowMs;
      client.end(why);
    }
    socket?.close(why);
  }

  // ---- Once a second ----

  private schedule(delayMs: number): void {
    this.cron ??= this.server.scheduler.after(CRON_TIMER, delayMs, () => this.second());
  }

  private second(): void {
    this.cron = null;
    if (this.server.isLoading()) return this.schedule(LOADING_MS);
    this.schedule(CRON_MS);
    const { settings, clock, log } = this.server;
    const isSilent = (sinceMs: number): boolean => clock.nowMs - sinceMs > settings['repl-timeout'] * 1000;
    switch (this.phase) {
      case 'connect':
        if (this.names.isUnderWay) return;
        log('notice', `Connecting to MASTER ${settings.replicaof.replace(' ', ':')}`);
        return this.connect();
      case 'connecting':
      case 'handshake':
        if (isSilent(this.lastIoMs)) this.fail('Timeout connecting to the MASTER...');
        return;
      case 'sync':
        if (this.dataset!.isComplete) return this.socket!.keepAlive();
        if (isSilent(this.lastIoMs)) {
          this.fail(
            "Timeout receiving bulk data from MASTER... If the problem persists try to set the 'repl-timeout' parameter in redis.conf to a larger value.",
          );
        }
        return;
      case 'loading':
        return this.socket!.keepAlive();
      case 'connected':
        if (!isSilent(this.client!.lastInteractionMs)) return this.acknowledge();
        log('warning', 'MASTER timeout: no data nor PING received...');
        this.drop('replication timeout');
        this.phase = 'connect';
        this.tell();
        return this.connect();
      case 'none':
        return;
    }
  }

  // ---- As data ----

  capture(): LinkState {
    const { phase, client, socket, handshake, dataset, position, line, unread, canContinue, lastIoMs, downSinceMs } = this;
    return {
      phase, position, line, canContinue, lastIoMs, downSinceMs,
      client: client?.token ?? null,
      socket: socket?.capture() ?? null,
      handshake: handshake?.capture() ?? null,
      dataset: dataset?.capture() ?? null,
      unread: Buffer.from(unread),
      cron: captureTimer(this.cron),
      lookup: this.names.capture(),
    };
  }

  /** @param sockets null: there are none any more, and the link reconnects */
  restore(state: LinkState, sockets: LinkSockets | null): void {
    const { scheduler } = this.server;
    const { phase, position, line, canContinue, lastIoMs, downSinceMs } = state;
    if (phase === 'none') return this.tell();
    if (state.cron !== null) this.cron = scheduler.restore(CRON_TIMER, state.cron, () => this.second());
    if (sockets === null) {
      Object.assign(this, { phase: 'connect', canContinue: canContinue || phase === 'connected', lastIoMs, downSinceMs });
      if (state.dataset !== null) this.restoreDataset(state.dataset, position!).stop();
      return this.tell();
    }
    Object.assign(this, { phase, position, line, canContinue, lastIoMs, downSinceMs, unread: Buffer.from(state.unread) });
    if (state.client !== null) this.client = sockets.clientOf(state.client);
    if (state.handshake !== null) (this.handshake = this.createHandshake()).restore(state.handshake);
    if (state.dataset !== null) this.dataset = this.restoreDataset(state.dataset, position!);
    this.names.restore(state.lookup);
    if (state.socket !== null) {
      this.socket = new LinkSocket(sockets.streamOf(state.socket), state.socket.token, this.server, this).restore(state.socket);
    }
    this.tell();
  }

  private restoreDataset(state: DatasetState, { id }: Position): ArrivingDataset {
    return new ArrivingDataset(this.server, this, id === this.server.replication.id).restore(state);
  }
}
