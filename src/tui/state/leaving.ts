/**
 * Leaving: what would be lost, so that one letter does not end a lab that somebody uses.
 */
import type { InLanguages, Language } from '../../shared/language.js';
import type { Model } from './model/model.js';
import type { ReplState } from './repl-state.js';

const ENGLISH = {
  clients: (count: number) => `${count.toLocaleString('en')} client${count === 1 ? '' : 's'}`,
  keys: (count: number) => `${count.toLocaleString('en')} key${count === 1 ? '' : 's'}`,
  question: (lost: readonly string[]) => `Leave the lab, with ${lost.join(' and ')} in it`,
};

const KOREAN: typeof ENGLISH = {
  clients: (count) => `클라이언트 ${count.toLocaleString('en')}개`,
  keys: (count) => `키 ${count.toLocaleString('en')}개`,
  question: (lost) => `${lost.join(', ')}가 있는데 lab을 종료할까요`,
};

const TEXTS: InLanguages<typeof ENGLISH> = { en: ENGLISH, ko: KOREAN };

/** What to ask before the lab is left, without the question mark; null: it has no clients but the console's own, and no data. @param model of now */
export function leavingQuestion({ rates, keyspace }: Model, { clients }: ReplState, language: Language): string | null {
  const texts = TEXTS[language];
  const own = clients.filter(({ state }) => state !== 'connecting' && state !== 'closed').length;
  const others = Math.max(0, rates.connections - own);
  const keys = keyspace.databases.reduce((total, database) => total + database.keys, 0);
  const lost = [...(others === 0 ? [] : [texts.clients(others)]), ...(keys === 0 ? [] : [texts.keys(keys)])];
  return lost.length === 0 ? null : texts.question(lost);
}
