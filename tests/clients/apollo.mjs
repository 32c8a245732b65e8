// Apollo Client against a served gateway: `node apollo.mjs '{"url": …}'`.
import assert from "node:assert/strict";
import { ApolloClient, CombinedGraphQLErrors, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { relayStylePagination } from "@apollo/client/utilities";
import {
  ACKNOWLEDGE, ACKNOWLEDGED, CANCEL, DIARY, MARKS, NAMES, NOTICES, PHONE, PROFILE, START, SUBMIT, check, children,
  expired, fresh, notice, recorder, runAll, sha256, url, week,
} from "./checks.mjs";

const preflight = { "Apollo-Require-Preflight": "true" };

/** As docs/clients.md has it. */
const cache = () =>
  new InMemoryCache({
    typePolicies: {
      Viewer: { keyFields: [] },
      Student: { fields: { marks: relayStylePagination(["days", "subjectId", "periodId", "orderBy"]) } },
    },
  });

function client({ bearer, persisted, ...options } = {}) {
  const wire = recorder(bearer);
  const http = new HttpLink({ uri: url, fetch: wire.fetch, ...options });
  const link = persisted ? new PersistedQueryLink({ sha256, useGETForHashedQueries: true }).concat(http) : http;
  return { exchanges: wire.exchanges, client: new ApolloClient({ link, cache: cache() }) };
}

const failing = async (query, variables, options) => {
  const { data, error } = await client(options).client.query({ query: gql(query), variables, errorPolicy: "all" });
  assert.ok(CombinedGraphQLErrors.is(error), String(error));
  return { data, errors: error.errors };
};

check("query", async () => {
  const { client: apollo, exchanges } = client();
  const { data } = await apollo.query({ query: gql(START) });
  assert.equal(data.viewer.role, "PARENT");
  const held = data.viewer.children.map(({ id }) => id);
  assert.ok(children.every((child) => held.includes(child)));
  const [{ method, status, type }] = exchanges;
  assert.deepEqual([method, status, type], ["POST", 200, "application/graphql-response+json; charset=utf-8"]);
});

check("the viewer is one object, whichever of its fields are asked for", async () => {
  const { client: apollo, exchanges } = client();
  const first = await apollo.query({ query: gql(START) });
  await apollo.query({ query: gql(NAMES) });
  const again = await apollo.query({ query: gql(START) });
  assert.deepEqual(again.data, first.data);
  assert.equal(exchanges.length, 2);
});

check("GET", async () => {
  const { client: apollo, exchanges } = client({ useGETForQueries: true, headers: preflight });
  const { data } = await apollo.query({ query: gql(START) });
  assert.equal(data.viewer.role, "PARENT");
  assert.deepEqual(exchanges.map(({ method, status }) => [method, status]), [["GET", 200]]);
});

check("persisted query", async () => {
  const query = gql(fresh());
  const { client: first, exchanges } = client({ persisted: true, headers: preflight });
  assert.equal((await first.query({ query })).data.viewer.role, "PARENT");
  assert.deepEqual(
    exchanges.map(({ method, status, sent }) => [method, status, "query" in sent]),
    [["GET", 400, false], ["POST", 200, true]],
  );
  const { client: second, exchanges: later } = client({ persisted: true, headers: preflight });
  assert.equal((await second.query({ query })).data.viewer.role, "PARENT");
  assert.deepEqual(later.map(({ method, status, sent }) => [method, status, "query" in sent]), [["GET", 200, false]]);
});

check("error of a field beside the data of others", async () => {
  const query = "query ($student: ID!) { student(id: $student) { id displayName marks(first: 101) { totalCount } } }";
  const { data, errors } = await failing(query, { student: children[0] });
  assert.equal(data.student.id, children[0]);
  assert.equal(data.student.marks, null);
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
  const { data, errors } = await failing('{ student(id: "stu_nobody") { id } }');
  assert.equal(data.student, null);
  assert.equal(errors[0].extensions.code, "NOT_FOUND");
});

check("document that is not valid", async () => {
  const { data, errors } = await failing("{ viewer { nothing } }");
  assert.equal(data, undefined);
  assert.deepEqual([errors[0].extensions.code, errors[0].extensions.stage], ["INVALID_INPUT", "validation"]);
});

check("expired token", async () => {
  const { errors } = await failing(START, {}, { bearer: expired });
  assert.equal(errors[0].extensions.code, "TOKEN_EXPIRED");
});

check("pages follow one another in the cache", async () => {
  const { client: apollo } = client();
  const query = gql(MARKS);
  const variables = { student: children[0] };
  let { data } = await apollo.query({ query, variables });
  const observed = apollo.watchQuery({ query, variables });
  const subscription = observed.subscribe(() => {});
  for (let pages = 0; data.student.marks.pageInfo.hasNextPage && pages < 30; pages += 1) {
    await observed.fetchMore({ variables: { after: data.student.marks.pageInfo.endCursor } });
    data = apollo.readQuery({ query, variables });
  }
  subscription.unsubscribe();
  const ids = data.student.marks.edges.map(({ node }) => node.id);
  assert.ok(ids.length > 20, String(ids.length));
  assert.equal(ids.length, data.student.marks.totalCount);
  assert.equal(new Set(ids).size, ids.length);
});

check("two children never mix", async () => {
  const { client: apollo } = client();
  for (const document of [DIARY, MARKS]) {
    const query = gql(document);
    const [first, second] = [children[0], children[1]].map((student) => ({ student, week }));
    const one = await apollo.query({ query, variables: first });
    const other = await apollo.query({ query, variables: second });
    assert.notDeepEqual(one.data.student, other.data.student);
    assert.deepEqual(apollo.readQuery({ query, variables: first }), one.data);
    assert.deepEqual(apollo.readQuery({ query, variables: second }), other.data);
  }
  const held = Object.keys(apollo.extract()).filter((key) => key.startsWith("Lesson:"));
  const shared = new Set(held.map((key) => key.split(".")[0]));
  assert.ok(shared.size > 10);
  assert.ok(held.length >= shared.size + 10, `${held.length} of ${shared.size}`); // most are lessons of both
});

/** What a screen shows that watches *query*, whose data come from the cache alone after the first answer. */
async function watched(apollo, query, variables) {
  await apollo.query({ query: gql(query), variables });
  const observable = apollo.watchQuery({ query: gql(query), variables, fetchPolicy: "cache-first" });
  const subscription = observable.subscribe(() => {});
  return { shown: () => observable.getCurrentResult().data, end: () => subscription.unsubscribe() };
}

const mutated = async (apollo, mutation, variables) => {
  const { data } = await apollo.mutate({ mutation: gql(mutation), variables });
  const [payload] = Object.values(data);
  assert.deepEqual(payload.userErrors, []);
  return payload;
};

check("a list that was empty shows what was sent, and then its new state, without being asked for again", async () => {
  const { client: apollo, exchanges } = client();
  const student = children[1];
  const screen = await watched(apollo, NOTICES, { student });
  assert.deepEqual(screen.shown().student.absenceNotices.nodes, []);
  const sent = await mutated(apollo, SUBMIT, notice(student, "2026-12-08"));
  const nodes = () => screen.shown().student.absenceNotices.nodes.map(({ id, state }) => [id, state]);
  assert.deepEqual(nodes(), [[sent.notice.id, "SENT"]]);
  await mutated(apollo, CANCEL, { input: { noticeId: sent.notice.id, version: sent.notice.version } });
  assert.deepEqual(nodes(), [[sent.notice.id, "CANCELLED"]]);
  screen.end();
  assert.equal(exchanges.length, 3);
});

check("a mutation that is sent again with its key changes nothing, and the answer says so", async () => {
  const { client: apollo, exchanges } = client();
  const variables = notice(children[1], "2026-12-09");
  const first = await mutated(apollo, SUBMIT, variables);
  const again = await mutated(apollo, SUBMIT, variables);
  assert.equal(again.notice.id, first.notice.id);
  assert.deepEqual(exchanges.map(({ extensions }) => extensions?.replayed), [undefined, [["submitAbsenceNotice"]]]);
});

check("a stale version is a conflict whose payload brings the cache up to date", async () => {
  const { client: apollo, exchanges } = client();
  const screen = await watched(apollo, PHONE, {});
  const { version } = screen.shown().viewer;
  const { client: elsewhere } = client();
  await mutated(elsewhere, PROFILE, { input: { version, phone: "+7 342 210-11-12" } });
  const { data } = await apollo.mutate({
    mutation: gql(PROFILE), variables: { input: { version, phone: "+7 342 333-33-33" } },
  });
  assert.deepEqual(data.updateMyProfile.userErrors.map(({ code, field }) => [code, field]), [["CONFLICT", ["version"]]]);
  assert.deepEqual([screen.shown().viewer.version, screen.shown().viewer.phone], [version + 1, "+7 342 210-11-12"]);
  await mutated(apollo, PROFILE, { input: { version: version + 1, phone: "+7 342 333-33-33" } });
  assert.equal(screen.shown().viewer.phone, "+7 342 333-33-33");
  screen.end();
  assert.equal(exchanges.length, 3);
});

check("a part without an id is replaced in the object that holds it", async () => {
  const { client: apollo, exchanges } = client();
  const variables = { student: children[1], week: "2026-11-02" };
  const screen = await watched(apollo, ACKNOWLEDGED, variables);
  assert.equal(screen.shown().student.diary.acknowledgement, null);
  await mutated(apollo, ACKNOWLEDGE, variables);
  assert.ok(screen.shown().student.diary.acknowledgement.acknowledgedAt);
  screen.end();
  assert.equal(exchanges.length, 2);
});

await runAll();
