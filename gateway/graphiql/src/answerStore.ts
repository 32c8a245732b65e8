import type { Ask, AnswerMeta } from './answerMeta';

/** A request on its way: what is asked with it, and where to put what its answer says about itself. */
export interface Question {
  asked: Ask | undefined;
  /** Called when the answer is there; with nothing where none came. */
  record(meta: AnswerMeta | undefined): void;
}

/**
 * What the last answer of each tab says about itself, for one viewer, as long as they are signed in.
 *
 * The open pane decides what is asked, so that nobody pays for explanations that nobody looks at.
 */
export class AnswerStore {
  readonly #metas = new Map<string, AnswerMeta>();
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
      record: (meta) => {
        if (meta) this.#metas.set(tab, meta);
        else this.#metas.delete(tab);
        this.#changed();
      },
    };
  }

  readonly last = (): AnswerMeta | undefined => this.#metas.get(this.#tab);

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
