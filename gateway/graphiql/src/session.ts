import { useCallback, useEffect, useMemo, useState } from 'react';
import { readFragment, rememberViewer } from './fragment';
import { tell, unreachable, type Watch } from './gateway';
import type { Role } from './roles';
import { inRole, leave, sessionOf, type Provider, type SignedIn } from './signedIn';
import { STRINGS, type Message } from './words/words';
import { demoOf, keyOf, viewerOf, type Demo, type Viewer } from './viewers';

/** Who is signed in: one of the demo's people, or whoever pasted a token. */
export type Session =
  | { state: 'loading' | 'unreachable' }
  | (Demo & { state: 'demo'; viewer: Viewer | undefined })
  | { state: 'token'; viewer: Viewer | undefined; providers: readonly Provider[] }
  | (SignedIn & { state: 'session' });

/** The session where there is no demo: somebody's, or nobody's with the providers where one signs in. */
function withoutDemo(found: SignedIn | Provider[] | null): Session {
  if (found && !Array.isArray(found)) return { ...found, state: 'session' };
  return { state: 'token', viewer: undefined, providers: found ?? [] };
}

export interface SessionControl {
  session: Session;
  /** The day that counts as today: in a demo its own, elsewhere that of the browser. */
  today: string;
  /** The day of a demo, which is not the browser's. */
  demoDay: string | undefined;
  /** What is wrong between the page and the gateway right now. */
  trouble: Message | null;
  /** What the person should know once; it stays until put away. */
  message: Message | null;
  say(message: Message | null): void;
  watch: Watch;
  choose(key: string): void;
  signIn(token: string): Promise<void>;
  signOut(): void;
  /** Goes on in another role of whoever is signed in by a provider. */
  turnTo(role: Role): void;
  restart(): void;
}

/** A message as state, which React would call if it were set as it is. */
function useMessage() {
  const [message, set] = useState<Message | null>(null);
  return [message, useCallback((next: Message | null) => set(() => next), [])] as const;
}

export function useSession(): SessionControl {
  const [session, setSession] = useState<Session>({ state: 'loading' });
  const [trouble, setTrouble] = useMessage();
  const [message, say] = useMessage();

  const open = useCallback((demo: Demo, key: string | undefined) => {
    const { viewers } = demo;
    const named = viewers.find((viewer) => keyOf(viewer) === key);
    const viewer = named ?? viewers[0];
    setSession({ ...demo, state: 'demo', viewer });
    setTrouble(null);
    if (!viewer) say(() => STRINGS.emptyDemo);
    else if (key && !named) say(() => STRINGS.noSuchViewer(key, viewer.name));
    else say(null);
  }, [say, setTrouble]);

  const restart = useCallback(() => {
    setTrouble(null);
    demoOf().then(
      async (demo) => {
        if (demo) open(demo, readFragment().viewer);
        else setSession(withoutDemo(await sessionOf()));
      },
    ).catch(() => setSession({ state: 'unreachable' }));
  }, [open, setTrouble]);

  useEffect(restart, [restart]);

  const watch = useMemo<Watch>(
    () => ({
      answered: () => setTrouble(null),
      refused: setTrouble,
      unreachable: () => setTrouble(unreachable),
    }),
    [setTrouble],
  );

  const choose = (key: string) => {
    if (session.state !== 'demo') return;
    open(session, key);
    const viewer = session.viewers.find((one) => keyOf(one) === key);
    if (viewer) rememberViewer(viewer);
  };

  const signIn = async (token: string) => {
    try {
      const viewer = await viewerOf(token);
      setSession({ state: 'token', viewer, providers: [] });
      setTrouble(null);
    } catch (reason) {
      tell(watch, reason);
    }
  };

  const signOut = () => {
    setTrouble(null);
    // Whoever pasted a token goes without it; where providers are known, they are asked for again.
    const leaving = session.state === 'session' ? leave(session.viewer.credentials) : Promise.resolve();
    leaving.then(restart, () => setTrouble(unreachable));
  };

  const turnTo = (role: Role) => {
    if (session.state !== 'session') return;
    inRole(session.viewer.credentials, role).then(
      (turned) => (turned ? setSession({ ...turned, state: 'session' }) : restart()),
      () => setTrouble(unreachable),
    );
  };

  const demoDay = session.state === 'demo' ? session.day : undefined;
  const today = demoDay ?? new Date().toLocaleDateString('sv');
  return { session, today, demoDay, trouble, message, say, watch, choose, signIn, signOut, turnTo, restart };
}
