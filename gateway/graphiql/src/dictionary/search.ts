import { isEnumType, isInputObjectType, isInterfaceType, isObjectType, type GraphQLNamedType, type GraphQLSchema } from 'graphql';

/** One element of the schema as the search reads it. */
export interface Entry {
  type: GraphQLNamedType;
  /** The field or enum value; absent for the type itself. */
  member?: string;
  text: string;
}

export const typesOf = (schema: GraphQLSchema): GraphQLNamedType[] =>
  Object.values(schema.getTypeMap())
    .filter(({ name }) => !name.startsWith('__') && !/Connection$|Edge$/.test(name))
    .filter((named) => isObjectType(named) || isInterfaceType(named) || isEnumType(named) || isInputObjectType(named))
    .sort((a, b) => Number(a.name !== 'Query') - Number(b.name !== 'Query') || a.name.localeCompare(b.name));

export const membersOf = (named: GraphQLNamedType): { name: string; description?: string | null | undefined }[] =>
  isEnumType(named)
    ? [...named.getValues()]
    : isObjectType(named) || isInterfaceType(named) || isInputObjectType(named)
      ? Object.values(named.getFields())
      : [];

export const entriesOf = (schema: GraphQLSchema): Entry[] =>
  typesOf(schema).flatMap((type) => [
    { type, text: plain(`${type.name} ${type.description ?? ''}`) },
    ...membersOf(type).map(({ name, description }) => ({ type, member: name, text: plain(`${name} ${description ?? ''}`) })),
  ]);

/** The Russian term that ends a description; undefined where it has none. */
export const termOf = (description: string | null | undefined): string | undefined =>
  /^По-русски: (.*?)\.?$/m.exec(description ?? '')?.[1];

const plain = (text: string): string => text.toLowerCase().replaceAll('ё', 'е');

/** A Russian word without its ending, so that «замечания» finds «замечание»; other words as they are. */
const stem = (word: string): string => (/[а-я]/.test(word) && word.length > 4 ? word.replace(/[аеиоуыэюяйь]{1,3}$/, '') : word);

/** The entries that hold every word of *wanted*: those so named first. */
export function found(entries: readonly Entry[], wanted: string): Entry[] {
  const words = plain(wanted).split(/\s+/).filter(Boolean).map(stem);
  if (words.length === 0) return [];
  const rank = ({ type, member, text }: Entry): number => {
    const name = plain(member ?? type.name);
    const own = /по-русски: (.*)$/m.exec(text)?.[1] ?? '';
    return words.every((word) => name.includes(word)) ? 0 : words.every((word) => own.startsWith(word)) ? 1 : 2;
  };
  return entries
    .filter(({ text }) => words.every((word) => text.includes(word)))
    .sort((a, b) => rank(a) - rank(b));
}
