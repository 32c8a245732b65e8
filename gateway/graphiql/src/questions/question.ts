import type { Look } from '../answer/AnswerViews';
import type { Text } from '../words/words';

/** What a person chooses before a question is asked, each by its name and never by an id. */
export type ParameterKind = 'student' | 'class' | 'week' | 'period' | 'due' | 'days' | 'range';

/** A question of the gallery: an operation whose variables are form fields. */
export interface Question {
  /** Names the question in links. */
  id: string;
  title: Text;
  query: string;
  parameters: readonly ParameterKind[];
  look: Look;
}
