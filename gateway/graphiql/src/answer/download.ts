import { ENDPOINT, type Credentials } from '../gateway';
import { language, STRINGS } from '../words/words';
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
  const response = await fetch(ENDPOINT, {
    method: 'POST',
    headers: {
      ...credentials,
      'content-type': 'application/json',
      accept: FILES[kind],
      'accept-language': language(),
    },
    body: JSON.stringify({ query, ...(variables && { variables: lenient(variables) }) }),
  }).catch(() => {
    throw new Error(STRINGS.unreachable);
  });
  if (!response.ok) throw new Error(await messageOf(response));
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

async function messageOf(response: Response): Promise<string> {
  const answer = (await response.json().catch(() => ({}))) as { errors?: { message: string }[] };
  return answer.errors?.[0]?.message ?? STRINGS.noFile;
}

const nameOf = (disposition: string | null): string | undefined => /filename="([^"]+)"/.exec(disposition ?? '')?.[1];
