import type { Credentials } from './gateway';
import { ROLES, type Role } from './roles';
import type { Viewer } from './viewers';

/** Where one signs in, by the name that people know. */
export interface Provider {
  title: string;
  login: string;
}

/** Somebody who signed in by a provider: the cookie says who, and no script reads it. */
export interface SignedIn {
  viewer: Viewer;
  roles: Role[];
}

interface SessionAnswer {
  person?: { id: string; name: string };
  role?: Role;
  roles?: Role[];
  csrf?: string;
  csrfHeader?: string;
  providers?: Provider[];
}

/** Who is signed in by a provider, or where one can; null where the gateway signs nobody in. */
export async function sessionOf(): Promise<SignedIn | Provider[] | null> {
  const response = await fetch('/auth/session', { headers: { accept: 'application/json' } });
  if (response.status >= 500) throw new Error(`GET /auth/session: ${response.status}`);
  if (response.status !== 200 && response.status !== 401) return null;
  const answer = (await response.json()) as SessionAnswer;
  return response.ok ? signedIn(answer) : (answer.providers ?? []);
}

/** Goes on in another role of the same person. */
export async function inRole(credentials: Credentials, role: Role): Promise<SignedIn | null> {
  const response = await send('/auth/role', credentials, { role });
  return response.ok ? signedIn((await response.json()) as SessionAnswer) : null;
}

/** Ends the session here and, where the provider has a page for that, leads there. */
export async function leave(credentials: Credentials): Promise<void> {
  const response = await send('/auth/logout', credentials, {});
  const { redirect } = (await response.json().catch(() => ({}))) as { redirect?: string | null };
  if (redirect) location.assign(redirect);
}

const send = (path: string, credentials: Credentials, body: object): Promise<Response> =>
  fetch(path, {
    method: 'POST',
    headers: { ...credentials, 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(body),
  });

function signedIn({ person, role, roles = [], csrf, csrfHeader }: SessionAnswer): SignedIn | null {
  if (!person || !role || !csrf || !csrfHeader) return null;
  const viewer = { personId: person.id, name: person.name, role, credentials: { [csrfHeader]: csrf } };
  return { viewer, roles: ROLES.filter((one) => roles.includes(one)) };
}

/** The link that leads to a provider and back to this page. */
export const linkOf = ({ login }: Provider): string =>
  `${login}${login.includes('?') ? '&' : '?'}return=${encodeURIComponent(location.pathname)}`;
