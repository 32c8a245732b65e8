import type { Storage } from '@graphiql/toolkit';

/** Preferences about the look of the page: all of it that outlives a reload. */
const LASTING = new Set(
  ['theme', 'visiblePlugin', 'docExplorerFlex', 'editorFlex', 'secondaryEditorFlex'].map((name) => `graphiql:${name}`),
);

/**
 * GraphiQL's storage: queries, variables, headers, tabs and history end with the page.
 *
 * They can hold a token or the names of children, and a school's computer is seldom one person's.
 */
export class ForgetfulStorage implements Storage {
  readonly #memory = new Map<string, string>();

  get length(): number {
    return this.#memory.size;
  }

  getItem(key: string): string | null {
    return LASTING.has(key) ? localStorage.getItem(key) : (this.#memory.get(key) ?? null);
  }

  setItem(key: string, value: string): void {
    if (LASTING.has(key)) localStorage.setItem(key, value);
    else this.#memory.set(key, value);
  }

  removeItem(key: string): void {
    if (LASTING.has(key)) localStorage.removeItem(key);
    else this.#memory.delete(key);
  }

  clear(): void {
    this.#memory.clear();
    for (const key of LASTING) localStorage.removeItem(key);
  }
}
