import { pick, useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { Kind, parse } from 'graphql';
import { useEffect, useEffectEvent, useRef } from 'react';
import { firstExample, isUntouched, type Example, type Find } from './examples';
import { readFragment } from '../fragment';
import { ask, type Credentials } from '../gateway';
import { keyOf, type Viewer } from '../viewers';
import type { Written } from '../written';

/** The query editor as the bar needs it, kept in step with who is signed in and with the address bar. */
export function useEditor(
  viewer: Viewer | undefined,
  choose: (key: string) => void,
  offered: Written | undefined,
  isShown: boolean,
) {
  const { queryEditor, variableEditor, headerEditor, responseEditor, tabs, activeTabIndex, initialQuery } = useGraphiQL(
    pick('queryEditor', 'variableEditor', 'headerEditor', 'responseEditor', 'tabs', 'activeTabIndex', 'initialQuery'),
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
    if (!isUntouched(queryEditor.getValue())) addTab();
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

  const onViewer = useEffectEvent(() => {
    forgetAnswers();
    if (queryEditor && isUntouched(queryEditor.getValue())) offer(firstExample(viewer?.role));
  });
  const key = viewer && keyOf(viewer);
  const previous = useRef(key);
  useEffect(() => {
    if (previous.current === key) return;
    previous.current = key;
    onViewer();
  }, [key]);

  const onFragment = useEffectEvent(() => {
    const { viewer: named, query, variables } = readFragment();
    if (named && named !== key) choose(named);
    if (query) offer(query, variables);
  });
  useEffect(() => {
    const listener = () => onFragment();
    addEventListener('hashchange', listener);
    return () => removeEventListener('hashchange', listener);
  }, []);

  const onOffered = useEffectEvent(() => {
    if (offered && queryEditor) offer(offered.query, offered.variables);
  });
  useEffect(() => onOffered(), [offered, queryEditor]);

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

  return { read, load };
}

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
