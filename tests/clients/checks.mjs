// What the checks of both clients share: who asks, what went over the wire, and how results are told to pytest.
import { createHash } from "node:crypto";

/** The gateway, a parent's tokens, and the ids of two children of his in one class. */
export const { url, token, expired, children, week } = JSON.parse(process.argv[2]);

export const sha256 = (text) => createHash("sha256").update(text).digest("hex");

/** A fetch with the token that notes each exchange: method, status, what was sent, the headers. */
export function recorder(bearer = token) {
  const exchanges = [];
  const recorded = async (address, init = {}) => {
    const headers = new Headers(init.headers);
    headers.set("authorization", `Bearer ${bearer}`);
    const response = await fetch(address, { ...init, headers });
    const method = init.method ?? "GET";
    const sent = method === "GET" ? Object.fromEntries(new URL(address).searchParams) : JSON.parse(init.body);
    exchanges.push({ method, sent, headers, status: response.status, type: response.headers.get("content-type") });
    return response;
  };
  return { fetch: recorded, exchanges };
}

const checks = [];
export const check = (name, run) => checks.push({ name, run });

/** Runs all checks and writes a JSON line for each; what a client warns of on the console is a failure too. */
export async function runAll() {
  const warnings = [];
  console.warn = console.error = (...told) => warnings.push(told.join(" "));
  for (const { name, run } of checks) {
    let reason = null;
    try {
      await run();
      if (warnings.length > 0) reason = warnings.join("\n");
    } catch (error) {
      reason = error.stack;
    }
    warnings.length = 0;
    process.stdout.write(`${JSON.stringify({ name, reason })}\n`);
  }
}

export const MARKS = `
  query Marks($student: ID!, $after: String) {
    student(id: $student) {
      id
      marks(first: 10, after: $after) {
        totalCount
        edges { cursor node { id value givenOn } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      }
    }
  }`;

export const DIARY = `
  query Diary($student: ID!, $week: Date) {
    student(id: $student) {
      id
      diary(week: $week) {
        days { date lessons { id topic subject { id name } homework { id status } marks { id value } } }
      }
    }
  }`;

export const START = `
  query Start { viewer { role person { id displayName } children { id displayName class { id name } } } }`;

export const NAMES = `query Names { viewer { school { id name } } }`;

/** A document that nobody sent yet. */
export const fresh = () => `query Fresh { viewer { role at${Date.now()}: __typename } }`;

export const lessonsOf = (data) => data.student.diary.days.flatMap((day) => day.lessons);
