import { post, Refused } from './gateway';
import { ROLES, type Role } from './roles';

/** Somebody who is signed in; the token lives in this object and nowhere else. */
export interface Viewer {
  personId: string;
  role: Role;
  name: string;
  token: string;
}

/** Names a viewer in a link: a person may appear in several roles. */
export const keyOf = (viewer: Viewer): string => `${viewer.personId}.${viewer.role}`;

/** The people of the demo in the order of their roles, or null where the gateway is not a demo. */
export async function demoViewers(): Promise<Viewer[] | null> {
  const response = await fetch('/demo/viewers', { headers: { accept: 'application/json' } });
  if (response.status >= 500) throw new Error(`GET /demo/viewers: ${response.status}`);
  if (!response.ok) return null;
  const viewers = (await response.json()) as Viewer[];
  return viewers.sort((a, b) => ROLES.indexOf(a.role) - ROLES.indexOf(b.role));
}

const WHO = '{ viewer { role person { id displayName } } }';

interface Who {
  viewer: { role: Role; person: { id: string; displayName: string } };
}

/** The viewer that the gateway recognises by *token*; throws Refused where it recognises nobody. */
export async function viewerOf(token: string): Promise<Viewer> {
  const answer = await post<Who>(token, WHO);
  if (!answer.data) throw new Refused(answer.errors?.[0]?.message);
  const { role, person } = answer.data.viewer;
  return { personId: person.id, role, name: person.displayName, token };
}
