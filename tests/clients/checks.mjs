// What the checks of both clients share: who asks, what went over the wire, and how results are told to pytest.
import { createHash, randomUUID } from "node:crypto";

/** The gateway, a parent's tokens, and the ids of two children of his in one class. */
export const { url, token, expired, children, week } = JSON.parse(process.argv[2]);

export const sha256 = (text) => createHash("sha256").update(text).digest("hex");

/** A fetch with the token that notes each exchange: method, status, what was sent, the headers, the extensions of the answer. */
export function recorder(bearer = token) {
  const exchanges = [];
  const recorded = async (address, init = {}) => {
    const headers = new Headers(init.headers);
    headers.set("authorization", `Bearer ${bearer}`);
    const response = await fetch(address, { ...init, headers });
    const method = init.method ?? "GET";
    const sent = method === "GET" ? Object.fromEntries(new URL(address).searchParams) : JSON.parse(init.body);
    const { extensions } = await response.clone().json().catch(() => ({}));
    const type = response.headers.get("content-type");
    exchanges.push({ method, sent, headers, status: response.status, type, extensions });
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

export const NOTICES = `
  query Notices($student: ID!) {
    student(id: $student) { id absenceNotices(first: 5) { nodes { id state version reason } } }
  }`;

const NOTICE = "notice { id state version reason } userErrors { code message field }";

/** Sends a notice, and asks for the list that holds it: so a normalised cache needs no second request. */
export const SUBMIT = `
  mutation Submit($input: SubmitAbsenceNoticeInput!, $key: String!) {
    submitAbsenceNotice(input: $input) @idempotent(key: $key) {
      ${NOTICE}
      student { id absenceNotices(first: 5) { nodes { id state version reason } } }
    }
  }`;

/** Sends a notice without asking for the list: the student alone says what a document cache has to forget. */
export const SUBMIT_ALONE = `
  mutation SubmitAlone($input: SubmitAbsenceNoticeInput!, $key: String!) {
    submitAbsenceNotice(input: $input) @idempotent(key: $key) { ${NOTICE} student { id } }
  }`;

export const CANCEL = `
  mutation Cancel($input: CancelAbsenceNoticeInput!) { cancelAbsenceNotice(input: $input) { ${NOTICE} } }`;

export const ACKNOWLEDGED = `
  query Acknowledged($student: ID!, $week: Date!) {
    student(id: $student) { id diary(week: $week) { startsOn acknowledgement { acknowledgedAt } } }
  }`;

export const ACKNOWLEDGE = `
  mutation Acknowledge($student: ID!, $week: Date!) {
    acknowledgeDiary(input: { studentId: $student, weekStart: $week }) {
      student { id diary(week: $week) { startsOn acknowledgement { acknowledgedAt } } }
      userErrors { code message field }
    }
  }`;

export const PHONE = `query Phone { viewer { version phone } }`;

export const PROFILE = `
  mutation Profile($input: UpdateMyProfileInput!) {
    updateMyProfile(input: $input) { viewer { version phone } userErrors { code message field } }
  }`;

export const notice = (student, day) => ({
  input: { studentId: student, absence: { days: [day] }, reason: "Приём у врача" },
  key: randomUUID(),
});
