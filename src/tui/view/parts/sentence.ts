/**
 * Sentences: one for each kind of event, in plain words: what just happened. Shown in the loop pane, and printed by the narration.
 */
import type { TraceEvent } from '../../../server/index.js';
import type { InLanguages, Language } from '../../../shared/language.js';
import { durationText } from '../text.js';
import { ENGLISH } from './sentences-english.js';
import { KOREAN } from './sentences-korean.js';
import { OF_PROGRAM } from './sentences-of-program.js';
import { request, type Sentences, waitName, type Wording } from './wording.js';

const SENTENCES: InLanguages<Sentences> = { en: ENGLISH, ko: KOREAN };

export function sentence(event: TraceEvent, wording: Wording): string {
  const own = wording.isProgram === true ? OF_PROGRAM[wording.language].happened[event.kind] : undefined;
  return ((own ?? SENTENCES[wording.language].happened[event.kind]) as (event: TraceEvent, wording: Wording) => string)(event, wording);
}

/** While the loop is held right after `event`. */
export function heldSentence(event: TraceEvent, wording: Wording): string {
  const { language, isEmulated } = wording;
  const held = { ...SENTENCES[language].held, ...(wording.isProgram === true && OF_PROGRAM[language].held) };
  if (event.kind === 'frame') return held.request(request(event.argv, wording));
  if (event.kind === 'turn-begin') return held.turn(event.turn);
  if (event.kind === 'wait') return held.wait(waitName(isEmulated), timeoutSentences(event.timeoutMs, event.why, language)[0]!);
  return held.after(sentence(event, wording));
}

/** The timeout of a wait, and why: the nearest timer decides. The longest way to say it comes first. */
export function timeoutSentences(timeoutMs: number, why: string, language: Language): readonly string[] {
  return SENTENCES[language].timeout(timeoutMs, formatTimeout(timeoutMs), why);
}

/** At this many milliseconds fractions have no meaning, and would flicker. */
export function formatTimeout(timeoutMs: number): string {
  return durationText((timeoutMs >= 10 ? Math.round(timeoutMs) : timeoutMs) * 1000);
}

/** While the loop is in poll.wait; the longest way to say it comes first. */
export function asleepSentences({ isEmulated, language }: Wording): readonly string[] {
  return SENTENCES[language].asleep(waitName(isEmulated));
}

/** While the loop is faster than its trace. */
export function droppedSentence({ turns, commands }: { readonly turns: number; readonly commands: number }, language: Language): string {
  return SENTENCES[language].dropped(turns, commands);
}
