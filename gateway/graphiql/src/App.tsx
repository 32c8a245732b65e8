import { lazy, Suspense, useEffect, useState } from 'react';
import { Bar } from './Bar';
import { readFragment, type Section } from './fragment';
import { Notices } from './Notices';
import { StartView } from './questions/StartView';
import { useSession, type SessionControl } from './session';
import { keyOf, viewerIn } from './viewers';
import { STRINGS, useLanguage } from './words/words';
import type { Offered } from './written';

// Monaco is many times larger than the rest: whoever only reads answers never loads it.
const EditorView = lazy(() => import('./editor/EditorView'));
const CompareView = lazy(() => import('./compare/CompareView'));
const DictionaryView = lazy(() => import('./dictionary/DictionaryView'));

export function App() {
  useLanguage();
  const control = useSession();
  const { state } = control.session;
  if (state === 'loading') return <p className="page-wait">{STRINGS.loading}</p>;
  if (state === 'unreachable') {
    return (
      <div className="page-wait" role="alert">
        <p>{STRINGS.unreachable}</p>
        <button type="button" className="button" onClick={control.restart}>
          {STRINGS.retry}
        </button>
      </div>
    );
  }
  return <Page control={control} />;
}

/** The part of the page that the address asks for. */
function firstSection(): Section {
  const { section, query, question } = readFragment();
  if (section ?? question ?? query) return section ?? (question ? 'questions' : 'editor');
  return location.pathname === '/dictionary' ? 'dictionary' : 'questions';
}

function Page({ control }: { control: SessionControl }) {
  const viewer = viewerIn(control.session);
  const [section, turnTo] = useState(firstSection);
  const [isEditorOpen, loadEditor] = useState(section === 'editor');
  const [offered, offer] = useState<Offered>();
  const show = (next: Section) => {
    turnTo(next);
    if (next === 'editor') loadEditor(true);
  };
  const openEditor = (written: Offered) => {
    offer(written);
    show('editor');
  };

  const role = viewer && STRINGS.roles[viewer.role];
  useEffect(() => {
    document.title = STRINGS.title(role);
  }, [role]);

  useEffect(() => {
    const listener = () => show(firstSection());
    addEventListener('hashchange', listener);
    return () => removeEventListener('hashchange', listener);
  }, []);

  return (
    <div className="page">
      <Bar control={control} viewer={viewer} section={section} show={show} />
      <Notices control={control} />
      <main className="page-main">
        {section !== 'editor' && !viewer && (
          <p className="page-wait">{section === 'dictionary' ? STRINGS.dictionary.signIn : STRINGS.start.none}</p>
        )}
        {section !== 'editor' && viewer && (
          <Suspense fallback={<p className="page-wait">{STRINGS.loading}</p>}>
            {section === 'questions' && <StartView key={keyOf(viewer)} {...{ control, viewer, openEditor }} />}
            {section === 'compare' && <CompareView key={keyOf(viewer)} {...{ control, viewer }} />}
            {section === 'dictionary' && <DictionaryView {...{ control, viewer, openEditor }} />}
          </Suspense>
        )}
        {isEditorOpen && (
          <div className="page-editor" hidden={section !== 'editor'}>
            <Suspense fallback={<p className="page-wait">{STRINGS.loading}</p>}>
              <EditorView control={control} offered={offered} isShown={section === 'editor'} />
            </Suspense>
          </div>
        )}
      </main>
    </div>
  );
}
