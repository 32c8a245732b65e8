import { useEffect, useEffectEvent, useMemo, useRef, useState } from 'react';
import { AnswerViews, type View } from '../answer/AnswerViews';
import type { Answered } from '../answerMeta';
import { CopyByHand, Copied, useCopy } from '../CopyButton';
import { linkTo, readFragment } from '../fragment';
import { ask, tell } from '../gateway';
import type { SessionControl } from '../session';
import { keyOf, type Viewer } from '../viewers';
import { dayOf, say, STRINGS, useLanguage } from '../words/words';
import { isQuery, type Offered, type Written } from '../written';
import type { Asked } from './asked';
import { calendarOf } from './calendar';
import { Choosing, type Choices } from './choices';
import { GALLERY } from './gallery';
import { Parameters } from './Parameters';
import type { Question } from './question';
import { QuestionList } from './QuestionList';
import { forget, save, savedQuestions, type Saved } from './saved';
import { SaveButton } from './SaveButton';
import { addressOf, servedQuestions } from './served';

interface Props {
  control: SessionControl;
  viewer: Viewer;
  openEditor(written: Offered): void;
}

/** The gallery of questions beside the answer to one of them: for people who know no GraphQL. */
export function StartView({ control, viewer, openEditor }: Props) {
  const { session, today } = control;
  const gallery = GALLERY[viewer.role];
  const spoken = useLanguage();
  const serving = useMemo(
    () => servedQuestions(viewer.credentials).catch((): Question[] => []),
    [viewer, spoken], // whose titles are in the page's language
  );
  const [served, setServed] = useState<readonly Question[]>([]);
  useEffect(() => {
    let isCurrent = true;
    void serving.then((found) => isCurrent && setServed(found));
    return () => {
      isCurrent = false;
    };
  }, [serving]);
  const choosing = useMemo(() => new Choosing(viewer, today), [viewer, today]);
  const [asked, setAsked] = useState<Asked>();
  const [answered, setAnswered] = useState<Answered>();
  const [busy, setBusy] = useState(true);
  const [view, turnTo] = useState<View>('table');
  const [saved, setSaved] = useState(savedQuestions);
  const { copy, copied, byHand, putAway } = useCopy();
  const turn = useRef(0);

  /** Runs *work* unless something newer has begun meanwhile; says what is in the way. */
  const during = async (work: (isCurrent: () => boolean) => Promise<void>) => {
    const own = ++turn.current;
    const isCurrent = () => own === turn.current;
    setBusy(true);
    try {
      await work(isCurrent);
      if (isCurrent()) control.watch.answered();
    } catch (reason) {
      if (isCurrent()) tell(control.watch, reason);
    } finally {
      if (isCurrent()) setBusy(false);
    }
  };

  /** Finds what there is to choose from, in the order in which one choice depends on another. */
  const prepared = async (question: Question, wanted: Choices): Promise<Pick<Asked, 'choices' | 'options'>> => {
    const choices: Choices = {};
    const options: Asked['options'] = {};
    for (const kind of question.parameters) {
      const found = await choosing.options(kind, choices, question.required?.includes(kind) ?? false);
      options[kind] = found;
      const named = found.find(({ value }) => value === wanted[kind]) ?? found[0];
      if (named) choices[kind] = named.value;
    }
    for (const { name } of question.fields ?? []) choices[name] = wanted[name] ?? '';
    return { choices, options };
  };

  const run = async (next: Asked, isCurrent: () => boolean) => {
    if (!isCurrent()) return;
    setAsked(next);
    // Without a student or a class there is nothing to ask about.
    if (Object.values(next.options).some((found) => found?.length === 0)) return setAnswered(undefined);
    const answer = await ask(viewer.credentials, writtenOf(next, choosing));
    if (isCurrent()) setAnswered(answer);
  };

  const open = (question: Question, wanted: Choices = {}, wantedView: View = question.look?.view ?? 'table') =>
    during(async (isCurrent) => {
      setAnswered(undefined);
      turnTo(wantedView);
      const next = { title: say(question.title), question, query: question.query, ...(await prepared(question, wanted)) };
      await run(next, isCurrent);
    });

  const choose = (kind: string, value: string) =>
    during(async (isCurrent) => {
      const question = asked?.question;
      if (!question) return;
      await run({ ...asked, ...(await prepared(question, { ...asked.choices, [kind]: value })) }, isCurrent);
    });

  const openSaved = (one: Saved) => {
    const question = [...gallery, ...served].find(({ id }) => id === one.question);
    if (question) return open(question, one.choices, one.view);
    if (!one.query || !isQuery(one.query)) return;
    const own: Asked = { title: one.title, query: one.query, variables: one.variables, choices: {}, options: {} };
    return during(async (isCurrent) => {
      setAnswered(undefined);
      turnTo(one.view);
      await run(own, isCurrent);
    });
  };

  const onOpen = useEffectEvent(() => {
    void (async () => {
      const { question: named, choices, view: wanted } = readFragment();
      const all = named?.startsWith('q/') ? await serving : gallery;
      const question = all.find(({ id }) => id === named);
      const first = question ?? gallery[0];
      if (first) await open(first, question ? choices : {}, question && wanted);
    })();
  });
  useEffect(() => onOpen(), [viewer]);
  useEffect(() => {
    const listener = () => {
      if (readFragment().question) onOpen();
    };
    addEventListener('hashchange', listener);
    return () => removeEventListener('hashchange', listener);
  }, []);

  const share = () => {
    if (!asked) return;
    const { question, choices } = asked;
    const what = question ? { question: question.id, choices } : writtenOf(asked, choosing);
    const link = linkTo({
      ...(session.state === 'demo' && { viewer: keyOf(viewer) }),
      title: asked.question ? say(asked.question.title) : asked.title,
      view,
      ...what,
    });
    void copy(link, STRINGS.shareCopied);
  };

  const student = asked?.choices.student;
  const isFamily = viewer.role === 'STUDENT' || viewer.role === 'PARENT';
  const SAY = STRINGS.start;
  const title = asked?.question ? say(asked.question.title) : asked?.title;
  return (
    <div className="start">
      <QuestionList
        questions={gallery}
        served={served}
        current={asked}
        saved={saved}
        open={(question) => void open(question)}
        openSaved={(one) => void openSaved(one)}
        remove={(one) => setSaved(forget(one))}
      />
      <div className="start-answer">
        {asked && (
          <header className="start-head">
            <h2>{title}</h2>
            {control.demoDay && <p className="soft">{SAY.demoDay(dayOf(control.demoDay, { year: 'numeric', month: 'long' }))}</p>}
            <Parameters asked={asked} choose={(kind, value) => void choose(kind, value)} />
            <div className="answer-tools">
              <button
                type="button"
                className="button main"
                aria-busy={busy}
                onClick={() => void during((isCurrent) => run(asked, isCurrent))}
              >
                {busy ? SAY.running : SAY.run}
              </button>
              <button type="button" className="button" onClick={() => openEditor({ ...writtenOf(asked, choosing), isAnswered: answered !== undefined })}>
                {SAY.showQuery}
              </button>
              <button type="button" className="button" onClick={share}>
                {STRINGS.share}
              </button>
              <SaveButton
                title={() => title ?? ''}
                save={(name) => setSaved(save(savedOf(asked, name, view)))}
              />
              <Copied text={copied} />
            </div>
          </header>
        )}
        <AnswerViews
          answered={answered}
          credentials={viewer.credentials}
          look={asked?.question?.look}
          address={
            asked?.question?.servedAs
              ? () => addressOf(viewer.credentials, asked.question!.servedAs!, variablesOf(asked, choosing))
              : undefined
          }
          of={asked?.question?.id ?? asked?.title ?? ''}
          view={view}
          turnTo={turnTo}
          copy={(text, said) => void copy(text, said)}
          complain={control.say}
          calendar={student && isFamily ? () => calendarOf(viewer.credentials, student) : undefined}
          waiting={busy ? SAY.running : SAY.noChoices}
        />
      </div>
      {byHand !== null && <CopyByHand text={byHand} close={putAway} />}
    </div>
  );
}

const variablesOf = ({ question, choices }: Asked, choosing: Choosing) => choosing.variables(choices, question?.fields);

const writtenOf = (asked: Asked, choosing: Choosing): Written => {
  const { query, variables, question } = asked;
  const text = question ? JSON.stringify(variablesOf(asked, choosing), null, 2) : variables;
  return { query, ...(text && text !== '{}' && { variables: text }) };
};

const savedOf = ({ question, choices, query, variables }: Asked, title: string, view: View): Saved =>
  question ? { title, view, question: question.id, choices } : { title, view, query, ...(variables && { variables }) };
