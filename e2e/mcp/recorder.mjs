// A reverse proxy that passes everything on as it comes and keeps a copy: between a client and Latchkey it sees what
// the client sees, between Latchkey and an upstream it sees all that reaches the upstream.

import { once } from "node:events";
import { createServer, request } from "node:http";

/** Headers that say something about one connection, not about the message. */
const HOP_BY_HOP = new Set(["connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "host"]);

/**
 * Starts a recorder in front of an origin such as `http://127.0.0.1:3001`.
 *
 * The result has its own `origin`, `seen`, the exchanges so far in the order of their requests, and `stop()`. An
 * exchange is `{ request: { method, path, headers, rawHeaders, body }, response: { status, headers, body }, ended }`:
 * `response` is there when the answer has begun, its `body` grows, and `ended` says how the exchange ended, `"whole"`,
 * `"cut"` by the server or `"left"` by the client; until then it is undefined.
 */
export async function startRecorder(target) {
  const seen = [];
  const server = createServer((incoming, outgoing) => pass(target, incoming, outgoing, seen));
  // A stream may stay silent for as long as it likes.
  server.requestTimeout = 0;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    seen,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function pass(target, incoming, outgoing, seen) {
  const { method, url: path, headers, rawHeaders } = incoming;
  const exchange = { request: { method, path, headers, rawHeaders, body: "", at: Date.now() } };
  seen.push(exchange);
  const onwards = request(new URL(path, target), { method, headers: endToEnd(headers), agent: false });
  incoming.on("data", (chunk) => {
    exchange.request.body += chunk.toString("utf8");
    onwards.write(chunk);
  });
  incoming.on("end", () => onwards.end());
  const end = (how) => {
    if (exchange.ended) return;
    exchange.ended = how;
    exchange.endedAt = Date.now();
  };
  outgoing.on("close", () => {
    if (outgoing.writableFinished) return;
    end("left");
    onwards.destroy();
  });
  onwards.on("error", () => {
    end("cut");
    outgoing.destroy();
  });
  onwards.on("response", (answer) => {
    exchange.response = { status: answer.statusCode, headers: answer.headers, body: "" };
    outgoing.writeHead(answer.statusCode, endToEnd(answer.headers));
    outgoing.flushHeaders();
    answer.on("data", (chunk) => {
      exchange.response.body += chunk.toString("utf8");
      outgoing.write(chunk);
    });
    answer.on("end", () => {
      end("whole");
      outgoing.end();
    });
    answer.on("error", () => {
      end("cut");
      outgoing.destroy();
    });
  });
}

function endToEnd(headers) {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name)));
}

/** The events of an SSE body, each as its fields. A comment is an event with the field `comment`. */
export function events(body) {
  return body
    .split(/\r?\n\r?\n/)
    .filter((block) => block.trim() !== "")
    .map((block) => {
      const event = {};
      for (const line of block.split(/\r?\n/)) {
        const [, field, value] = /^([^:]*):? ?(.*)$/s.exec(line);
        const name = field || "comment";
        event[name] = name in event ? `${event[name]}\n${value}` : value;
      }
      return event;
    });
}

/** The JSON-RPC messages of an answer, whether JSON or SSE. */
export function messages({ headers, body }) {
  if (/^text\/event-stream/.test(headers["content-type"] ?? "")) {
    return events(body)
      .filter(({ data }) => data)
      .map(({ data }) => JSON.parse(data));
  }
  return body && /json/.test(headers["content-type"] ?? "") ? [JSON.parse(body)] : [];
}
