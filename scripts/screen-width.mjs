// Takes the place of string-width under Ink in the bundle of the screen, so that both agree on the column in which a character stands.
export { columnsOf as default } from '../src/tui/view/columns.ts';
