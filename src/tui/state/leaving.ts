/**
 * Leaving: what would be lost, so that one letter does not end a lab that somebody uses.
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
 * What to ask before the lab is left, without the question mark; null: it has no clients but the console's own, and no data that nobody else has.
 * @param model of now. @param recording what its data come from
 */
export function leavingQuestion({ rates, keyspace }: Model, { clients }: ReplState, language: Language, recording?: ShownRecording): string | null {
  const texts = TEXTS[language];
  const own = clients.filter(({ state }) => state !== 'connecting' && state !== 'closed').length;
  const others = Math.max(0, rates.connections - own);
  // Of a server that has only been opened, the file has them all.
  const isAsInFile = recording !== undefined && (rates.total ?? 0) <= recording.commands;
  const keys = isAsInFile ? 0 : keyspace.databases.reduce((total, database) => total + database.keys, 0);
  const lost = [...(others === 0 ? [] : [texts.clients(others)]), ...(keys === 0 ? [] : [texts.keys(keys)])];
  return lost.length === 0 ? null : texts.question(lost);
}
