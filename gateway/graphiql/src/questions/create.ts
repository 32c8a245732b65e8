import { ask, Failed, type Credentials } from '../gateway';
import { STRINGS } from '../words/words';
import { newKey } from '../written';

type Payload<Wanted extends string> = Record<Wanted, string | null> & { userErrors: { message: string }[] };

/** Sends a mutation of one field with a new key; the *wanted* part of its payload, or an error that says why there is none. */
export async function create<Wanted extends string>(
  credentials: Credentials,
  query: string,
  input: object,
  wanted: Wanted,
): Promise<string> {
  const variables = JSON.stringify({ input, key: newKey() });
  const { answer } = await ask<Record<string, Payload<Wanted> | null>>(credentials, { query, variables });
  const [payload] = Object.values(answer.data ?? {});
  const problem = payload?.userErrors[0] ?? answer.errors?.[0];
  const created = payload?.[wanted];
  if (!created) throw new Failed(() => problem?.message ?? STRINGS.noFile);
  return created;
}
