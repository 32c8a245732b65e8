import { SECTIONS, type Section } from './fragment';
import icon from './icon.svg';
import { ROLES, type Role } from './roles';
import type { SessionControl } from './session';
import { SignIn } from './SignIn';
import { linkOf } from './signedIn';
import { keyOf, type Viewer } from './viewers';
import { LANGUAGES, speak, STRINGS, useLanguage, type Language } from './words/words';

interface Props {
  control: SessionControl;
  viewer: Viewer | undefined;
  section: Section;
  show(section: Section): void;
}

/** Above everything: who asks, and the parts of the page. */
export function Bar({ control, viewer, section, show }: Props) {
  const { session } = control;
  const demo = session.state === 'demo';
  return (
    <header className="bar">
      <h1 className="bar-brand">
        <img src={icon} alt="" width="24" height="24" />
        {STRINGS.product}
        {demo && <small>{STRINGS.demo}</small>}
      </h1>
      <nav className="bar-sections" aria-label={STRINGS.views.label}>
        {SECTIONS.map((one) => (
          <button key={one} type="button" aria-current={one === section ? 'page' : undefined} onClick={() => show(one)}>
            {STRINGS.views[one]}
          </button>
        ))}
      </nav>
      <div className="bar-viewer">
        {session.state === 'demo' && (
          <ViewerSwitch viewers={session.viewers} viewer={session.viewer} choose={control.choose} />
        )}
        {session.state !== 'demo' && viewer && (
          <>
            <span className="bar-name">{viewer.name}</span>
            {session.state === 'session' && session.roles.length > 1 ? (
              <RoleSwitch role={viewer.role} roles={session.roles} turnTo={control.turnTo} />
            ) : (
              <Badge role={viewer.role} />
            )}
            <button type="button" className="button" onClick={control.signOut}>
              {STRINGS.signOut}
            </button>
          </>
        )}
        {session.state === 'token' && !viewer && (
          <>
            {session.providers.map((provider) => (
              <a key={provider.login} className="button main" href={linkOf(provider)}>
                {STRINGS.signInBy(provider.title)}
              </a>
            ))}
            <SignIn signIn={control.signIn} />
          </>
        )}
      </div>
      <LanguageSwitch />
    </header>
  );
}

const Badge = ({ role }: { role: Role }) => (
  <span className="badge" data-role={role}>
    {STRINGS.roles[role]}
  </span>
);

function RoleSwitch({ role, roles, turnTo }: { role: Role; roles: Role[]; turnTo(role: Role): void }) {
  return (
    <label className="bar-switch">
      <span className="hidden">{STRINGS.role}</span>
      <select value={role} onChange={(event) => turnTo(event.target.value as Role)}>
        {roles.map((one) => (
          <option key={one} value={one}>
            {STRINGS.roles[one]}
          </option>
        ))}
      </select>
    </label>
  );
}

function LanguageSwitch() {
  const spoken = useLanguage();
  return (
    <label className="bar-language">
      <span className="hidden">{STRINGS.language}</span>
      <select value={spoken} onChange={(event) => speak(event.target.value as Language)}>
        {Object.entries(LANGUAGES).map(([key, name]) => (
          <option key={key} value={key} lang={key}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

interface ViewerSwitchProps {
  viewers: readonly Viewer[];
  viewer: Viewer | undefined;
  choose(key: string): void;
}

function ViewerSwitch({ viewers, viewer, choose }: ViewerSwitchProps) {
  return (
    <>
      <label className="bar-switch">
        <span className="bar-hint">{STRINGS.viewer}</span>
        <select value={viewer && keyOf(viewer)} onChange={(event) => choose(event.target.value)}>
          <ViewerOptions viewers={viewers} />
        </select>
      </label>
      {viewer && <Badge role={viewer.role} />}
    </>
  );
}

/** The people of a demo, in groups by their roles. */
export function ViewerOptions({ viewers }: { viewers: readonly Viewer[] }) {
  return ROLES.map((role) => {
    const people = viewers.filter((one) => one.role === role);
    return people.length ? (
      <optgroup key={role} label={STRINGS.roles[role]}>
        {people.map((one) => (
          <option key={keyOf(one)} value={keyOf(one)}>
            {one.name}
          </option>
        ))}
      </optgroup>
    ) : null;
  });
}
