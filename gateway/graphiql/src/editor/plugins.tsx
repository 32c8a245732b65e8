import { explorerPlugin } from '@graphiql/plugin-explorer';
import { History, HISTORY_PLUGIN, useHistory } from '@graphiql/plugin-history';
import type { GraphiQLPlugin } from '@graphiql/react';
import { useLayoutEffect, useRef, useState } from 'react';
import { costPlugin } from './CostPane';
import { docsPlugin } from './DocsPane';
import { explainPlugin } from './ExplainPane';
import { Empty } from './Pane';
import { STRINGS, type Language } from '../words/words';
import { isHistoryKept, keepHistory } from './storage';

const EXPLORER_PLUGIN = explorerPlugin({ showAttribution: false });
const Explorer = EXPLORER_PLUGIN.content;

/**
 * The Explorer, shown from its beginning.
 *
 * It gives the focus to each input as it appears, which scrolls the beginning away. Whatever gets the focus before
 * somebody has touched a key or the pointer did not get it from them.
 */
function ExplorerFromTheTop() {
  const root = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const pane = root.current;
    if (!pane) return;
    const untouched = new AbortController();
    const { signal } = untouched;
    const showTop = () => {
      if (pane.contains(document.activeElement)) (document.activeElement as HTMLElement).blur();
      for (let box: Element | null = pane; box; box = box.parentElement) box.scrollTop = 0;
      for (const box of pane.querySelectorAll('div')) box.scrollTop = 0;
    };
    pane.addEventListener('focusin', showTop, { signal });
    for (const touch of ['pointerdown', 'keydown'])
      window.addEventListener(touch, () => untouched.abort(), { signal, capture: true });
    showTop();
    return () => untouched.abort();
  }, []);
  return (
    <div ref={root}>
      <Explorer />
    </div>
  );
}

/** The history, which says why it is empty at first, and lets whoever reads decide whether it stays. */
function HistoryPane() {
  const isEmpty = useHistory().length === 0;
  const [isKept, setKept] = useState(isHistoryKept);
  const keep = (wanted: boolean) => {
    keepHistory(wanted);
    setKept(wanted);
  };
  return (
    <>
      <History />
      <div className="pane history-choice">
        {isEmpty && <Empty>{isKept ? STRINGS.historyKept : STRINGS.historyEmpty}</Empty>}
        <label>
          <input type="checkbox" checked={isKept} onChange={(event) => keep(event.target.checked)} />
          {STRINGS.keepHistory}
        </label>
        <small>{STRINGS.keepHistoryHint}</small>
      </div>
    </>
  );
}

const explorer = { ...EXPLORER_PLUGIN, content: ExplorerFromTheTop };
const history = { ...HISTORY_PLUGIN, content: HistoryPane };
const made = new Map<Language, GraphiQLPlugin[]>();

/** All panes. GraphiQL compares them by identity: made once for a language, or every render would close the open one. */
export function pluginsIn(spoken: Language): GraphiQLPlugin[] {
  const plugins = made.get(spoken) ?? [docsPlugin(), explorer, history, costPlugin(), explainPlugin()];
  made.set(spoken, plugins);
  return plugins;
}
