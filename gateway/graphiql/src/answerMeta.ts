import type { Role } from './roles';

/** What a pane asks for with an answer, by a header of the request; it comes in the extension of that name. */
export type Ask = 'cost' | 'explain';

export const HEADERS: Record<Ask, string> = { cost: 'X-GraphQL-Cost', explain: 'X-GraphQL-Explain' };

export interface Answer<Data = unknown> {
  data?: Data | null;
  errors?: Failure[];
  extensions?: { cost?: Cost; explain?: Explanation };
}

interface Failure {
  message: string;
  extensions?: {
    code?: string;
    limit?: string;
    value?: number;
    maximum?: number;
  };
}

export interface Cost {
  estimated: number;
  /** Absent where the operation was refused before it ran. */
  actual?: number;
  limit: number;
}

export interface Explanation {
  cost: { estimated: number; actual?: number; heaviest: { path: string[]; cost: number } };
  /** How long the plan took to compile; null where it was there from an earlier request. */
  plan: { compileMs: number | null };
  pruned: { path: string[]; visibleTo: Role[] }[];
  columns: Record<string, string[]>;
  batches: { read: string; keys: number; columns: string[] }[];
  /** Reads that answer everybody alike: what answered so many of their keys. */
  shared: { read: string; answeredBy: 'process' | 'redis' | 'mongodb'; keys: number }[];
  commands: Command[];
}

export interface Command {
  connector: string;
  collection: string;
  command: string;
  indexes: string[];
  filter?: object;
  projection?: Record<string, unknown>;
  sort?: Record<string, number>;
  limit?: number;
  pipeline?: unknown[];
}

/** What is left of a cost that may be used up in a window of time. */
export interface Quota {
  remaining: number;
  size: number;
  windowSeconds: number;
  wholeInSeconds: number;
}

/** Why an operation did not run. */
export interface Refusal {
  message: string;
  code: string | undefined;
}

/** What an answer says about itself: its cost, its explanation, the quota that is left. */
export interface AnswerMeta {
  operation: string | undefined;
  asked: Ask | undefined;
  refusal: Refusal | undefined;
  cost: Cost | undefined;
  explanation: Explanation | undefined;
  quota: Quota | undefined;
}

export function metaOf(
  response: Response,
  answer: Answer,
  { operation, asked }: Pick<AnswerMeta, 'operation' | 'asked'>,
): AnswerMeta {
  const [first] = answer.errors ?? [];
  const refused = 'data' in answer ? undefined : first;
  return {
    operation,
    asked,
    refusal: refused && { message: refused.message, code: refused.extensions?.code },
    cost: answer.extensions?.cost ?? costOf(refused),
    explanation: answer.extensions?.explain,
    quota: quotaOf(response.headers),
  };
}

/** *answer* without the extension that a pane shows; itself where it has none. */
export function without(ask: Ask, answer: Answer): Answer {
  if (answer.extensions?.[ask] === undefined) return answer;
  const { extensions, ...rest } = answer;
  const { [ask]: _shown, ...others } = extensions;
  return Object.keys(others).length ? { ...rest, extensions: others } : rest;
}

function costOf(refused: Failure | undefined): Cost | undefined {
  const { limit, value, maximum } = refused?.extensions ?? {};
  return limit === 'cost' && value !== undefined && maximum !== undefined
    ? { estimated: value, limit: maximum }
    : undefined;
}

/** Reads `RateLimit: "person";r=59269;t=1` and `RateLimit-Policy: "person";q=60000;w=60;qu="cost"`. */
function quotaOf(headers: Headers): Quota | undefined {
  const said = `${headers.get('RateLimit-Policy')};${headers.get('RateLimit')};`;
  const [size, windowSeconds, remaining, wholeInSeconds] = ['q', 'w', 'r', 't'].map((name) => {
    const [, number] = new RegExp(`;${name}=(\\d+);`).exec(said) ?? [];
    return number === undefined ? undefined : Number(number);
  });
  if (size === undefined || remaining === undefined) return undefined;
  return { size, remaining, windowSeconds: windowSeconds ?? 60, wholeInSeconds: wholeInSeconds ?? 0 };
}
