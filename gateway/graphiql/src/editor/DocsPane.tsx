import { DOC_EXPLORER_PLUGIN, DocExplorer, useDocExplorer, useDocExplorerActions } from '@graphiql/plugin-doc-explorer';
import { DocsFilledIcon, DocsIcon, pick, useGraphiQL, type GraphiQLPlugin } from '@graphiql/react';
import { isInterfaceType, isObjectType, type GraphQLSchema } from 'graphql';
import { createContext, use, useDeferredValue, useMemo, useState } from 'react';
import { operationOf, waysFromQuery, wayTo } from '../dictionary/operation';
import { entriesOf, found, membersOf, termOf, type Entry } from '../dictionary/search';
import { asTypeScript } from '../dictionary/typescript';
import { STRINGS } from '../words/words';

/** What the pane does with the operation that asks for a field. */
export interface DocsActions {
  copy(text: string, said: string): void;
  load(query: string): void;
}

/** The actions of the documentation pane, which GraphiQL renders by itself. */
export const DocsActionsContext = createContext<DocsActions>({ copy: () => undefined, load: () => undefined });

/** GraphiQL's documentation with a search that knows Russian terms, and the operation of each field. */
export function docsPlugin(): GraphiQLPlugin {
  const plugin: GraphiQLPlugin = {
    title: DOC_EXPLORER_PLUGIN.title,
    icon: () => (useGraphiQL(pick('visiblePlugin')).visiblePlugin === plugin ? <DocsFilledIcon /> : <DocsIcon />),
    content: DocsPane,
  };
  return plugin;
}

/** More results than these nobody reads. */
const MOST_RESULTS = 60;

function DocsPane() {
  const { schema } = useGraphiQL(pick('schema'));
  const [wanted, setWanted] = useState('');
  const deferred = useDeferredValue(wanted);
  const entries = useMemo(() => (schema ? entriesOf(schema) : []), [schema]);
  const results = useMemo(() => found(entries, deferred).slice(0, MOST_RESULTS), [entries, deferred]);
  const { push, reset } = useDocExplorerActions();
  const SAY = STRINGS.dictionary;

  const show = ({ type, member }: Entry) => {
    reset();
    push({ name: type.name, def: type });
    const field = isObjectType(type) || isInterfaceType(type) ? type.getFields()[member ?? ''] : undefined;
    if (field) push({ name: field.name, def: field });
    setWanted('');
  };
  return (
    <div className="docs">
      {/* GraphiQL's key for the search clicks upon what has this class. */}
      <label className="graphiql-doc-explorer-search-input">
        <span className="hidden">{SAY.search}</span>
        <input
          type="search"
          className="docs-search"
          placeholder={SAY.search}
          value={wanted}
          onChange={(event) => setWanted(event.target.value)}
        />
      </label>
      {deferred.trim() ? (
        <Results entries={results} show={show} />
      ) : (
        <>
          {schema && <OperationOfField schema={schema} />}
          <DocExplorer />
        </>
      )}
    </div>
  );
}

function Results({ entries, show }: { entries: readonly Entry[]; show(entry: Entry): void }) {
  const SAY = STRINGS.dictionary;
  return (
    <>
      <p role="status" className="soft">
        {entries.length ? SAY.found(entries.length) : SAY.none}
      </p>
      <ul className="docs-results">
        {entries.map((entry) => (
          <li key={`${entry.type.name}.${entry.member ?? ''}`}>
            <button type="button" onClick={() => show(entry)}>
              <code>
                {entry.type.name}
                {entry.member && `.${entry.member}`}
              </code>
              <small>{termOf(descriptionOf(entry)) ?? descriptionOf(entry)?.split('\n')[0]}</small>
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

const descriptionOf = ({ type, member }: Entry): string | null | undefined =>
  member ? membersOf(type).find(({ name }) => name === member)?.description : type.description;

/** Takes away the operation that asks for the field whose documentation is open, where a query reaches it. */
function OperationOfField({ schema }: { schema: GraphQLSchema }) {
  const stack = useDocExplorer();
  const { copy, load } = use(DocsActionsContext);
  const ways = useMemo(() => waysFromQuery(schema), [schema]);
  const [last, before] = [stack.at(-1), stack.at(-2)];
  const type = before && schema.getType(before.name);
  if (!last || !(isObjectType(type) || isInterfaceType(type))) return null;
  const field = type.getFields()[last.name];
  const way = field && field === last.def ? wayTo(ways, type.name, field) : undefined;
  if (!way) return null;
  const operation = operationOf(way);
  const SAY = STRINGS.dictionary;
  return (
    <div className="docs-actions">
      <button type="button" className="button" onClick={() => copy(operation, SAY.copied)}>
        {SAY.copy}
      </button>
      <button type="button" className="button" onClick={() => copy(asTypeScript(schema, operation), STRINGS.typescriptCopied)}>
        {SAY.copyTypes}
      </button>
      <button type="button" className="button" onClick={() => load(operation)}>
        {SAY.open}
      </button>
    </div>
  );
}
