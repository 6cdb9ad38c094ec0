/**
 * Doubles as Redis prints them in replies: C's `%.17g`, and `inf`, `-inf`, `nan`.
 *
 * JavaScript rounds a tie away from zero and C to the even digit, so ties are detected: 2^-25 is 2.98023223876953125e-08 exactly,
 * and Redis prints it as 2.9802322387695312e-08.
 */

/** `%.17g`: 17 significant digits, no trailing zeros, an exponent below 1e-4 and from 1e17 on. Integers print as integers. */
export function formatDouble(value: number): string {
  if (Number.isSafeInteger(value) && value !== 0) return String(value);
  if (Number.isNaN(value)) return 'nan';
  if (value === Infinity) return 'inf';
  if (value === -Infinity) return '-inf';
  const size = Math.abs(value);
  // Multiples of 1/8 below 10^12 have at most 15 digits: then the shortest representation is exact.
  if (size > 0 && size < 1e12 && Number.isInteger(value * 8)) return String(value);
  // Where C writes no exponent, JavaScript formats the same way, except for ties.
  if (size >= 1e-4 && size < 1e17 && !mayBeTie(value)) return stripZeros(value.toPrecision(17));
  return formatGeneral(value, 17);
}

/** Formats a finite number like C's `%.{digits}g`, 1 to 17 digits. */
export function formatGeneral(value: number, digits: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const [mantissa = '', exponentText = '0'] = toExponential(value, digits).split('e');
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= digits) {
    const sign = exponent < 0 ? '-' : '+';
    return `${stripZeros(mantissa)}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  return stripZeros(shiftPoint(mantissa, exponent));
}

/** Like Number's own method with `digits - 1`, but ties go to the even digit. */
function toExponential(value: number, digits: number): string {
  const rounded = value.toExponential(digits - 1);
  if (!mayBeTie(value)) return rounded;
  const mantissaEnd = rounded.indexOf('e');
  const lastDigit = rounded.charCodeAt(mantissaEnd - 1) - 48;
  // A single digit 1 is 9.5 rounded up, which is to the even digit already.
  if (lastDigit % 2 === 0 || (digits === 1 && lastDigit === 1) || !isTie(value, digits)) return rounded;
  return `${rounded.slice(0, mantissaEnd - 1)}${lastDigit - 1}${rounded.slice(mantissaEnd)}`;
}

/** An exact tie at up to 17 digits is a multiple of 2^-25: its decimals are a multiple of 5^25, which already has 18 digits. */
function mayBeTie(value: number): boolean {
  return Number.isInteger(value * 2 ** 25);
}

/** True if everything after the first `digits` digits is a 5 and zeros. Above 1e40 there are no ties, and below it 100 digits show all non-zero ones. */
function isTie(value: number, digits: number): boolean {
  // oxlint-disable-next-line oxc/number-arg-out-of-range -- the limit has been 100 since ES2018
  const all = value.toExponential(100).replace(/^-|\.|e.*$/g, '');
  return /^50*$/.test(all.slice(digits));
}

/** 1.2345 and 2 to 123.45; 1.2345 and -3 to 0.0012345. */
function shiftPoint(mantissa: string, exponent: number): string {
  const sign = mantissa.startsWith('-') ? '-' : '';
  const all = mantissa.slice(sign.length).replace('.', '');
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${all}`;
  const point = exponent + 1;
  return point >= all.length ? `${sign}${all}` : `${sign}${all.slice(0, point)}.${all.slice(point)}`;
}

function stripZeros(number: string): string {
  return number.includes('.') ? number.replace(/\.?0+$/, '') : number;
}
