// Runs the audits against the gateway at argv[2] and writes one JSON line for each of them.
import { serverAudits } from "graphql-http";

const [url, token, ...pairs] = process.argv.slice(2);
const extra = Object.fromEntries(pairs.map((pair) => pair.split("=")));

/** The audits know no sign-in: every request of theirs gets the token. */
const fetchFn = (address, init = {}) => {
  const headers = new Headers(init.headers);
  headers.set("authorization", `Bearer ${token}`);
  for (const [name, value] of Object.entries(extra)) headers.set(name, value);
  return fetch(address, { ...init, headers });
};

const told = await Promise.all(
  serverAudits({ url, fetchFn }).map(async ({ id, name, fn }) => {
    const { status, reason } = await fn();
    return JSON.stringify({ id, name, status, reason });
  }),
);
console.log(told.join("\n"));
