/**
 * What a client may try to do to a terminal, as byte strings: every byte there is, the sequences known from attacks, and text that is hard to measure.
 */
const utf8 = (text: string): string => Buffer.from(text).toString('latin1');

const EVERY_BYTE = Array.from({ length: 8 }, (_, row) => Array.from({ length: 32 }, (_, column) => String.fromCharCode(row * 32 + column)).join(''));

const SEQUENCES: { readonly [name: string]: string } = {
  'title': '\x1b]0;owned\x07\x1b]2;owned\x1b\\',
  'title in C1': '\x9d2;owned\x9c',
  'clipboard': '\x1b]52;c;b3duZWQ=\x1b\\',
  'link': '\x1b]8;;http://owned.example\x1b\\owned\x1b]8;;\x1b\\',
  'OSC without an end': '\x1b]0;owned',
  'DCS': '\x1bP1000p%owned\x1b\\',
  'request of a setting': '\x1bP$q"p\x1b\\owned',
  'APC, PM, SOS': '\x1b_Gowned\x1b\\\x1b^owned\x1b\\\x1bXowned\x1b\\',
  'other screen': '\x1b[?1049lowned',
  'erasing': '\x1b[2J\x1b[Howned\x1b[K',
  'moving': '\x1b[7;7Howned\x1b[3Aowned',
  'requests of reports': '\x1b[6n\x1b[c\x1b[>c\x1b[18towned',
  'colours': '\x1b[35;41mowned',
  'colours in C1': '\x9b35;41mowned',
  'modes': '\x1b[?1000h\x1b[?2004l\x1b[?25h\x1b[?7howned',
  'scroll region': '\x1b[5;6r\x1b[Lowned',
  'character sets': '\x1b(0\x0eowned',
  'resets': '\x1bcowned\x1b[!p',
  'C1 as UTF-8': utf8('\u009b2Jowned\u009d0;owned\u009c'),
  'line ends': 'owned\r\nowned\rowned\nowned\x0b\x0c',
};

const HARD_TO_MEASURE: { readonly [name: string]: string } = {
  'bidi': utf8('\u202eowned\u202c\u2066owned\u2069\u200fowned\u061c'),
  'zero width': utf8('ow\u200bn\u200ded\u2060\ufeff\u00ad\u180e'),
  'drawn as nothing': utf8('owned\u115f\u1160\u3164\uffa0\u034f\u2800\ufe0f\u{e0041}\u{e0100}'),
  'marks': utf8(`o${'\u0301'.repeat(60)}wned\u0e33\u{1f1e9}`),
  'marks on nothing': utf8('\u0301\u20ddowned'),
  'wide': utf8('漢字全角ｗｉｄｅ漢字漢字漢字'),
  'emoji': utf8('👩‍👩‍👧‍👦👍🏽🇩🇪❤️1️⃣🏳️‍🌈'),
  'scripts': utf8('שלום مرحبا नमस्ते ภาษาไทย ꧅ ﷽ 𒐫'),
  'half characters': '\xf0\x9f\x91\xe6\xbc\xc3',
  'not UTF-8': '\xc0\x9b\xe0\x80\x9b\xed\xa0\x80\xf8\x88\x80\x80\x9b',
};

export const PAYLOADS: readonly string[] = [...EVERY_BYTE, ...Object.values(SEQUENCES), ...Object.values(HARD_TO_MEASURE)];

/** Those that are UTF-8, as text: a terminal sends nothing else. */
export const TEXTS: readonly string[] = PAYLOADS.map((payload) => Buffer.from(payload, 'latin1').toString('utf8')).filter((text) => !text.includes('\ufffd'));
