// A parent listens by graphql-ws and by graphql-sse; each event is printed as a line of JSON.
import { createClient as createStream } from "graphql-sse";
import { createClient as createSocket } from "graphql-ws";
import WebSocket from "ws";

const { url, token, expired } = JSON.parse(process.argv[2]);
const query = "subscription { markChanged { student { id } mark { id value } } }";
const say = (line) => console.log(JSON.stringify(line));
const fail = (error) => {
  say({ failed: String(error?.reason ?? error?.message ?? JSON.stringify(error)) });
  process.exit(1);
};

const tokens = [expired, token];
const closed = [];
const socket = createSocket({
  url: url.replace("http", "ws"),
  webSocketImpl: WebSocket,
  connectionParams: () => ({ Authorization: `Bearer ${tokens.length > 1 ? tokens.shift() : tokens[0]}` }),
  retryWait: async () => {},
  on: { closed: (event) => closed.push(event.code) },
});
const received = (client, from) => new Promise((resolve) => {
  const stop = client.subscribe({ query }, {
    next: (result) => {
      say({ from, result });
      if (result.data.markChanged.mark.value === "2") {
        stop();
        resolve();
      }
    },
    error: fail,
    complete: () => {},
  });
});
const asked = (client) => new Promise((resolve) => {
  client.subscribe({ query: "{ viewer { role } }" }, { next: resolve, error: fail, complete: () => {} });
});

const bySocket = received(socket, "graphql-ws");
say({ ready: await asked(socket), closed });
const stream = createStream({ url, headers: { Authorization: `Bearer ${token}` }, retryAttempts: 0 });
say({ stream: await asked(stream) });
await Promise.all([bySocket, received(stream, "graphql-sse")]);
await socket.dispose();
stream.dispose();
