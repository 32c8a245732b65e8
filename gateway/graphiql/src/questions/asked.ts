import type { Choices, Option } from './choices';
import type { Question } from './question';

/** A question, or a document in somebody's own words. */
export interface Asked {
  title: string;
  question?: Question | undefined;
  query: string;
  variables?: string | undefined;
  choices: Choices;
  options: Partial<Record<string, Option[]>>;
}
