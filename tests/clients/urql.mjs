// urql against a served gateway: `node urql.mjs '{"url": …}'`.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Client, cacheExchange as documentCache, fetchExchange, gql } from "@urql/core";
import { cacheExchange } from "@urql/exchange-graphcache";
import { relayPagination } from "@urql/exchange-graphcache/extras";
import { persistedExchange } from "@urql/exchange-persisted";
import {
  ACKNOWLEDGE, ACKNOWLEDGED, CANCEL, DIARY, MARKS, NAMES, NOTICES, PHONE, PROFILE, START, SUBMIT, SUBMIT_ALONE, check,
  children, expired, fresh, lessonsOf, notice, recorder, runAll, sha256, url, week,
} from "./checks.mjs";

const preflight = { "Apollo-Require-Preflight": "true" };
const accept = { Accept: "application/graphql-response+json, application/json;q=0.9" };

/** The types that docs/clients.md lists as parts of the objects that hold them. */
const PARTS = JSON.parse(
  /const PARTS = (\[.*?)\];/s.exec(readFileSync("../../docs/clients.md", "utf8"))[1].trim().replace(/,$/, "") + "]",
);

const normalised = () =>
  cacheExchange({
    keys: { Viewer: () => "viewer", ...Object.fromEntries(PARTS.map((name) => [name, () => null])) },
    resolvers: { Student: { marks: relayPagination() } },
  });

function client({ bearer, headers, exchanges = [documentCache], ...options } = {}) {
  const wire = recorder(bearer);
  return {
    exchanges: wire.exchanges,
    client: new Client({
      url,
      exchanges: [...exchanges, fetchExchange],
      fetch: wire.fetch,
      fetchOptions: { headers: { ...accept, ...headers } },
      preferGetMethod: false,
      ...options,
    }),
  };
}

const answered = async (urql, query, variables = {}) => {
  const { data, error } = await urql.query(query, variables);
  assert.equal(error, undefined, String(error));
  return data;
};

const failing = async (query, variables, options) => {
  const { data, error } = await client(options).client.query(query, variables);
  assert.ok(error);
  return { data, errors: error.graphQLErrors, status: error.response?.status };
};

check("query", async () => {
  const { client: urql, exchanges } = client();
  const { viewer } = await answered(urql, START);
  assert.equal(viewer.role, "PARENT");
  const held = viewer.children.map(({ id }) => id);
  assert.ok(children.every((child) => held.includes(child)));
  assert.deepEqual(exchanges.map(({ method, status }) => [method, status]), [["POST", 200]]);
});

check("media type and status", async () => {
  const told = async (fetchOptions) => {
    const { client: urql, exchanges } = client({ fetchOptions });
    await urql.query("{ viewer { nothing } }", {});
    return exchanges.map(({ type, status }) => [type, status]);
  };
  assert.deepEqual(await told({}), [["application/graphql-response+json; charset=utf-8", 400]]);
  assert.deepEqual(await told({ headers: accept }), [["application/graphql-response+json; charset=utf-8", 400]]);
});

check("the viewer is one object, whichever of its fields are asked for", async () => {
  const { client: urql, exchanges } = client({ exchanges: [normalised()] });
  const first = await answered(urql, START);
  await answered(urql, NAMES);
  assert.deepEqual(await answered(urql, START), first);
  assert.equal(exchanges.length, 2);
});

check("GET", async () => {
  const { client: urql, exchanges } = client({ preferGetMethod: "force", headers: preflight });
  assert.equal((await answered(urql, START)).viewer.role, "PARENT");
  assert.deepEqual(exchanges.map(({ method, status }) => [method, status]), [["GET", 200]]);
});

check("GET without the header where the token is no proof", async () => {
  const { errors, status } = await failing(START, {}, { preferGetMethod: "force" });
  assert.deepEqual([status, errors[0].extensions.code], [400, "CSRF_PREVENTION_FAILED"]);
});

check("persisted query", async () => {
  const query = fresh();
  const persisted = () => persistedExchange({ generateHash: async (text) => sha256(text) });
  const { client: first, exchanges } = client({ headers: preflight, exchanges: [persisted()] });
  assert.equal((await answered(first, query)).viewer.role, "PARENT");
  assert.deepEqual(
    exchanges.map(({ method, status, sent }) => [method, status, "query" in sent]),
    [["GET", 400, false], ["GET", 200, true]],
  );
  const { client: second, exchanges: later } = client({ headers: preflight, exchanges: [persisted()] });
  assert.equal((await answered(second, query)).viewer.role, "PARENT");
  assert.deepEqual(later.map(({ method, status, sent }) => [method, status, "query" in sent]), [["GET", 200, false]]);
});

check("error of a field beside the data of others", async () => {
  const query = "query ($student: ID!) { student(id: $student) { id displayName marks(first: 101) { totalCount } } }";
  const { data, errors } = await failing(query, { student: children[0] });
  assert.deepEqual([data.student.id, data.student.marks], [children[0], null]);
  const [{ path, extensions }] = errors;
  assert.deepEqual([path, extensions.code, extensions.argument], [["student", "marks"], "INVALID_INPUT", ["first"]]);
});

check("field that the role may not see", async () => {
  const query = "query ($student: ID!) { student(id: $student) { id tests { id } } }";
  const { data, errors } = await failing(query, { student: children[0] });
  assert.deepEqual([data.student.id, data.student.tests], [children[0], null]);
  assert.equal(errors[0].extensions.code, "UNAUTHORIZED_FIELD_OR_TYPE");
  assert.deepEqual(errors[0].extensions.visibleTo, ["STUDENT"]);
});

check("not found", async () => {
  const { data, errors } = await failing('{ student(id: "stu_nobody") { id } }', {});
  assert.equal(data.student, null);
  assert.equal(errors[0].extensions.code, "NOT_FOUND");
});

check("document that is not valid", async () => {
  const { errors, status } = await failing("{ viewer { nothing } }", {});
  assert.deepEqual([status, errors[0].extensions.code, errors[0].extensions.stage], [400, "INVALID_INPUT", "validation"]);
});

check("expired token", async () => {
  const { errors, status } = await failing(START, {}, { bearer: expired });
  assert.deepEqual([status, errors[0].extensions.code], [401, "TOKEN_EXPIRED"]);
});

check("pages follow one another in the cache", async () => {
  const { client: urql } = client({ exchanges: [normalised()] });
  const student = children[0];
  let { marks } = (await answered(urql, MARKS, { student })).student;
  const { totalCount } = marks;
  while (marks.pageInfo.hasNextPage) {
    marks = (await answered(urql, MARKS, { student, after: marks.pageInfo.endCursor })).student.marks;
  }
  const ids = marks.edges.map(({ node }) => node.id);
  assert.ok(ids.length > 20, String(ids.length));
  assert.equal(ids.length, totalCount);
  assert.equal(new Set(ids).size, ids.length);
});

check("two children never mix", async () => {
  const { client: urql, exchanges } = client({ exchanges: [normalised()] });
  for (const query of [DIARY, MARKS]) {
    const [first, second] = [children[0], children[1]].map((student) => ({ student, week }));
    const one = await answered(urql, query, first);
    const other = await answered(urql, query, second);
    assert.notDeepEqual(one.student, other.student);
    assert.deepEqual(await answered(urql, query, first), one);
    assert.deepEqual(await answered(urql, query, second), other);
    if (query === DIARY) {
      const shared = new Set(lessonsOf(one).map(({ id }) => id.split(".")[0]));
      assert.ok(lessonsOf(other).filter(({ id }) => shared.has(id.split(".")[0])).length > 10);
      const own = new Set(lessonsOf(one).map(({ id }) => id));
      assert.ok(!lessonsOf(other).some(({ id }) => own.has(id)));
    }
  }
  assert.equal(exchanges.length, 4); // what is asked again is in the cache
});

/** What a screen shows that subscribes to *query*; `next` waits until it shows something that *fits*. */
function watched(urql, query, variables) {
  let shown;
  const waiting = [];
  const { unsubscribe } = urql.query(query, variables).subscribe((result) => {
    if (result.stale || !result.data) return;
    shown = result.data;
    for (const { fits, resolve } of waiting) if (fits(shown)) resolve();
  });
  const next = (fits) =>
    new Promise((resolve) => (shown && fits(shown) ? resolve() : waiting.push({ fits, resolve })));
  return { shown: () => shown, next, end: unsubscribe };
}

const mutated = async (urql, mutation, variables) => {
  const { data, error } = await urql.mutation(mutation, variables).toPromise();
  assert.equal(error, undefined, String(error));
  const [payload] = Object.values(data);
  assert.deepEqual(payload.userErrors, []);
  return payload;
};

const notices = ({ student }) => student.absenceNotices.nodes.map(({ id, state }) => [id, state]);

check("the normalised cache shows what was sent to an empty list, and then its new state, unasked", async () => {
  const { client: urql, exchanges } = client({ exchanges: [normalised()] });
  const student = children[1];
  const screen = watched(urql, NOTICES, { student });
  await screen.next((data) => notices(data).length === 0);
  const sent = await mutated(urql, SUBMIT, notice(student, "2026-12-08"));
  assert.deepEqual(notices(screen.shown()), [[sent.notice.id, "SENT"]]);
  await mutated(urql, CANCEL, { input: { noticeId: sent.notice.id, version: sent.notice.version } });
  assert.deepEqual(notices(screen.shown()), [[sent.notice.id, "CANCELLED"]]);
  screen.end();
  assert.equal(exchanges.length, 3);
});

check("the normalised cache replaces a part without an id in the object that holds it", async () => {
  const { client: urql, exchanges } = client({ exchanges: [normalised()] });
  const variables = { student: children[1], week: "2026-11-02" };
  const screen = watched(urql, ACKNOWLEDGED, variables);
  await screen.next(({ student }) => student.diary.acknowledgement === null);
  await mutated(urql, ACKNOWLEDGE, variables);
  assert.ok(screen.shown().student.diary.acknowledgement.acknowledgedAt);
  const phone = watched(urql, PHONE, {});
  await phone.next(() => true);
  await mutated(urql, PROFILE, { input: { version: null, phone: "+7 342 444-44-44" } });
  assert.equal(phone.shown().viewer.phone, "+7 342 444-44-44");
  for (const one of [screen, phone]) one.end();
  assert.equal(exchanges.length, 4);
});

check("the document cache asks again by itself, for an empty list too where the payload names the student", async () => {
  const { client: urql, exchanges } = client();
  const student = children[0];
  const screen = watched(urql, NOTICES, { student });
  await screen.next((data) => notices(data).length === 0);
  const sent = await mutated(urql, SUBMIT_ALONE, notice(student, "2026-12-08"));
  await screen.next((data) => notices(data).length === 1);
  assert.deepEqual(notices(screen.shown()), [[sent.notice.id, "SENT"]]);
  await mutated(urql, CANCEL, { input: { noticeId: sent.notice.id, version: sent.notice.version } });
  await screen.next((data) => notices(data)[0][1] === "CANCELLED");
  screen.end();
  const sentQueries = exchanges.filter(({ sent: { query } }) => query.includes("query Notices"));
  assert.equal(sentQueries.length, 3);
});

await runAll();
