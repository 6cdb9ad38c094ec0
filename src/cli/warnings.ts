/**
 * Keeps what the lab has to say besides what its loop does, such as a log that cannot be written or memory that runs out, until there is
 * a screen, or a narration, to say it.
 */
export class Warnings {
  private readonly waiting: string[] = [];
  private tell: ((text: string) => void) | null = null;

  /** @param text a byte string */
  readonly add = (text: string): void => {
    if (this.tell === null) this.waiting.push(text);
    else this.tell(text);
  };

  /** Calls `tell` with what has been waiting, and then with every new warning. */
  readonly listen = (tell: (text: string) => void): void => {
    this.tell = tell;
    for (const text of this.waiting.splice(0)) tell(text);
  };
}
