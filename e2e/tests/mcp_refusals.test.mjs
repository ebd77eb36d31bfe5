// What each client shows to the person who uses it when the endpoint refuses the key, as `mcp/shown.json` records it,
// and what it asks for meanwhile: it goes looking for no OAuth, or gives that up at once, and it tries nothing for ever.
//
// After a change that is meant, MCP_RECORD=1 writes the record anew.

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { SDKS, startClient, wayIn } from "../mcp/clients.mjs";
import { inspector, mcpRemote } from "../mcp/programs.mjs";
import { startRecorder } from "../mcp/recorder.mjs";
import { openSite } from "../mcp/site.mjs";

const RECORD = new URL("../mcp/shown.json", import.meta.url);
const LIMIT = { timeout: 90_000 };

/** Each SDK in the era that its users get if they say nothing, and in the other one. */
const ERAS = {
  "TypeScript SDK 1": ["legacy"],
  "TypeScript SDK 2": ["legacy", "auto"],
  "Python SDK": ["legacy", "auto"],
};

let site, recorder, cases;
const clients = {};
const recorded = JSON.parse(await readFile(RECORD, "utf8").catch(() => "{}"));
const now = {};

before(async () => {
  site = await openSite();
  recorder = await startRecorder(site.server.origin);
  for (const sdk of Object.keys(SDKS)) clients[sdk] = startClient(sdk);
  const project = await site.newProject();
  const other = await site.newProject();
  const endpoint = `${recorder.origin}${new URL(project.endpoint).pathname}`;
  const revoked = await site.newKey(project);
  await site.revoke(revoked);
  const disabled = await site.newKey(project);
  await site.api.patch(disabled.path, { disabled: true });
  const elsewhere = await site.newKey(other);
  const archived = await site.newProject();
  const late = await site.newKey(archived);
  await site.api.remove(archived.path);
  cases = {
    "no key": { url: endpoint, headers: {} },
    "a revoked key": wayIn(endpoint, revoked.secret, "header"),
    "a revoked key in the URL": wayIn(endpoint, revoked.secret, "url"),
    "a disabled key": wayIn(endpoint, disabled.secret, "header"),
    "a key of another project": wayIn(endpoint, elsewhere.secret, "header"),
    "a key of an archived project": wayIn(`${recorder.origin}/${archived.slug}/mcp/v1`, late.secret, "header"),
    "no such project": wayIn(`${recorder.origin}/no-such-project/mcp/v1`, elsewhere.secret, "header"),
  };
});

after(async () => {
  if (process.env.MCP_RECORD) await writeFile(RECORD, `${JSON.stringify(now, null, 2)}\n`);
  for (const client of Object.values(clients)) await client.stop();
  await recorder?.stop();
  await site?.stop();
});

/** Runs it, and gives what it asked for. */
async function requestsOf(use) {
  const first = recorder.seen.length;
  const shown = await use();
  // A client that tries again does so now, if not at once.
  await pause(300);
  const requests = recorder.seen.slice(first);
  return { shown, requests, asked: requests.map(({ request, response }) => [request.method, placeOf(request), response?.status].join(" ")) };
}

/** The path of a request, without the project's name and the key. */
function placeOf({ path }) {
  return path.split("?")[0].replace(/\/[a-z0-9-]+\/mcp\/v1/, "/PROJECT/mcp/v1");
}

function assertAsRecorded(client, what, shown) {
  (now[client] ??= {})[what] = shown;
  if (!process.env.MCP_RECORD) assert.equal(shown, recorded[client]?.[what], "what is shown (MCP_RECORD=1 records it)");
}

for (const [sdk, eras] of Object.entries(ERAS)) {
  for (const era of eras) {
    test(`${sdk}, ${era}: shows a refusal and asks for nothing else`, LIMIT, async () => {
      for (const [what, how] of Object.entries(cases)) {
        const { shown, asked } = await requestsOf(() =>
          clients[sdk].connect({ ...how, era }).then(
            () => assert.fail(`${what} is accepted`),
            ({ kind, code, message }) => `${kind} ${code}: ${message}`,
          ),
        );
        assertAsRecorded(`${sdk}, ${era}`, what, shown);
        assert.ok(asked.length <= 2, `${what}: ${asked}`);
        assert.ok(asked.every((each) => each === "POST /PROJECT/mcp/v1 401"), `${what}: ${asked}`);
        assert.ok(!shown.includes("lk_"), "no secret is shown");
      }
    });
  }
}

for (const era of ["legacy", "modern"]) {
  test(`the inspector, ${era}: shows a refusal and asks for nothing else`, LIMIT, async () => {
    for (const [what, how] of Object.entries(cases)) {
      const { shown, asked } = await requestsOf(async () => {
        const { code, stdout, stderr } = await inspector({ ...how, era }, "--method", "tools/list", "--stored-auth-only");
        assert.notEqual(code, 0, `${what} is accepted: ${stdout}`);
        return `${stderr}${stdout}`.replaceAll(recorder.origin, "ORIGIN").trim();
      });
      assertAsRecorded(`inspector, ${era}`, what, shown);
      assert.ok(asked.length <= 2, `${what}: ${asked}`);
      assert.ok(asked.every((each) => each === "POST /PROJECT/mcp/v1 401"), `${what}: ${asked}`);
    }
  });
}

test("mcp-remote: looks for OAuth once, finds none, and ends", LIMIT, async () => {
  for (const what of ["no key", "a revoked key", "a revoked key in the URL"]) {
    const { url, headers } = cases[what];
    const args = [url, ...(headers?.Authorization ? ["--header", "Authorization:${AUTH_HEADER}"] : [])];
    const { shown, asked, requests } = await requestsOf(async () => {
      const { code, signal, stderr } = await mcpRemote(args, { AUTH_HEADER: headers?.Authorization ?? "" }, [
        { jsonrpc: "2.0", id: 1, method: "initialize", params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } } },
      ]);
      assert.equal(signal, null, `it goes on and on:\n${stderr}`);
      assert.notEqual(code, 0);
      const [, error] = /Connection error: ([^\n]*)/.exec(stderr) ?? [];
      return (error ?? stderr).replace(/"request_id":"\w+"/, '"request_id":"…"');
    });
    assertAsRecorded("mcp-remote", what, shown);
    assert.ok(asked.length <= 24, `${asked.length} requests: ${asked}`);
    for (const { request, response } of requests) {
      assert.ok([401, 404].includes(response.status), `${request.method} ${request.path}: ${response.status}`);
      assert.match(response.headers["content-type"], /json/);
      assert.doesNotThrow(() => JSON.parse(response.body), request.path);
      assert.ok(!/resource_metadata/.test(response.headers["www-authenticate"] ?? ""));
    }
  }
});

test("each 401 says why to one who holds the key, and is a JSON-RPC error", LIMIT, async () => {
  const codes = {};
  for (const [what, { url, headers }] of Object.entries(cases)) {
    const response = await fetch(url, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json", accept: "application/json, text/event-stream" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" }),
    });
    assert.equal(response.status, 401, what);
    assert.match(response.headers.get("www-authenticate"), /^Bearer realm="[^"]+"/, what);
    const { jsonrpc, error } = await response.json();
    assert.equal(jsonrpc, "2.0");
    assert.equal(error.code, -32001);
    codes[what] = error.data.code;
  }
  assert.deepEqual(codes, {
    "no key": "missing",
    "a revoked key": "revoked",
    "a revoked key in the URL": "revoked",
    "a disabled key": "disabled",
    "a key of another project": "invalid",
    "a key of an archived project": "revoked",
    "no such project": "invalid",
  });
});
