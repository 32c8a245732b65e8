import type { Answer, Answered } from './answerMeta';
import { language, STRINGS, type Message } from './words/words';
import { lenient, nameOf, type Written } from './written';

export const ENDPOINT = '/graphql';

export const unreachable: Message = () => STRINGS.unreachable;

/** Why something could not be done, fit to be shown. */
export class Failed extends Error {
  constructor(readonly said: Message) {
    super(said());
  }
}

/** The gateway did not accept who is asking. */
export class Refused extends Failed {}

/** What to tell of something that was thrown. */
export const saidBy = (reason: unknown): Message =>
  reason instanceof Failed ? reason.said : () => (reason instanceof Error ? reason.message : String(reason));

/** Sends a request; throws Failed where the gateway cannot be reached. */
export const send = (input: string, init?: RequestInit): Promise<Response> =>
  fetch(input, init).catch(() => {
    throw new Failed(unreachable);
  });

export interface Watch {
  /** Called when the gateway answered anything but a refusal. */
  answered(): void;
  refused(why: Message): void;
  unreachable(): void;
}

/** Tells *watch* why `ask` threw. */
export function tell(watch: Watch, reason: unknown): void {
  if (reason instanceof Refused) watch.refused(reason.said);
  else watch.unreachable();
}

/** The headers by which the gateway knows who asks: a token, or what goes along with the cookie of a session. */
export type Credentials = Readonly<Record<string, string>>;

export const bearer = (token: string): Credentials => ({ authorization: `Bearer ${token}` });

/** Asks *written*, and says how long that took. Throws Refused where nobody is recognised by the credentials. */
export async function ask<Data = unknown>(
  credentials: Credentials,
  written: Written,
): Promise<Answered & { answer: Answer<Data> }> {
  const { query, variables } = written;
  const began = performance.now();
  const response = await send(ENDPOINT, {
    method: 'POST',
    headers: {
      ...credentials,
      'content-type': 'application/json',
      accept: 'application/json',
      'accept-language': language(),
    },
    body: JSON.stringify({
      query,
      ...(variables && { variables: lenient(variables) }),
      ...(nameOf(query) && { operationName: nameOf(query) }),
    }),
  });
  const body = await bodyOf(response);
  const refusal = refusalIn(response, body?.answer);
  if (refusal) throw new Refused(refusal);
  if (!body) throw new Failed(unreachable);
  const answer = body.answer as Answer<Data>;
  return { written, status: response.status, ms: performance.now() - began, bytes: body.bytes, answer };
}

/** The answer that *response* holds, and its size; undefined where it is no JSON, or a stream of parts. */
export async function bodyOf(response: Response): Promise<{ answer: Answer; bytes: number } | undefined> {
  if (!response.headers.get('content-type')?.includes('json')) return undefined;
  const body = await response.arrayBuffer();
  try {
    const answer: unknown = JSON.parse(new TextDecoder().decode(body));
    return typeof answer === 'object' && answer !== null ? { answer, bytes: body.byteLength } : undefined;
  } catch {
    return undefined;
  }
}

/** Why *response* turns the viewer away; undefined where it does not. */
export function refusalIn(response: Response, answer: Answer | undefined): Message | undefined {
  if (!answer) return response.status === 401 ? () => STRINGS.refused.UNAUTHENTICATED : undefined;
  const codes = Array.isArray(answer.errors) ? answer.errors.map(({ extensions }) => extensions?.code) : [];
  const code = codes.find((one): one is keyof typeof STRINGS.refused => one !== undefined && one in STRINGS.refused);
  return code && (() => STRINGS.refused[code]);
}
