// Replaces string-width under Ink in the bundle of the screen, so that both agree on the column of a character.
export { columnsOf as default } from '../src/tui/view/columns.ts';
