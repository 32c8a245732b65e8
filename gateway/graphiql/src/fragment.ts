import { keyOf, type Viewer } from './viewers';

/** What the URL fragment may say; a token is never among it. */
export interface Fragment {
  viewer?: string;
  query?: string;
  variables?: string;
}

export function readFragment(): Fragment {
  const said = new URLSearchParams(location.hash.slice(1));
  const fragment: Fragment = {};
  for (const key of ['viewer', 'query', 'variables'] as const) {
    const value = said.get(key);
    if (value) fragment[key] = value;
  }
  return fragment;
}

/** Keeps *viewer* in the address bar, so that a reload opens signed in as the same person. */
export function rememberViewer(viewer: Viewer): void {
  history.replaceState(null, '', `${location.pathname}#${encode({ viewer: keyOf(viewer) })}`);
}

export const linkTo = (fragment: Fragment): string => `${location.origin}${location.pathname}#${encode(fragment)}`;

/** Percent-encoding throughout: a "+" for a space does not survive every messenger. */
const encode = (fragment: Fragment): string =>
  Object.entries(fragment)
    .filter(([, value]) => value)
    .map(([key, value]) => `${key}=${encodeURIComponent(value)}`)
    .join('&');
