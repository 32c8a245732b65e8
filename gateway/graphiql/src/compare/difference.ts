import type { Answer, Failure } from '../answerMeta';
import type { Role } from '../roles';

/** One line of a comparison: a value on both sides, or a field that one side did not get. */
export interface Line {
  path: string;
  left: string | null;
  right: string | null;
  /** Who may see the field, where the left or the right side may not. */
  leftRule?: Role[];
  rightRule?: Role[];
}

const REFUSED = 'UNAUTHORIZED_FIELD_OR_TYPE';

/** The response keys of *path* without the positions in lists. */
const keysOf = (path: readonly (string | number)[]): string =>
  path.filter((key) => typeof key === 'string').join('.');

/** The fields that were taken out of an answer, by the response keys that lead to them, with who may see them. */
export function prunedOf(errors: readonly Failure[] = []): Map<string, Role[]> {
  return new Map(
    errors
      .filter(({ extensions, path }) => extensions?.code === REFUSED && path)
      .map(({ path, extensions }) => [keysOf(path!), extensions?.visibleTo ?? []]),
  );
}

/** Errors other than those of fields that the role may not see. */
export const othersOf = (errors: readonly Failure[] = []): Failure[] =>
  errors.filter(({ extensions }) => extensions?.code !== REFUSED);

/** The leaves of *data* by their paths; a field in *closed* is one leaf, with all that stands below it. */
function leavesOf(data: unknown, closed: ReadonlySet<string>): Map<string, string | null> {
  const leaves = new Map<string, string | null>();
  const visit = (value: unknown, path: readonly (string | number)[]): void => {
    const name = path.join('.');
    if (closed.has(keysOf(path)) && typeof path.at(-1) === 'string') leaves.set(name, inShort(value));
    else if (Array.isArray(value) && value.length) value.forEach((item, index) => visit(item, [...path, index + 1]));
    else if (typeof value === 'object' && value !== null && Object.keys(value).length)
      for (const [key, below] of Object.entries(value)) visit(below, [...path, key]);
    else if (path.length) leaves.set(name, inShort(value));
  };
  visit(data, []);
  return leaves;
}

const inShort = (value: unknown): string | null => {
  if (value === null || value === undefined) return null;
  if (typeof value !== 'object') return String(value);
  const texts: string[] = [];
  const visit = (one: unknown): void => {
    if (typeof one === 'object' && one !== null) Object.values(one).forEach(visit);
    else if (one !== null) texts.push(String(one));
  };
  visit(value);
  return texts.join(' · ');
};

/** Lays two answers to one document side by side, in the order in which the document asks. */
export function differenceOf(left: Answer, right: Answer): Line[] {
  const [notLeft, notRight] = [prunedOf(left.errors), prunedOf(right.errors)];
  const closed = new Set([...notLeft.keys(), ...notRight.keys()]);
  const [a, b] = [leavesOf(left.data, closed), leavesOf(right.data, closed)];
  return [...new Set([...a.keys(), ...b.keys()])].map((path) => {
    const keys = path
      .split('.')
      .filter((key) => !/^\d+$/.test(key))
      .join('.');
    const [leftRule, rightRule] = [notLeft.get(keys), notRight.get(keys)];
    return {
      path,
      left: a.get(path) ?? null,
      right: b.get(path) ?? null,
      ...(leftRule && { leftRule }),
      ...(rightRule && { rightRule }),
    };
  });
}

export const isPruned = (line: Line): boolean => line.leftRule !== undefined || line.rightRule !== undefined;
export const isEqual = (line: Line): boolean => !isPruned(line) && line.left === line.right;
