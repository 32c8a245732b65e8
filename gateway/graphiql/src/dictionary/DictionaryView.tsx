import './dictionary.css';
import {
  buildClientSchema,
  getIntrospectionQuery,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  type GraphQLArgument,
  type GraphQLNamedType,
  type GraphQLSchema,
  type IntrospectionQuery,
} from 'graphql';
import { memo, useDeferredValue, useEffect, useMemo, useState } from 'react';
import { reasonOf, saveAs } from '../answer/download';
import { CopyByHand, Copied, useCopy } from '../CopyButton';
import { ask, Failed, saidBy, send, tell, type Credentials } from '../gateway';
import type { SessionControl } from '../session';
import type { Viewer } from '../viewers';
import { STRINGS } from '../words/words';
import type { Written } from '../written';
import { operationOf, waysFromQuery, wayTo } from './operation';
import { entriesOf, found, membersOf, typesOf } from './search';
import { asTypeScript } from './typescript';

interface Props {
  control: SessionControl;
  viewer: Viewer;
  openEditor(written: Written): void;
}

/** Everything that the viewer's role may ask for, in words, and the operations that ask for it. */
export default function DictionaryView({ control, viewer, openEditor }: Props) {
  const [schema, setSchema] = useState<GraphQLSchema>();
  const [wanted, setWanted] = useState('');
  const deferred = useDeferredValue(wanted);
  const { copy, copied, byHand, putAway } = useCopy();
  const { watch, say } = control;
  const SAY = STRINGS.dictionary;

  useEffect(() => {
    let isCurrent = true;
    setSchema(undefined);
    ask<IntrospectionQuery>(viewer.credentials, { query: getIntrospectionQuery() })
      .then(({ answer }) => {
        if (!isCurrent) return;
        if (answer.data) setSchema(buildClientSchema(answer.data));
        else say(() => answer.errors?.[0]?.message ?? STRINGS.unreachable);
      })
      .catch((reason: unknown) => {
        if (isCurrent) tell(watch, reason);
      });
    return () => {
      isCurrent = false;
    };
  }, [viewer, watch, say]);

  const saveSdl = () =>
    sdlOf(viewer.credentials)
      .then((text) => saveAs(`schema.${viewer.role.toLowerCase()}.graphql`, new Blob([text], { type: 'text/plain' })))
      .catch((reason: unknown) => say(saidBy(reason)));

  return (
    <div className="dictionary">
      <header>
        <h2>{SAY.title}</h2>
        <p className="soft">{SAY.lead(STRINGS.roles[viewer.role])}</p>
        <div className="answer-tools">
          <label className="dictionary-search">
            <span className="hidden">{SAY.search}</span>
            <input
              type="search"
              value={wanted}
              placeholder={SAY.search}
              onChange={(event) => setWanted(event.target.value)}
            />
          </label>
          <button type="button" className="button" onClick={() => void saveSdl()}>
            {SAY.sdl}
          </button>
          <Copied text={copied} />
        </div>
      </header>
      {schema ? (
        <Entries
          schema={schema}
          wanted={deferred}
          copy={(text) => void copy(text, SAY.copied)}
          openEditor={openEditor}
        />
      ) : (
        <p className="soft">{STRINGS.loading}</p>
      )}
      {byHand !== null && <CopyByHand text={byHand} close={putAway} />}
    </div>
  );
}

async function sdlOf(credentials: Credentials): Promise<string> {
  const response = await send('/schema.graphql', { headers: credentials });
  if (!response.ok) throw new Failed(await reasonOf(response));
  return response.text();
}

interface EntriesProps {
  schema: GraphQLSchema;
  wanted: string;
  copy(text: string): void;
  openEditor(written: Written): void;
}

function Entries({ schema, wanted, copy, openEditor }: EntriesProps) {
  const SAY = STRINGS.dictionary;
  const entries = useMemo(() => entriesOf(schema), [schema]);
  const ways = useMemo(() => waysFromQuery(schema), [schema]);
  const matches = useMemo(() => found(entries, wanted), [entries, wanted]);
  const actions = { schema, ways, copy, openEditor };
  if (!wanted.trim())
    return typesOf(schema).map((type) => (
      <TypeSection key={type.name} type={type} members={undefined} {...actions} />
    ));

  // The members that were found, under their types, in the order of the best of them.
  const byType = new Map<GraphQLNamedType, Set<string>>();
  for (const { type, member } of matches) {
    const members = byType.get(type) ?? new Set();
    byType.set(type, member ? members.add(member) : members);
  }
  return (
    <>
      <p role="status" className="soft">
        {matches.length ? SAY.found(matches.length) : SAY.none}
      </p>
      {[...byType].map(([type, members]) => (
        <TypeSection key={type.name} type={type} members={members} {...actions} />
      ))}
    </>
  );
}

interface SectionProps extends Omit<EntriesProps, 'wanted'> {
  type: GraphQLNamedType;
  /** The members that are shown; all of them where nothing is searched for. */
  members: Set<string> | undefined;
  ways: ReturnType<typeof waysFromQuery>;
}

const TypeSection = memo(function TypeSection({ schema, type, members, ways, copy, openEditor }: SectionProps) {
  const SAY = STRINGS.dictionary;
  const shown = membersOf(type).filter(({ name }) => !members || members.has(name));
  return (
    <section className="dictionary-type" aria-label={type.name}>
      <h3>{type.name}</h3>
      <Description text={type.description} />
      <ul>
        {shown.map(({ name, description }) => {
          const field = isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined;
          const way = field && wayTo(ways, type.name, field);
          return (
            <li key={name} aria-label={`${type.name}.${name}`}>
              <p className="dictionary-name">
                <code>
                  {name}
                  {field && <span className="soft">: {String(field.type)}</span>}
                  {isInputObjectType(type) && <span className="soft">: {String(type.getFields()[name]!.type)}</span>}
                </code>
                {way && (
                  <span className="dictionary-actions">
                    <button type="button" onClick={() => copy(operationOf(way))}>
                      {SAY.copy}
                    </button>
                    <button type="button" onClick={() => copy(asTypeScript(schema, operationOf(way)))}>
                      {SAY.copyTypes}
                    </button>
                    <button type="button" onClick={() => openEditor({ query: operationOf(way) })}>
                      {SAY.open}
                    </button>
                  </span>
                )}
              </p>
              <Description text={description} />
              {field && field.args.length > 0 && <Arguments args={field.args} />}
            </li>
          );
        })}
      </ul>
    </section>
  );
});

function Arguments({ args }: { args: readonly GraphQLArgument[] }) {
  return (
    <details>
      <summary>
        {STRINGS.dictionary.arguments}: {args.map(({ name }) => name).join(', ')}
      </summary>
      <dl>
        {args.map(({ name, type, description }) => (
          <div key={name}>
            <dt>
              <code>
                {name}: {String(type)}
              </code>
            </dt>
            <dd>{description}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

const Description = ({ text }: { text: string | null | undefined }) =>
  (text ?? '').split(/\n\n+/).map((paragraph, index) => <p key={index}>{paragraph}</p>);
