/**
 * Replicas: this server as a master: its replicas, what they are sent, and what they have acknowledged.
 *
 *   propagation ─ feed(db, argv) ─▶ SELECT, RESP ─▶ backlog ═══▶ replica, replica, …     the same bytes for all
 *   PSYNC ─▶ partial: from the offset it names on · full: the dataset first (full-sync.ts)
 *   REPLCONF ACK ─▶ offset and time of each ─▶ WAIT, min-replicas-to-write, INFO, ROLE
 *   once a second ─▶ PING, newlines, timeouts of silent replicas, delayed synchronizations, freeing an unused backlog
 *
 * Without a replica and without a backlog it is no consumer of propagation, and nothing is encoded. A server that is itself a replica forwards the bytes of its
 * master unchanged ({@link proxy}).
 */
import { captureTimer, type TimerState } from '../../shared/timer-state.js';
import type { Scheduler } from '../features/surroundings.js';
import { NO_REPLY, type Reply } from '../resp/reply.js';
import type { ReadRequest } from '../resp/request-run.js';
import type { Tap } from '../trace/tap.js';
import { Backlog, type BacklogState } from './backlog.js';
import { isStillParked, type ParkableClient, type ParkedClient, parkedClient } from './parked-client.js';
import { FullSync, type WriteDataset } from './full-sync.js';
import { Replica, type ReplicaClient, type ReplicaState } from './replica.js';
import type { Replication } from './replication.js';

/** The settings that are used here; the names are CONFIG's. */
export interface ReplicasSettings {
  readonly 'repl-backlog-size': number;
  readonly 'repl-backlog-ttl': number;
  readonly 'repl-timeout': number;
  readonly 'repl-disable-tcp-nodelay': boolean;
  readonly 'repl-ping-replica-period': number;
  readonly 'repl-diskless-sync': boolean;
  readonly 'repl-diskless-sync-delay': number;
  readonly 'repl-diskless-sync-max-replicas': number;
  readonly 'min-replicas-to-write': number;
  readonly 'min-replicas-max-lag': number;
}

/** What the replicas need of the server around them. */
interface Surroundings {
  readonly settings: ReplicasSettings;
  readonly replication: Replication;
  readonly clock: { readonly nowMs: number };
  readonly scheduler: Scheduler;
  readonly tap: Tap;
  readonly host: { uniqueHex(digits: number): string };
  readonly memory: { replication: number };
  readonly stats: { fullSyncs: number; partialSyncs: number; partialSyncsRefused: number };
  readonly writeDataset: WriteDataset;
  /** Sets whether effects of commands are passed to {@link Replicas.feed}. */
  listen(isOn: boolean): void;
  /** Sets whether writes are refused because too few replicas are in time. */
  denyWrites(isDenied: boolean): void;
  /** Answers a parked client. */
  answer(client: ParkableClient, reply: number): void;
  /** Called when a replica has acknowledged something, or is gone. */
  acknowledged(): void;
  /** True if only effects of commands may be added to the stream: a replica is to catch up. */
  isHandingOver(): boolean;
  log(level: 'debug' | 'verbose' | 'notice' | 'warning', message: string): void;
}

/** The position that a replica sends with PSYNC. */
export interface PsyncRequest {
  readonly id: string;
  /** Of the first byte that it does not have. */
  readonly offset: number;
}

export interface ReplicasState {
  readonly backlog: BacklogState | null;
  /** Replicas in their order, then clients that have only sent REPLCONF. */
  readonly replicas: readonly ReplicaState[];
  /** The end of the backlog when the replicas were last told that it grew: otherwise a continued server would tell them again, and send earlier. */
  readonly told: number;
  readonly seconds: number;
  readonly lonelySinceMs: number;
  readonly timer: TimerState | null;
  readonly asksForAck: boolean;
  readonly waiters: readonly { readonly token: number; readonly offset: number; readonly wanted: number }[];
}

interface Waiter extends ParkedClient {
  readonly offset: number;
  readonly wanted: number;
}

const TIMER = 'replication';
const TIMER_MS = 1000;
/** No database is selected in the stream. */
const NONE = -1;
const PING = ['PING'];
const GETACK = ['REPLCONF', 'GETACK', '*'];
const NEWLINE = Buffer.from('\n');

export class Replicas {
  /** Replicas in the order of their requests. */
  readonly list: Replica[] = [];
  /** Number of replicas that are online, and not lagging more than min-replicas-max-lag. */
  goodReplicas = 0;
  backlog: Backlog | null = null;
  /** Replicas are to be asked for acknowledgements before the loop sleeps. */
  asksForAck = false;
  /** Runs of the timer, including the current one: the first PING comes after repl-ping-replica-period. */
  private seconds = 1;
  /** When the last replica has gone. */
  private lonelySinceMs = 0;
  private timer: TimerState | null = null;
  /** The end of the backlog when the replicas were last told that it grew; within a read it may be behind. */
  private told = 0;
  private readonly fullSync: FullSync;
  /** A replica still needs bytes before this offset. */
  private readonly isNeeded = (offset: number): boolean => this.list.some((replica) => replica.isSynchronizing && replica.next < offset);
  /** Clients that have sent WAIT. One that was answered otherwise is removed once a second. */
  private waiters: Waiter[] = [];

  constructor(private readonly server: Surroundings) {
    const { host, writeDataset } = server;
    this.fullSync = new FullSync({ makeMark: () => host.uniqueHex(40), write: writeDataset });
  }

  /** The dataset is being written to replicas. */
  get isSendingDataset(): boolean {
    return this.fullSync.isRunning;
  }

  /** @param clients all of them, in their order */
  capture(clients: Iterable<ReplicaClient>): ReplicasState {
    const handshakes = Array.from(clients).flatMap(({ replica }) => (replica === null || replica.phase !== 'handshake' ? [] : [replica]));
    const { told, seconds, lonelySinceMs, asksForAck } = this;
    const waiters = this.waiters.filter(isStillParked).map(({ client, offset, wanted }) => ({ token: client.id, offset, wanted }));
    const replicas = [...this.list, ...handshakes].map((replica) => replica.capture());
    return { backlog: this.backlog?.capture() ?? null, replicas, told, seconds, lonelySinceMs, asksForAck, waiters, timer: captureTimer(this.timer) };
  }

  /** @param isAnother the server starts from the state of another one: its replicas are not those of this one, and its history diverges */
  restore(state: ReplicasState, clients: ReadonlyMap<number, ReplicaClient & ParkableClient>, isAnother: boolean): void {
    const { backlog, replicas, waiters, timer, ...fields } = state;
    this.waiters = waiters.map(({ token, offset, wanted }) => ({ ...parkedClient(clients.get(token)!), offset, wanted }));
    if (isAnother) {
      for (const { token } of replicas) clients.get(token)!.transport.close('replication ended');
      if (backlog !== null) this.server.replication.begin();
      return;
    }
    Object.assign(this, fields);
    if (backlog !== null) {
      this.backlog = Backlog.restore(backlog);
      this.server.listen(true);
    }
    for (const each of replicas) {
      const replica = this.of(clients.get(each.token)!);
      replica.restore(each, this.backlog);
      if (replica.phase === 'handshake') continue;
      this.list.push(replica);
      replica.client.isSpectator = true;
      replica.client.transport.follow(replica);
    }
    if (timer !== null) this.timer = this.server.scheduler.restore(TIMER, timer, () => this.second());
    this.count();
    this.look();
  }

  // ---- Requests of replicas ----

  /** Returns the state of a client as a replica, for REPLCONF. */
  of(client: ReplicaClient): Replica {
    return (client.replica ??= new Replica(client, {
      clock: this.server.clock,
      pieceSent: () => this.fullSync.sent(),
      piecesSent: (replica) => this.piecesSent(replica),
    }));
  }

  /** PSYNC, or SYNC, which requests everything. */
  synchronize(client: ReplicaClient, request: PsyncRequest | null): Reply {
    const replica = this.of(client);
    const { log, stats, clock } = this.server;
    log('notice', `Replica ${replica.name} asks for synchronization`);
    if (request !== null) {
      if (this.continueFrom(replica, request)) return NO_REPLY;
      if (request.id !== '?') stats.partialSyncsRefused++;
    }
    stats.fullSyncs++;
    replica.isOld = request === null;
    replica.phase = 'waiting';
    replica.sinceMs = clock.nowMs;
    this.join(replica);
    this.createBacklog();
    this.startOrDelay(replica);
    return NO_REPLY;
  }

  /** REPLCONF ACK. */
  acknowledge(client: ReplicaClient, offset: number): void {
    const { replica } = client;
    if (replica === null || replica.phase === 'handshake') return;
    if (offset > replica.ackOffset) replica.ackOffset = offset;
    replica.ackMs = this.server.clock.nowMs;
    if (replica.startsOnAck && replica.phase === 'online') {
      replica.startsOnAck = false;
      this.startStream(replica);
    }
    this.answerWaiters();
    this.server.acknowledged();
  }

  /** Returns the replica with this address. */
  find({ host, port }: { readonly host: string; readonly port: number }): Replica | undefined {
    return this.list.find(({ address, listeningPort }) => address?.toLowerCase() === host.toLowerCase() && listeningPort === port);
  }

  /** WAIT: answers the client, which was parked, once the wanted number of replicas have everything before an offset. */
  await(client: ParkableClient, offset: number, wanted: number): void {
    this.waiters.push({ ...parkedClient(client), offset, wanted });
    this.asksForAck = true;
  }

  private answerWaiters(): void {
    if (this.waiters.length === 0) return;
    this.waiters = this.waiters.filter(isStillParked);
    for (const { client, offset, wanted } of this.waiters) {
      const acknowledged = this.acknowledged(offset);
      if (acknowledged >= wanted) this.server.answer(client, acknowledged);
    }
    this.waiters = this.waiters.filter(isStillParked);
  }

  /** Called when the connection is gone. */
  forget(client: ReplicaClient): void {
    const { replica } = client;
    if (this.waiters.length > 0) this.waiters = this.waiters.filter((waiter) => waiter.client.id !== client.id);
    client.replica = null;
    const at = replica === null ? -1 : this.list.indexOf(replica);
    if (at === -1) return;
    this.server.log('warning', `Connection with replica ${replica!.name} lost.`);
    this.list.splice(at, 1);
    this.fullSync.forget(replica!);
    this.dropUnneeded();
    if (this.list.length === 0) this.lonelySinceMs = this.server.clock.nowMs;
    this.look();
    this.server.acknowledged();
  }

  /** Returns how many replicas have everything before this offset. */
  acknowledged(offset: number): number {
    return this.list.filter(({ phase, ackOffset }) => phase === 'online' && ackOffset >= offset).length;
  }

  /** Called before the loop sleeps, if {@link asksForAck}. */
  askForAck(): void {
    this.asksForAck = false;
    this.feed(NONE, GETACK);
  }

  // ---- Sending ----

  /** Called by propagation. @param db -1: any. @param read where the bytes of the argv are until {@link readEnded} is called; null: nowhere */
  feed(db: number, argv: readonly string[], read: ReadRequest | null = null): void {
    const { backlog } = this;
    const { replication } = this.server;
    if (backlog === null || replication.role === 'slave') return;
    if (db !== NONE && db !== replication.selectedDb) {
      replication.selectedDb = db;
      backlog.append(['SELECT', String(db)]);
    }
    backlog.append(argv, read);
    replication.offset = backlog.end - 1;
    if (backlog.runBytes === 0) this.grew(backlog);
  }

  /** Called by propagation. Returns true if bytes of the read are still to be copied. */
  readEnded(canKeep: boolean): boolean {
    const { backlog } = this;
    if (backlog === null) return false;
    const mustKeep = backlog.readEnded(canKeep);
    if (backlog.end !== this.told) this.grew(backlog);
    return mustKeep;
  }

  /** On a replica: forwards what its master has sent, unchanged, and counts it. */
  proxy(bytes: Uint8Array): void {
    const { backlog, server } = this;
    if (backlog === null) {
      server.replication.offset += bytes.length;
      return;
    }
    backlog.appendBytes(bytes);
    this.server.replication.offset = backlog.end - 1;
    this.grew(backlog);
  }

  /** Starts a stream; the history before it is over. Does nothing if there is one. */
  createBacklog(): void {
    if (this.backlog !== null) return;
    const { replication, listen } = this.server;
    if (replication.role === 'master') {
      replication.begin();
      replication.selectedDb = NONE;
    }
    this.backlog = new Backlog(replication.offset + 1);
    this.lonelySinceMs = this.server.clock.nowMs;
    listen(true);
    this.count();
    this.timer ??= this.server.scheduler.after(TIMER, TIMER_MS, () => this.second());
  }

  /** Called on a master whose data was saved at this place in a history: replicas that are there can continue with it. */
  resume(id: string, offset: number): void {
    const { replication } = this.server;
    replication.offset = offset;
    this.createBacklog();
    replication.secondId = id;
    // A replica requests the first byte that it does not have.
    replication.secondOffset = offset + 1;
  }

  /** Called on a replica that has received another dataset: the stream starts again, and its replicas have to synchronize again. */
  restart(): void {
    this.disconnectAll();
    this.backlog = null;
    this.createBacklog();
  }

  /** Called when this server is promoted: its replicas synchronize again, and those of its former master have time to continue here. */
  promoted(): void {
    this.disconnectAll();
    this.lonelySinceMs = this.server.clock.nowMs;
  }

  /** Called when the server ends: hands what replicas have not been sent to the kernel, as far as it takes it. */
  flush(): void {
    for (const replica of this.list) if (replica.streams) replica.client.transport.flush();
  }

  /** Makes all replicas synchronize again. */
  disconnectAll(): void {
    for (const replica of this.list.slice()) replica.client.transport.close('full resynchronization');
  }

  /** Tells the replicas that there is more. */
  private grew(backlog: Backlog): void {
    this.told = backlog.end;
    backlog.trim(this.server.settings['repl-backlog-size'], this.isNeeded);
    this.count();
    for (const replica of this.list) if (replica.isSynchronizing) replica.client.transport.sharedGrew();
  }

  /** Drops what only a replica needed that is gone, or has been sent it since. */
  private dropUnneeded(): void {
    this.backlog?.trim(this.server.settings['repl-backlog-size'], this.isNeeded);
    this.count();
  }

  private count(): void {
    this.server.memory.replication = this.backlog === null ? 0 : Math.min(this.backlog.capacity, this.server.settings['repl-backlog-size']);
  }

  // ---- Synchronization ----

  /** Does a partial resynchronization. False if it is not possible. */
  private continueFrom(replica: Replica, { id, offset }: PsyncRequest): boolean {
    const { replication, log, stats, clock } = this.server;
    const { backlog } = this;
    if (!replication.covers(id, offset)) {
      if (id === '?') log('notice', `Full resync requested by replica ${replica.name}`);
      else {
        const { id: first, secondId, secondOffset } = replication;
        log('notice', id === secondId ? tooLate(offset, secondOffset) : otherHistory(id, first, secondId));
      }
      return false;
    }
    if (backlog === null || backlog.find(offset) === null) {
      log('notice', `Unable to partial resync with replica ${replica.name} for lack of backlog (Replica request was: ${offset}).`);
      if (backlog !== null && offset > replication.offset) {
        log('warning', `Warning: replica ${replica.name} tried to PSYNC with an offset that is greater than the master replication offset.`);
      }
      return false;
    }
    stats.partialSyncs++;
    replica.phase = 'online';
    replica.ackMs = clock.nowMs;
    this.join(replica);
    replica.stand(backlog, offset);
    this.say(replica, replica.knowsSecondId ? `+CONTINUE ${replication.id}\r\n` : '+CONTINUE\r\n');
    this.startStream(replica);
    const { name, waiting } = replica;
    log('notice', `Partial resynchronization request from ${name} accepted. Sending ${waiting} bytes of backlog starting from offset ${offset}.`);
    this.look();
    return true;
  }

  private join(replica: Replica): void {
    if (this.server.settings['repl-disable-tcp-nodelay']) replica.client.transport.setNoDelay(false);
    this.list.push(replica);
    replica.client.isSpectator = true;
    replica.client.transport.follow(replica);
  }

  /** Waits for more replicas if the settings say so, since all that wait get the same dataset. */
  private startOrDelay(replica: Replica): void {
    const { settings, log } = this.server;
    if (this.fullSync.isRunning) return log('notice', 'Current BGSAVE has socket target. Waiting for next BGSAVE for SYNC');
    const isDelayed = settings['repl-diskless-sync'] && replica.knowsEofMark && settings['repl-diskless-sync-delay'] > 0;
    if (!isDelayed || this.hasEnoughWaiting()) return this.startFullSync();
    log('notice', 'Delay next BGSAVE for diskless SYNC');
  }

  private hasEnoughWaiting(): boolean {
    const most = this.server.settings['repl-diskless-sync-max-replicas'];
    return most > 0 && this.list.filter(({ phase }) => phase === 'waiting').length >= most;
  }

  /** Starts one for all replicas that wait and need the same form of the dataset. */
  private startFullSync(): void {
    const { settings, log, replication } = this.server;
    const waiting = this.list.filter(({ phase }) => phase === 'waiting');
    const group = waiting.filter(({ leavesKeysOut }) => leavesKeysOut === waiting[0]!.leavesKeysOut);
    const isDiskless = settings['repl-diskless-sync'];
    log('notice', `Starting BGSAVE for SYNC with target: ${isDiskless && group.every(({ knowsEofMark }) => knowsEofMark) ? 'replicas sockets' : 'disk'}`);
    // The stream that they will be sent begins with SELECT. A replica's stream is its master's: so its replicas get the selected database with the dataset.
    if (replication.role === 'master') replication.selectedDb = NONE;
    for (const replica of group) {
      replica.isSized = !isDiskless || !replica.knowsEofMark;
      replica.lastWriteMs = this.server.clock.nowMs;
      if (!replica.isOld) this.say(replica, `+FULLRESYNC ${replication.id} ${replication.offset}\r\n`);
    }
    this.fullSync.begin(group, this.backlog!, replication.selectedDb);
  }

  /** Called when a replica has been sent everything before the stream, as far as it exists. */
  private piecesSent(replica: Replica): void {
    if (replica.phase !== 'bulk') return;
    if (replica.wantsDatasetOnly) {
      replica.phase = 'transmitted';
      this.server.log('notice', `RDB transfer completed, rdb only replica (${replica.name}) should be disconnected asap`);
      return;
    }
    replica.phase = 'online';
    replica.ackMs = this.server.clock.nowMs;
    const { log } = this.server;
    if (replica.isSized) {
      this.startStream(replica);
    } else {
      replica.startsOnAck = true;
      log('notice', `Streamed replica with replica ${replica.name} succeeded (socket). Waiting for REPLCONF ACK from replica to enable streaming`);
    }
    log('notice', `Synchronization with replica ${replica.name} succeeded`);
    this.look();
  }

  private startStream(replica: Replica): void {
    replica.streams = true;
    replica.client.transport.sharedGrew();
  }

  /** Sends a line that answers PSYNC. */
  private say(replica: Replica, line: string): void {
    const { tap } = this.server;
    const { client } = replica;
    replica.put(Buffer.from(line, 'latin1'));
    if (tap.sink !== null) tap.sink.emit({ kind: 'reply', token: client.id, frame: client.frame, bytes: line.length, raw: line });
    client.transport.sharedGrew();
  }

  // ---- Once a second ----

  private second(): void {
    this.timer = null;
    const { settings, scheduler } = this.server;
    this.waiters = this.waiters.filter(isStillParked);
    this.keepAlive();
    this.disconnectSilent();
    this.dropUnneeded();
    this.freeBacklog();
    const waiting = this.list.filter(({ phase }) => phase === 'waiting');
    if (waiting.length > 0 && !this.fullSync.isRunning) {
      const waitedMs = this.server.clock.nowMs - Math.min(...waiting.map(({ sinceMs }) => sinceMs));
      const delayMs = settings['repl-diskless-sync'] ? settings['repl-diskless-sync-delay'] * 1000 : 0;
      if (waitedMs >= delayMs || this.hasEnoughWaiting()) this.startFullSync();
    }
    this.look();
    this.seconds++;
    if (this.backlog !== null) this.timer = scheduler.after(TIMER, TIMER_MS, () => this.second());
  }

  /** So that an idle link does not count as broken. */
  private keepAlive(): void {
    const { settings } = this.server;
    if (this.list.length > 0 && !this.server.isHandingOver() && this.seconds % settings['repl-ping-replica-period'] === 0) this.feed(NONE, PING);
    for (const replica of this.list) {
      if (replica.phase !== 'waiting' && !(replica.phase === 'transfer' && replica.isSized)) continue;
      replica.put(NEWLINE);
      replica.client.transport.sharedGrew();
    }
  }

  private disconnectSilent(): void {
    const { settings, clock, log } = this.server;
    const sinceMs = clock.nowMs - settings['repl-timeout'] * 1000;
    for (const replica of this.list.slice()) {
      const { phase, isOld, name } = replica;
      if (phase === 'online' && !isOld && replica.ackMs < sinceMs) log('warning', `Disconnecting timedout replica (streaming sync): ${name}`);
      else if ((phase === 'transfer' || phase === 'bulk') && !replica.isSized && replica.lastWriteMs < sinceMs) {
        log('warning', `Disconnecting timedout replica (full sync): ${name}`);
      } else continue;
      replica.client.transport.close('replication timeout');
    }
  }

  /** Replicas that connect later get everything. */
  private freeBacklog(): void {
    const { settings, clock, replication, log, listen } = this.server;
    const ttl = settings['repl-backlog-ttl'];
    if (this.backlog === null || this.list.length > 0 || ttl === 0 || replication.role === 'slave') return;
    if (clock.nowMs - this.lonelySinceMs <= ttl * 1000) return;
    replication.begin();
    this.backlog = null;
    listen(false);
    this.count();
    log('notice', `Replication backlog freed after ${ttl} seconds without connected replicas.`);
  }

  /** Counts the replicas that are in time, and sets whether writes are refused. Also called when the settings have changed. */
  look(): void {
    const { settings, clock, replication } = this.server;
    const least = settings['min-replicas-to-write'];
    const lag = settings['min-replicas-max-lag'];
    const isLimited = least > 0 && lag > 0;
    this.goodReplicas = isLimited ? this.list.filter(({ phase, ackMs }) => phase === 'online' && lagOf(ackMs, clock.nowMs) <= lag).length : 0;
    this.server.denyWrites(isLimited && replication.role === 'master' && this.goodReplicas < least);
  }
}

/** Whole seconds of unix time, as Redis counts them. */
export function lagOf(ackMs: number, nowMs: number): number {
  return Math.floor(nowMs / 1000) - Math.floor(ackMs / 1000);
}

/** Worded as in redis-server. */
function otherHistory(asked: string, id: string, secondId: string): string {
  return (
    `Partial resynchronization not accepted: Replication ID mismatch (Replica asked for '${asked}', my replication IDs are ` +
    `'${id}' and '${secondId}')`
  );
}

/** Worded as in redis-server. */
function tooLate(asked: number, until: number): string {
  return `Partial resynchronization not accepted: Requested offset for second ID was ${asked}, but I can reply up to ${until}`;
}
