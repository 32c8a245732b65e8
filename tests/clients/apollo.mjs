// Apollo Client against a served gateway: `node apollo.mjs '{"url": …}'`.
import assert from "node:assert/strict";
import { ApolloClient, CombinedGraphQLErrors, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { relayStylePagination } from "@apollo/client/utilities";
import {
  DIARY, MARKS, NAMES, START, check, children, expired, fresh, recorder, runAll, sha256, url, week,
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

await runAll();
