import { useState, type FormEvent } from 'react';
import { STRINGS } from './words/words';

/**
 * Asks for a token.
 *
 * A text field that hides its letters, not a password field: browsers offer to store what stands in those.
 */
export function SignIn({ signIn, label }: { signIn(token: string): Promise<void>; label?: string }) {
  const [token, setToken] = useState('');
  const [waiting, setWaiting] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setWaiting(true);
    await signIn(token.trim().replace(/^bearer\s+/i, ''));
    setWaiting(false);
  };
  return (
    <form className="bar-sign-in" onSubmit={submit} autoComplete="off">
      <label className="bar-switch">
        <span className="bar-hint">{label ?? STRINGS.tokenLabel}</span>
        <input
          type="text"
          className="secret"
          value={token}
          onChange={(event) => setToken(event.target.value)}
          placeholder={STRINGS.tokenHint}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          required
        />
      </label>
      <button type="submit" className="button" disabled={waiting}>
        {waiting ? STRINGS.signingIn : STRINGS.signIn}
      </button>
    </form>
  );
}
