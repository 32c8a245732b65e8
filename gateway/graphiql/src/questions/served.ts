import { send, type Credentials } from '../gateway';
import { language } from '../words/words';
import { create } from './create';
import { PARAMETER_KINDS, type Field, type ParameterKind, type Question } from './question';

/** A saved query as `GET /q` lists it. */
interface Listed {
  name: string;
  title: string;
  document: string;
  parameters: { name: string; type: string; default: string | null; meaning: string | null }[];
}

const isKind = (name: string): name is ParameterKind => (PARAMETER_KINDS as readonly string[]).includes(name);

/** Ids that nobody knows by heart: without a list to choose from, such a parameter stays empty. */
const isUnknowable = ({ name, type }: Field): boolean => type.startsWith('ID') && !isKind(name);

/** The saved queries of the gateway that the viewer may run, as questions; their titles are in the page's language. */
export async function servedQuestions(credentials: Credentials): Promise<Question[]> {
  const response = await send('/q', { headers: { ...credentials, 'accept-language': language() } });
  if (!response.ok) return [];
  const { queries } = (await response.json()) as { queries: Listed[] };
  return queries.map(({ name, title, document, parameters }) => ({
    id: `q/${name}`,
    title: { en: title, ru: title },
    query: document,
    parameters: parameters.map((one) => one.name).filter(isKind),
    fields: parameters.filter((one) => !isKind(one.name) && !isUnknowable(one)),
    required: parameters.filter(({ type }) => type.endsWith('!')).map((one) => one.name),
    servedAs: name,
  }));
}

const CREATE = `mutation QueryKey($input: CreateQueryKeyInput!, $key: String!) {
  createQueryKey(input: $input) @idempotent(key: $key) {
    secret
    userErrors {
      message
    }
  }
}
`;

/** An address with a new key, from which a spreadsheet loads the rows of a saved query. */
export async function addressOf(credentials: Credentials, name: string, variables: object): Promise<string> {
  const secret = await create(credentials, CREATE, { query: name }, 'secret');
  const parameters = new URLSearchParams(
    Object.entries(variables)
      .filter(([, value]) => value !== null)
      .map(([key, value]) => [key, typeof value === 'object' ? JSON.stringify(value) : String(value)]),
  );
  parameters.set('lang', language());
  parameters.set('key', secret);
  return `${location.origin}/q/${name}.csv?${parameters}`;
}
