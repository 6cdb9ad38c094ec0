/** Client names: validation for CLIENT SETNAME and HELLO SETNAME. CLIENT LIST shows them between spaces, so they contain none. */

/** True for printable ASCII without spaces; the empty name means none. */
export function isClientName(name: string): boolean {
  return /^[!-~]*$/.test(name);
}
