import { VIEWS, type View } from './answer/AnswerViews';
import type { Choices } from './questions/choices';
import { keyOf, type Viewer } from './viewers';

/** The parts of the page. */
export const SECTIONS = ['questions', 'editor', 'compare', 'dictionary'] as const;
export type Section = (typeof SECTIONS)[number];

/** What the URL fragment may say; a token is never among it. */
export interface Fragment {
  viewer?: string;
  /** Whom to compare the viewer with. */
  other?: string;
  section?: Section;
  title?: string;
  query?: string;
  variables?: string;
  /** A question of the gallery, and what is chosen in its form. */
  question?: string;
  choices?: Choices;
  view?: View;
}

export function readFragment(): Fragment {
  const said = new URLSearchParams(location.hash.slice(1));
  const fragment: Fragment = {};
  for (const key of ['viewer', 'other', 'title', 'query', 'variables', 'question'] as const) {
    const value = said.get(key);
    if (value) fragment[key] = value;
  }
  const section = SECTIONS.find((one) => one === said.get('section'));
  const view = VIEWS.find((one) => one === said.get('view'));
  return {
    ...fragment,
    ...(section && { section }),
    ...(view && { view }),
    choices: choicesIn(said.get('choices')),
  };
}

function choicesIn(text: string | null): Choices {
  try {
    const choices: unknown = JSON.parse(text ?? '{}');
    return typeof choices === 'object' && choices !== null ? (choices as Choices) : {};
  } catch {
    return {};
  }
}

/** Keeps *viewer* in the address bar, so that a reload opens signed in as the same person. */
export function rememberViewer(viewer: Viewer): void {
  history.replaceState(null, '', `${location.pathname}#${encode({ viewer: keyOf(viewer) })}`);
}

export const linkTo = (fragment: Fragment): string => `${location.origin}/graphql#${encode(fragment)}`;

/** Percent-encoding throughout: a "+" for a space does not survive every messenger. */
const encode = (fragment: Fragment): string =>
  Object.entries(fragment)
    .map(([key, value]) => [key, typeof value === 'object' ? JSON.stringify(value) : value] as const)
    .filter(([, value]) => value && value !== '{}')
    .map(([key, value]) => `${key}=${encodeURIComponent(value!)}`)
    .join('&');
