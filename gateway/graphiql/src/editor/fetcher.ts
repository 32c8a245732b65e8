import { createGraphiQLFetcher, type Fetcher } from '@graphiql/toolkit';
import { HEADERS, metaOf, without, type Answer } from '../answerMeta';
import type { AnswerStore } from '../answerStore';
import { bodyOf, ENDPOINT, Failed, refusalIn, unreachable, type Credentials, type Watch } from '../gateway';
import { language } from '../words/words';
import type { Written } from '../written';

/**
 * A fetcher that asks with *credentials*, tells *watch* how it went and keeps in *answers* what an answer says about itself.
 *
 * The answer goes to GraphiQL as it came, but for what an open pane shows of it.
 */
export function fetcherOf(credentials: Credentials | undefined, watch: Watch, answers: AnswerStore): Fetcher {
  return createGraphiQLFetcher({
    url: ENDPOINT,
    headers: { ...credentials },
    fetch: async (input, init) => {
      const sent = sentIn(init);
      const operation = sent.operationName ?? undefined;
      const question = operation === INTROSPECTION ? undefined : answers.question();
      const asked = question?.asked;
      const headers = new Headers(init?.headers);
      if (asked) headers.set(HEADERS[asked], '1');
      headers.set('accept-language', language());
      const began = performance.now();
      const response = await fetch(input, { ...init, headers }).catch((reason: unknown) => {
        question?.record(undefined);
        watch.unreachable();
        throw reason instanceof Error ? new Failed(unreachable) : reason;
      });
      const body = await bodyOf(response.clone());
      const ms = performance.now() - began;
      const answer = body?.answer;
      const refusal = refusalIn(response, answer);
      if (refusal) watch.refused(refusal);
      else watch.answered();
      const answered = body && { written: writtenIn(sent), status: response.status, ms, ...body };
      question?.record(answered && metaOf(response, answered, { operation, asked }));
      return asked && answer ? replaced(response, answer, without(asked, answer)) : response;
    },
  });
}

/** The name under which GraphiQL asks for the schema. */
const INTROSPECTION = 'IntrospectionQuery';

interface Sent {
  operationName?: string | null;
  query?: string;
  variables?: object;
}

const sentIn = (init: RequestInit | undefined): Sent => JSON.parse(String(init?.body)) as Sent;

const writtenIn = ({ query = '', variables }: Sent): Written => ({
  query,
  ...(variables && { variables: JSON.stringify(variables) }),
});

const replaced = (response: Response, before: Answer, after: Answer): Response =>
  before === after
    ? response
    : new Response(JSON.stringify(after), { status: response.status, headers: response.headers });
