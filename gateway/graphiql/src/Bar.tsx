import { ChevronDownIcon, DropdownMenu } from '@graphiql/react';
import { useEffect, useRef, useState } from 'react';
import { useCopy, CopyByHand } from './CopyButton';
import { asCurl } from './curl';
import { download, FILES, type FileKind } from './download';
import { useEditor } from './editor';
import { examplesOf, type Example } from './examples';
import { linkTo } from './fragment';
import icon from './icon.svg';
import { ROLES, type Role } from './roles';
import type { SessionControl } from './session';
import { SignIn } from './SignIn';
import { STRINGS } from './strings';
import { keyOf, type Viewer } from './viewers';

/** Above the editor: who asks, what to ask, and how to take a query away. */
export function Bar({ control, viewer }: { control: SessionControl; viewer: Viewer | undefined }) {
  const { session } = control;
  const editor = useEditor(viewer, control.choose);
  const { copy, copied, byHand, putAway } = useCopy();
  const demo = session.state === 'demo';

  const copyCurl = () => copy(asCurl(editor.read()), STRINGS.curlCopied);
  const save = (kind: FileKind) => {
    if (!viewer) return;
    control.say(null);
    download(viewer.token, editor.read(), kind).catch((reason: Error) => control.say(reason.message));
  };
  const share = () =>
    copy(linkTo({ ...(demo && viewer && { viewer: keyOf(viewer) }), ...editor.read() }), STRINGS.shareCopied);

  return (
    <header className="bar">
      <h1 className="bar-brand">
        <img src={icon} alt="" width="24" height="24" />
        {STRINGS.product}
        {demo && <small>{STRINGS.demo}</small>}
      </h1>
      <div className="bar-viewer">
        {session.state === 'demo' && (
          <ViewerSwitch viewers={session.viewers} viewer={session.viewer} choose={control.choose} />
        )}
        {session.state === 'token' && viewer && (
          <>
            <span className="bar-name">{viewer.name}</span>
            <Badge role={viewer.role} />
            <button type="button" className="bar-button" onClick={control.signOut}>
              {STRINGS.signOut}
            </button>
          </>
        )}
        {session.state === 'token' && !viewer && <SignIn signIn={control.signIn} />}
        {viewer && <ExampleMenu role={viewer.role} pick={editor.load} />}
      </div>
      <div className="bar-actions">
        <Copied text={copied} />
        {viewer && <DownloadMenu pick={save} />}
        <button type="button" className="bar-button" onClick={copyCurl}>
          {STRINGS.curl}
        </button>
        <button type="button" className="bar-button" onClick={share}>
          {STRINGS.share}
        </button>
      </div>
      {byHand !== null && <CopyByHand text={byHand} close={putAway} />}
    </header>
  );
}

const Badge = ({ role }: { role: Role }) => (
  <span className="badge" data-role={role}>
    {STRINGS.roles[role]}
  </span>
);

interface ViewerSwitchProps {
  viewers: Viewer[];
  viewer: Viewer | undefined;
  choose(key: string): void;
}

function ViewerSwitch({ viewers, viewer, choose }: ViewerSwitchProps) {
  return (
    <>
      <label className="bar-switch">
        <span className="bar-hint">{STRINGS.viewer}</span>
        <select value={viewer && keyOf(viewer)} onChange={(event) => choose(event.target.value)}>
          {ROLES.map((role) => {
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
          })}
        </select>
      </label>
      {viewer && <Badge role={viewer.role} />}
    </>
  );
}

function ExampleMenu({ role, pick }: { role: Role; pick(example: Example): Promise<void> }) {
  // The open menu holds the focus: what was picked goes to the editor, and the focus with it, once the menu is closed.
  const picked = useRef<Example>(null);
  const [busy, setBusy] = useState(false);
  const onCloseAutoFocus = (event: Event) => {
    if (picked.current === null) return;
    event.preventDefault();
    void pick(picked.current).finally(() => setBusy(false));
    picked.current = null;
  };
  return (
    <DropdownMenu>
      <DropdownMenu.Button className="bar-button" title={STRINGS.examplesHint} aria-busy={busy}>
        {STRINGS.examples}
        <ChevronDownIcon aria-hidden="true" />
      </DropdownMenu.Button>
      <DropdownMenu.Content className="bar-menu" onCloseAutoFocus={onCloseAutoFocus}>
        {examplesOf(role).map((example) => (
          <DropdownMenu.Item
            key={example.title}
            onSelect={() => {
              picked.current = example;
              setBusy(true);
            }}
          >
            {example.title}
          </DropdownMenu.Item>
        ))}
      </DropdownMenu.Content>
    </DropdownMenu>
  );
}

function DownloadMenu({ pick }: { pick(kind: FileKind): void }) {
  return (
    <DropdownMenu>
      <DropdownMenu.Button className="bar-button" title={STRINGS.downloadHint}>
        {STRINGS.download}
        <ChevronDownIcon aria-hidden="true" />
      </DropdownMenu.Button>
      <DropdownMenu.Content className="bar-menu">
        {(Object.keys(FILES) as FileKind[]).map((kind) => (
          <DropdownMenu.Item key={kind} onSelect={() => pick(kind)}>
            {STRINGS.files[kind]}
          </DropdownMenu.Item>
        ))}
      </DropdownMenu.Content>
    </DropdownMenu>
  );
}

/** Says that something was copied, and for a few seconds only. */
function Copied({ text }: { text: { said: string } | null }) {
  const [shown, setShown] = useState(text);
  useEffect(() => {
    setShown(text);
    const timer = setTimeout(() => setShown(null), 4000);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <span className="bar-copied" role="status">
      {shown?.said}
    </span>
  );
}
