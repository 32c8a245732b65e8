import { createGraphiQLFetcher, type Fetcher } from '@graphiql/toolkit';
import { STRINGS } from './strings';

export const ENDPOINT = '/graphql';

interface Answer<Data> {
  data?: Data | null;
  errors?: { message: string; extensions?: { code?: string } }[];
}

/** The gateway did not accept who is asking; the message is fit to be shown. */
export class Refused extends Error {}

export interface Watch {
  /** Called when the gateway answered anything but a refusal. */
  answered(): void;
  refused(message: string): void;
  unreachable(): void;
}

/** A fetcher that asks with *token* and tells *watch* how it went; the answer itself goes to GraphiQL untouched. */
export function fetcherOf(token: string | undefined, watch: Watch): Fetcher {
  return createGraphiQLFetcher({
    url: ENDPOINT,
    headers: token ? { authorization: `Bearer ${token}` } : {},
    fetch: async (input, init) => {
      const response = await fetch(input, init).catch((reason: unknown) => {
        watch.unreachable();
        throw reason instanceof Error ? new Error(STRINGS.unreachable) : reason;
      });
      const refusal = await refusalIn(response.clone());
      if (refusal) watch.refused(refusal);
      else watch.answered();
      return response;
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
  const refusal = await refusalIn(response.clone());
  if (refusal) throw new Refused(refusal);
  return (await response.json()) as Answer<Data>;
}

/** Why *response* turns the viewer away, in words; undefined where it does not, or where it is a stream of parts. */
async function refusalIn(response: Response): Promise<string | undefined> {
  if (!response.headers.get('content-type')?.includes('json')) {
    return response.status === 401 ? STRINGS.refused.UNAUTHENTICATED : undefined;
  }
  const { errors } = ((await response.json().catch(() => undefined)) ?? {}) as Answer<unknown>;
  const codes: (string | undefined)[] = Array.isArray(errors) ? errors.map(({ extensions }) => extensions?.code) : [];
  const code = codes.find((one): one is keyof typeof STRINGS.refused => one !== undefined && one in STRINGS.refused);
  return code ? STRINGS.refused[code] : undefined;
}
