/**
 * Keeps warnings of the lab that are not about its loop, such as a log that cannot be written or memory that runs out, until there is a screen, or a narration,
 * to show them.
 */
export class Warnings {
  private readonly waiting: string[] = [];
  private tell: ((text: string) => void) | null = null;

  /** @param text a byte string */
  readonly add = (text: string): void => {
    if (this.tell === null) this.waiting.push(text);
    else this.tell(text);
  };

  /** Calls `tell` with the waiting warnings, and then with every new one. */
  readonly listen = (tell: (text: string) => void): void => {
    this.tell = tell;
    for (const text of this.waiting.splice(0)) tell(text);
  };
}
