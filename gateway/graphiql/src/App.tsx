import { DOC_EXPLORER_PLUGIN, DocExplorerStore } from '@graphiql/plugin-doc-explorer';
import { explorerPlugin } from '@graphiql/plugin-explorer';
import { HISTORY_PLUGIN, HistoryStore } from '@graphiql/plugin-history';
import { GraphiQLProvider } from '@graphiql/react';
import { GraphiQL, GraphiQLInterface } from 'graphiql';
import { useEffect, useMemo, useState } from 'react';
import { Bar } from './Bar';
import { COST_PLUGIN } from './CostPane';
import { firstExample } from './examples';
import { EXPLAIN_PLUGIN } from './ExplainPane';
import { readFragment } from './fragment';
import { fetcherOf } from './gateway';
import { Ledger } from './ledger';
import { Notices } from './Notices';
import { LedgerOfTab } from './Pane';
import { useSession, type SessionControl } from './session';
import { ForgetfulStorage } from './storage';
import { STRINGS } from './strings';

// GraphiQL compares plugins by identity: made once, or every render would close the open one.
const PLUGINS = [
  DOC_EXPLORER_PLUGIN,
  explorerPlugin({ showAttribution: false }),
  HISTORY_PLUGIN,
  COST_PLUGIN,
  EXPLAIN_PLUGIN,
];

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
  // What answers told belongs to whoever asked, as they do.
  const { ledger, fetcher } = useMemo(() => {
    const ledger = new Ledger();
    return { ledger, fetcher: fetcherOf(token, watch, ledger) };
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
            <LedgerOfTab ledger={ledger} role={viewer?.role}>
              <GraphiQLInterface showPersistHeadersSettings={false}>
                <GraphiQL.Logo>{null}</GraphiQL.Logo>
              </GraphiQLInterface>
            </LedgerOfTab>
          </div>
        </DocExplorerStore>
      </HistoryStore>
    </GraphiQLProvider>
  );
}
