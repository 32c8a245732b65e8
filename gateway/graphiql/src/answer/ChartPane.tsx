import { useEffect, useMemo, useRef, useState } from 'react';
import { STRINGS, useLanguage } from '../words/words';
import { fitting, type ChartKind, type ChartSpec } from './chart';
import { titlesOf } from './labels';
import { keyOfPath, placeOf, type Rows } from './rows';

const KINDS: readonly ChartKind[] = ['bar', 'line', 'distribution', 'heat'];

/** A chart of *rows*: the one that *wanted* names, until somebody chooses another. */
export function ChartPane({ rows, wanted }: { rows: Rows; wanted?: ChartSpec | undefined }) {
  const { columns } = rows;
  const [chosen, choose] = useState<ChartSpec>();
  const fits = useMemo(
    () => (wanted && placeOf(columns, wanted.across) >= 0 ? wanted : fitting(rows)),
    [wanted, columns, rows],
  );
  const spec = chosen && placeOf(columns, chosen.across) >= 0 ? chosen : fits;
  if (!spec) return <p className="answer-empty">{STRINGS.answer.noChart}</p>;
  return (
    <div className="chart-pane">
      <Drawing rows={rows} spec={spec} />
      <details className="chart-shape">
        <summary>{STRINGS.answer.shape}</summary>
        <Controls rows={rows} spec={spec} choose={choose} />
      </details>
    </div>
  );
}

function Controls({ rows: { columns }, spec, choose }: { rows: Rows; spec: ChartSpec; choose(spec: ChartSpec): void }) {
  const SAY = STRINGS.answer;
  const titles = titlesOf(columns);
  const options = columns.map(({ path, kind }, index) => ({ key: keyOfPath(path), title: titles[index]!, kind }));
  const exact = (name: string | undefined): string => {
    const index = placeOf(columns, name);
    return index < 0 ? '' : options[index]!.key;
  };
  const put = (part: Partial<ChartSpec>) => choose({ ...spec, ...part });
  const isCounted = spec.kind !== 'distribution';
  const turnTo = (kind: ChartKind) => {
    const number = columns[placeOf(columns, spec.up)] ?? columns.find((column) => column.kind === 'number');
    // What is distributed is a number; all other charts have names or days across.
    put({ kind, ...(kind === 'distribution' && number && { across: keyOfPath(number.path) }) });
  };
  return (
    <div className="answer-tools">
      <label>
        {SAY.kind}
        <select value={spec.kind} onChange={(event) => turnTo(event.target.value as ChartKind)}>
          {KINDS.map((kind) => (
            <option key={kind} value={kind}>
              {SAY.kinds[kind]}
            </option>
          ))}
        </select>
      </label>
      <label>
        {SAY.across}
        <select value={exact(spec.across)} onChange={(event) => put({ across: event.target.value })}>
          {options
            .filter(({ kind }) => isCounted || kind === 'number')
            .map(({ key, title }) => (
              <option key={key} value={key}>
                {title}
              </option>
            ))}
        </select>
      </label>
      {isCounted && (
        <>
          <label>
            {SAY.up}
            <select value={exact(spec.up)} onChange={(event) => put({ up: event.target.value || undefined })}>
              <option value="">{SAY.count}</option>
              {options
                .filter(({ kind }) => kind === 'number')
                .map(({ key, title }) => (
                  <option key={key} value={key}>
                    {title}
                  </option>
                ))}
            </select>
          </label>
          <label>
            {SAY.by}
            <select value={exact(spec.by)} onChange={(event) => put({ by: event.target.value || undefined })}>
              <option value="">–</option>
              {options.map(({ key, title }) => (
                <option key={key} value={key}>
                  {title}
                </option>
              ))}
            </select>
          </label>
        </>
      )}
    </div>
  );
}

function Drawing({ rows, spec }: { rows: Rows; spec: ChartSpec }) {
  const spoken = useLanguage();
  const place = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const [isEmpty, setEmpty] = useState(false);
  useEffect(() => {
    if (!place.current) return;
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)));
    observer.observe(place.current);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    if (width === 0) return;
    let isCurrent = true;
    // The library is larger than the rest of the first view: it comes with the first chart.
    void import('./plot').then(({ draw }) => {
      if (!isCurrent) return;
      const chart = draw(rows, spec, Math.max(280, width));
      chart?.setAttribute('aria-hidden', 'true');
      setEmpty(chart === null);
      place.current?.replaceChildren(...(chart ? [chart] : []));
    });
    return () => {
      isCurrent = false;
    };
  }, [rows, spec, width, spoken]);
  const SAY = STRINGS.answer;
  const titles = titlesOf(rows.columns);
  const named = (name: string | undefined): string => titles[placeOf(rows.columns, name)] ?? SAY.count;
  const label = SAY.chartOf(SAY.kinds[spec.kind], named(spec.up), named(spec.across));
  return (
    <figure className="chart" role="img" aria-label={label}>
      <div ref={place} />
      {isEmpty && <p className="answer-empty">{SAY.noChart}</p>}
    </figure>
  );
}
