import { createGraphiQLFetcher, type Fetcher } from '@graphiql/toolkit';
import type { AnswerStore } from './answerStore';
import { STRINGS } from './strings';
import { HEADERS, metaOf, without, type Answer } from './answerMeta';

export const ENDPOINT = '/graphql';

/** The gateway did not accept who is asking; the message is fit to be shown. */
export class Refused extends Error {}

export interface Watch {
  /** Called when the gateway answered anything but a refusal. */
  answered(): void;
  refused(message: string): void;
  unreachable(): void;
}

/**
 * A fetcher that asks with *token*, tells *watch* how it went and keeps in *answers* what an answer says about itself.
 *
 * The answer goes to GraphiQL as it came, but for what an open pane shows of it.
 */
export function fetcherOf(token: string | undefined, watch: Watch, answers: AnswerStore): Fetcher {
  return createGraphiQLFetcher({
    url: ENDPOINT,
    headers: token ? { authorization: `Bearer ${token}` } : {},
    fetch: async (input, init) => {
      const operation = operationOf(init);
      const question = operation === INTROSPECTION ? undefined : answers.question();
      const asked = question?.asked;
      const headers = new Headers(init?.headers);
      if (asked) headers.set(HEADERS[asked], '1');
      const response = await fetch(input, { ...init, headers }).catch((reason: unknown) => {
        question?.record(undefined);
        watch.unreachable();
        throw reason instanceof Error ? new Error(STRINGS.unreachable) : reason;
      });
      const answer = await answerOf(response);
      const refusal = refusalIn(response, answer);
      if (refusal) watch.refused(refusal);
      else watch.answered();
      question?.record(answer && metaOf(response, answer, { operation, asked }));
      return asked && answer ? replaced(response, answer, without(asked, answer)) : response;
    },
  });
}

/** Asks one question outside the editor. */
export async function post<Data>(token: string, query: string): Promise<Answer<Data>> {
  const response = await fetch(ENDPOINT, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ query }),
  });
  const refusal = refusalIn(response, await answerOf(response));
  if (refusal) throw new Refused(refusal);
  return (await response.json()) as Answer<Data>;
}

/** The name under which GraphiQL asks for the schema. */
const INTROSPECTION = 'IntrospectionQuery';

const operationOf = (init: RequestInit | undefined): string | undefined =>
  (JSON.parse(String(init?.body)) as { operationName?: string | null }).operationName ?? undefined;

/** The body of *response*, which can still be read; undefined where it is no JSON, or a stream of parts. */
async function answerOf(response: Response): Promise<Answer | undefined> {
  if (!response.headers.get('content-type')?.includes('json')) return undefined;
  const answer: unknown = await response
    .clone()
    .json()
    .catch(() => undefined);
  return typeof answer === 'object' && answer !== null ? answer : undefined;
}

const replaced = (response: Response, before: Answer, after: Answer): Response =>
  before === after
    ? response
    : new Response(JSON.stringify(after), { status: response.status, headers: response.headers });

/** Why *response* turns the viewer away, in words; undefined where it does not. */
function refusalIn(response: Response, answer: Answer | undefined): string | undefined {
  if (!answer) return response.status === 401 ? STRINGS.refused.UNAUTHENTICATED : undefined;
  const codes = Array.isArray(answer.errors) ? answer.errors.map(({ extensions }) => extensions?.code) : [];
  const code = codes.find((one): one is keyof typeof STRINGS.refused => one !== undefined && one in STRINGS.refused);
  return code ? STRINGS.refused[code] : undefined;
}
