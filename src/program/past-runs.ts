/**
 * PastRuns: the texts about the runs that show the past of a program: whether they have reached the moment, and why not.
 */
import { basename } from 'node:path';
import { withParticle } from '../shared/korean.js';
import type { Text } from '../shared/language.js';
import type { RunOver } from './protocol.js';
import type { Untold } from './history.js';
import { Rerun, type Retelling, type Standing } from './rerun.js';
import { closeTape, digestOf, MOST_TAPE_BYTES, type OpenTape } from './tape-file.js';
import type { RunAgain } from './view.js';

/** Instead of an event, for a run to the end of the recording. */
export const TO_THE_END = -1;

export class PastRuns {
  /** The result of the last one; null: the present is shown. */
  newest: RunAgain | null = null;
  readonly unrecorded: string[] = [];
  private readonly rerun: Rerun | null;
  /** Why recording has stopped. */
  private tapeEnd: string | null = null;
  private isClosed = false;

  /**
   * @param tape null: nothing is recorded
   * @param changed called when {@link newest} changes
   * @param patienceMs a run that tells nothing for this time is given up
   */
  constructor(
    main: string,
    private readonly tape: OpenTape | null,
    private readonly changed: () => void,
    patienceMs?: number,
  ) {
    this.rerun = tape === null ? null : new Rerun(main, tape, patienceMs);
  }

  get isRecorded(): boolean {
    return this.rerun !== null;
  }

  /** Recording has stopped. @param why `full`, or the code of an error */
  tapeEnded(why: string): void {
    this.tapeEnd = why;
  }

  /** Null: there was no run, or it was cancelled. */
  async to(event: number, isNewest: boolean): Promise<Standing | null> {
    if (this.rerun === null) {
      this.say({ text: NOT_RECORDED, isThere: false, variables: [] });
      return null;
    }
    const standing = await this.rerun.to(event);
    if (standing !== null) this.say(this.told(standing, isNewest));
    return standing;
  }

  /** Passes on what happens in a run from the beginning up to an event, until `take` returns false. Null: it has; otherwise why not. */
  async retell(event: number, take: Retelling): Promise<Untold | null> {
    if (this.rerun === null) return { text: NOT_RECORDED, isForGood: true };
    const standing = await this.rerun.retell(event, take);
    if (standing === null) return { text: CANCELLED, isForGood: false };
    return standing.over === null ? null : { text: printable(this.why(standing, standing.over)), isForGood: standing.over.why === 'refused' };
  }

  leave(): void {
    this.rerun?.leave();
    this.say(null);
  }

  close(): void {
    this.rerun?.leave();
    if (this.tape !== null && !this.isClosed) closeTape(this.tape);
    this.isClosed = true;
  }

  private say(again: RunAgain | null): void {
    if (again === this.newest) return;
    this.newest = again;
    this.changed();
  }

  private told(standing: Standing, isNewest: boolean): RunAgain {
    const { over, variables } = standing;
    if (over === null) return { text: isNewest ? joined(THERE, LAST) : THERE, isThere: true, variables };
    return { text: joined(this.why(standing, over), RECORDED), isThere: false, variables };
  }

  private why({ at, picture }: Standing, over: NonNullable<Standing['over']>): Text {
    const source = at === null ? undefined : picture.sources.all.get(at[0]);
    const place = at === null || source === undefined ? null : `${textOf(source.name)}:${at[1]}`;
    const why = over.why === 'full' && this.tapeEnd !== 'full' ? stopped(this.tapeEnd ?? '') : overText(over, place);
    const change = this.change();
    return change === null ? why : joined(why, change);
  }

  /** What has happened to the program's file since it was started; null: nothing. */
  private change(): Text | null {
    if (this.tape === null) return null;
    const { file, digest } = this.tape.head;
    const now = digestOf(file);
    return now === digest ? null : now === '' ? unreadable(file) : changedSince(file);
  }
}

const THERE: Text = { en: 'run again with its recorded inputs', ko: '기록된 입력으로 다시 실행했습니다' };
const LAST: Text = {
  en: 'here the recording ends, and it does not go on by itself: End leads back to the live program',
  ko: '기록은 여기에서 끝나며 저절로 이어지지 않습니다. End를 누르면 실행 중인 프로그램으로 돌아갑니다',
};
const RECORDED: Text = { en: 'what is shown is what was recorded of its trace', ko: '보이는 것은 기록된 트레이스입니다' };
const NOT_RECORDED: Text = {
  en: 'not run again, since its inputs could not be recorded: what is shown is what was recorded of its trace',
  ko: '입력을 기록할 수 없어 다시 실행하지 않았습니다. 보이는 것은 기록된 트레이스입니다',
};

/** @param place of the call; null: unknown */
export function overText(over: RunOver | { readonly why: 'ended' | 'late' }, place: string | null): Text {
  const at = place === null ? '' : ` (${place})`;
  switch (over.why) {
    case 'diverged':
      return {
        en: `diverges at call ${over.call}: recorded ${textOf(over.recorded)}, now ${textOf(over.now)}${at}`,
        ko: `호출 ${over.call}에서 갈라집니다: 기록은 ${textOf(over.recorded)}, 지금은 ${textOf(over.now)}${at}`,
      };
    case 'refused':
      return {
        en: `not run again: it uses ${over.module}, and what it does with that would happen a second time`,
        ko: `다시 실행하지 않았습니다: ${withParticle(over.module, '을/를')} 사용하므로 그 동작이 두 번 일어납니다`,
      };
    case 'unreadable':
      return { en: `line ${over.line} of the recording cannot be read${at}`, ko: `기록의 ${over.line}번째 줄을 읽을 수 없습니다${at}` };
    case 'end':
      return { en: `the recording ends here, and the program does not go on by itself${at}`, ko: `기록은 여기에서 끝나며 프로그램은 저절로 이어지지 않습니다${at}` };
    case 'full':
      return {
        en: `not run again up to here: its inputs were recorded up to ${MOST_TAPE_BYTES / 2 ** 20} MiB`,
        ko: `여기까지 다시 실행하지 않았습니다: 입력은 ${MOST_TAPE_BYTES / 2 ** 20} MiB까지 기록되었습니다`,
      };
    case 'ended':
      return { en: 'run again, it has ended before it came here', ko: '다시 실행했지만 여기에 이르기 전에 끝났습니다' };
    case 'late':
      return { en: 'run again, it has not come here in time', ko: '다시 실행했지만 제시간에 여기에 이르지 못했습니다' };
  }
}

const stopped = (code: string): Text => ({
  en: `not run again up to here: the recording of its inputs has failed (${code})`, ko: `여기까지 다시 실행하지 않았습니다: 입력 기록이 실패했습니다 (${code})`,
});

const changedSince = (file: string): Text => ({
  en: `${basename(file)} has been changed since it was started`, ko: `${withParticle(basename(file), '은/는')} 시작된 뒤에 바뀌었습니다`,
});

const unreadable = (file: string): Text => ({
  en: `${basename(file)} can no longer be read`, ko: `${withParticle(basename(file), '을/를')} 더 이상 읽을 수 없습니다`,
});

const CANCELLED: Text = { en: 'not run again to its end', ko: '끝까지 다시 실행하지 않았습니다' };

/** For a line of the screen: the program may have written anything. */
const printable = ({ en, ko }: Text): Text => ({ en: en.replace(/\p{C}/gu, '?'), ko: ko.replace(/\p{C}/gu, '?') });

const joined = (one: Text, other: Text): Text => ({ en: `${one.en}; ${other.en}`, ko: `${one.ko}. ${other.ko}` });
/** Text of the program's process, which arrives as a byte string. */
const textOf = (bytes: string): string => Buffer.from(bytes, 'latin1').toString();
