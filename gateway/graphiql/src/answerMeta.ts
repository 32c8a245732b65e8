import type { Role } from './roles';
import type { Written } from './written';

/** What a pane asks for with an answer, by a header of the request; it comes in the extension of that name. */
export type Ask = 'cost' | 'explain';

export const HEADERS: Record<Ask, string> = { cost: 'X-GraphQL-Cost', explain: 'X-GraphQL-Explain' };

export interface Answer<Data = unknown> {
  data?: Data | null;
  errors?: Failure[];
  extensions?: { cost?: Cost; explain?: Explanation };
}

export interface Failure {
  message: string;
  path?: (string | number)[];
  extensions?: {
    code?: string;
    visibleTo?: Role[];
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
  times?: Times;
}

/** What an answer took in the gateway, in milliseconds from the beginning of its run. */
export interface Times {
  prepareMs: number;
  runMs: number;
  /** The part of the run in which no read was under way. */
  completionMs: number;
  reads: { connector: string; collection: string; beganMs: number; ms: number }[];
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

/** An answer with what was asked, and what it took. */
export interface Answered {
  written: Written;
  status: number;
  /** From sending the request to having read the whole answer. */
  ms: number;
  /** The size of the answer's text; on the wire it may have been compressed. */
  bytes: number;
  answer: Answer;
}

/** What an answer says about itself: its cost, its explanation, the quota that is left. */
export interface AnswerMeta {
  operation: string | undefined;
  asked: Ask | undefined;
  answered: Answered;
  refusal: Refusal | undefined;
  cost: Cost | undefined;
  explanation: Explanation | undefined;
  quota: Quota | undefined;
}

export function metaOf(
  response: Response,
  answered: Answered,
  { operation, asked }: Pick<AnswerMeta, 'operation' | 'asked'>,
): AnswerMeta {
  const { answer } = answered;
  const [first] = answer.errors ?? [];
  const refused = 'data' in answer ? undefined : first;
  return {
    operation,
    asked,
    answered,
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
