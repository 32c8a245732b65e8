import { useState } from 'react';
import { say, STRINGS } from '../words/words';
import type { Asked } from './asked';
import type { Question } from './question';
import type { Saved } from './saved';

interface QuestionListProps {
  questions: readonly Question[];
  served: readonly Question[];
  current: Asked | undefined;
  saved: readonly Saved[];
  open(question: Question): void;
  openSaved(saved: Saved): void;
  remove(title: string): void;
}

/** The questions of a role, the saved queries of the gateway, and what somebody saved in this browser. */
export function QuestionList({ questions, served, current, saved, open, openSaved, remove }: QuestionListProps) {
  const SAY = STRINGS.start;
  // On a phone the list is folded away as soon as there is an answer to look at.
  const [isOpen, setOpen] = useState(() => matchMedia('(min-width: 761px)').matches);
  const picked = (act: () => void) => () => {
    act();
    if (!matchMedia('(min-width: 761px)').matches) setOpen(false);
  };
  const list = (all: readonly Question[]) => (
    <ul>
      {all.map((question) => (
        <li key={question.id}>
          <button
            type="button"
            aria-current={current?.question?.id === question.id || undefined}
            onClick={picked(() => open(question))}
          >
            {say(question.title)}
          </button>
        </li>
      ))}
    </ul>
  );
  return (
    <details className="gallery" open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{SAY.pick}</summary>
      <nav aria-label={SAY.pick}>
        {list(questions)}
        {served.length > 0 && <h3>{SAY.served}</h3>}
        {list(served)}
        <h3>{SAY.saved}</h3>
        {saved.length === 0 && <p className="soft">{SAY.savedNone}</p>}
        <ul>
          {saved.map((one) => (
            <li key={one.title} className="saved">
              <button type="button" onClick={picked(() => openSaved(one))}>
                {one.title}
              </button>
              <button type="button" className="forget" aria-label={SAY.forget(one.title)} onClick={() => remove(one.title)}>
                ×
              </button>
            </li>
          ))}
        </ul>
      </nav>
    </details>
  );
}
