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

/** A sentence for whoever reads the page, in the language that it has when it is read. */
export type Message = () => string;

export const say = (text: Text): string => text[current];

/** Makes formats of the current language, each once: making one takes far longer than writing by it. */
function formats<Options, Format>(make: (language: Language, options: Options) => Format): (options: Options) => Format {
  const made = new Map<string, Format>();
  return (options) => {
    const key = `${current}${JSON.stringify(options)}`;
    const format = made.get(key) ?? make(current, options);
    made.set(key, format);
    return format;
  };
}

const ofNumbers = formats((spoken, options: Intl.NumberFormatOptions) => new Intl.NumberFormat(spoken, options));
const ofDays = formats((spoken, options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(spoken, options));

/** A number as the language writes it, with at most and at least so many decimal places. */
export const figure = (number: number, most = 3, least = 0): string =>
  ofNumbers({ minimumFractionDigits: least, maximumFractionDigits: most }).format(number);

/** A day such as 2026-09-01 as the language writes it. */
export const dayOf = (day: string, options: Intl.DateTimeFormatOptions = {}): string =>
  ofDays({ day: 'numeric', month: 'short', timeZone: 'UTC', ...options }).format(
    new Date(`${day.slice(0, 10)}T00:00:00Z`),
  );
