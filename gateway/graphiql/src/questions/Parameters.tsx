import { useState } from 'react';
import { STRINGS } from '../words/words';
import type { Asked } from './asked';
import type { Field, ParameterKind } from './question';

/** What a question is about, as fields of a form: chosen by name, or written by hand. */
export function Parameters({ asked, choose }: { asked: Asked; choose(kind: string, value: string): void }) {
  const kinds = (Object.keys(asked.options) as ParameterKind[]).filter(
    (kind) => (asked.options[kind]?.length ?? 0) > 1,
  );
  const fields = asked.question?.fields ?? [];
  if (kinds.length + fields.length === 0) return null;
  return (
    <form className="parameters" onSubmit={(event) => event.preventDefault()}>
      {kinds.map((kind) => (
        <label key={kind}>
          {STRINGS.parameters[kind === 'due' ? 'day' : kind === 'range' || kind === 'term' ? 'period' : kind]}
          <select value={asked.choices[kind] ?? ''} onChange={(event) => choose(kind, event.target.value)}>
            {asked.options[kind]!.map(({ value, label }) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        </label>
      ))}
      {fields.map((field) => (
        <WrittenField
          key={`${asked.question!.id} ${field.name}`}
          field={field}
          value={asked.choices[field.name] ?? ''}
          write={(value) => choose(field.name, value)}
        />
      ))}
    </form>
  );
}

/** A parameter that is written by hand; it is asked with when it is left, or by Enter. */
function WrittenField({ field, value, write }: { field: Field; value: string; write(value: string): void }) {
  const [written, setWritten] = useState(value);
  const done = () => {
    if (written !== value) write(written);
  };
  return (
    <label>
      {field.meaning ?? field.name}
      <input
        value={written}
        inputMode={/^(Int|Float)/.test(field.type) ? 'numeric' : undefined}
        maxLength={200}
        onChange={(event) => setWritten(event.target.value)}
        onBlur={done}
        onKeyDown={(event) => {
          if (event.key === 'Enter') done();
        }}
      />
    </label>
  );
}
