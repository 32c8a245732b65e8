import { useCallback, useEffect, useMemo, useState } from 'react';
import { readFragment, rememberViewer } from './fragment';
import { Refused, type Watch } from './gateway';
import { STRINGS } from './strings';
import { demoViewers, keyOf, viewerOf, type Viewer } from './viewers';

/** Who is signed in: one of the demo's people, or whoever pasted a token. */
export type Session =
  | { state: 'loading' | 'unreachable' }
  | { state: 'demo'; viewers: Viewer[]; viewer: Viewer | undefined }
  | { state: 'token'; viewer: Viewer | undefined };

export interface SessionControl {
  session: Session;
  /** What is wrong between the page and the gateway right now. */
  trouble: string | null;
  /** What the person should know once; it stays until put away. */
  message: string | null;
  say(message: string | null): void;
  watch: Watch;
  choose(key: string): void;
  signIn(token: string): Promise<void>;
  signOut(): void;
  restart(): void;
}

export function useSession(): SessionControl {
  const [session, setSession] = useState<Session>({ state: 'loading' });
  const [trouble, setTrouble] = useState<string | null>(null);
  const [message, say] = useState<string | null>(null);

  const open = useCallback((viewers: Viewer[], key: string | undefined) => {
    const named = viewers.find((viewer) => keyOf(viewer) === key);
    const viewer = named ?? viewers[0];
    setSession({ state: 'demo', viewers, viewer });
    setTrouble(null);
    if (!viewer) say(STRINGS.emptyDemo);
    else if (key && !named) say(STRINGS.noSuchViewer(key, viewer.name));
    else say(null);
  }, []);

  const restart = useCallback(() => {
    setTrouble(null);
    demoViewers().then(
      (viewers) => (viewers ? open(viewers, readFragment().viewer) : setSession({ state: 'token', viewer: undefined })),
      () => setSession({ state: 'unreachable' }),
    );
  }, [open]);

  useEffect(restart, [restart]);

  const watch = useMemo<Watch>(
    () => ({
      answered: () => setTrouble(null),
      refused: setTrouble,
      unreachable: () => setTrouble(STRINGS.unreachable),
    }),
    [],
  );

  const choose = (key: string) => {
    if (session.state !== 'demo') return;
    open(session.viewers, key);
    const viewer = session.viewers.find((one) => keyOf(one) === key);
    if (viewer) rememberViewer(viewer);
  };

  const signIn = async (token: string) => {
    try {
      const viewer = await viewerOf(token);
      setSession({ state: 'token', viewer });
      setTrouble(null);
    } catch (reason) {
      setTrouble(reason instanceof Refused ? reason.message : STRINGS.unreachable);
    }
  };

  const signOut = () => {
    setSession({ state: 'token', viewer: undefined });
    setTrouble(null);
  };

  return { session, trouble, message, say, watch, choose, signIn, signOut, restart };
}
