import type { GraphiQLPlugin } from '@graphiql/react';
import { Fragment, useId, type ReactNode } from 'react';
import { TimeLine } from './TimeLine';
import { DidNotRun, Empty, Pane, useAnswerMeta } from './Pane';
import { figure, STRINGS } from '../words/words';
import type { Command, Explanation, AnswerMeta } from '../answerMeta';

export const explainPlugin = (): GraphiQLPlugin => ({ title: STRINGS.explain.title, icon: ListUnderGlass, content: ExplainPane });

function ExplainPane() {
  const { meta, role } = useAnswerMeta('explain');
  const { explanation, refusal } = meta ?? {};
  return (
    <Pane title={STRINGS.explain.title} meta={meta} said={explanation && STRINGS.explain.said(explanation)} note={STRINGS.explain.note}>
      {refusal && <DidNotRun title={STRINGS.explain.didNotRun} message={refusal.message} />}
      {explanation && meta ? <Parts explanation={explanation} totalMs={meta.answered.ms} /> : !refusal && <Empty>{missing(meta, role)}</Empty>}
    </Pane>
  );
}

function missing(meta: AnswerMeta | undefined, role: string): string {
  if (!meta) return STRINGS.explain.nothingYet;
  return meta.asked === 'explain' ? STRINGS.explain.notAllowed(role) : STRINGS.explain.again;
}

function Parts({ explanation, totalMs }: { explanation: Explanation; totalMs: number }) {
  const { pruned, commands, batches, shared, columns } = explanation;
  return (
    <>
      <Facts explanation={explanation} />
      {explanation.times && <TimeLine times={explanation.times} totalMs={totalMs} />}
      <Part
        {...STRINGS.explain.pruned}
        rows={pruned.map(({ path, visibleTo }) => [
          <Code>{path.join('.')}</Code>,
          visibleTo.map((role) => STRINGS.roles[role]).join(', ') || STRINGS.explain.nobody,
        ])}
      />
      <Part
        {...STRINGS.explain.commands}
        rows={commands.map((command) => [
          <Code>{`${command.connector}.${command.collection}`}</Code>,
          command.indexes.map((index) => (
            <Code key={index} isBad={index.startsWith('none')}>
              {index}
            </Code>
          )),
        ])}
        below={commands.map((command) => (
          <InFull command={command} />
        ))}
      />
      <Part
        {...STRINGS.explain.batches}
        rows={batches.map((batch) => [
          <Code>{batch.read}</Code>,
          batch.keys,
          <Code>{batch.columns.join(', ') || STRINGS.explain.all}</Code>,
        ])}
      />
      <Part
        {...STRINGS.explain.shared}
        rows={shared.map(({ read, answeredBy, keys }) => [<Code>{read}</Code>, STRINGS.explain.shared.by[answeredBy], keys])}
      />
      <details className="pane-hint">
        <summary>{STRINGS.explain.columns.title}</summary>
        <Table
          heads={STRINGS.explain.columns.heads}
          rows={Object.entries(columns).map(([type, needs]) => [<Code>{type}</Code>, <Code>{needs.join(', ')}</Code>])}
        />
      </details>
    </>
  );
}

function Facts({ explanation: { plan, cost } }: { explanation: Explanation }) {
  const { estimated, actual, heaviest } = cost;
  return (
    <dl className="pane-facts">
      <dt>{STRINGS.explain.plan}</dt>
      <dd>{plan.compileMs === null ? STRINGS.explain.kept : STRINGS.explain.compiled(plan.compileMs)}</dd>
      <dt>{STRINGS.explain.cost}</dt>
      <dd>{STRINGS.explain.costs(figure(estimated), actual === undefined ? undefined : figure(actual))}</dd>
      {heaviest.path.length > 0 && (
        <>
          <dt>{STRINGS.explain.heaviest}</dt>
          <dd>
            <Code>{heaviest.path.join('.')}</Code> {STRINGS.explain.heaviestOf(figure(heaviest.cost))}
          </dd>
        </>
      )}
    </dl>
  );
}

/** All that a command asks of its collection, folded away. */
function InFull({ command: { command, filter, pipeline, projection, sort, limit } }: InFullProps) {
  const columns = Object.entries(projection ?? {}).filter(([, is]) => is);
  const parts: [string, string | undefined][] = [
    [STRINGS.explain.filter, filter && JSON.stringify(filter)],
    [STRINGS.explain.stages, pipeline && JSON.stringify(pipeline)],
    [STRINGS.explain.projection, columns.map(([name]) => name).join(', ')],
    [STRINGS.explain.order, sort && JSON.stringify(sort)],
    [STRINGS.explain.limit, limit === undefined ? undefined : figure(limit)],
  ];
  return (
    <details>
      <summary>
        <Code>{command}</Code>
      </summary>
      <dl>
        {parts.map(
          ([name, text]) =>
            text && (
              <Fragment key={name}>
                <dt>{name}</dt>
                <dd>
                  <Code>{text}</Code>
                </dd>
              </Fragment>
            ),
        )}
      </dl>
    </details>
  );
}

interface InFullProps {
  command: Command;
}

interface Rows {
  heads: readonly string[];
  rows: ReactNode[][];
  /** What stands under each row, over its whole width. */
  below?: ReactNode[];
}

/** A table under its title and number of rows, or why it has none. */
function Part({ title, none, hint, ...table }: Rows & { title: string; none: string; hint: string }) {
  const id = useId();
  return (
    <section aria-labelledby={id}>
      <h3 id={id}>
        {title} <span className="pane-count">{table.rows.length}</span>
      </h3>
      <p className="pane-about">{table.rows.length ? hint : none}</p>
      {table.rows.length > 0 && <Table {...table} />}
    </section>
  );
}

function Table({ heads, rows, below }: Rows) {
  return (
    <table>
      <thead>
        <tr>
          {heads.map((head, column) => (
            <th key={head} scope="col" className={kindOf(rows[0]?.[column])}>
              {head}
            </th>
          ))}
        </tr>
      </thead>
      {rows.map((cells, row) => (
        <tbody key={row}>
          <tr>
            {cells.map((cell, column) => (
              <td key={column} className={kindOf(cell)}>
                {typeof cell === 'number' ? figure(cell) : cell}
              </td>
            ))}
          </tr>
          {below && (
            <tr>
              <td colSpan={heads.length}>{below[row]}</td>
            </tr>
          )}
        </tbody>
      ))}
    </table>
  );
}

const kindOf = (cell: ReactNode): string | undefined => (typeof cell === 'number' ? 'pane-number' : undefined);

/** Names and JSON, which may be broken where a name or a value ends. */
const Code = ({ isBad = false, children }: { isBad?: boolean; children: string }) => (
  <code data-bad={isBad || undefined}>
    {children.split(/(?<=[_.,{[])/).map((part, index) => (
      <Fragment key={index}>
        {part}
        <wbr />
      </Fragment>
    ))}
  </code>
);

/** A list under a magnifying glass. */
function ListUnderGlass() {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.5" aria-hidden="true">
      <path d="M3 5h18M3 10.5h6M3 16h5M3 21h8" />
      <circle cx="15.5" cy="14.5" r="4.25" />
      <path d="m18.6 17.6 3.4 3.4" />
    </svg>
  );
}
