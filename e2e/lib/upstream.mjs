// A small MCP server that a team could have behind Latchkey. It wants a credential, and keeps what it was sent.

import { once } from "node:events";
import { createServer } from "node:http";

const VERSION = "2026-07-28";

const RESULTS = {
  "server/discover": {
    resultType: "complete",
    supportedVersions: [VERSION],
    capabilities: { tools: {} },
    ttlMs: 0,
    cacheScope: "private",
    _meta: { "io.modelcontextprotocol/serverInfo": { name: "Weather Station", version: "1.4.0" } },
  },
  "tools/list": {
    resultType: "complete",
    tools: ["forecast", "observe"].map((name) => ({ name, inputSchema: { type: "object" } })),
    ttlMs: 0,
    cacheScope: "private",
  },
};

/**
 * Starts it on a free port of this machine. The result has its `url`, `seen`, the headers of all requests so far, and
 * `stop()`. Whoever doesn't send `Authorization: {credential}` gets 401.
 */
export async function startUpstream({ credential }) {
  const seen = [];
  const server = createServer(async (request, response) => {
    seen.push(request.headers);
    let text = "";
    for await (const chunk of request.setEncoding("utf8")) text += chunk;
    if (request.headers.authorization !== credential) {
      response.writeHead(401).end();
      return;
    }
    const { id, method } = JSON.parse(text);
    const result = RESULTS[method];
    const answer = result ? { result } : { error: { code: -32601, message: "no such method" } };
    response.writeHead(result ? 200 : 404, { "content-type": "application/json" });
    response.end(JSON.stringify({ jsonrpc: "2.0", id, ...answer }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${server.address().port}/mcp`,
    seen,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}
