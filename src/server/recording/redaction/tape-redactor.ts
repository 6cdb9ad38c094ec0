/**
 * TapeRedactor: removes the passwords from a recording before it leaves the process.
 *
 *   ring ──▶ block of the tape ──▶ walkTape ──▶ what each client has sent ──▶ RequestScanner ──▶ replaced in place
 *                                          └──▶ digits of ACL GENPASS, rules of the ACL file ───▶ replaced in place
 *
 * The loop does not know of it, except that it records no hash of replies that show a secret. A secret elsewhere, in a script or in a value, cannot be replaced
 * without changing what the server does: it is searched for, and {@link containsSecrets} says whether there is one.
 */
import { randomBytes } from 'node:crypto';
import { SECRET_SETTINGS, type SettingValues } from '../../config.js';
import type { UserState } from '../../features/users/user.js';
import { readState, sealState, serializeState } from '../state-bytes.js';
import type { RecordingHead } from '../replay.js';
import { walkTape } from '../tape-walk.js';
import { beginRule, RequestScanner, type SecretSink } from './request-scanner.js';
import { type Replacement, SecretMask } from './secret-mask.js';

/** Maximum number of blocks that are held back while a line is incomplete: blocks come 20 times a second, if anything happens. */
const MOST_HELD_BLOCKS = 20;
const MOST_HELD_BYTES = 2 ** 22;

/** Shorter ones occur everywhere. */
const SHORTEST_SOUGHT = 4;
/** A limit, so that a client that tries passwords cannot make the recording slow. */
const MOST_SOUGHT = 64;

export class TapeRedactor implements SecretSink {
  /** The recording contains a secret unchanged. */
  containsSecrets = false;
  private readonly mask: SecretMask;
  /** Clients with an incomplete request, by token. */
  private readonly scanners = new Map<number, RequestScanner>();
  private held: Buffer[] = [];
  private heldBytes = 0;
  /** The replaced secrets, oldest first. */
  private readonly sought = new Set<string>();

  /** @param key other keys give other replacements; it is stored nowhere else */
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

  /** Replaces the password or hash in a rule of a user. */
  private rule(rule: string): string {
    const replacement = rule === '' ? null : beginRule(this, rule.charCodeAt(0));
    if (replacement === null) return rule;
    const bytes = Buffer.from(rule, 'latin1');
    replacement.apply(bytes, 1, bytes.length);
    this.replaced(rule.slice(1));
    return bytes.latin1Slice();
  }

  /** In a captured state the settings and the passwords of users are replaced; a secret elsewhere in it stays. */
  private state(from: string): string {
    const state = readState(Buffer.from(from, 'base64'));
    const payload = Buffer.from(serializeState({ ...state, settings: this.settings(state.settings), users: state.users.map((user) => this.user(user)) }));
    this.containsSecrets ||= [...this.sought].some((secret) => payload.includes(secret, 0, 'latin1'));
    return Buffer.from(sealState(payload)).toString('base64');
  }

  private user(user: UserState): UserState {
    return { ...user, passwords: user.passwords.map((password) => ({ ...password, hash: this.mask.hash(password.hash) })) };
  }

  /** @param block the next whole answers of the tape, changed in place. Returns the blocks that may be passed on now, in order */
  take(block: Buffer): readonly Buffer[] {
    walkTape(block, {
      read: (token, start, end) => this.read(token, block, start, end),
      // JSON of a string: replaces what is between the quotes.
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

  /** Returns what was held back, at the end of the tape. */
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

  /** Replaces the passwords and hashes in an ACL file. */
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
