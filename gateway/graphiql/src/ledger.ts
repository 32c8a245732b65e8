import type { Ask, Told } from './told';

/** A request on its way: what is asked with it, and where to put what its answer tells. */
export interface Question {
  asked: Ask | undefined;
  /** Called when the answer is there; with nothing where none came. */
  tell(told: Told | undefined): void;
}

/**
 * What the last answer of each tab told of itself, for one viewer; it lives as long as he is signed in.
 *
 * The open pane decides what is asked, so that nobody pays for explanations that nobody looks at.
 */
export class Ledger {
  readonly #told = new Map<string, Told>();
  readonly #listeners = new Set<() => void>();
  #tab = '';
  #asked: Ask | undefined;

  /** Ask it with every request from now on, until the returned function is called. */
  ask(ask: Ask): () => void {
    this.#asked = ask;
    return () => {
      if (this.#asked === ask) this.#asked = undefined;
    };
  }

  turnTo(tab: string): void {
    this.#tab = tab;
    this.#changed();
  }

  question(): Question {
    const tab = this.#tab;
    return {
      asked: this.#asked,
      tell: (told) => {
        if (told) this.#told.set(tab, told);
        else this.#told.delete(tab);
        this.#changed();
      },
    };
  }

  readonly last = (): Told | undefined => this.#told.get(this.#tab);

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
