import { pick, useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { Kind, parse } from 'graphql';
import { useEffect, useEffectEvent, useRef } from 'react';
import type { Fetcher } from '@graphiql/toolkit';
import type { Example, Find } from './example';
import { firstExample, isUntouched } from './examples';
import { readFragment } from '../fragment';
import { ask, type Credentials } from '../gateway';
import { keyOf, type Viewer } from '../viewers';
import { isQuery, type Offered, type Written } from '../written';

/**
 * The query editor as the bar needs it, kept in step with who is signed in and with the address bar.
 *
 * An example that nobody has changed runs by itself; so does, for another viewer, a query that was answered before.
 */
export function useEditor(
  viewer: Viewer | undefined,
  choose: (key: string) => void,
  offered: Offered | undefined,
  isShown: boolean,
  fetcher: Fetcher,
) {
  const { queryEditor, variableEditor, headerEditor, responseEditor, tabs, activeTabIndex, initialQuery, fetcher: taken } =
    useGraphiQL(
      pick(
        'queryEditor', 'variableEditor', 'headerEditor', 'responseEditor', 'tabs', 'activeTabIndex', 'initialQuery',
        'fetcher',
      ),
    );
  const { addTab, moveTab, run, setOperationFacts, stop } = useGraphiQLActions();

  useEffect(() => {
    // Monaco draws a box around each Cyrillic letter that looks like a Latin one: in a Russian school, everywhere.
    for (const editor of [queryEditor, variableEditor, headerEditor, responseEditor])
      editor?.updateOptions({ unicodeHighlight: { ambiguousCharacters: false } });
  }, [queryEditor, variableEditor, headerEditor, responseEditor]);

  const read = (): Written => {
    const variables = variableEditor?.getValue().trim();
    return { query: queryEditor?.getValue() ?? initialQuery, ...(variables && { variables }) };
  };

  /** Puts *query* into the editor, in a tab of its own where somebody has written something. */
  const offer = (query: string, variables = '') => {
    if (!queryEditor) return;
    const before = queryEditor.getValue();
    if (before !== query && !isUntouched(before)) addTab();
    queryEditor.setValue(query);
    variableEditor?.setValue(variables);
    // GraphiQL would learn the name of the new operation a moment later, and until then send that of the old one.
    setOperationFacts(factsOf(query));
  };

  const load = async ({ query, find }: Example) => {
    const variables = find && viewer && (await variablesOf(find, viewer.credentials));
    offer(query, variables);
    queryEditor?.focus();
  };

  /** Answers belong to whoever asked: none may stand under another's name. */
  const forgetAnswers = () => {
    stop();
    if (tabs.length > 1)
      moveTab(tabs.map((tab, index) => (index === activeTabIndex ? tab : { ...tab, response: null })));
    responseEditor?.setValue('');
  };

  // Whether the query in the editor is still to be run for whoever is signed in.
  const isDue = useRef(isUntouched(initialQuery));

  const onViewer = useEffectEvent(() => {
    const wasAnswered = Boolean(responseEditor?.getValue());
    forgetAnswers();
    const isExample = queryEditor !== undefined && isUntouched(queryEditor.getValue());
    if (isExample) offer(firstExample(viewer?.role));
    isDue.current = isExample || wasAnswered;
  });
  const key = viewer && keyOf(viewer);
  const previous = useRef(key);
  useEffect(() => {
    if (previous.current === key) return;
    previous.current = key;
    onViewer();
  }, [key]);

  const onOffered = useEffectEvent(() => {
    if (!offered || !queryEditor) return;
    isDue.current = offered.isAnswered ?? false;
    offer(offered.query, offered.variables);
  });
  useEffect(() => onOffered(), [offered, queryEditor]);

  // GraphiQL takes the fetcher of another viewer a moment after the viewer: until then it would ask as the one before.
  const isReady = isShown && viewer !== undefined && queryEditor && responseEditor && taken === fetcher;
  const onReady = useEffectEvent(() => {
    if (isDue.current && isQuery(read().query)) void run();
    isDue.current = false;
  });
  useEffect(() => {
    if (isReady) onReady();
  }, [isReady]);

  const onFragment = useEffectEvent(() => {
    const { viewer: named, query, variables } = readFragment();
    if (named && named !== key) choose(named);
    if (query) {
      isDue.current = false;
      offer(query, variables);
    }
  });
  useEffect(() => {
    const listener = () => onFragment();
    addEventListener('hashchange', listener);
    return () => removeEventListener('hashchange', listener);
  }, []);

  useEffect(() => {
    if (isShown) queryEditor?.focus();
  }, [queryEditor, isShown]);

  // The editors run the query on Ctrl-Enter themselves; from anywhere else on the page it shall do the same.
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    const inEditor = event.target instanceof Element && event.target.closest('.monaco-editor, form, dialog');
    if (isShown && event.key === 'Enter' && (event.ctrlKey || event.metaKey) && !inEditor) run();
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent) => onKey(event);
    addEventListener('keydown', listener);
    return () => removeEventListener('keydown', listener);
  }, []);

  return { read, load, offer };
}

export type Editor = ReturnType<typeof useEditor>;

/** The variables that an example finds, as text; none where the gateway does not answer. */
async function variablesOf({ query, variables }: Find, credentials: Credentials): Promise<string | undefined> {
  const found = await ask(credentials, { query }).catch(() => undefined);
  const data = found?.answer.data;
  return data ? JSON.stringify(variables(data), null, 2) : undefined;
}

/** What GraphiQL keeps about the document in its editor; nothing where it cannot be parsed. */
function factsOf(query: string) {
  try {
    const documentAST = parse(query);
    const operations = documentAST.definitions.filter((one) => one.kind === Kind.OPERATION_DEFINITION);
    const operationName = operations[0]?.name?.value;
    return { documentAST, operations, ...(operationName && { operationName }) };
  } catch {
    return {};
  }
}
