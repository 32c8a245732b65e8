import { useId } from 'react';
import type { Times } from '../answerMeta';
import { figure, STRINGS } from '../words/words';

interface Step {
  name: string;
  hint?: string;
  beganMs: number;
  ms: number;
  kind: 'prepare' | 'read' | 'completion' | 'encoding';
}

/** The steps of a request in the order in which they began; the last is what the browser saw beyond them. */
function stepsOf({ prepareMs, runMs, completionMs, reads }: Times, totalMs: number): Step[] {
  const SAY = STRINGS.timeline;
  const inside = prepareMs + runMs;
  return [
    { name: SAY.prepare, beganMs: 0, ms: prepareMs, kind: 'prepare' },
    ...reads.map(({ connector, collection, beganMs, ms }): Step => ({
      name: SAY.read(connector),
      hint: collection,
      beganMs: prepareMs + beganMs,
      ms,
      kind: 'read',
    })),
    { name: SAY.completion, beganMs: Math.max(prepareMs, inside - completionMs), ms: completionMs, kind: 'completion' },
    { name: SAY.encoding, beganMs: inside, ms: Math.max(0, totalMs - inside), kind: 'encoding' },
  ];
}

/** Where the time of a request went, drawn to scale and in figures. */
export function TimeLine({ times, totalMs }: { times: Times; totalMs: number }) {
  const id = useId();
  const SAY = STRINGS.timeline;
  const whole = Math.max(totalMs, times.prepareMs + times.runMs, 0.01);
  const share = (ms: number): string => `${(ms / whole) * 100}%`;
  return (
    <section aria-labelledby={id}>
      <h3 id={id}>{SAY.title}</h3>
      <p className="pane-about">{SAY.hint}</p>
      <table className="time-line">
        <thead>
          <tr>
            <th scope="col">{SAY.step}</th>
            <th scope="col" className="pane-number">
              {SAY.ms}
            </th>
            <td />
          </tr>
        </thead>
        <tbody>
          {stepsOf(times, totalMs).map((step, index) => (
            <tr key={index}>
              <th scope="row">
                {step.name} {step.hint && <small>{step.hint}</small>}
              </th>
              <td className="pane-number">{figure(step.ms, 1)}</td>
              <td className="time-bar" aria-hidden="true">
                <span data-of={step.kind} style={{ left: share(step.beganMs), width: share(step.ms) }} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
