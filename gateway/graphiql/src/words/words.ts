import { useSyncExternalStore } from 'react';
import { ENGLISH, type Words } from './en';
import { RUSSIAN } from './ru';

export const LANGUAGES = { en: 'English', ru: 'Русский' } as const;
export type Language = keyof typeof LANGUAGES;

/** A text of a question or of a column in both languages. */
export type Text = Readonly<Record<Language, string>>;

const DICTIONARIES: Record<Language, Words> = { en: ENGLISH, ru: RUSSIAN };
const STORED = 'school:language';
const listeners = new Set<() => void>();

const isLanguage = (name: string | null | undefined): name is Language => !!name && name in LANGUAGES;

/** The language that the person has chosen, else the first of the browser's that the page speaks. */
function firstLanguage(): Language {
  const stored = localStorage.getItem(STORED);
  if (isLanguage(stored)) return stored;
  return navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase()).find(isLanguage) ?? 'en';
}

let current = firstLanguage();
document.documentElement.lang = current;

/** The words of the current language; read anew at each use, because the language may change. */
export let STRINGS: Words = DICTIONARIES[current];

export const language = (): Language => current;

export function speak(chosen: Language): void {
  current = chosen;
  STRINGS = DICTIONARIES[chosen];
  localStorage.setItem(STORED, chosen);
  document.documentElement.lang = chosen;
  for (const listener of listeners) listener();
}

/** Renders its caller again whenever the language changes. */
export const useLanguage = (): Language =>
  useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, language);

export const say = (text: Text): string => text[current];

/** A number as the language writes it. */
export const figure = (number: number, digits = 3): string =>
  new Intl.NumberFormat(current, { maximumFractionDigits: digits }).format(number);

/** A day such as 2026-09-01 as the language writes it. */
export const dayOf = (day: string, options: Intl.DateTimeFormatOptions = {}): string =>
  new Intl.DateTimeFormat(current, { day: 'numeric', month: 'short', timeZone: 'UTC', ...options }).format(
    new Date(`${day.slice(0, 10)}T00:00:00Z`),
  );
