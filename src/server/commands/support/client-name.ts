/** Client names: what CLIENT SETNAME and HELLO SETNAME take. They stand in CLIENT LIST between spaces, so they have none. */

/** Printable ASCII without spaces; the empty name means none. */
export function isClientName(name: string): boolean {
  return /^[!-~]*$/.test(name);
}
