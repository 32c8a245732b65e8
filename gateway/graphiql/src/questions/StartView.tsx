import { useEffect, useEffectEvent, useMemo, useRef, useState, type FormEvent } from 'react';
import { AnswerViews, type View } from '../answer/AnswerViews';
import type { Answered } from '../answerMeta';
import { CopyByHand, Copied, useCopy } from '../CopyButton';
import { linkTo, readFragment } from '../fragment';
import { ask, tell } from '../gateway';
import type { SessionControl } from '../session';
import { keyOf, type Viewer } from '../viewers';
import { dayOf, say, STRINGS } from '../words/words';
import { isQuery, type Written } from '../written';
import { calendarOf } from './calendar';
import { Choosing, type Choices, type Option } from './choices';
import { GALLERY } from './gallery';
import type { ParameterKind, Question } from './question';
import { forget, save, savedQuestions, type Saved } from './saved';

interface Props {
  control: SessionControl;
  viewer: Viewer;
  openEditor(written: Written): void;
}

/** A question, or a document in somebody's own words. */
interface Asked {
  title: string;
  question?: Question | undefined;
  query: string;
  variables?: string | undefined;
  choices: Choices;
  options: Partial<Record<ParameterKind, Option[]>>;
}

/** The gallery of questions beside the answer to one of them: for people who know no GraphQL. */
export function StartView({ control, viewer, openEditor }: Props) {
  const { session, today } = control;
  const questions = GALLERY[viewer.role];
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
      const found = await choosing.options(kind, choices);
      options[kind] = found;
      const named = found.find(({ value }) => value === wanted[kind]) ?? found[0];
      if (named) choices[kind] = named.value;
    }
    return { choices, options };
  };

  const run = async (next: Asked, isCurrent: () => boolean) => {
    if (!isCurrent()) return;
    setAsked(next);
    // Without a student or a class there is nothing to ask about.
    if (Object.values(next.options).some((found) => found.length === 0)) return setAnswered(undefined);
    const answer = await ask(viewer.credentials, writtenOf(next, choosing));
    if (isCurrent()) setAnswered(answer);
  };

  const open = (question: Question, wanted: Choices = {}, wantedView: View = question.look.view) =>
    during(async (isCurrent) => {
      setAnswered(undefined);
      turnTo(wantedView);
      const next = { title: say(question.title), question, query: question.query, ...(await prepared(question, wanted)) };
      await run(next, isCurrent);
    });

  const choose = (kind: ParameterKind, value: string) =>
    during(async (isCurrent) => {
      const question = asked?.question;
      if (!question) return;
      await run({ ...asked, ...(await prepared(question, { ...asked.choices, [kind]: value })) }, isCurrent);
    });

  const openSaved = (one: Saved) => {
    const question = questions.find(({ id }) => id === one.question);
    if (question) return open(question, one.choices, one.view);
    if (!one.query || !isQuery(one.query)) return;
    const own = { title: one.title, query: one.query, variables: one.variables, choices: {}, options: {} };
    return during(async (isCurrent) => {
      setAnswered(undefined);
      turnTo(one.view);
      await run(own, isCurrent);
    });
  };

  const onOpen = useEffectEvent(() => {
    const { question: named, choices, view: wanted } = readFragment();
    const question = questions.find(({ id }) => id === named);
    const first = question ?? questions[0];
    if (first) void open(first, question ? choices : {}, (question && wanted) || first.look.view);
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
      <Gallery
        questions={questions}
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
              <button type="button" className="button" onClick={() => openEditor(writtenOf(asked, choosing))}>
                {SAY.showQuery}
              </button>
              <button type="button" className="button" onClick={share}>
                {STRINGS.share}
              </button>
              <SaveButton
                key={title}
                title={title ?? ''}
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

const writtenOf = ({ query, variables, question, choices }: Asked, choosing: Choosing): Written => {
  const text = question ? JSON.stringify(choosing.variables(choices), null, 2) : variables;
  return { query, ...(text && text !== '{}' && { variables: text }) };
};

const savedOf = ({ question, choices, query, variables }: Asked, title: string, view: View): Saved =>
  question ? { title, view, question: question.id, choices } : { title, view, query, ...(variables && { variables }) };

interface GalleryProps {
  questions: readonly Question[];
  current: Asked | undefined;
  saved: readonly Saved[];
  open(question: Question): void;
  openSaved(saved: Saved): void;
  remove(title: string): void;
}

function Gallery({ questions, current, saved, open, openSaved, remove }: GalleryProps) {
  const SAY = STRINGS.start;
  // On a phone the list is folded away as soon as there is an answer to look at.
  const [isOpen, setOpen] = useState(() => matchMedia('(min-width: 761px)').matches);
  const picked = (act: () => void) => () => {
    act();
    if (!matchMedia('(min-width: 761px)').matches) setOpen(false);
  };
  return (
    <details className="gallery" open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{SAY.pick}</summary>
      <nav aria-label={SAY.pick}>
        <ul>
          {questions.map((question) => (
            <li key={question.id}>
              <button
                type="button"
                aria-current={current?.question?.id === question.id || undefined}
                onClick={picked(() => open(question))}
              >
                {say(question.title)}
              </button>
            </li>
          ))}
        </ul>
        <h3>{SAY.saved}</h3>
        {saved.length === 0 && <p className="soft">{SAY.savedNone}</p>}
        <ul>
          {saved.map((one) => (
            <li key={one.title} className="saved">
              <button type="button" onClick={picked(() => openSaved(one))}>
                {one.title}
              </button>
              <button type="button" className="forget" aria-label={SAY.forget(one.title)} onClick={() => remove(one.title)}>
                ×
              </button>
            </li>
          ))}
        </ul>
      </nav>
    </details>
  );
}

function Parameters({ asked, choose }: { asked: Asked; choose(kind: ParameterKind, value: string): void }) {
  const kinds = (Object.keys(asked.options) as ParameterKind[]).filter(
    (kind) => (asked.options[kind]?.length ?? 0) > 1,
  );
  if (kinds.length === 0) return null;
  return (
    <form className="parameters" onSubmit={(event) => event.preventDefault()}>
      {kinds.map((kind) => (
        <label key={kind}>
          {STRINGS.parameters[kind === 'due' ? 'day' : kind === 'range' ? 'period' : kind]}
          <select value={asked.choices[kind] ?? ''} onChange={(event) => choose(kind, event.target.value)}>
            {asked.options[kind]!.map(({ value, label }) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        </label>
      ))}
    </form>
  );
}

export function SaveButton({ title, save: keep }: { title: string; save(title: string): void }) {
  const [isOpen, setOpen] = useState(false);
  const [name, setName] = useState(title);
  const SAY = STRINGS.start;
  if (!isOpen)
    return (
      <button type="button" className="button" onClick={() => setOpen(true)}>
        {SAY.save}
      </button>
    );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    keep(name.trim());
    setOpen(false);
  };
  return (
    <form className="save" onSubmit={submit}>
      <label>
        {SAY.saveTitle}
        <input value={name} onChange={(event) => setName(event.target.value)} required autoFocus maxLength={120} />
      </label>
      <button type="submit" className="button main">
        {SAY.save}
      </button>
      <button type="button" className="button" onClick={() => setOpen(false)}>
        {SAY.cancel}
      </button>
      <small className="soft">{SAY.saveNote}</small>
    </form>
  );
}
