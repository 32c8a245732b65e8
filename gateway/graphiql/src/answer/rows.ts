/** What stands in a cell: a leaf of the answer, or what stood in a list that is not unfolded. */
export type Cell = string | number | boolean | null;

export interface Column {
  /** The response keys that lead to the values, without list positions and without a connection's own keys. */
  path: readonly string[];
  kind: 'text' | 'number' | 'boolean' | 'day' | 'moment';
}

export interface Rows {
  columns: Column[];
  rows: Cell[][];
}

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** The keys that a connection adds around its list: they say nothing to a reader. */
const PLUMBING = new Set(['nodes', 'edges', 'node']);
const HIDDEN = new Set(['__typename', 'pageInfo', 'cursor']);

const isObject = (value: Json | undefined): value is { [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isListOfObjects = (value: Json | undefined): value is Json[] =>
  Array.isArray(value) && (value.length === 0 || value.some(isObject));

export const keyOfPath = (path: readonly string[]): string => path.join('.');
/** The place of the column that *name* means, which is the key of its path or the end of that, or -1. */
export const placeOf = (columns: readonly Column[], name: string | undefined): number =>
  name === undefined
    ? -1
    : columns.findIndex(({ path }) => keyOfPath(path) === name || keyOfPath(path).endsWith(`.${name}`));

/** Whether a column holds ids, which say nothing to people. */
export const isId = ({ path }: Column): boolean => /^id$|Id$/.test(path.at(-1) ?? '');

export const shown = (path: readonly string[]): string[] => path.filter((key) => !PLUMBING.has(key));

/** The lists of objects in *data*, each by the response keys that lead to it, outer lists before the inner ones. */
export function listsIn(data: unknown): string[][] {
  const found = new Map<string, string[]>();
  const visit = (value: Json, path: string[]): void => {
    if (isListOfObjects(value)) {
      found.set(keyOfPath(path), path);
      for (const item of value) if (isObject(item)) visit(item, path);
    } else if (isObject(value)) {
      for (const [key, below] of Object.entries(value)) visit(below, [...path, key]);
    }
  };
  visit(data as Json, []);
  return [...found.values()];
}

const startsWith = (path: readonly string[], start: readonly string[]): boolean =>
  start.every((key, index) => path[index] === key);

/** How many of *lists* lead to *path*, itself among them. */
const depth = (path: string[], lists: string[][]): number => lists.filter((one) => startsWith(path, one)).length;

/** The list whose entries are the rows where nobody has chosen another: the deepest, of equally deep ones the first. */
export function deepest(lists: string[][]): string[] | undefined {
  return lists.reduce<string[] | undefined>(
    (best, one) => (best === undefined || depth(one, lists) > depth(best, lists) ? one : best),
    undefined,
  );
}

/** The rows of *data*: one for each entry of the list at *unfolded*, with what stands around it on the way there. */
export function rowsOf(data: unknown, unfolded: readonly string[] = []): Rows {
  const titles = new Map<string, readonly string[]>();
  const rows: Map<string, Cell>[] = [];

  /** Adds the leaves of *value* to *row*, without what lies on the way to the unfolded list. */
  const collect = (value: { [key: string]: Json }, path: string[], row: Map<string, Cell>): void => {
    for (const [key, below] of Object.entries(value)) {
      const here = [...path, key];
      if (HIDDEN.has(key) || startsWith(unfolded, here)) continue;
      // Beside the list of a connection stand facts about the connection, not about its entries.
      if (startsWith(unfolded, path) && path.length > 0 && PLUMBING.has(unfolded[path.length] ?? '')) continue;
      if (isObject(below)) {
        collect(below, here, row);
        continue;
      }
      const title = keyOfPath(here);
      titles.set(title, here);
      row.set(title, Array.isArray(below) ? inOneCell(below) : below);
    }
  };

  const walk = (value: Json, path: string[], row: Map<string, Cell>): void => {
    if (Array.isArray(value)) {
      for (const item of value) walk(item, path, new Map(row));
      return;
    }
    if (!isObject(value)) {
      if (path.length === unfolded.length) rows.push(row);
      return;
    }
    collect(value, path, row);
    const next = unfolded[path.length];
    if (next === undefined) rows.push(row);
    else if (value[next] !== undefined) walk(value[next], [...path, next], row);
  };

  walk(data as Json, [], new Map());
  const columns = [...titles.values()];
  const cells = rows.map((row) => columns.map((path) => row.get(keyOfPath(path)) ?? null));
  return { columns: columns.map((path, index) => ({ path, kind: kindOf(cells, index) })), rows: cells };
}

/** A list that is not unfolded, in one cell: its leaves, one entry after the other. */
function inOneCell(list: Json[]): Cell {
  const leaves = (value: Json): string[] =>
    Array.isArray(value)
      ? value.flatMap(leaves)
      : isObject(value)
        ? Object.entries(value).flatMap(([key, below]) => (HIDDEN.has(key) ? [] : leaves(below)))
        : value === null
          ? []
          : [String(value)];
  const entries = list.map((entry) => leaves(entry).join(' ')).filter(Boolean);
  return entries.length ? entries.join('; ') : null;
}

const NUMBER = /^-?\d+(\.\d+)?$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/;

function kindOf(rows: Cell[][], column: number): Column['kind'] {
  const values = rows.map((row) => row[column] ?? null).filter((value) => value !== null);
  const all = (test: (value: Cell) => boolean): boolean => values.length > 0 && values.every(test);
  if (all((value) => typeof value === 'boolean')) return 'boolean';
  if (all((value) => typeof value === 'number' || (typeof value === 'string' && NUMBER.test(value)))) return 'number';
  if (all((value) => typeof value === 'string' && DAY.test(value))) return 'day';
  if (all((value) => typeof value === 'string' && MOMENT.test(value))) return 'moment';
  return 'text';
}

/** The column by which rows are ordered, by the end of its path. */
export interface Sorting {
  column: string;
  isDescending?: boolean;
}

/** Rows in the order of a column; as they came where there is no such column. */
export function sortedBy({ columns, rows }: Rows, sorting: Sorting | undefined): Rows {
  const column = placeOf(columns, sorting?.column);
  if (column < 0) return { columns, rows };
  return { columns, rows: sorted(rows, column, columns[column]!.kind, sorting?.isDescending ?? false) };
}

/** *rows* in the order of one column, the absent values last whichever the direction. */
function sorted(rows: Cell[][], column: number, kind: Column['kind'], isDescending: boolean): Cell[][] {
  const compare = (a: Cell, b: Cell): number =>
    kind === 'number' ? Number(a) - Number(b) : String(a).localeCompare(String(b), undefined, { numeric: true });
  return [...rows].sort((one, other) => {
    const [a, b] = [one[column] ?? null, other[column] ?? null];
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    return isDescending ? compare(b, a) : compare(a, b);
  });
}

/** Numbers of which a mean says something and a sum does not. */
const RATIO = /average|quality|success|degree|share|percent|perStudent|value/i;

/** Numbers that name something: they have neither. */
const NAME = /^(number|ordinal|gradeLevel|weight|version|year)$/;

export interface Total {
  is: 'sum' | 'mean';
  value: number;
}

/** Whether a column says the same in every one of several rows: once is enough then. */
export const isConstant = (rows: Cell[][], column: number): boolean =>
  rows.length > 1 && rows.every((row) => row[column] === rows[0]![column]);

/** What stands below a column of numbers. */
export function totalOf(column: Column, values: Cell[]): Total | undefined {
  const numbers = values.filter((value) => value !== null).map(Number);
  if (column.kind !== 'number' || numbers.length === 0 || NAME.test(column.path.at(-1) ?? '')) return undefined;
  const sum = numbers.reduce((all, one) => all + one, 0);
  return RATIO.test(column.path.at(-1) ?? '')
    ? { is: 'mean', value: sum / numbers.length }
    : { is: 'sum', value: sum };
}

/** Tab-separated values for a spreadsheet, in which no text begins a formula. */
export function asTsv(titles: string[], rows: Cell[][]): string {
  const plain = (cell: Cell): string => {
    const text = cell === null ? '' : String(cell).replace(/[\t\r\n]+/g, ' ');
    return /^[=+@]|^-(?!\d)/.test(text) ? `'${text}` : text;
  };
  return [titles, ...rows].map((row) => row.map(plain).join('\t')).join('\n');
}
