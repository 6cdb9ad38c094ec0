/** A text in the languages of the course. */
export interface Text {
  readonly en: string;
  readonly ko: string;
}

export type Language = keyof Text;
