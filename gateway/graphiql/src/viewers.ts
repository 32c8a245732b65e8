import { ask, bearer, Refused, unreachable, type Credentials } from './gateway';
import { ROLES, type Role } from './roles';
import type { Session } from './session';

/** Somebody who is signed in; a token lives in this object and nowhere else. */
export interface Viewer {
  personId: string;
  role: Role;
  name: string;
  credentials: Credentials;
  /** The students whom a student or a parent of a demo may read. */
  studentIds?: string[];
}

/** Names a viewer in a link: a person may appear in several roles. */
export const keyOf = (viewer: Viewer): string => `${viewer.personId}.${viewer.role}`;

/** The people of a demo, and the day that counts as today there. */
export interface Demo {
  viewers: Viewer[];
  day: string | undefined;
}

/** The people of the demo in the order of their roles, or null where the gateway is not a demo. */
export async function demoOf(): Promise<Demo | null> {
  const response = await fetch('/demo/viewers', { headers: { accept: 'application/json' } });
  if (response.status >= 500) throw new Error(`GET /demo/viewers: ${response.status}`);
  if (!response.ok) return null;
  const named = (await response.json()) as (Omit<Viewer, 'credentials'> & { token: string })[];
  const viewers = named.map(({ token, ...viewer }) => ({ ...viewer, credentials: bearer(token) }));
  viewers.sort((a, b) => ROLES.indexOf(a.role) - ROLES.indexOf(b.role));
  return { viewers, day: response.headers.get('Demo-Day') ?? undefined };
}

const WHO = '{ viewer { role person { id displayName } } }';

interface Who {
  viewer: { role: Role; person: { id: string; displayName: string } };
}

/** The viewer that the gateway recognises by *token*; throws Refused where it recognises nobody. */
export async function viewerOf(token: string): Promise<Viewer> {
  const credentials = bearer(token);
  const { answer } = await ask<Who>(credentials, { query: WHO });
  if (!answer.data) {
    const [error] = answer.errors ?? [];
    throw new Refused(error ? () => error.message : unreachable);
  }
  const { role, person } = answer.data.viewer;
  return { personId: person.id, role, name: person.displayName, credentials };
}

/** Who is signed in, if anybody is. */
export const viewerIn = (session: Session): Viewer | undefined => ('viewer' in session ? session.viewer : undefined);
