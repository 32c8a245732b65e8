import type { GraphiQLPlugin } from '@graphiql/react';
import { DidNotRun, Empty, figure, Pane, percent, useAnswerMeta } from './Pane';
import { STRINGS } from './strings';
import type { Cost, Quota, Refusal, AnswerMeta } from './answerMeta';

const SAY = STRINGS.cost;

export const COST_PLUGIN: GraphiQLPlugin = { title: SAY.title, icon: PriceTag, content: CostPane };

function CostPane() {
  const { meta, role } = useAnswerMeta('cost');
  const { cost, quota, refusal } = meta ?? {};
  return (
    <Pane title={SAY.title} meta={meta} said={cost && SAY.said(cost)} note={SAY.note}>
      {refusal && <Refused refusal={refusal} />}
      {cost ? <Figures cost={cost} role={role} /> : !refusal && <Empty>{missing(meta)}</Empty>}
      {cost && !refusal && cost.estimated > cost.limit && <p className="pane-warning">{SAY.measured}</p>}
      {quota && <Left quota={quota} />}
      {cost && (
        <details className="pane-hint" open={refusal !== undefined}>
          <summary>{SAY.hintTitle}</summary>
          <p>{SAY.hint}</p>
        </details>
      )}
    </Pane>
  );
}

function missing(meta: AnswerMeta | undefined): string {
  if (!meta) return SAY.nothingYet;
  return meta.asked === 'cost' ? SAY.notTold : SAY.again;
}

function Refused({ refusal: { code, message } }: { refusal: Refusal }) {
  const title = code === 'QUERY_TOO_COMPLEX' ? SAY.tooMuch : code === 'RATE_LIMITED' ? SAY.usedUp : SAY.didNotRun;
  return <DidNotRun title={title} message={message} />;
}

function Figures({ cost: { estimated, actual, limit }, role }: { cost: Cost; role: string }) {
  return (
    <>
      <Meter label={SAY.share} value={estimated} inner={actual ?? 0} most={limit} isOver={estimated > limit} />
      <p className="pane-share">{SAY.shareOf(percent(estimated / limit), role)}</p>
      <table className="pane-figures">
        <tbody>
          <Figure name={SAY.estimated} hint={SAY.estimatedHint} value={figure(estimated)} swatch="estimated" />
          <Figure
            name={SAY.actual}
            hint={SAY.actualHint}
            value={actual === undefined ? SAY.none : figure(actual)}
            swatch="actual"
          />
          <Figure name={SAY.budget} hint={SAY.budgetHint(role)} value={figure(limit)} swatch="budget" />
        </tbody>
      </table>
    </>
  );
}

function Figure({ name, hint, value, swatch }: { name: string; hint: string; value: string; swatch: string }) {
  return (
    <tr>
      <th scope="row">
        <span className="pane-swatch" data-of={swatch} />
        {name}
        <small>{hint}</small>
      </th>
      <td>{value}</td>
    </tr>
  );
}

function Left({ quota: { remaining, size, windowSeconds, wholeInSeconds } }: { quota: Quota }) {
  return (
    <>
      <h3>{SAY.left(windowSeconds)}</h3>
      <Meter label={SAY.left(windowSeconds)} value={remaining} inner={remaining} most={size} />
      <p className="pane-share">{SAY.leftOf(figure(remaining), figure(size), wholeInSeconds)}</p>
    </>
  );
}

interface MeterProps {
  label: string;
  value: number;
  /** The part of the value that is drawn stronger. */
  inner: number;
  most: number;
  isOver?: boolean;
}

function Meter({ label, value, inner, most, isOver = false }: MeterProps) {
  const width = (part: number) => `${most > 0 ? Math.min(1, part / most) * 100 : 100}%`;
  return (
    <div
      className="pane-meter"
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={most}
      aria-valuenow={Math.min(value, most)}
      aria-valuetext={SAY.of(figure(value), figure(most))}
      data-over={isOver || undefined}
    >
      <span style={{ width: width(value) }} />
      <span style={{ width: width(inner) }} />
    </div>
  );
}

function PriceTag() {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.5" aria-hidden="true">
      <path d="M12.6 3.5H19.5a1 1 0 0 1 1 1v6.9a1 1 0 0 1-.3.7l-8 8a1 1 0 0 1-1.4 0l-6.9-6.9a1 1 0 0 1 0-1.4l8-8a1 1 0 0 1 .7-.3z" />
      <circle cx="16.2" cy="7.8" r="1.6" />
    </svg>
  );
}
