// An upstream that answers as a test wants, whatever it is asked: with a flood of events, with a stream that stays
// silent, or not at all. It counts who is still there.

import { once } from "node:events";
import { createServer } from "node:http";

const EVENT = `data: ${JSON.stringify({ jsonrpc: "2.0", method: "notifications/message", params: { level: "info", data: "x".repeat(200) } })}\n\n`;

/**
 * Starts it. The kind of answer is what the request names: `params.name` of a call, or the session of a GET, which is
 * the `params.clientInfo.name` that `initialize` came with: `flood`, `silence` or `nothing`.
 *
 * The result has its `url`, `open`, the requests that are not yet over as a set of `{ kind, method, headers, closed }`,
 * `seen`, all of them so far, and `stop()`.
 */
export async function startStreams() {
  const open = new Set();
  const seen = [];
  const server = createServer(async (request, response) => {
    let body = "";
    const call = { method: request.method, headers: request.headers };
    call.closed = new Promise((resolve) => {
      response.once("close", () => {
        open.delete(call);
        resolve();
      });
    });
    open.add(call);
    seen.push(call);
    try {
      for await (const chunk of request.setEncoding("utf8")) body += chunk;
    } catch {
      return;
    }
    answer(call, body && JSON.parse(body), response);
  });
  server.requestTimeout = 0;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${server.address().port}/mcp`,
    open,
    seen,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function answer(call, message, response) {
  if (message?.method === "initialize") {
    const { clientInfo } = message.params;
    const result = { protocolVersion: "2025-11-25", capabilities: {}, serverInfo: { name: "streams", version: "1" } };
    response.writeHead(200, { "content-type": "application/json", "mcp-session-id": `${clientInfo.name}-${call.headers["x-run"] ?? 0}` });
    response.end(JSON.stringify({ jsonrpc: "2.0", id: message.id, result }));
    return;
  }
  if (message && message.id === undefined) {
    response.writeHead(202).end();
    return;
  }
  call.kind = message?.params?.name ?? call.headers["mcp-session-id"]?.split("-")[0];
  if (call.kind === "nothing") return;
  if (call.kind === "flood" || call.kind === "silence") {
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    response.write(": begin\n\n");
    if (call.kind === "flood") flood(response);
    return;
  }
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify({ jsonrpc: "2.0", id: message?.id ?? null, result: {} }));
}

function flood(response) {
  const more = () => {
    while (!response.destroyed && response.write(EVENT.repeat(4))) {
      if (response.writableLength > 0) break;
    }
    if (response.destroyed) return;
    if (response.writableNeedDrain) response.once("drain", more);
    else setImmediate(more);
  };
  more();
}
