import { useMemo, useState } from 'react';
import { figure, STRINGS } from '../words/words';
import { textOf, titlesOf } from './labels';
import { asTsv, isConstant, isId, keyOfPath, placeOf, sortedBy, totalOf, type Cell, type Column, type Rows, type Sorting } from './rows';

/** How many rows are put on the page at once: a browser draws more of them slowly. */
const MOST_ROWS = 500;

interface Props {
  rows: Rows;
  sort?: Sorting | undefined;
  copy(text: string, said: string): void;
}

export function TablePane({ rows: { columns, rows }, sort, copy }: Props) {
  const [sorting, setSorting] = useState(sort);
  const [shownByHand, setShownByHand] = useState<Record<string, boolean>>({});
  const titles = useMemo(() => titlesOf(columns), [columns]);
  const keys = columns.map(({ path }) => keyOfPath(path));
  const constant = useMemo(
    () => columns.map(({ kind }, index) => (kind === 'text' || kind === 'day') && isConstant(rows, index)),
    [columns, rows],
  );
  // Ids are hidden until they are asked for.
  const isShown = (index: number): boolean =>
    shownByHand[keys[index]!] ?? !(isId(columns[index]!) || (constant[index] && !constant.every(Boolean)));
  const indices = columns.map((_, index) => index).filter(isShown);
  const by = placeOf(columns, sorting?.column);
  const { rows: ordered } = useMemo(() => sortedBy({ columns, rows }, sorting), [rows, columns, sorting]);
  const SAY = STRINGS.answer;

  const sortBy = (index: number) =>
    setSorting({ column: keys[index]!, isDescending: by === index ? !sorting!.isDescending : false });
  const copyAll = () =>
    copy(
      asTsv(
        indices.map((index) => titles[index]!),
        ordered.map((row) => indices.map((index) => row[index] ?? null)),
      ),
      SAY.copied,
    );

  if (columns.length === 0) return <p className="answer-empty">{rows.length ? SAY.noRows : SAY.empty}</p>;
  return (
    <div className="table-pane">
      <div className="answer-tools">
        <span className="soft">{SAY.rows(figure(rows.length))}</span>
        <details className="choose-columns">
          <summary className="button">{SAY.columns}</summary>
          <fieldset>
            <legend className="hidden">{SAY.columns}</legend>
            {columns.map((_, index) => (
              <label key={keys[index]}>
                <input
                  type="checkbox"
                  checked={isShown(index)}
                  onChange={(event) => setShownByHand({ ...shownByHand, [keys[index]!]: event.target.checked })}
                />
                {titles[index]} <small className="soft">{keys[index]}</small>
              </label>
            ))}
          </fieldset>
        </details>
        <button type="button" className="button" onClick={copyAll}>
          {SAY.copy}
        </button>
      </div>
      <p className="table-constants">
        {columns.map((column, index) => {
          const cell = rows[0]?.[index] ?? null;
          if (!constant[index] || isShown(index) || isId(column) || cell === null) return null;
          return (
            <span key={keys[index]}>
              <span className="soft">{titles[index]}:</span> {textOf(cell, column.kind)}
            </span>
          );
        })}
      </p>
      <div className="table-scroll" role="region" aria-label={SAY.views.table} tabIndex={0}>
        <table>
          <thead>
            <tr>
              {indices.map((index) => (
                <th
                  key={keys[index]}
                  scope="col"
                  data-kind={columns[index]!.kind}
                  title={keys[index]}
                  {...(by === index && { 'aria-sort': sorting!.isDescending ? 'descending' : 'ascending' })}
                >
                  <button type="button" onClick={() => sortBy(index)} title={SAY.sortBy(titles[index]!)}>
                    {titles[index]}
                    <span aria-hidden="true">{by !== index ? '' : sorting!.isDescending ? ' ↓' : ' ↑'}</span>
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {ordered.slice(0, MOST_ROWS).map((row, number) => (
              <tr key={number}>
                {indices.map((index) => (
                  <td key={keys[index]} data-kind={columns[index]!.kind}>
                    {textOf(row[index] ?? null, columns[index]!.kind)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
          {rows.length > 1 && <Totals columns={columns} rows={rows} indices={indices} />}
        </table>
      </div>
      {rows.length > MOST_ROWS && <p className="soft">{SAY.more(figure(MOST_ROWS), figure(rows.length))}</p>}
    </div>
  );
}

function Totals({ columns, rows, indices }: { columns: Column[]; rows: Cell[][]; indices: number[] }) {
  const totals = indices.map((index) =>
    totalOf(
      columns[index]!,
      rows.map((row) => row[index] ?? null),
    ),
  );
  if (!totals.some(Boolean)) return null;
  return (
    <tfoot>
      <tr>
        {totals.map((total, position) => (
          <td key={indices[position]} data-kind={columns[indices[position]!]!.kind}>
            {total ? (
              <>
                <small className="soft">{STRINGS.answer[total.is]} </small>
                {figure(total.value, 2)}
              </>
            ) : (
              position === 0 && STRINGS.answer.total
            )}
          </td>
        ))}
      </tr>
    </tfoot>
  );
}
