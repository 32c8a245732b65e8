// A parent listens by graphql-ws, loses the connection after the first event, and comes back with a fresh token when told.
import { once } from "node:events";
import { createClient } from "graphql-ws";
import WebSocket from "ws";

const { url, tokens } = JSON.parse(process.argv[2]);
const say = (line) => console.log(JSON.stringify(line));

const client = createClient({
  url: url.replace("http", "ws"),
  webSocketImpl: WebSocket,
  connectionParams: () => ({ Authorization: `Bearer ${tokens.length > 1 ? tokens.shift() : tokens[0]}` }),
  retryWait: async () => {
    say({ away: true });
    await once(process.stdin, "data");
  },
  shouldRetry: () => true,
});
const payload = { query: "subscription { markChanged { mark { id value } } }" };
let count = 0;
client.subscribe(payload, {
  next: ({ data, extensions }) => {
    payload.extensions = { after: extensions.cursor };
    say(data.markChanged.mark);
    count += 1;
    if (count === 1) client.terminate();
    if (count === 4) process.exit(0);
  },
  error: (error) => {
    say({ failed: String(error?.reason ?? error?.message ?? JSON.stringify(error)) });
    process.exit(1);
  },
  complete: () => {},
});
