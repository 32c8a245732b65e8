import { useId, useMemo, useState, type KeyboardEvent, type ReactNode } from 'react';
import type { Answered } from '../answerMeta';
import { saidBy, type Credentials } from '../gateway';
import { figure, STRINGS, type Message } from '../words/words';
import { isQuery } from '../written';
import { ChartPane } from './ChartPane';
import type { ChartSpec } from './chart';
import { download, FILES, type FileKind } from './download';
import { deepest, keyOfPath, listsIn, rowsOf, shown, sortedBy, type Rows, type Sorting } from './rows';
import { TablePane } from './TablePane';

export const VIEWS = ['table', 'chart', 'json', 'file'] as const;
export type View = (typeof VIEWS)[number];

/** How a question wants its answer shown. */
export interface Look {
  view: View;
  chart?: ChartSpec | undefined;
  sort?: Sorting | undefined;
  /** The list whose entries are the rows, by its response keys. */
  rows?: string | undefined;
}

interface Props {
  answered: Answered | undefined;
  credentials: Credentials;
  look?: Look | undefined;
  /** Changes whenever the look is to be taken anew: another question was asked. */
  of?: string;
  view: View;
  turnTo(view: View): void;
  copy(text: string, said: string): void;
  complain(message: Message): void;
  /** Makes an address of a calendar, where the answer is about somebody who has one. */
  calendar?: (() => Promise<string>) | undefined;
  /** Makes an address from which a spreadsheet loads the rows, where the gateway serves the query itself. */
  address?: (() => Promise<string>) | undefined;
  /** The JSON, where something else shows it already. */
  json?: ReactNode;
  waiting: string;
}

/** One answer as table, chart, JSON or file, with what it took. */
export function AnswerViews({ answered, credentials, look, of, view, turnTo, copy, complain, calendar, address, json, waiting }: Props) {
  const id = useId();
  return (
    <section className="answer" aria-label={STRINGS.answer.label} data-view={view}>
      <div className="answer-head">
        <Tabs id={id} view={view} turnTo={turnTo} />
        <Status answered={answered} />
      </div>
      <div className="answer-body" role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${view}`}>
        {view === 'json' && json !== undefined ? (
          json
        ) : answered ? (
          <Shown key={of} {...{ answered, credentials, look, view, copy, complain, calendar, address }} />
        ) : (
          <p className="answer-empty">{waiting}</p>
        )}
      </div>
    </section>
  );
}

function Tabs({ id, view, turnTo }: { id: string; view: View; turnTo(view: View): void }) {
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = VIEWS[(VIEWS.indexOf(view) + step + VIEWS.length) % VIEWS.length]!;
    turnTo(next);
    document.getElementById(`${id}-${next}`)?.focus();
  };
  return (
    <div className="tabs" role="tablist" aria-label={STRINGS.answer.label} onKeyDown={onKeyDown}>
      {VIEWS.map((one) => (
        <button
          key={one}
          type="button"
          role="tab"
          id={`${id}-${one}`}
          aria-selected={one === view}
          aria-controls={`${id}-panel`}
          tabIndex={one === view ? 0 : -1}
          onClick={() => turnTo(one)}
        >
          {STRINGS.answer.views[one]}
        </button>
      ))}
    </div>
  );
}

function Status({ answered }: { answered: Answered | undefined }) {
  const SAY = STRINGS.answer;
  return (
    <p className="answer-status" aria-live="polite">
      {answered && SAY.status(answered.status, figure(answered.ms, answered.ms < 10 ? 1 : 0), SAY.bytes(answered.bytes))}
    </p>
  );
}

type ShownProps = Required<Pick<Props, 'credentials' | 'view' | 'copy' | 'complain'>> & {
  answered: Answered;
  look: Look | undefined;
  calendar: Props['calendar'];
  address: Props['address'];
};

function Shown({ answered, credentials, look, view, copy, complain, calendar, address }: ShownProps) {
  const { data, errors = [] } = answered.answer;
  const lists = useMemo(() => listsIn(data), [data]);
  const [chosen, choose] = useState(look?.rows);
  const unfolded = lists.find((one) => keyOfPath(one) === chosen) ?? (chosen === '' ? undefined : deepest(lists));
  const rows = useMemo<Rows>(() => rowsOf(data ?? {}, unfolded), [data, unfolded]);
  // Bars stand in the order of the rows of the table.
  const ordered = useMemo<Rows>(() => sortedBy(rows, look?.sort), [rows, look]);
  const SAY = STRINGS.answer;
  return (
    <>
      {errors.length > 0 && (
        <details className="answer-errors">
          <summary>{data ? SAY.refused(errors.length) : errors[0]!.message}</summary>
          <ul>
            {errors.slice(0, 20).map((error, index) => (
              <li key={index}>
                <code>{error.path?.join('.')}</code> {error.message}
              </li>
            ))}
          </ul>
        </details>
      )}
      {/* A question says itself which list its rows are. */}
      {!look && (view === 'table' || view === 'chart') && lists.length > 1 && (
        <label className="answer-unfold">
          {SAY.unfold}
          <select value={unfolded ? keyOfPath(unfolded) : ''} onChange={(event) => choose(event.target.value)}>
            {lists.map((one) => (
              <option key={keyOfPath(one)} value={keyOfPath(one)}>
                {shown(one).join(' › ')}
              </option>
            ))}
            <option value="">{SAY.one}</option>
          </select>
        </label>
      )}
      {view === 'table' && <TablePane rows={rows} sort={look?.sort} copy={copy} />}
      {view === 'chart' && <ChartPane rows={ordered} wanted={look?.chart} />}
      {view === 'json' && (
        <pre className="answer-json" tabIndex={0}>
          {JSON.stringify(answered.answer, null, 2)}
        </pre>
      )}
      {view === 'file' && <FilePane {...{ answered, credentials, complain, calendar, address }} />}
    </>
  );
}

type FileProps = Pick<ShownProps, 'answered' | 'credentials' | 'complain' | 'calendar' | 'address'>;

function FilePane({ answered, credentials, complain, calendar, address }: FileProps) {
  const [made, setMade] = useState<{ of: 'calendar' | 'spreadsheet'; url: string }>();
  const [busy, setBusy] = useState<FileKind>();
  if (!isQuery(answered.written.query)) return <p className="answer-empty">{STRINGS.answer.mutationNote}</p>;
  const save = (kind: FileKind) => {
    setBusy(kind);
    download(credentials, answered.written, kind)
      .catch((reason: unknown) => complain(saidBy(reason)))
      .finally(() => setBusy(undefined));
  };
  const make = (of: 'calendar' | 'spreadsheet', address: () => Promise<string>) =>
    void address().then((url) => setMade({ of, url }), (reason: unknown) => complain(saidBy(reason)));
  return (
    <div className="file-pane">
      <p>{STRINGS.answer.fileNote}</p>
      <div className="answer-tools">
        {(Object.keys(FILES) as FileKind[]).map((kind) => (
          <button key={kind} type="button" className="button main" aria-busy={busy === kind} onClick={() => save(kind)}>
            {STRINGS.files[kind]}
          </button>
        ))}
        {calendar && (
          <button type="button" className="button" onClick={() => make('calendar', calendar)}>
            {STRINGS.answer.calendar}
          </button>
        )}
        {address && (
          <button type="button" className="button" onClick={() => make('spreadsheet', address)}>
            {STRINGS.answer.spreadsheet}
          </button>
        )}
      </div>
      {made && (
        <label className="calendar-address">
          {made.of === 'calendar' ? STRINGS.answer.calendarNote : STRINGS.answer.spreadsheetNote}
          <input readOnly value={made.url} onFocus={(event) => event.target.select()} />
        </label>
      )}
    </div>
  );
}
