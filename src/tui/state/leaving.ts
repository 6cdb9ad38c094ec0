/**
 * What would be lost by quitting, so that a single letter does not end a lab in use.
 */
import { withParticle } from '../../shared/korean.js';
import type { InLanguages, Language } from '../../shared/language.js';
import type { Model } from './model/model.js';
import type { ReplState } from './repl-state.js';
import type { ShownRecording } from './state.js';

const ENGLISH = {
  clients: (count: number) => `${count.toLocaleString('en')} client${count === 1 ? '' : 's'}`,
  keys: (count: number) => `${count.toLocaleString('en')} key${count === 1 ? '' : 's'}`,
  question: (lost: readonly string[]) => `Leave the lab, with ${lost.join(' and ')} in it`,
};

const KOREAN: typeof ENGLISH = {
  clients: (count) => `클라이언트 ${count.toLocaleString('en')}개`,
  keys: (count) => `키 ${count.toLocaleString('en')}개`,
  question: (lost) => `${withParticle(lost.join(', '), '이/가')} 있는데 lab을 종료할까요`,
};

const TEXTS: InLanguages<typeof ENGLISH> = { en: ENGLISH, ko: KOREAN };

/**
 * The question before quitting, without the question mark; null: the lab has no clients except the console's own, and no data that would be lost. @param model
 * of the present. @param recording the source of its data
 */
export function leavingQuestion({ rates, keyspace }: Model, { clients }: ReplState, language: Language, recording?: ShownRecording): string | null {
  const texts = TEXTS[language];
  const own = clients.filter(({ state }) => state !== 'connecting' && state !== 'closed').length;
  const others = Math.max(0, rates.connections - own);
  // If the server has only been opened, all of its data are in the file.
  const isAsInFile = recording !== undefined && (rates.total ?? 0) <= recording.commands;
  const isSafe = isAsInFile || keyspace.persistence?.isKept === true;
  const keys = isSafe ? 0 : keyspace.databases.reduce((total, database) => total + database.keys, 0);
  const lost = [...(others === 0 ? [] : [texts.clients(others)]), ...(keys === 0 ? [] : [texts.keys(keys)])];
  return lost.length === 0 ? null : texts.question(lost);
}
