import { pick, useGraphiQL } from '@graphiql/react';
import { createContext, use, useEffect, useSyncExternalStore, type ReactNode } from 'react';
import { Ledger } from './ledger';
import type { Role } from './roles';
import { STRINGS } from './strings';
import type { Ask, Told } from './told';

interface Reading {
  ledger: Ledger;
  role: Role | undefined;
}

const ReadingContext = createContext<Reading>({ ledger: new Ledger(), role: undefined });

/** Gives *ledger* to the panes, turned to the tab that is open; *role* is that of the viewer. */
export function LedgerOfTab({ ledger, role, children }: Reading & { children: ReactNode }) {
  const { tabs, activeTabIndex } = useGraphiQL(pick('tabs', 'activeTabIndex'));
  const tab = tabs[activeTabIndex]?.id;
  useEffect(() => ledger.turnTo(tab ?? ''), [ledger, tab]);
  return <ReadingContext value={{ ledger, role }}>{children}</ReadingContext>;
}

/** What the last answer told; every request asks for it as long as the component is there. */
export function useTold(ask: Ask): { told: Told | undefined; role: string } {
  const { ledger, role } = use(ReadingContext);
  useEffect(() => ledger.ask(ask), [ledger, ask]);
  const told = useSyncExternalStore(ledger.subscribe, ledger.last);
  return { told, role: role ? STRINGS.roles[role] : '' };
}

interface PaneProps {
  title: string;
  told: Told | undefined;
  /** One sentence for who does not see the page, said whenever there is a new answer. */
  said?: string | undefined;
  /** What the pane does while it is open. */
  note: string;
  children: ReactNode;
}

export function Pane({ title, told, said, note, children }: PaneProps) {
  return (
    <section className="pane" aria-label={title}>
      <h2>{title}</h2>
      <p className="pane-said" aria-live="polite">
        {said}
      </p>
      {told && <p className="pane-operation">{told.operation ?? STRINGS.pane.unnamed}</p>}
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

const NUMBERS = new Intl.NumberFormat('en');

export const figure = (number: number): string => NUMBERS.format(number);

export const percent = (share: number): string =>
  share > 0 && share < 0.01 ? STRINGS.pane.underOne : `${figure(Math.round(share * 100))}%`;
