import { isId, keyOfPath, type Cell, type Column, type Rows } from './rows';

export type ChartKind = 'bar' | 'line' | 'distribution' | 'heat';

/** What a chart draws: columns by the keys of their paths, or by the end of them. */
export interface ChartSpec {
  kind: ChartKind;
  across: string;
  /** Absent for the number of rows. */
  up?: string | undefined;
  by?: string | undefined;
}

const isNumber = ({ kind }: Column): boolean => kind === 'number';
const isTime = ({ kind }: Column): boolean => kind === 'day' || kind === 'moment';
const isName = (column: Column): boolean => column.kind === 'text' && !isId(column);

/** How many different values stand in a column. */
const variety = (rows: Cell[][], index: number): number => new Set(rows.map((row) => row[index])).size;

/** A chart that fits *rows*, where nobody has chosen one. */
export function fitting({ columns, rows }: Rows): ChartSpec | undefined {
  const key = (index: number): string => keyOfPath(columns[index]!.path);
  const indices = columns.map((_, index) => index);
  const number = indices.find((index) => isNumber(columns[index]!));
  const time = indices.find((index) => isTime(columns[index]!) && variety(rows, index) > 1);
  const name = indices
    .filter((index) => isName(columns[index]!))
    .sort((a, b) => variety(rows, b) - variety(rows, a))[0];
  const up = number === undefined ? undefined : key(number);
  if (time !== undefined && number !== undefined) return { kind: 'line', across: key(time), up };
  if (name !== undefined) return { kind: 'bar', across: key(name), up };
  if (number !== undefined) return { kind: 'distribution', across: key(number) };
  return undefined;
}
