import { ENDPOINT, Failed, send, type Credentials } from '../gateway';
import { language, STRINGS, type Message } from '../words/words';
import { lenient, type Written } from '../written';

/** The kinds of file that the gateway makes of a list, by their media types. */
export const FILES = {
  csv: 'text/csv',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  pdf: 'application/pdf',
} as const;

export type FileKind = keyof typeof FILES;

/** Has the browser save the list of a query as a file; an error says why there is none. */
export async function download(credentials: Credentials, { query, variables }: Written, kind: FileKind): Promise<void> {
  const response = await send(ENDPOINT, {
    method: 'POST',
    headers: {
      ...credentials,
      'content-type': 'application/json',
      accept: FILES[kind],
      'accept-language': language(),
    },
    body: JSON.stringify({ query, ...(variables && { variables: lenient(variables) }) }),
  });
  if (!response.ok) throw new Failed(await reasonOf(response));
  saveAs(nameOf(response.headers.get('content-disposition')) ?? `export.${kind}`, await response.blob());
}

/** Has the browser save *content* as a file. */
export function saveAs(name: string, content: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // the browser reads it after the click
}

/** Why *response* is no file. */
export async function reasonOf(response: Response): Promise<Message> {
  const answer = (await response.json().catch(() => ({}))) as { errors?: { message: string }[] };
  const [error] = answer.errors ?? [];
  return () => error?.message ?? STRINGS.noFile;
}

const nameOf = (disposition: string | null): string | undefined => /filename="([^"]+)"/.exec(disposition ?? '')?.[1];
