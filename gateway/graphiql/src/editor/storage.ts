import type { Storage } from '@graphiql/toolkit';

/** Preferences about the look of the page: all of it that outlives a reload. */
const LASTING = new Set(
  ['theme', 'visiblePlugin', 'docExplorerFlex', 'editorFlex', 'secondaryEditorFlex'].map((name) => `graphiql:${name}`),
);

/** Where GraphiQL puts the queries that were run, and those among them that somebody marked. */
const HISTORY = ['graphiql:queries', 'graphiql:favorites'];
const KEPT = 'school:keep-history';

export const isHistoryKept = (): boolean => localStorage.getItem(KEPT) !== null;

/** Lets the history outlive the page, or forgets what of it was kept. */
export function keepHistory(isWanted: boolean): void {
  if (isWanted) {
    localStorage.setItem(KEPT, '1');
    for (const key of HISTORY) ForgetfulStorage.shared.moveToBrowser(key);
  } else {
    for (const key of [KEPT, ...HISTORY]) localStorage.removeItem(key);
  }
}

const isLasting = (key: string): boolean => LASTING.has(key) || (HISTORY.includes(key) && isHistoryKept());

/** A history without the headers of its requests: a token may stand among them. */
function withoutHeaders(history: string): string {
  const strip = (key: string, value: unknown): unknown => (key === 'headers' ? undefined : value);
  return JSON.stringify(JSON.parse(history, strip));
}

/**
 * GraphiQL's storage: queries, variables, headers, tabs and history end with the page.
 *
 * They can hold a token or the names of children, and a school's computer is seldom one person's. Only the history
 * stays where somebody asks for that.
 */
export class ForgetfulStorage implements Storage {
  static readonly shared = new ForgetfulStorage();

  readonly #memory = new Map<string, string>();

  get length(): number {
    return this.#memory.size;
  }

  getItem(key: string): string | null {
    return this.#memory.get(key) ?? (isLasting(key) ? localStorage.getItem(key) : null);
  }

  setItem(key: string, value: string): void {
    if (!LASTING.has(key)) this.#memory.set(key, value);
    if (isLasting(key)) localStorage.setItem(key, HISTORY.includes(key) ? withoutHeaders(value) : value);
  }

  removeItem(key: string): void {
    this.#memory.delete(key);
    if (isLasting(key)) localStorage.removeItem(key);
  }

  clear(): void {
    this.#memory.clear();
    for (const key of LASTING) localStorage.removeItem(key);
  }

  /** Writes what is remembered under *key* into the browser's storage. */
  moveToBrowser(key: string): void {
    const value = this.#memory.get(key);
    if (value !== undefined) this.setItem(key, value);
  }
}
