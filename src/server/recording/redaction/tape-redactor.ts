/**
 * TapeRedactor: takes the passwords out of a recording before it leaves the process.
 *
 *   ring ──▶ block of the tape ──▶ walkTape ──▶ what each client has sent ──▶ RequestScanner ──▶ replaced in place
 *                                          └──▶ digits of ACL GENPASS, rules of the ACL file ───▶ replaced in place
 *
 * The loop knows nothing of it, but for the replies that show a secret, of which it records no hash. A secret that stands elsewhere, in a script or in a value,
 * cannot be replaced without changing what the server does: it is looked for, and {@link containsSecrets} says that there is one.
 */
import { randomBytes } from 'node:crypto';
import { SECRET_SETTINGS, type SettingValues } from '../../config.js';
import type { UserState } from '../../features/users/user.js';
import { readState, sealState, serializeState } from '../state-bytes.js';
import type { RecordingHead } from '../replay.js';
import { walkTape } from '../tape-walk.js';
import { beginRule, RequestScanner, type SecretSink } from './request-scanner.js';
import { type Replacement, SecretMask } from './secret-mask.js';

/** So much is held back, at most, while a line has not come to its end: blocks come 20 times a second, if anything happens. */
const MOST_HELD_BLOCKS = 20;
const MOST_HELD_BYTES = 2 ** 22;

/** Shorter ones stand everywhere. */
const SHORTEST_SOUGHT = 4;
/** A client that tries passwords must not make the recording slow. */
const MOST_SOUGHT = 64;

export class TapeRedactor implements SecretSink {
  /** Something that is a secret is in the recording as it was. */
  containsSecrets = false;
  private readonly mask: SecretMask;
  /** Clients of which half a request has come, by token. */
  private readonly scanners = new Map<number, RequestScanner>();
  private held: Buffer[] = [];
  private heldBytes = 0;
  /** The secrets that have been replaced, oldest first. */
  private readonly sought = new Set<string>();

  /** @param key other keys give other replacements; it is kept nowhere else */
  constructor(key: Buffer = randomBytes(32)) {
    this.mask = new SecretMask(key);
  }

  head(head: RecordingHead): RecordingHead {
    return { ...head, settings: this.settings(head.settings), ...(head.from !== undefined && { from: this.state(head.from) }) };
  }

  private settings(given: Partial<SettingValues>): Partial<SettingValues> {
    const settings: Record<string, unknown> = { ...given };
    for (const name of SECRET_SETTINGS) {
      const secret = given[name];
      if (secret === undefined || secret === '') continue;
      settings[name] = this.mask.text(secret);
      this.replaced(secret);
    }
    if (given.user !== undefined) settings['user'] = given.user.map((words) => words.map((word) => this.rule(word)));
    return settings;
  }

  /** A rule of a user, whose password or hash is replaced. */
  private rule(rule: string): string {
    const replacement = rule === '' ? null : beginRule(this, rule.charCodeAt(0));
    if (replacement === null) return rule;
    const bytes = Buffer.from(rule, 'latin1');
    replacement.apply(bytes, 1, bytes.length);
    this.replaced(rule.slice(1));
    return bytes.latin1Slice();
  }

  /** Of a captured state the settings and the passwords of users are replaced; a secret that stands elsewhere in it stays. */
  private state(from: string): string {
    const state = readState(Buffer.from(from, 'base64'));
    const payload = Buffer.from(serializeState({ ...state, settings: this.settings(state.settings), users: state.users.map((user) => this.user(user)) }));
    this.containsSecrets ||= [...this.sought].some((secret) => payload.includes(secret, 0, 'latin1'));
    return Buffer.from(sealState(payload)).toString('base64');
  }

  private user(user: UserState): UserState {
    return { ...user, passwords: user.passwords.map((password) => ({ ...password, hash: this.mask.hash(password.hash) })) };
  }

  /** @param block the next whole answers of the tape, which are changed in place. Returns the blocks that may leave now, in order */
  take(block: Buffer): readonly Buffer[] {
    walkTape(block, {
      read: (token, start, end) => this.read(token, block, start, end),
      // JSON of a string: what stands between the quotes.
      secret: (start, end) => this.replaceText(block, start + 1, end - 1),
      aclFile: (start, end) => this.replaceRules(block, start, end),
    });
    this.held.push(block);
    this.heldBytes += block.length;
    if (!this.mustHold()) return this.release();
    if (this.held.length < MOST_HELD_BLOCKS && this.heldBytes < MOST_HELD_BYTES) return [];
    for (const scanner of this.scanners.values()) if (scanner.awaitsLine) scanner.giveUpLine();
    return this.release();
  }

  /** What was held back: no more of the tape comes. */
  end(): readonly Buffer[] {
    for (const scanner of this.scanners.values()) scanner.endLine();
    return this.release();
  }

  begin(): Replacement {
    return this.mask.begin();
  }

  beginHash(): Replacement {
    return this.mask.beginHash();
  }

  replaced(secret: string): void {
    if (secret.length < SHORTEST_SOUGHT) return;
    this.sought.add(secret);
    for (const oldest of this.sought) {
      if (this.sought.size <= MOST_SOUGHT) break;
      this.sought.delete(oldest);
    }
  }

  isLeft(): void {
    this.containsSecrets = true;
  }

  private read(token: number, block: Buffer, start: number, end: number): void {
    const scanner = this.scanners.get(token) ?? new RequestScanner(this);
    scanner.feed(block, start, end);
    if (scanner.isAtRest) this.scanners.delete(token);
    else this.scanners.set(token, scanner);
  }

  private replaceText(block: Buffer, start: number, end: number): void {
    this.replaced(block.latin1Slice(start, end));
    this.mask.begin().apply(block, start, end);
  }

  /** The words of an ACL file that are passwords or hashes. */
  private replaceRules(block: Buffer, start: number, end: number): void {
    for (const { index, 0: rule } of block.latin1Slice(start, end).matchAll(/(?<![^ \t\r\n])[><#!][^ \t\r\n]+/g)) {
      const from = start + index;
      beginRule(this, block[from]!)!.apply(block, from + 1, from + rule.length);
      this.replaced(rule.slice(1));
    }
  }

  private mustHold(): boolean {
    for (const scanner of this.scanners.values()) if (scanner.awaitsLine) return true;
    return false;
  }

  private release(): readonly Buffer[] {
    const { held } = this;
    this.held = [];
    this.heldBytes = 0;
    this.containsSecrets ||= [...this.sought].some((secret) => held.some((block) => block.includes(secret, 0, 'latin1')));
    return held;
  }
}
