import { ENDPOINT } from '../gateway';
import { lenient, type Written } from '../written';

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/**
 * The request as a shell command, with the token left to the shell's variable TOKEN.
 *
 * The headers of the editor are left out with it: a token may stand there as well.
 */
export function asCurl({ query, variables }: Written): string {
  const body = JSON.stringify({ query, ...(variables && { variables: lenient(variables) }) });
  return [
    `curl ${quoted(location.origin + ENDPOINT)}`,
    `--header "Authorization: Bearer $TOKEN"`,
    `--header 'Content-Type: application/json'`,
    `--data-raw ${quoted(body)}`,
  ].join(' \\\n  ');
}
