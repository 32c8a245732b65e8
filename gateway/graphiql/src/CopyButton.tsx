import { useEffect, useRef, useState } from 'react';
import { STRINGS } from './words/words';

/** Copies text, or shows it to be copied by hand: browsers give the clipboard to HTTPS and localhost only. */
export function useCopy() {
  const [copied, setCopied] = useState<{ said: string } | null>(null);
  const [byHand, setByHand] = useState<string | null>(null);
  const copy = async (text: string, said: string) => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied({ said });
    } catch {
      setByHand(text);
    }
  };
  return { copy, copied, byHand, putAway: () => setByHand(null) };
}

export type Copying = ReturnType<typeof useCopy>;

export function CopyByHand({ text, close }: { text: string; close(): void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} className="by-hand" onClose={close} aria-label={STRINGS.copyByHand}>
      <p>{STRINGS.copyByHand}</p>
      <textarea readOnly value={text} rows={8} autoFocus onFocus={(event) => event.target.select()} />
      <button type="button" className="button" onClick={close}>
        {STRINGS.close}
      </button>
    </dialog>
  );
}

/** Says that something was copied, and for a few seconds only. */
export function Copied({ text }: { text: { said: string } | null }) {
  const [shown, setShown] = useState(text);
  useEffect(() => {
    setShown(text);
    const timer = setTimeout(() => setShown(null), 4000);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <span className="copied" role="status">
      {shown?.said}
    </span>
  );
}
