import { unreachable } from './gateway';
import type { SessionControl } from './session';
import { STRINGS } from './words/words';

/** What stands between the person and an answer, and the way out of it. */
export function Notices({ control }: { control: SessionControl }) {
  const { session, trouble, message, say, restart } = control;
  return (
    <>
      {trouble && (
        <div className="notice notice-trouble" role="alert">
          <span>{trouble()}</span>
          {(session.state === 'demo' || session.state === 'session') && (
            <button type="button" className="button" onClick={restart}>
              {trouble === unreachable ? STRINGS.retry : STRINGS.signInAgain}
            </button>
          )}
        </div>
      )}
      {message && (
        <div className="notice" role="alert">
          <span>{message()}</span>
          <button type="button" className="button" onClick={() => say(null)}>
            {STRINGS.close}
          </button>
        </div>
      )}
    </>
  );
}
