// What an MCP client does at a project's endpoint, as far as the app's tests need it.

const VERSION = "2026-07-28";

/** Calls a tool as `client` ("name/version") and gives the JSON-RPC answer; throws unless it is 200. */
export async function callTool(server, slug, secret, name, args, { client = "claude-code/2.1.0" } = {}) {
  const [clientName, version] = client.split("/");
  const response = await fetch(`${server.origin}/${slug}/mcp/v1`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${secret}`,
      "user-agent": client,
      accept: "application/json, text/event-stream",
      "content-type": "application/json",
      "mcp-protocol-version": VERSION,
      "mcp-method": "tools/call",
      "mcp-name": name,
    },
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      params: {
        name,
        arguments: args,
        _meta: {
          "io.modelcontextprotocol/protocolVersion": VERSION,
          "io.modelcontextprotocol/clientInfo": { name: clientName, version },
          "io.modelcontextprotocol/clientCapabilities": {},
        },
      },
    }),
  });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`tools/call answered ${response.status}: ${text}`);
  return JSON.parse(text);
}

/** Lets the memory server remember a text. */
export async function remember(server, slug, secret, text, tags = []) {
  const { result } = await callTool(server, slug, secret, "remember", { text, tags });
  if (result?.isError !== false && result?.isError !== undefined) throw new Error("nothing was remembered");
}
