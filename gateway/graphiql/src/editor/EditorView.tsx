import 'graphiql/setup-workers/vite';
import 'graphiql/style.css';
import '@graphiql/plugin-explorer/style.css';
import './editor.css';
import './panes.css';
import { DocExplorerStore } from '@graphiql/plugin-doc-explorer';
import { HistoryStore } from '@graphiql/plugin-history';
import { GraphiQLProvider } from '@graphiql/react';
import type { Fetcher } from '@graphiql/toolkit';
import { GraphiQL, GraphiQLInterface } from 'graphiql';
import { useMemo, useState } from 'react';
import { AnswerViews, type View } from '../answer/AnswerViews';
import { AnswerStore } from '../answerStore';
import { CopyByHand, useCopy } from '../CopyButton';
import { readFragment } from '../fragment';
import type { Credentials } from '../gateway';
import type { SessionControl } from '../session';
import { viewerIn, type Viewer } from '../viewers';
import { STRINGS, useLanguage, type Message } from '../words/words';
import type { Offered } from '../written';
import { DocsActionsContext } from './DocsPane';
import { EditorBar } from './EditorBar';
import { firstExample } from './examples';
import { fetcherOf } from './fetcher';
import { AnswersOfTab, useLastAnswer } from './Pane';
import { pluginsIn } from './plugins';
import { useEditor } from './useEditor';
import { ForgetfulStorage } from './storage';

interface Props {
  control: SessionControl;
  /** What another part of the page wants to stand in the editor. */
  offered: Offered | undefined;
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
  const plugins = pluginsIn(spoken); // the first of them is the documentation
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
      plugins={plugins}
      referencePlugin={plugins[0]!}
    >
      <HistoryStore>
        <DocExplorerStore>
          <AnswersOfTab answers={answers} role={viewer?.role}>
            <Editing {...{ control, viewer, offered, isShown, fetcher }} />
          </AnswersOfTab>
        </DocExplorerStore>
      </HistoryStore>
    </GraphiQLProvider>
  );
}

/** The bar and the panes, which act upon one editor. */
function Editing({ control, viewer, offered, isShown, fetcher }: Props & { viewer: Viewer | undefined; fetcher: Fetcher }) {
  const editor = useEditor(viewer, control.choose, offered, isShown, fetcher);
  const copying = useCopy();
  const docs = { copy: (text: string, said: string) => void copying.copy(text, said), load: editor.offer };
  return (
    <div className="editor graphiql-container">
      <EditorBar {...{ control, viewer, editor, copying }} />
      <DocsActionsContext value={docs}>
        <GraphiQLInterface showPersistHeadersSettings={false}>
          <GraphiQL.Logo>{null}</GraphiQL.Logo>
          <GraphiQL.Footer>
            <EditorAnswer credentials={viewer?.credentials ?? {}} complain={control.say} />
          </GraphiQL.Footer>
        </GraphiQLInterface>
      </DocsActionsContext>
    </div>
  );
}

/** The last answer as table, chart or file, where GraphiQL shows its JSON. */
function EditorAnswer({ credentials, complain }: { credentials: Credentials; complain(message: Message): void }) {
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
