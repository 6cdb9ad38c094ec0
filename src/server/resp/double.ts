/**
 * Doubles as Redis prints them in replies: C's `%.17g`, and `inf`, `-inf`, `nan`.
 */

/** `%.17g`: 17 significant digits, no trailing zeros, an exponent below 1e-5 and from 1e17 on. Integers print as integers. */
export function formatDouble(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (value === Infinity) return 'inf';
  if (value === -Infinity) return '-inf';
  if (Object.is(value, -0)) return '-0';
  if (Number.isInteger(value) && Math.abs(value) < 1e17) return BigInt(value).toString();
  return formatGeneral(value, 17);
}

/** C's `%.{digits}g`. */
export function formatGeneral(value: number, digits: number): string {
  const [mantissa = '', exponentText = '0'] = value.toExponential(digits - 1).split('e');
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= digits) {
    const sign = exponent < 0 ? '-' : '+';
    return `${stripZeros(mantissa)}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  return stripZeros(value.toFixed(digits - 1 - exponent));
}

function stripZeros(number: string): string {
  return number.includes('.') ? number.replace(/\.?0+$/, '') : number;
}
