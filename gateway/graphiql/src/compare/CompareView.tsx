import './compare.css';
import { useEffect, useEffectEvent, useState, type FormEvent } from 'react';
import type { Answered } from '../answerMeta';
import { ViewerOptions } from '../Bar';
import { CopyByHand, Copied, useCopy } from '../CopyButton';
import { linkTo, readFragment } from '../fragment';
import { ask, saidBy, tell } from '../gateway';
import type { Role } from '../roles';
import type { SessionControl } from '../session';
import { SignIn } from '../SignIn';
import { keyOf, viewerOf, type Viewer } from '../viewers';
import { figure, STRINGS } from '../words/words';
import { isQuery } from '../written';
import { differenceOf, isEqual, isPruned, othersOf } from './difference';

/** What both a student and their parents may ask about, with the two fields on which they differ. */
const OF_A_STUDENT = `query OneStudent($student: ID!) {
  student(id: $student) {
    displayName
    class { name }
    remarks(first: 3) { nodes { madeOn text } }
    tests { title state }
    marks(first: 3) { nodes { givenOn value subject { name } } }
    performance { subject { name } average }
    attendanceSummary { lessons absent excused late }
  }
}
`;

const OF_A_SCHOOL = `query OneSchool {
  viewer { role school { name kind } email }
  classes(first: 3) { nodes { name gradeLevel classTeacher { displayName } } }
  students(first: 3) { nodes { displayName birthDate } }
  analytics { asOf }
}
`;

interface Compared {
  left: Viewer;
  right: Viewer;
  answers: [Answered, Answered];
}

/** One document run as two viewers: what each role may not see is marked with the rule. */
export default function CompareView({ control, viewer }: { control: SessionControl; viewer: Viewer }) {
  const { session } = control;
  const people = session.state === 'demo' ? session.viewers : [];
  const [other, setOther] = useState<Viewer | undefined>(() => partnerOf(viewer, people, readFragment().other));
  const [query, setQuery] = useState<string>();
  const [variables, setVariables] = useState<string>();
  const [compared, setCompared] = useState<Compared>();
  const [busy, setBusy] = useState(false);
  const { copy, copied, byHand, putAway } = useCopy();
  const SAY = STRINGS.compare;

  const student = sharedStudent(viewer, other);
  const written = {
    query: query ?? readFragment().query ?? (student ? OF_A_STUDENT : OF_A_SCHOOL),
    variables: variables ?? readFragment().variables ?? (student ? JSON.stringify({ student }) : ''),
  };

  const run = async () => {
    if (!other || !isQuery(written.query)) return;
    setBusy(true);
    try {
      const answers = await Promise.all([ask(viewer.credentials, written), ask(other.credentials, written)]);
      setCompared({ left: viewer, right: other, answers });
      control.watch.answered();
    } catch (reason) {
      tell(control.watch, reason);
    } finally {
      setBusy(false);
    }
  };

  // A document that came with the address may be somebody else's: it waits until it is read.
  const onOpen = useEffectEvent(() => {
    if (!readFragment().query) void run();
  });
  useEffect(() => onOpen(), [viewer, other]);

  const turnTo = (key: string) => {
    setOther(people.find((one) => keyOf(one) === key));
    setCompared(undefined);
  };
  const signIn = async (token: string) => {
    try {
      setOther(await viewerOf(token));
    } catch (reason) {
      control.say(saidBy(reason));
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void run();
  };
  const share = () =>
    copy(
      linkTo({
        section: 'compare',
        ...(session.state === 'demo' && { viewer: keyOf(viewer) }),
        ...(session.state === 'demo' && other && { other: keyOf(other) }),
        ...(query !== undefined && written),
      }),
      STRINGS.shareCopied,
    );

  return (
    <div className="compare">
      <h2>{SAY.title}</h2>
      <p className="soft">{SAY.lead}</p>
      <form onSubmit={submit}>
        <div className="parameters">
          <span className="compare-side">
            {SAY.left}
            <strong>{nameOf(viewer)}</strong>
          </span>
          {people.length > 0 ? (
            <label>
              {SAY.right}
              <select value={other ? keyOf(other) : ''} onChange={(event) => turnTo(event.target.value)}>
                <ViewerOptions viewers={people.filter((one) => one !== viewer)} />
              </select>
            </label>
          ) : (
            other && (
              <span className="compare-side">
                {SAY.right}
                <strong>{nameOf(other)}</strong>
              </span>
            )
          )}
        </div>
        <details className="compare-query">
          <summary>{SAY.query}</summary>
          <textarea
            aria-label={SAY.query}
            value={written.query}
            rows={12}
            spellCheck={false}
            onChange={(event) => setQuery(event.target.value)}
          />
          <textarea
            aria-label={SAY.variables}
            placeholder={SAY.variables}
            value={written.variables}
            rows={2}
            spellCheck={false}
            onChange={(event) => setVariables(event.target.value)}
          />
        </details>
        <div className="answer-tools">
          <button type="submit" className="button main" aria-busy={busy} disabled={!other}>
            {busy ? SAY.running : SAY.run}
          </button>
          <button type="button" className="button" onClick={() => void share()}>
            {STRINGS.share}
          </button>
          <Copied text={copied} />
        </div>
      </form>
      {people.length === 0 && <SignIn signIn={signIn} label={SAY.token} />}
      {compared ? <Result compared={compared} /> : !other && <p className="answer-empty">{SAY.two}</p>}
      {byHand !== null && <CopyByHand text={byHand} close={putAway} />}
    </div>
  );
}

const nameOf = ({ name, role }: Viewer): string => `${name} · ${STRINGS.roles[role]}`;

const isFamily = (one: Viewer, another: Viewer): boolean =>
  new Set([one.role, another.role]).size === 2 &&
  [one, another].every(({ role }) => role === 'STUDENT' || role === 'PARENT') &&
  sharedStudent(one, another) !== undefined;

/** A student whom both may read. */
const sharedStudent = (one: Viewer, another: Viewer | undefined): string | undefined =>
  one.studentIds?.find((id) => another?.studentIds?.includes(id));

/** Whom to compare *viewer* with: who is named, else the other side of their family, else anybody of another role. */
function partnerOf(viewer: Viewer, people: readonly Viewer[], named: string | undefined) {
  return (
    people.find((one) => keyOf(one) === named) ??
    people.find((one) => isFamily(viewer, one)) ??
    people.find((one) => one.role !== viewer.role)
  );
}

function Result({ compared: { left, right, answers } }: { compared: Compared }) {
  const SAY = STRINGS.compare;
  const [onlyDifferent, setOnlyDifferent] = useState(false);
  const lines = differenceOf(answers[0].answer, answers[1].answer);
  const pruned = lines.filter(isPruned).length;
  const equal = lines.filter(isEqual).length;
  const shown = onlyDifferent ? lines.filter((line) => !isEqual(line)) : lines;
  const failures = [left, right].flatMap((who, side) =>
    othersOf(answers[side]!.answer.errors).map(({ message }) => SAY.failed(who.name, message)),
  );
  return (
    <section aria-label={STRINGS.answer.label}>
      {failures.map((failure) => (
        <p key={failure} className="answer-errors">
          {failure}
        </p>
      ))}
      <p className="compare-counts" aria-live="polite">
        <span data-is="pruned">{SAY.taken(pruned)}</span>
        <span data-is="different">{SAY.different(lines.length - pruned - equal)}</span>
        <span data-is="equal">{SAY.equal(equal)}</span>
        <label>
          <input type="checkbox" checked={onlyDifferent} onChange={(event) => setOnlyDifferent(event.target.checked)} />
          {SAY.onlyDifferent}
        </label>
      </p>
      <div className="table-scroll" role="region" aria-label={SAY.title} tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">{SAY.field}</th>
              {[left, right].map((who, side) => (
                <th key={keyOf(who)} scope="col">
                  {nameOf(who)} <small className="soft">
                    {STRINGS.answer.status(
                      answers[side]!.status,
                      figure(answers[side]!.ms, 0),
                      STRINGS.answer.bytes(answers[side]!.bytes),
                    )}
                  </small>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((line) => (
              <tr key={line.path} data-is={isPruned(line) ? 'pruned' : isEqual(line) ? 'equal' : 'different'}>
                <th scope="row">
                  <code>{line.path}</code>
                </th>
                <Side value={line.left} rule={line.leftRule} />
                <Side value={line.right} rule={line.rightRule} />
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Side({ value, rule }: { value: string | null; rule: Role[] | undefined }) {
  const SAY = STRINGS.compare;
  if (rule) {
    const roles = rule.map((role) => STRINGS.roles[role]).join(', ') || SAY.nobody;
    return <td className="compare-pruned">{SAY.prunedBy(roles)}</td>;
  }
  return <td>{value ?? SAY.absent}</td>;
}
