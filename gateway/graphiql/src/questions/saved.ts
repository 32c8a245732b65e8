import type { View } from '../answer/AnswerViews';
import type { Choices } from './choices';

const STORED = 'school:questions';

/** A question that somebody told the browser to remember: of the gallery with its choices, or of their own words. */
export interface Saved {
  title: string;
  view: View;
  question?: string;
  choices?: Choices;
  query?: string;
  variables?: string;
}

export function savedQuestions(): Saved[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(STORED) ?? '[]');
    return Array.isArray(stored) ? (stored as Saved[]).filter(({ title }) => typeof title === 'string') : [];
  } catch {
    return [];
  }
}

/** Puts *saved* into the browser's storage; the last of one title remains. */
export function save(saved: Saved): Saved[] {
  return store([...savedQuestions().filter(({ title }) => title !== saved.title), saved]);
}

export const forget = (title: string): Saved[] => store(savedQuestions().filter((one) => one.title !== title));

function store(all: Saved[]): Saved[] {
  if (all.length) localStorage.setItem(STORED, JSON.stringify(all));
  else localStorage.removeItem(STORED);
  return all;
}
