import * as Plot from '@observablehq/plot';
import { dayOf, figure, language, STRINGS } from '../words/words';
import type { ChartSpec } from './chart';
import { textOf, titlesOf } from './labels';
import { placeOf, type Rows } from './rows';

interface Datum {
  across: string;
  at: Date | null;
  up: number;
  by: string;
}

/** Draws *spec* over *rows*; null where a column that it names is not there. */
export function draw({ columns, rows }: Rows, spec: ChartSpec, width: number): Element | null {
  const [across, up, by] = [spec.across, spec.up, spec.by].map((name) => placeOf(columns, name)) as [
    number,
    number,
    number,
  ];
  if (across < 0) return null;
  const kind = columns[across]!.kind;
  const titles = titlesOf(columns);
  const data: Datum[] = rows
    .filter((row) => row[across] !== null && (up < 0 || row[up] !== null))
    .map((row) => ({
      across: kind === 'day' ? dayOf(String(row[across])) : textOf(row[across] ?? null, kind),
      at: kind === 'day' || kind === 'moment' ? new Date(String(row[across])) : null,
      up: up < 0 ? 1 : Number(row[up]),
      by: by < 0 ? '' : textOf(row[by] ?? null, columns[by]!.kind),
    }));
  if (data.length === 0) return null;
  data.sort((one, other) => (one.at && other.at ? one.at.getTime() - other.at.getTime() : 0));
  const label = up < 0 ? STRINGS.answer.count : titles[up]!;
  const frame = { width, marginTop: 28, marginBottom: 40, style: { background: 'transparent', fontSize: '13px' } };
  const tip = { fill: 'var(--card)', stroke: 'var(--line)', textPadding: 8 };

  if (spec.kind === 'distribution') {
    const of = rows.map((row) => Number(row[across])).filter((value) => !Number.isNaN(value));
    return Plot.plot({
      ...frame,
      height: 340,
      marginLeft: 48,
      x: { label: titles[across]!, tickFormat: (value: number) => figure(value) },
      y: { label: STRINGS.answer.count, grid: true },
      marks: [Plot.rectY(of, { ...Plot.binX<Plot.BinXInputs<Plot.RectYOptions>>({ y: 'count' }, { x: (value: number) => value }), fill: 'var(--bar)', tip }), Plot.ruleY([0])],
    });
  }
  if (spec.kind === 'line') {
    // Of several rows of one moment, such as the cells of several schools, the line shows the mean.
    const x = data[0]!.at ? 'at' : 'across';
    const series = by < 0 ? {} : { stroke: 'by', z: 'by' };
    return Plot.plot({
      ...frame,
      height: 360,
      marginLeft: 52,
      x: {
        label: titles[across]!,
        ...(x === 'at' && { tickFormat: (value: Date) => dayOf(value.toISOString()), ticks: Math.min(8, width / 90) }),
      },
      y: { label, grid: true, nice: true, zero: true, tickFormat: (value: number) => figure(value) },
      ...(by >= 0 && { color: { legend: true } }),
      marks: [
        Plot.lineY(
          data,
          Plot.groupX(
            { y: up < 0 ? 'sum' : 'mean' },
            { x, y: 'up', stroke: 'var(--bar)', strokeWidth: 2.5, marker: 'circle', tip, ...series },
          ),
        ),
        Plot.ruleY([0]),
      ],
    });
  }
  if (spec.kind === 'heat') {
    const names = [...new Set(data.map((one) => one.by))].sort((a, b) => a.localeCompare(b, language(), { numeric: true }));
    const days = [...new Map(data.map((one) => [one.across, one.at?.getTime() ?? 0] as const))]
      .sort(([a, at], [b, other]) => at - other || a.localeCompare(b, language(), { numeric: true }))
      .map(([name]) => name);
    const isCounted = up < 0;
    const value = { fill: isCounted ? 'sum' : 'mean' } as const;
    const top = 24 + 5.6 * Math.min(DAYS_LETTERS, Math.max(...days.map((name) => name.length)));
    const cell = { x: 'across', y: 'by', fill: 'up', inset: 0.5 };
    return Plot.plot({
      ...frame,
      height: top + 20 + names.length * 24,
      marginLeft: room(names, width),
      marginTop: top,
      marginRight: 84, // the last name leans out
      marginBottom: 12,
      x: {
        label: null,
        domain: days,
        axis: 'top',
        tickRotate: -40,
        tickFormat: (name: string) => (name.length > DAYS_LETTERS ? `${name.slice(0, DAYS_LETTERS - 1)}…` : name),
      },
      y: { label: null, domain: names, tickFormat: shortened(width) },
      // Counts begin at nothing; a mean is compared with the other means.
      color: isCounted
        ? { scheme: 'OrRd', legend: true, label, domain: [0, Math.max(4, most(data))] }
        : { scheme: 'YlGnBu', legend: true, label },
      marks: [
        Plot.cell(data, Plot.group(value, { ...cell, tip })),
        ...(names.length * days.length < 900 && width / days.length > 40
          ? [
              Plot.text(
                data,
                Plot.group(
                  { text: (values: number[]) => figure(reduced(values, isCounted), 2) },
                  { x: 'across', y: 'by', text: 'up', fill: '#111', stroke: '#fff', strokeWidth: 3, fontSize: 11.5 },
                ),
              ),
            ]
          : []),
      ],
    });
  }
  const names = [...new Set(data.map((one) => one.across))];
  const isWhole = up < 0;
  return Plot.plot({
    ...frame,
    height: 76 + names.length * 26,
    marginLeft: room(names, width),
    marginRight: 48,
    x: { label, grid: true, zero: true, tickFormat: (value: number) => figure(value) },
    y: { label: null, domain: names, tickFormat: shortened(width) },
    ...(by >= 0 && { color: { legend: true } }),
    marks: [
      Plot.barX(
        data,
        Plot.groupY(
          { x: isWhole ? 'sum' : 'mean' },
          { y: 'across', x: 'up', fill: by < 0 ? 'var(--bar)' : 'by', inset: 2, tip },
        ),
      ),
      ...(by < 0
        ? [
            Plot.text(
              data,
              Plot.groupY(
                { x: isWhole ? 'sum' : 'mean', text: (values: number[]) => figure(reduced(values, isWhole), 2) },
                { y: 'across', x: 'up', text: 'up', dx: 6, textAnchor: 'start', fill: 'currentColor' },
              ),
            ),
          ]
        : []),
      Plot.ruleX([0]),
    ],
  });
}

const reduced = (values: number[], isSum: boolean): number =>
  values.reduce((all, one) => all + one, 0) / (isSum ? 1 : values.length);

/** How many letters of a day or a subject stand above a heat map. */
const DAYS_LETTERS = 16;

/** How many letters of a name there is room for beside the chart. */
const letters = (width: number): number => (width < 500 ? 16 : 34);

const shortened =
  (width: number) =>
  (name: string): string =>
    name.length > letters(width) ? `${name.slice(0, letters(width) - 1)}…` : name;

const room = (names: string[], width: number): number =>
  20 + 8 * Math.min(letters(width), Math.max(...names.map((name) => name.length)));

/** The largest number of rows that one cell of a heat map stands for. */
function most(data: Datum[]): number {
  const sums = new Map<string, number>();
  for (const { across, by, up } of data) sums.set(`${across}\n${by}`, (sums.get(`${across}\n${by}`) ?? 0) + up);
  return Math.max(...sums.values());
}
