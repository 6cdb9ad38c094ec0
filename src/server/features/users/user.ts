/**
 * User: who a client is, and what that user may do. Each session has one; see permission.ts for the check itself.
 */
export class User {
  /** May run every command, with all keys and channels: then nothing else is looked at. */
  isUnrestricted = true;

  constructor(readonly name: string) {}
}
