import { ChevronDownIcon, DropdownMenu, pick, useGraphiQL } from '@graphiql/react';
import { useRef, useState } from 'react';
import { download, FILES, type FileKind } from '../answer/download';
import { Copied, CopyByHand, type Copying } from '../CopyButton';
import { asTypeScript } from '../dictionary/typescript';
import { linkTo } from '../fragment';
import { saidBy } from '../gateway';
import { SaveButton } from '../questions/SaveButton';
import { save } from '../questions/saved';
import type { Role } from '../roles';
import type { SessionControl } from '../session';
import { keyOf, type Viewer } from '../viewers';
import { language, STRINGS } from '../words/words';
import { nameOf } from '../written';
import { asCurl } from './curl';
import type { Example } from './example';
import { examplesOf } from './examples';
import { RUSSIAN_TITLES } from './exampleTitles';
import type { Editor } from './useEditor';

interface Props {
  control: SessionControl;
  viewer: Viewer | undefined;
  editor: Editor;
  copying: Copying;
}

/** Above the editor: what to ask, and how to take a query away. */
export function EditorBar({ control, viewer, editor, copying }: Props) {
  const { schema } = useGraphiQL(pick('schema'));
  const { copy, copied, byHand, putAway } = copying;
  const isDemo = control.session.state === 'demo';

  const saveFile = (kind: FileKind) => {
    if (!viewer) return;
    control.say(null);
    download(viewer.credentials, editor.read(), kind).catch((reason: unknown) => control.say(saidBy(reason)));
  };
  const copyTypes = () => {
    if (!schema) return;
    try {
      void copy(asTypeScript(schema, editor.read().query), STRINGS.typescriptCopied);
    } catch (reason) {
      control.say(saidBy(reason)); // the document cannot be parsed
    }
  };
  const share = () =>
    copy(linkTo({ ...(isDemo && viewer && { viewer: keyOf(viewer) }), ...editor.read() }), STRINGS.shareCopied);

  return (
    <div className="editor-bar">
      {viewer && <ExampleMenu role={viewer.role} pick={editor.load} />}
      {viewer && <DownloadMenu pick={saveFile} />}
      <button type="button" className="button" onClick={() => copy(asCurl(editor.read()), STRINGS.curlCopied)}>
        {STRINGS.curl}
      </button>
      {schema && (
        <button type="button" className="button" onClick={copyTypes}>
          {STRINGS.typescript}
        </button>
      )}
      <button type="button" className="button" onClick={share}>
        {STRINGS.share}
      </button>
      <SaveButton
        title={() => nameOf(editor.read().query) ?? ''}
        save={(title) => save({ title, view: 'table', ...editor.read() })}
      />
      <Copied text={copied} />
      {byHand !== null && <CopyByHand text={byHand} close={putAway} />}
    </div>
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
      <DropdownMenu.Button className="button" title={STRINGS.examplesHint} aria-busy={busy}>
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
            {language() === 'ru' ? (RUSSIAN_TITLES[example.title] ?? example.title) : example.title}
          </DropdownMenu.Item>
        ))}
      </DropdownMenu.Content>
    </DropdownMenu>
  );
}

function DownloadMenu({ pick }: { pick(kind: FileKind): void }) {
  return (
    <DropdownMenu>
      <DropdownMenu.Button className="button" title={STRINGS.downloadHint}>
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
