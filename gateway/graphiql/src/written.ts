/** An operation as somebody wrote it, its variables as JSON. */
export interface Written {
  query: string;
  variables?: string;
}

/** What another part of the page puts into the editor; whoever was answered it there sees the answer here too. */
export interface Offered extends Written {
  isAnswered?: boolean;
}

/** Variables may be half-written: then there are none of them. */
export function lenient(variables: string): unknown {
  try {
    return JSON.parse(variables);
  } catch {
    return {};
  }
}

/** The name of the first operation in *query*. */
export const nameOf = (query: string): string | undefined => /^\s*(?:query|mutation|subscription)\s+(\w+)/m.exec(query)?.[1];

/** Whether *query* changes nothing: only such a document runs without somebody saying so. */
export const isQuery = (query: string): boolean =>
  !/^\s*(mutation|subscription)\b/m.test(query.replace(/#[^\n]*|"""[\s\S]*?"""|"[^"\n]*"/g, ''));

/** A new idempotency key: sent again with it, a mutation has no second effect. */
export const newKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');

/** The end of a mutation's payload: its problems. */
export const USER_ERRORS = `    userErrors {
      code
      message
      field
    }
`;
