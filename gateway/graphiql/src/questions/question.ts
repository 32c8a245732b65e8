import type { Look } from '../answer/AnswerViews';
import type { Text } from '../words/words';

/** What a person chooses before a question is asked, each by its name and never by an id. */
export const PARAMETER_KINDS = [
  'student', 'class', 'subject', 'week', 'period', 'due', 'days', 'range', 'term', 'grade', 'school',
] as const;
export type ParameterKind = (typeof PARAMETER_KINDS)[number];

/** A parameter of a saved query that is written by hand. */
export interface Field {
  name: string;
  type: string;
  meaning: string | null;
}

/** A question of the gallery: an operation whose variables are form fields. */
export interface Question {
  /** Names the question in links. */
  id: string;
  title: Text;
  query: string;
  parameters: readonly ParameterKind[];
  fields?: readonly Field[];
  /** The parameters that cannot be left out. */
  required?: readonly string[];
  /** The name under which the gateway itself serves the rows, at `/q/<name>`. */
  servedAs?: string;
  /** Absent where the page knows nothing of the answer. */
  look?: Look;
}
