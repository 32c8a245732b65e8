import { DOC_EXPLORER_PLUGIN } from '@graphiql/plugin-doc-explorer';
import { explorerPlugin } from '@graphiql/plugin-explorer';
import { History, HISTORY_PLUGIN, useHistory } from '@graphiql/plugin-history';
import { useLayoutEffect, useRef } from 'react';
import { COST_PLUGIN } from './CostPane';
import { EXPLAIN_PLUGIN } from './ExplainPane';
import { Empty } from './Pane';
import { STRINGS } from './strings';

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

/** The history, which says why it is empty at first. */
function HistoryPane() {
  const isEmpty = useHistory().length === 0;
  return (
    <>
      <History />
      {isEmpty && (
        <div className="pane">
          <Empty>{STRINGS.historyEmpty}</Empty>
        </div>
      )}
    </>
  );
}

/** All panes. GraphiQL compares them by identity: made once, or every render would close the open one. */
export const PLUGINS = [
  DOC_EXPLORER_PLUGIN,
  { ...EXPLORER_PLUGIN, content: ExplorerFromTheTop },
  { ...HISTORY_PLUGIN, content: HistoryPane },
  COST_PLUGIN,
  EXPLAIN_PLUGIN,
];
