import {
  getNamedType,
  isInterfaceType,
  isLeafType,
  isObjectType,
  isRequiredArgument,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
} from 'graphql';

type AnyField = GraphQLField<unknown, unknown>;

interface Step {
  field: AnyField;
  from: string;
}

const fieldsOf = (named: GraphQLNamedType): AnyField[] =>
  isObjectType(named) || isInterfaceType(named) ? Object.values(named.getFields()) : [];

/** For each type the field by which the shortest way from Query reaches it. */
export function waysFromQuery(schema: GraphQLSchema): Map<string, Step> {
  const ways = new Map<string, Step>();
  const queue: GraphQLNamedType[] = schema.getQueryType() ? [schema.getQueryType()!] : [];
  for (let named = queue.shift(); named; named = queue.shift()) {
    for (const field of fieldsOf(named)) {
      const target = getNamedType(field.type);
      if (isLeafType(target) || target.name === 'Query' || target.name === 'Node' || ways.has(target.name)) continue;
      ways.set(target.name, { field, from: named.name });
      queue.push(target);
    }
  }
  return ways;
}

/** The fields from Query down to *field* of *type*; undefined where no query leads there. */
export function wayTo(ways: Map<string, Step>, type: string, field: AnyField): AnyField[] | undefined {
  const way = [field];
  for (let at = type; at !== 'Query'; ) {
    const step = ways.get(at);
    if (!step || way.length > 12) return undefined;
    way.unshift(step.field);
    at = step.from;
  }
  return way;
}

/** An operation that asks for what the *way* leads to, with its required arguments as variables. */
export function operationOf(way: readonly AnyField[]): string {
  const last = way.at(-1)!;
  const variables = new Map<string, string>();
  const called = (field: AnyField): string => {
    const sent = field.args.filter((argument) => isRequiredArgument(argument) || argument.name === 'first');
    const texts = sent.map((argument) => {
      if (!isRequiredArgument(argument)) return `${argument.name}: 20`;
      const name = variables.has(argument.name) ? `${field.name}${capital(argument.name)}` : argument.name;
      variables.set(name, String(argument.type));
      return `${argument.name}: $${name}`;
    });
    return texts.length ? `${field.name}(${texts.join(', ')})` : field.name;
  };
  const heads = way.map(called);
  const indent = (depth: number): string => '  '.repeat(depth);
  const lines = heads.map((head, depth) => {
    const opens = depth < heads.length - 1 || !isLeafType(getNamedType(way[depth]!.type));
    return `${indent(depth + 1)}${head}${opens ? ' {' : ''}`;
  });
  if (!isLeafType(getNamedType(last.type))) {
    lines.push(...leavesOf(getNamedType(last.type), way.length + 1), `${indent(way.length)}}`);
  }
  for (let depth = way.length - 1; depth > 0; depth--) lines.push(`${indent(depth)}}`);
  const declared = [...variables].map(([name, type]) => `$${name}: ${type}`).join(', ');
  return `query ${capital(last.name)}${declared ? `(${declared})` : ''} {\n${lines.join('\n')}\n}\n`;
}

const capital = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

/** The leaves of an object of *named*, those of a connection's entries for a connection. */
function leavesOf(named: GraphQLNamedType, depth: number): string[] {
  const indent = '  '.repeat(depth);
  const fields = fieldsOf(named).filter((field) => !field.args.some(isRequiredArgument));
  const nodes = fields.find(({ name }) => name === 'nodes');
  if (nodes) return [`${indent}nodes {`, ...leavesOf(getNamedType(nodes.type), depth + 1), `${indent}}`];
  const leaves = fields.filter((field) => isLeafType(getNamedType(field.type)));
  return (leaves.length ? leaves : [{ name: '__typename' }]).slice(0, 12).map(({ name }) => `${indent}${name}`);
}
