import { ENDPOINT } from './gateway';

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/**
 * The request as a shell command, with the token left to the shell's variable TOKEN.
 *
 * The headers of the editor are left out with it: a token may stand there as well.
 */
export function asCurl({ query, variables }: { query: string; variables?: string }): string {
  const body = JSON.stringify({ query, ...(variables && { variables: lenient(variables) }) });
  return [
    `curl ${quoted(location.origin + ENDPOINT)}`,
    `--header "Authorization: Bearer $TOKEN"`,
    `--header 'Content-Type: application/json'`,
    `--data-raw ${quoted(body)}`,
  ].join(' \\\n  ');
}

/** Variables may be half-written: then the command carries none of them. */
export function lenient(variables: string): unknown {
  try {
    return JSON.parse(variables);
  } catch {
    return {};
  }
}
