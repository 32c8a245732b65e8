import {
  getNamedType,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  isInterfaceType,
  Kind,
  parse,
  typeFromAST,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLOutputType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';

const SCALARS: Record<string, string> = { Int: 'number', Float: 'number', Boolean: 'boolean' };

/** Enums as their values; every other scalar than these, such as a decimal or a day, is text in JSON. */
const leafOf = (type: GraphQLNamedType): string =>
  isEnumType(type) ? type.getValues().map(({ name }) => `'${name}'`).join(' | ') : (SCALARS[type.name] ?? 'string');

/** The first operation of *source* as a TypeScript module: its text with the types of its variables and its data. */
export function asTypeScript(schema: GraphQLSchema, source: string): string {
  const document = parse(source);
  const operation = document.definitions.find((one) => one.kind === Kind.OPERATION_DEFINITION);
  const root = operation && schema.getRootType(operation.operation);
  if (!operation || !root) return source;
  const name = operation.name?.value ?? 'Operation';
  const inputs = new Map<string, string>();
  const data = objectOf(schema, document, root, [operation.selectionSet], 0);
  const variables = variablesOf(schema, operation, inputs);
  const text = source.trim().replaceAll('\\', '\\\\').replaceAll('`', '\\`').replaceAll('${', '\\${');
  return [
    ...inputs.values(),
    `export interface ${name}Variables ${variables}`,
    `export interface ${name}Data ${data}`,
    `/** The document; its types go along for clients that read them. */`,
    `export const ${name} = \`${text}\` as string & { __data?: ${name}Data; __variables?: ${name}Variables };`,
    '',
  ].join('\n\n');
}

const indent = (depth: number): string => '  '.repeat(depth);

function variablesOf(schema: GraphQLSchema, operation: OperationDefinitionNode, inputs: Map<string, string>): string {
  const lines = (operation.variableDefinitions ?? []).map((definition) => {
    const type = typeFromAST(schema, definition.type) as GraphQLInputType | undefined;
    const isRequired = definition.type.kind === Kind.NON_NULL_TYPE && !definition.defaultValue;
    return `  ${definition.variable.name.value}${isRequired ? '' : '?'}: ${type ? inputOf(type, inputs) : 'unknown'};`;
  });
  return lines.length ? `{\n${lines.join('\n')}\n}` : '{}';
}

function inputOf(type: GraphQLInputType, inputs: Map<string, string>): string {
  if (isNonNullType(type)) return bare(type.ofType, inputs);
  return `${bare(type, inputs)} | null`;
}

function bare(type: GraphQLInputType, inputs: Map<string, string>): string {
  if (isListType(type)) return `Array<${inputOf(type.ofType, inputs)}>`;
  if (!isInputObjectType(type)) return leafOf(getNamedType(type));
  if (!inputs.has(type.name)) {
    inputs.set(type.name, ''); // an input may contain itself
    const lines = Object.values(type.getFields()).map(
      (field) => `  ${field.name}${isNonNullType(field.type) ? '' : '?'}: ${inputOf(field.type, inputs)};`,
    );
    inputs.set(type.name, `export interface ${type.name} {\n${lines.join('\n')}\n}`);
  }
  return type.name;
}

interface Selected {
  type: GraphQLOutputType;
  below: SelectionSetNode[];
  isOptional: boolean;
}

/** The type of an object of *parent*: each response key once, those of a fragment on another type optional. */
function objectOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  parent: GraphQLNamedType,
  selections: readonly SelectionSetNode[],
  depth: number,
): string {
  const found = new Map<string, Selected>();
  const collect = (on: GraphQLNamedType, set: SelectionSetNode, isOptional: boolean): void => {
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) {
        const type = fieldType(on, selection.name.value);
        if (!type) continue;
        const key = selection.alias?.value ?? selection.name.value;
        const before = found.get(key);
        const below = selection.selectionSet ? [selection.selectionSet] : [];
        const isConditional = (selection.directives ?? []).some(({ name }) => /^(include|skip)$/.test(name.value));
        found.set(key, {
          type,
          below: [...(before?.below ?? []), ...below],
          isOptional: (isOptional || isConditional) && (before?.isOptional ?? true),
        });
        continue;
      }
      const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragmentIn(document, selection.name.value);
      if (!fragment) continue;
      const condition = fragment.typeCondition?.name.value;
      const narrowed = condition ? (schema.getType(condition) ?? on) : on;
      collect(narrowed, fragment.selectionSet, isOptional || (narrowed !== on && isAbstractType(on)));
    }
  };
  for (const set of selections) collect(parent, set, false);
  const lines = [...found].map(([key, { type, below, isOptional }]) => {
    const text = outputOf(schema, document, type, below, depth + 1);
    return `${indent(depth + 1)}${key}${isOptional ? '?' : ''}: ${text};`;
  });
  return `{\n${lines.join('\n')}\n${indent(depth)}}`;
}

const fragmentIn = (document: DocumentNode, name: string): FragmentDefinitionNode | undefined =>
  document.definitions.find(
    (one): one is FragmentDefinitionNode => one.kind === Kind.FRAGMENT_DEFINITION && one.name.value === name,
  );

function fieldType(on: GraphQLNamedType, name: string): GraphQLOutputType | undefined {
  return isObjectType(on) || isInterfaceType(on) ? on.getFields()[name]?.type : undefined;
}

function outputOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  type: GraphQLOutputType,
  below: SelectionSetNode[],
  depth: number,
): string {
  if (isNonNullType(type)) return present(schema, document, type.ofType, below, depth);
  return `${present(schema, document, type, below, depth)} | null`;
}

function present(
  schema: GraphQLSchema,
  document: DocumentNode,
  type: GraphQLOutputType,
  below: SelectionSetNode[],
  depth: number,
): string {
  if (isListType(type)) return `Array<${outputOf(schema, document, type.ofType, below, depth)}>`;
  const named = getNamedType(type);
  return below.length ? objectOf(schema, document, named, below, depth) : leafOf(named);
}
