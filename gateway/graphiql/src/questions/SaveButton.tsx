import { useState, type FormEvent } from 'react';
import { STRINGS } from '../words/words';

interface SaveProps {
  /** The title to begin with, as it is when the form opens. */
  title(): string;
  save(title: string): void;
}

/** Saves something in this browser, under a title that is asked for. */
export function SaveButton({ title, save: keep }: SaveProps) {
  const [isOpen, setOpen] = useState(false);
  const [name, setName] = useState('');
  const SAY = STRINGS.start;
  if (!isOpen)
    return (
      <button
        type="button"
        className="button"
        onClick={() => {
          setName(title());
          setOpen(true);
        }}
      >
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
