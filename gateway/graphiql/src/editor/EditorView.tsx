import 'graphiql/setup-workers/vite';
import 'graphiql/style.css';
import '@graphiql/plugin-explorer/style.css';
import './editor.css';
import './panes.css';
import { DOC_EXPLORER_PLUGIN, DocExplorerStore } from '@graphiql/plugin-doc-explorer';
import { HistoryStore } from '@graphiql/plugin-history';
import { GraphiQLProvider } from '@graphiql/react';
import { GraphiQL, GraphiQLInterface } from 'graphiql';
import { useMemo, useState } from 'react';
import { AnswerViews, type View } from '../answer/AnswerViews';
import { AnswerStore } from '../answerStore';
import { CopyByHand, useCopy } from '../CopyButton';
import { readFragment } from '../fragment';
import type { Credentials } from '../gateway';
import type { SessionControl } from '../session';
import { viewerIn } from '../viewers';
import { STRINGS, useLanguage } from '../words/words';
import type { Written } from '../written';
import { EditorBar } from './EditorBar';
import { firstExample } from './examples';
import { fetcherOf } from './fetcher';
import { AnswersOfTab, useLastAnswer } from './Pane';
import { pluginsIn } from './plugins';
import { ForgetfulStorage } from './storage';

interface Props {
  control: SessionControl;
  /** What another part of the page wants to stand in the editor. */
  offered: Written | undefined;
  isShown: boolean;
}

/** GraphiQL, with the panes of this page beside its own. */
export default function EditorView({ control, offered, isShown }: Props) {
  const { session, watch } = control;
  const viewer = viewerIn(session);
  const credentials = viewer?.credentials;
  const spoken = useLanguage();
  // What answers say about themselves belongs to whoever asked, as they do.
  const { answers, fetcher } = useMemo(() => {
    const answers = new AnswerStore();
    return { answers, fetcher: fetcherOf(credentials, watch, answers) };
  }, [credentials, watch]);
  const [opened] = useState(() => {
    const { query, variables } = offered ?? readFragment();
    return { initialQuery: query ?? firstExample(viewer?.role), ...(variables && { initialVariables: variables }) };
  });
  return (
    <GraphiQLProvider
      {...opened}
      fetcher={fetcher}
      // Nobody is signed in yet: asking for the schema would only be refused.
      {...(credentials ? {} : { schema: null })}
      schemaDescription
      inputValueDeprecation
      storage={ForgetfulStorage.shared}
      shouldPersistHeaders={false}
      plugins={pluginsIn(spoken)}
      referencePlugin={DOC_EXPLORER_PLUGIN}
    >
      <HistoryStore>
        <DocExplorerStore>
          <div className="editor graphiql-container">
            <EditorBar control={control} viewer={viewer} offered={offered} isShown={isShown} />
            <AnswersOfTab answers={answers} role={viewer?.role}>
              <GraphiQLInterface showPersistHeadersSettings={false}>
                <GraphiQL.Logo>{null}</GraphiQL.Logo>
                <GraphiQL.Footer>
                  <EditorAnswer credentials={credentials ?? {}} complain={control.say} />
                </GraphiQL.Footer>
              </GraphiQLInterface>
            </AnswersOfTab>
          </div>
        </DocExplorerStore>
      </HistoryStore>
    </GraphiQLProvider>
  );
}

/** The last answer as table, chart or file, where GraphiQL shows its JSON. */
function EditorAnswer({ credentials, complain }: { credentials: Credentials; complain(message: string): void }) {
  const meta = useLastAnswer();
  const [view, turnTo] = useState<View>(() => readFragment().view ?? 'json');
  const { copy, byHand, putAway } = useCopy();
  return (
    <>
      <AnswerViews
        answered={meta?.answered}
        credentials={credentials}
        view={view}
        turnTo={turnTo}
        copy={(text, said) => void copy(text, said)}
        complain={complain}
        json={null}
        waiting={STRINGS.answer.notYet}
      />
      {byHand !== null && <CopyByHand text={byHand} close={putAway} />}
    </>
  );
}
