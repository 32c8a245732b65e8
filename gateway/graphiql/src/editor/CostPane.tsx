import type { GraphiQLPlugin } from '@graphiql/react';
import { DidNotRun, Empty, Pane, percent, useAnswerMeta } from './Pane';
import { figure, STRINGS } from '../words/words';
import type { Cost, Quota, Refusal, AnswerMeta } from '../answerMeta';

export const costPlugin = (): GraphiQLPlugin => ({ title: STRINGS.cost.title, icon: PriceTag, content: CostPane });

function CostPane() {
  const { meta, role } = useAnswerMeta('cost');
  const { cost, quota, refusal } = meta ?? {};
  return (
    <Pane title={STRINGS.cost.title} meta={meta} said={cost && STRINGS.cost.said(cost)} note={STRINGS.cost.note}>
      {refusal && <Refused refusal={refusal} />}
      {cost ? <Figures cost={cost} role={role} /> : !refusal && <Empty>{missing(meta)}</Empty>}
      {cost && !refusal && cost.estimated > cost.limit && <p className="pane-warning">{STRINGS.cost.measured}</p>}
      {quota && <Left quota={quota} />}
      {cost && (
        <details className="pane-hint" open={refusal !== undefined}>
          <summary>{STRINGS.cost.hintTitle}</summary>
          <p>{STRINGS.cost.hint}</p>
        </details>
      )}
    </Pane>
  );
}

function missing(meta: AnswerMeta | undefined): string {
  if (!meta) return STRINGS.cost.nothingYet;
  return meta.asked === 'cost' ? STRINGS.cost.notTold : STRINGS.cost.again;
}

function Refused({ refusal: { code, message } }: { refusal: Refusal }) {
  const title = code === 'QUERY_TOO_COMPLEX' ? STRINGS.cost.tooMuch : code === 'RATE_LIMITED' ? STRINGS.cost.usedUp : STRINGS.cost.didNotRun;
  return <DidNotRun title={title} message={message} />;
}

function Figures({ cost: { estimated, actual, limit }, role }: { cost: Cost; role: string }) {
  return (
    <>
      <Meter label={STRINGS.cost.share} value={estimated} inner={actual ?? 0} most={limit} isOver={estimated > limit} />
      <p className="pane-share">{STRINGS.cost.shareOf(percent(estimated / limit), role)}</p>
      <table className="pane-figures">
        <tbody>
          <Figure name={STRINGS.cost.estimated} hint={STRINGS.cost.estimatedHint} value={figure(estimated)} swatch="estimated" />
          <Figure
            name={STRINGS.cost.actual}
            hint={STRINGS.cost.actualHint}
            value={actual === undefined ? STRINGS.cost.none : figure(actual)}
            swatch="actual"
          />
          <Figure name={STRINGS.cost.budget} hint={STRINGS.cost.budgetHint(role)} value={figure(limit)} swatch="budget" />
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
      <h3>{STRINGS.cost.left(windowSeconds)}</h3>
      <Meter label={STRINGS.cost.left(windowSeconds)} value={remaining} inner={remaining} most={size} />
      <p className="pane-share">{STRINGS.cost.leftOf(figure(remaining), figure(size), wholeInSeconds)}</p>
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
      aria-valuetext={STRINGS.cost.of(figure(value), figure(most))}
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
