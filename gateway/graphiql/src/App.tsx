import { DOC_EXPLORER_PLUGIN, DocExplorerStore } from '@graphiql/plugin-doc-explorer';
import { HistoryStore } from '@graphiql/plugin-history';
import { GraphiQLProvider } from '@graphiql/react';
import { GraphiQL, GraphiQLInterface } from 'graphiql';
import { useEffect, useMemo, useState } from 'react';
import { Bar } from './Bar';
import { firstExample } from './examples';
import { readFragment } from './fragment';
import { fetcherOf } from './gateway';
import { AnswerStore } from './answerStore';
import { Notices } from './Notices';
import { AnswersOfTab } from './Pane';
import { PLUGINS } from './plugins';
import { useSession, type SessionControl } from './session';
import { ForgetfulStorage } from './storage';
import { STRINGS } from './strings';

export function App() {
  const control = useSession();
  const { state } = control.session;
  if (state === 'loading') return <p className="page-wait">{STRINGS.loading}</p>;
  if (state === 'unreachable') {
    return (
      <div className="page-wait" role="alert">
        <p>{STRINGS.unreachable}</p>
        <button type="button" className="bar-button" onClick={control.restart}>
          {STRINGS.retry}
        </button>
      </div>
    );
  }
  return <Workspace control={control} />;
}

function Workspace({ control }: { control: SessionControl }) {
  const { session, watch } = control;
  const viewer = 'viewer' in session ? session.viewer : undefined;
  const token = viewer?.token;
  // What answers say about themselves belongs to whoever asked, as they do.
  const { answers, fetcher } = useMemo(() => {
    const answers = new AnswerStore();
    return { answers, fetcher: fetcherOf(token, watch, answers) };
  }, [token, watch]);
  const [storage] = useState(() => new ForgetfulStorage());
  const [opened] = useState(() => {
    const { query, variables } = readFragment();
    return { initialQuery: query ?? firstExample(viewer?.role), ...(variables && { initialVariables: variables }) };
  });
  useEffect(() => {
    document.title = STRINGS.title(viewer?.role);
  }, [viewer?.role]);
  return (
    <GraphiQLProvider
      {...opened}
      fetcher={fetcher}
      // Nobody is signed in yet: asking for the schema would only be refused.
      {...(token ? {} : { schema: null })}
      schemaDescription
      inputValueDeprecation
      storage={storage}
      shouldPersistHeaders={false}
      plugins={PLUGINS}
      referencePlugin={DOC_EXPLORER_PLUGIN}
    >
      <HistoryStore>
        <DocExplorerStore>
          <div className="page graphiql-container">
            <Bar control={control} viewer={viewer} />
            <Notices control={control} />
            <AnswersOfTab answers={answers} role={viewer?.role}>
              <main className="page-main">
                <GraphiQLInterface showPersistHeadersSettings={false}>
                  <GraphiQL.Logo>{null}</GraphiQL.Logo>
                </GraphiQLInterface>
              </main>
            </AnswersOfTab>
          </div>
        </DocExplorerStore>
      </HistoryStore>
    </GraphiQLProvider>
  );
}
