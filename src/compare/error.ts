/** Why engines cannot be compared; the message is one line, as text. */
export class CompareError extends Error {}
