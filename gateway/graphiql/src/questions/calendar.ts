import type { Credentials } from '../gateway';
import { create } from './create';

const CREATE = `mutation CalendarFeed($input: CreateCalendarFeedInput!, $key: String!) {
  createCalendarFeed(input: $input) @idempotent(key: $key) {
    path
    userErrors {
      message
    }
  }
}
`;

/** The address of a new calendar of the student; an error says why there is none. */
export const calendarOf = async (credentials: Credentials, studentId: string): Promise<string> =>
  location.origin + (await create(credentials, CREATE, { studentId }, 'path'));
