import { pick, useGraphiQL } from '@graphiql/react';
import { createContext, use, useEffect, useSyncExternalStore, type ReactNode } from 'react';
import { AnswerStore } from '../answerStore';
import type { Role } from '../roles';
import { figure, STRINGS } from '../words/words';
import type { Ask, AnswerMeta } from '../answerMeta';

interface Reading {
  answers: AnswerStore;
  role: Role | undefined;
}

const AnswersContext = createContext<Reading>({ answers: new AnswerStore(), role: undefined });

/** Gives *answers* to the panes, turned to the tab that is open; *role* is that of the viewer. */
export function AnswersOfTab({ answers, role, children }: Reading & { children: ReactNode }) {
  const { tabs, activeTabIndex } = useGraphiQL(pick('tabs', 'activeTabIndex'));
  const tab = tabs[activeTabIndex]?.id;
  useEffect(() => answers.turnTo(tab ?? ''), [answers, tab]);
  return <AnswersContext value={{ answers, role }}>{children}</AnswersContext>;
}

/** The last answer of the tab that is open. */
export function useLastAnswer(): AnswerMeta | undefined {
  const { answers } = use(AnswersContext);
  return useSyncExternalStore(answers.subscribe, answers.last);
}

/** What the last answer says about itself; every request asks for it as long as the component is there. */
export function useAnswerMeta(ask: Ask): { meta: AnswerMeta | undefined; role: string } {
  const { answers, role } = use(AnswersContext);
  useEffect(() => answers.ask(ask), [answers, ask]);
  const meta = useLastAnswer();
  return { meta, role: role ? STRINGS.roles[role] : '' };
}

interface PaneProps {
  title: string;
  meta: AnswerMeta | undefined;
  /** One sentence for who does not see the page, said whenever there is a new answer. */
  said?: string | undefined;
  /** What the pane does while it is open. */
  note: string;
  children: ReactNode;
}

export function Pane({ title, meta, said, note, children }: PaneProps) {
  return (
    <section className="pane" aria-label={title}>
      <h2>{title}</h2>
      <p className="pane-said" aria-live="polite">
        {said}
      </p>
      {meta && <p className="pane-operation">{meta.operation ?? STRINGS.pane.unnamed}</p>}
      {children}
      <p className="pane-note">{note}</p>
    </section>
  );
}

/** What to do, or what is the matter, where there is nothing to show. */
export const Empty = ({ children }: { children: ReactNode }) => <p className="pane-empty">{children}</p>;

export function DidNotRun({ title, message }: { title: string; message: string }) {
  return (
    <div className="pane-refusal">
      <h3>{title}</h3>
      <p>{message}</p>
    </div>
  );
}

export const percent = (share: number): string =>
  share > 0 && share < 0.01 ? STRINGS.pane.underOne : `${figure(Math.round(share * 100))}%`;
