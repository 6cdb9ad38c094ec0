/**
 * Propagation: determines the commands that represent changes of the keyspace. Between the producers of changes and the consumers that repeat them.
 *
 *   Dispatcher.call ─────────────┐                         ┌─▶ file        the append-only file
 *   served parked clients ───────┼─▶ frames ─▶ pending ────┼─▶ replicas    other servers
 *   expiry, eviction ────────────┘                         └─▶ trace `replicate`
 *
 * Effects are passed on when the outermost frame ends, before its reply is sent: a single one as it is, several between MULTI and EXEC, so that no consumer
 * ever sees half of them. Changes without a command are separate: each expired or evicted key is one DEL or UNLINK. A frame within which other frames ran
 * (EXEC, a script) is never propagated itself: its effects are theirs.
 *
 * Nothing is kept here between two commands, so there is nothing to capture.
 */
import type { Database } from '../keyspace/database.js';
import { type Effects, type ImplicitDelete, TO_ALL, TO_FILE, TO_REPLICAS } from '../keyspace/effects.js';
import type { ReadRequest } from '../resp/request-run.js';
import type { Tap } from '../trace/tap.js';

/** Receives what is to be repeated, in order. The sink itself adds SELECT. */
export interface PropagationSink {
  /** @param db the number of the database. @param read where the bytes of the argv are, until {@link readEnded} is called; null: nowhere */
  feed(db: number, argv: readonly string[], read: ReadRequest | null): void;
  /** @param canKeep the bytes may stay where they are. Returns true if they must; otherwise they will be overwritten */
  readEnded(canKeep: boolean): boolean;
}

const MULTI = ['MULTI'];
const EXEC = ['EXEC'];

/** A running command, or a parked client that is being served. */
class Frame {
  dirty = 0;
  hasInner = false;
  isWithheld = false;
  isSeparate = false;
  /** Targets to which it is propagated even without a change. */
  forced = 0;
  instead: (readonly string[])[] | null = null;

  reset(dirty: number): void {
    this.dirty = dirty;
    this.hasInner = false;
    this.isWithheld = false;
    this.isSeparate = false;
    this.forced = 0;
    this.instead = null;
  }
}

interface Effect {
  readonly db: number;
  readonly argv: readonly string[];
  readonly targets: number;
}

/** The settings that are used here; the names are CONFIG's. */
export interface PropagationSettings {
  readonly 'lazyfree-lazy-expire': boolean;
  readonly 'lazyfree-lazy-eviction': boolean;
  readonly 'lazyfree-lazy-server-del': boolean;
}

/** What propagation needs of the server around it. */
interface Surroundings {
  readonly keyspace: { readonly dirty: number; actingToken: number; effects: Effects | null };
  readonly settings: PropagationSettings;
  readonly tap: Tap;
}

export class Propagation implements Effects {
  targets = TO_ALL;
  /** Set while there is one. */
  private file: PropagationSink | null = null;
  private replicas: PropagationSink | null = null;
  /** Frames are reused: one for each depth. */
  private readonly frames: Frame[] = [new Frame()];
  private depth = 0;
  /** The decoder of the running request; null: it was not decoded just now. */
  private read: ReadRequest | null = null;
  private pending: Effect[] = [];

  constructor(private readonly server: Surroundings) {}

  /** Passes effects to the append-only file from now on; null: no longer. */
  toFile(sink: PropagationSink | null): void {
    this.file = sink;
    this.install();
  }

  /** Passes effects to the replicas from now on; null: no longer. */
  toReplicas(sink: PropagationSink | null): void {
    this.replicas = sink;
    this.install();
  }

  beginRequests(read: ReadRequest): ReadRequest | null {
    const outer = this.read;
    this.read = read;
    return outer;
  }

  endRequests(outer: ReadRequest | null, canKeep: boolean): boolean {
    this.read = outer;
    // While a command serves other clients, they have an input of their own, which is used again from its beginning.
    const mayKeep = canKeep && outer === null;
    const fileNeeds = this.file !== null && this.file.readEnded(mayKeep);
    const replicasNeed = this.replicas !== null && this.replicas.readEnded(mayKeep);
    return fileNeeds || replicasNeed;
  }

  begin(): void {
    if (this.depth > 0) this.frames[this.depth]!.hasInner = true;
    this.depth++;
    if (this.depth === this.frames.length) this.frames.push(new Frame());
    this.frames[this.depth]!.reset(this.server.keyspace.dirty);
  }

  end({ index }: Database, argv: readonly string[]): void {
    const frame = this.frames[this.depth]!;
    const targets = frame.hasInner || frame.isWithheld ? 0 : (this.server.keyspace.dirty > frame.dirty ? TO_ALL : frame.forced) & this.targets;
    this.depth--;
    if (targets !== 0) this.add(index, frame.instead, argv, targets);
    if (this.depth === 0 && this.pending.length > 0) this.flush(!frame.isSeparate);
  }

  private add(db: number, instead: Frame['instead'], argv: readonly string[], targets: number): void {
    if (instead !== null) for (const each of instead) this.pending.push({ db, argv: each, targets });
    // The usual case needs no list.
    else if (this.depth === 0 && this.pending.length === 0) this.handOn(db, argv, targets, this.read !== null && this.read.argv === argv ? this.read : null);
    else this.pending.push({ db, argv, targets });
  }

  instead(...argvs: (readonly string[])[]): void {
    this.frames[this.depth]!.instead = argvs;
  }

  also({ index }: Database, argv: readonly string[]): void {
    this.pending.push({ db: index, argv, targets: this.targets });
  }

  withhold(): void {
    this.frames[this.depth]!.isWithheld = true;
  }

  separately(): void {
    this.frames[this.depth]!.isSeparate = true;
  }

  always(targets: number): void {
    this.frames[this.depth]!.forced |= targets;
  }

  deletion(key: string): readonly string[] {
    return [this.server.settings['lazyfree-lazy-server-del'] ? 'UNLINK' : 'DEL', key];
  }

  deleted({ index }: Database, key: string, why: ImplicitDelete): void {
    const { settings } = this.server;
    const isLazy = settings[why === 'expired' ? 'lazyfree-lazy-expire' : 'lazyfree-lazy-eviction'];
    const argv = [isLazy ? 'UNLINK' : 'DEL', key];
    if (this.depth === 0) this.handOn(index, argv, TO_ALL);
    else this.pending.push({ db: index, argv, targets: TO_ALL });
  }

  private flush(isTogether: boolean): void {
    const { pending } = this;
    this.pending = [];
    const isSeveral = isTogether && pending.length > 1;
    if (isSeveral) this.handOn(pending[0]!.db, MULTI, TO_ALL);
    for (const { db, argv, targets } of pending) this.handOn(db, argv, targets);
    if (isSeveral) this.handOn(pending.at(-1)!.db, EXEC, TO_ALL);
  }

  private handOn(db: number, argv: readonly string[], targets: number, read: ReadRequest | null = null): void {
    const { tap, keyspace } = this.server;
    if ((targets & TO_FILE) !== 0) this.file?.feed(db, argv, read);
    if ((targets & TO_REPLICAS) !== 0) this.replicas?.feed(db, argv, read);
    if (tap.sink !== null) tap.sink.emit({ kind: 'replicate', token: keyspace.actingToken, db, argv: [...argv] });
  }

  private install(): void {
    this.server.keyspace.effects = this.file === null && this.replicas === null ? null : this;
  }
}
