// What a test asks of the server beside the browser: as a person with a session, as a program with a key.

import { ADA, sessionCookie } from "./server.mjs";

/**
 * The API as the owner of a session sees it, under `/api/v1`.
 *
 * `ask(method, path, body, headers)` gives `{ status, headers, body }` of whatever answer. `get`, `post`, `patch` and
 * `remove` give the body, and throw where the answer is a refusal.
 */
export function apiAs(server, cookie) {
  const ask = async (method, path, body, headers = {}) => {
    const response = await fetch(`${server.origin}/api/v1${path}`, {
      method,
      headers: {
        ...(cookie && { cookie: `${cookie.name}=${cookie.value}` }),
        ...(body !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text ? JSON.parse(text) : undefined };
  };
  const expect = async (method, path, body, headers) => {
    const answer = await ask(method, path, body, headers);
    if (answer.status >= 400) {
      throw new Error(`${method} ${path} answered ${answer.status} ${answer.body?.code}: ${answer.body?.detail}`);
    }
    return answer.body;
  };
  return {
    ask,
    get: (path) => expect("GET", path),
    post: (path, body = {}, headers) => expect("POST", path, body, headers),
    patch: (path, body, headers) => expect("PATCH", path, body, headers),
    remove: (path, body, headers) => expect("DELETE", path, body, headers),
  };
}

/** Signs a person in and gives the session's cookie. */
export async function signIn(server, { email, password } = ADA) {
  const response = await fetch(`${server.origin}/api/v1/session`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ email, password }),
  });
  if (!response.ok) throw new Error(`signing in answered ${response.status}`);
  return sessionCookie(response);
}

/** Whether the server accepts a key, as `{ valid, code, … }`. `api` is of somebody in its project. */
export function verify(api, secret, project) {
  return api.post("/keys/verify", { key: secret, project });
}

/**
 * Whether a project's MCP endpoint takes a secret, by one call of it. `via` is `"header"` or `"url"`, `client` the name
 * that the list then shows. Anything but an answer or 401 is an error.
 */
export async function isTaken(server, slug, secret, { via = "header", client = "claude-code/2.1.0" } = {}) {
  const url = new URL(`${server.origin}/${slug}/mcp/v1`);
  if (via === "url") url.searchParams.set("apikey", secret);
  const response = await fetch(url, {
    method: "POST",
    headers: {
      ...(via === "header" && { authorization: `Bearer ${secret}` }),
      "user-agent": client,
      accept: "application/json, text/event-stream",
      "content-type": "application/json",
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": "server/discover",
    },
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "server/discover",
      params: {
        _meta: {
          "io.modelcontextprotocol/protocolVersion": "2026-07-28",
          "io.modelcontextprotocol/clientInfo": { name: client.split("/")[0], version: client.split("/")[1] },
          "io.modelcontextprotocol/clientCapabilities": {},
        },
      },
    }),
  });
  await response.arrayBuffer();
  if (response.ok) return true;
  if (response.status === 401) return false;
  throw new Error(`the MCP endpoint answered ${response.status}`);
}
