/**
 * Change: what is to be different when a recording is run again, as typed after `--with`.
 *
 *   edge-triggered · level-triggered      how readiness is reported       drop=frame:17             the 17th request of the recording is not sent
 *   seed=7                                for everything random            drop=frame:3:17           the 17th of token 3
 *   maxmemory=1mb                         any setting of redis.conf       delay=token:3:50ms        what token 3 sends arrives this much later
 *   slice 1 on #3                         any fault of the table
 */
import { ConfigReader, findSetting } from '../../config.js';
import type { SettingValues } from '../../config.js';
import { type Fault, FaultError, parseFaultText } from '../../faults/fault.js';
import { FAULT_NAMES } from '../../faults/table.js';
import { quoteWord } from '../../resp/request-encoder.js';
import { durationUs } from '../../../shared/duration.js';

export type Change =
  | { readonly kind: 'triggering'; readonly edgeTriggered: boolean }
  | { readonly kind: 'seed'; readonly seed: number }
  | { readonly kind: 'settings'; readonly settings: Partial<SettingValues> }
  | { readonly kind: 'fault'; readonly fault: Fault }
  /** A token of null: counted among the requests of all clients. */
  | { readonly kind: 'drop'; readonly token: number | null; readonly request: number }
  | { readonly kind: 'delay'; readonly token: number; readonly us: number };

/** An invalid change; the message is one line for people, a byte string. */
export class ChangeError extends Error {
  override readonly name = 'ChangeError';
}

/** Throws {@link ChangeError}. @param text a byte string */
export function parseChange(text: string): Change {
  const [, name = text, value] = /^([^\s=]+)=(.*)$/s.exec(text) ?? [];
  if (value === undefined) return parseWord(text);
  if (name === 'seed') return parseSeed(value);
  if (name === 'drop') return parseDrop(value);
  if (name === 'delay') return parseDelay(value);
  if (findSetting(name) === undefined) throw new ChangeError(unknown(name));
  return parseSetting(name, value);
}

function parseWord(text: string): Change {
  if (text === 'edge-triggered' || text === 'level-triggered') return { kind: 'triggering', edgeTriggered: text === 'edge-triggered' };
  const [name = ''] = text.trim().split(/\s+/);
  if (!(FAULT_NAMES as readonly string[]).includes(name.toLowerCase())) throw new ChangeError(unknown(text));
  try {
    return { kind: 'fault', fault: parseFaultText(text) };
  } catch (error) {
    throw error instanceof FaultError ? new ChangeError(error.message) : error;
  }
}

const unknown = (text: string): string =>
  `there is no change ${quoteWord(text)}; there are edge-triggered, level-triggered, seed=number, drop=frame:number, delay=token:number:time, ` +
  `setting=value, and the faults ${FAULT_NAMES.join(', ')}`;

function parseSeed(value: string): Change {
  const seed = Number(value);
  if (!/^\d+$/.test(value) || seed > 0xffffffff) throw new ChangeError('seed: must be a number from 0 to 4294967295');
  return { kind: 'seed', seed };
}

function parseDrop(value: string): Change {
  const [, token, request] = /^frame:(?:(\d+):)?(\d+)$/.exec(value) ?? [];
  if (request === undefined || Number(request) === 0) throw new ChangeError('drop: must be frame:number, or frame:token:number, from 1 on');
  return { kind: 'drop', token: token === undefined ? null : Number(token), request: Number(request) };
}

function parseDelay(value: string): Change {
  const [, token, time] = /^token:(\d+):(.+)$/.exec(value) ?? [];
  if (time === undefined) throw new ChangeError('delay: must be token:number:time, for example token:3:50ms');
  try {
    return { kind: 'delay', token: Number(token), us: durationUs(time) };
  } catch (error) {
    throw error instanceof RangeError ? new ChangeError(`delay: ${error.message}`) : error;
  }
}

/** Parses as on a line of redis.conf. */
function parseSetting(name: string, value: string): Change {
  const reader = new ConfigReader();
  reader.words([name, ...value.split(' ').filter((word) => word !== '')], (complaint) => {
    throw new ChangeError(complaint);
  });
  return { kind: 'settings', settings: reader.values };
}
