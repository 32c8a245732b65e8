import { ask, type Credentials } from '../gateway';
import { STRINGS } from '../words/words';
import { newKey } from '../written';

const CREATE = `mutation CalendarFeed($input: CreateCalendarFeedInput!, $key: String!) {
  createCalendarFeed(input: $input) @idempotent(key: $key) {
    path
    userErrors {
      message
    }
  }
}
`;

interface Created {
  createCalendarFeed: { path: string | null; userErrors: { message: string }[] } | null;
}

/** The address of a new calendar of the student; an error says why there is none. */
export async function calendarOf(credentials: Credentials, studentId: string): Promise<string> {
  const variables = JSON.stringify({ input: { studentId }, key: newKey() });
  const { answer } = await ask<Created>(credentials, { query: CREATE, variables });
  const created = answer.data?.createCalendarFeed;
  const problem = created?.userErrors[0] ?? answer.errors?.[0];
  if (!created?.path) throw new Error(problem?.message ?? STRINGS.noFile);
  return location.origin + created.path;
}
