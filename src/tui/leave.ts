/**
 * Leave: the way out of the lab, by the user or a signal: the server saves and waits for replicas first, as for a signal without a screen.
 *
 *   begin ─▶ the server ends ───────────────▶ the lab ends, when `closed` resolves
 *     │  └─▶ it cannot save, and goes on ───▶ said; the next time it is tried again, and the lab ends anyway
 *     └ once more meanwhile ────────────────▶ the lab ends at once
 */
import type { EndingSignal } from '../shared/ending-signal.js';
import type { InLanguages, Language } from '../shared/language.js';

/** What has become of a server that was told to end. `busy`: a command keeps its loop, and there is nothing to save. An object: it goes on, and why. */
export type Outcome = 'ends' | 'busy' | { readonly complaint: string };

/** Tells the server to end. Rejects if it has ended. */
export type ShutDown = (signal: EndingSignal) => Promise<Outcome>;

export interface LeaveOptions {
  /** Null: there is nothing to save. */
  readonly shutDown: ShutDown | null;
  readonly language: Language;
  /** Shows a text. */
  readonly say: (text: string) => void;
  /** Ends the lab. @param message printed at the end, on the terminal */
  readonly end: (code: number, message?: string) => void;
}

/** A server with nothing to save ends within this time. */
const SILENT_MS = 1000;
/** The text is shown again, for a while each time. */
const AGAIN_MS = 4000;

const ENGLISH = {
  ending: 'the server saves its data and waits for replicas: once more ends it at once',
  goesOn: (why: string) => `not ended: ${why} (once more: tries again, and ends in any case)`,
  notSaved: (why: string) => `redis-lab: ended without saving: ${why}`,
};

const KOREAN: typeof ENGLISH = {
  ending: '서버가 데이터를 저장하고 복제본을 기다립니다. 한 번 더 누르면 즉시 종료합니다',
  goesOn: (why) => `종료하지 않았습니다: ${why} (한 번 더 누르면 다시 시도하고, 실패해도 종료합니다)`,
  notSaved: (why) => `redis-lab: 저장하지 못하고 종료했습니다: ${why}`,
};

const TEXTS: InLanguages<typeof ENGLISH> = { en: ENGLISH, ko: KOREAN };

export class Leave {
  /** The server has been told to end. */
  isUnderWay = false;
  private hasFailed = false;
  private isFinal = false;
  private timer: NodeJS.Timeout | null = null;

  constructor(private readonly options: LeaveOptions) {}

  /** @param isFinal nobody is there any more who could try again, because the terminal is gone or the input has ended */
  begin(signal: EndingSignal, isFinal = signal === 'SIGHUP'): void {
    const { shutDown, end } = this.options;
    this.isFinal ||= isFinal;
    // A terminal that goes sends a signal, and ends the input: neither is a second wish.
    if (this.isUnderWay && isFinal) return;
    if (shutDown === null || this.isUnderWay) {
      this.stopTelling();
      return end(0);
    }
    this.isUnderWay = true;
    this.timer = setTimeout(() => this.tell(), SILENT_MS).unref();
    shutDown(signal).then((outcome) => this.over(outcome), () => {}).finally(() => this.stopTelling());
  }

  private tell(): void {
    this.options.say(this.texts.ending);
    this.timer = setTimeout(() => this.tell(), AGAIN_MS).unref();
  }

  private stopTelling(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  private over(outcome: Outcome): void {
    const { say, end } = this.options;
    if (outcome === 'ends') return;
    if (outcome === 'busy') return end(0);
    this.isUnderWay = false;
    if (this.isFinal || this.hasFailed) return end(1, this.texts.notSaved(outcome.complaint));
    this.hasFailed = true;
    say(this.texts.goesOn(outcome.complaint));
  }

  private get texts(): typeof ENGLISH {
    return TEXTS[this.options.language];
  }
}
