// A server behind Latchkey answers as it does directly: the official SDKs, once with nothing in between and once through
// an endpoint, compared message by message.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, test } from "node:test";

import { DIALECTS, SDKS, VERSIONS, startClient, wayIn } from "../mcp/clients.mjs";
import { messages, startRecorder } from "../mcp/recorder.mjs";
import { startEverything } from "../mcp/servers/everything.mjs";
import { startFixture } from "../mcp/servers/fixture.mjs";
import { openSite } from "../mcp/site.mjs";
import { assertSameMessages, visitEverything, visitFixture } from "../mcp/visits.mjs";

const LIMIT = { timeout: 60_000 };

let site, everything, fixture;

before(async () => {
  [site, everything, fixture] = await Promise.all([openSite(), startEverything(), startFixture()]);
});

after(async () => {
  await Promise.all([site, everything, fixture].map((each) => each?.stop()));
});

/** Runs a visit with a client of its own, and gives what it was told and what went over the wire. */
async function visited(sdk, visit, { url, headers }) {
  const { origin, pathname, search } = new URL(url);
  const recorder = await startRecorder(origin);
  const client = startClient(sdk);
  try {
    const told = await visit(client, { url: `${recorder.origin}${pathname}${search}`, headers });
    return { told, seen: recorder.seen };
  } finally {
    await client.stop();
    await recorder.stop();
  }
}

const VISITS = [
  ...Object.keys(SDKS).map((sdk) => [sdk, "server-everything, with a session", visitEverything, () => everything]),
  ...["TypeScript SDK 2", "Python SDK"].map((sdk) => [sdk, "the newest protocol", visitFixture, () => fixture]),
];

for (const [sdk, what, visit, upstream] of VISITS) {
  test(`${sdk}, ${what}: all is as it is directly`, LIMIT, async () => {
    const direct = await visited(sdk, visit, { url: upstream().url });
    const project = await site.newProject({ upstream: upstream().url });
    const { secret } = await site.newKey(project);
    for (const form of ["header", "url"]) {
      const through = await visited(sdk, visit, wayIn(project.endpoint, secret, form));
      assertSameMessages(through.seen, direct.seen);
      assert.deepEqual(through.told, direct.told);
      assertSealed(through.seen, upstream());
    }
  });
}

/** The session ids that a client gets are not those of the upstream. */
function assertSealed(seen, upstream) {
  const given = seen.map(({ response }) => response.headers["mcp-session-id"]).filter(Boolean);
  for (const id of given) {
    assert.match(id, /^[\x21-\x7e]+$/);
    assert.ok(!upstream.logs().includes(id), "the upstream never saw it");
  }
  const used = seen.map(({ request }) => request.headers["mcp-session-id"]).filter(Boolean);
  assert.ok(used.every((id) => given.includes(id)));
}

for (const [sdk, era] of [["TypeScript SDK 1", "legacy"], ["TypeScript SDK 2", "modern"], ["Python SDK", "modern"]]) {
  test(`${sdk}, ${era}: progress arrives while the call runs`, LIMIT, async () => {
    const project = await site.newProject({ upstream: fixture.url });
    const { secret } = await site.newKey(project);
    const client = startClient(sdk);
    try {
      await client.connect({ ...wayIn(project.endpoint, secret, "header"), era });
      const given = { seconds: 1.5, steps: 3 };
      await client.ask("call_tool", { name: "hold", arguments: given, progress: true });
      const ended = Date.now();
      const came = client.told("progress").map(({ when }) => ended - when);
      assert.equal(came.length, 3);
      // The steps are half a second apart; buffered, they would come together with the result.
      assert.ok(came[0] > 700 && came[1] > 300, `${came} ms before the end`);
    } finally {
      await client.stop();
    }
  });
}

test("a session belongs to the key that opened it", LIMIT, async () => {
  const project = await site.newProject({ upstream: everything.url });
  const [owner, other] = [await site.newKey(project), await site.newKey(project)];
  const post = (secret, body, session) =>
    fetch(project.endpoint, {
      method: "POST",
      headers: {
        authorization: `Bearer ${secret}`,
        accept: "application/json, text/event-stream",
        "content-type": "application/json",
        ...(session && { "mcp-session-id": session, "mcp-protocol-version": "2025-11-25" }),
      },
      body: JSON.stringify({ jsonrpc: "2.0", ...body }),
    }).then(async (response) => ({
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: await response.text(),
    }));
  const opened = await post(owner.secret, {
    id: 1,
    method: "initialize",
    params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } },
  });
  assert.equal(opened.status, 200, opened.body);
  const session = opened.headers["mcp-session-id"];
  const list = { id: 2, method: "tools/list" };
  await post(owner.secret, { method: "notifications/initialized" }, session);
  assert.ok(messages(await post(owner.secret, list, session))[0].result.tools.length > 0);

  const raw = /Session initialized with ID: (\S+)/g;
  const upstreams = [...everything.logs().matchAll(raw)].at(-1)[1];
  for (const [secret, id] of [[other.secret, session], [owner.secret, upstreams], [owner.secret, `${session}x`]]) {
    const refused = await post(secret, list, id);
    assert.equal(refused.status, 404, "a client then begins a new session");
    assert.ok(JSON.parse(refused.body).error, refused.body);
  }
  await site.revoke(owner);
  assert.equal((await post(owner.secret, list, session)).status, 401);
  assert.equal((await post(other.secret, list, session)).status, 404, "also after its owner's end");
});

/** Asks for the tools in the newest protocol, as it is sent by hand. */
async function listTools(endpoint, secret) {
  const response = await fetch(endpoint, {
    method: "POST",
    redirect: "manual",
    headers: {
      authorization: `Bearer ${secret}`,
      accept: "application/json, text/event-stream",
      "content-type": "application/json",
      "mcp-protocol-version": VERSIONS.modern,
      "mcp-method": "tools/list",
    },
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: 7,
      method: "tools/list",
      params: {
        _meta: {
          "io.modelcontextprotocol/protocolVersion": VERSIONS.modern,
          "io.modelcontextprotocol/clientInfo": { name: "test", version: "1" },
          "io.modelcontextprotocol/clientCapabilities": {},
        },
      },
    }),
  });
  return { status: response.status, body: await response.text() };
}

test("an upstream that is down is an error that each SDK shows, not a hang", LIMIT, async () => {
  const gone = await startRecorder(fixture.url);
  await gone.stop();
  const project = await site.newProject({ upstream: `${gone.origin}/mcp` });
  const { secret } = await site.newKey(project);
  const { status, body } = await listTools(project.endpoint, secret);
  assert.equal(status, 502);
  assert.ok(JSON.parse(body).error.message, body);
  for (const [sdk, era] of DIALECTS) {
    const client = startClient(sdk);
    try {
      const began = Date.now();
      const use = async () => {
        await client.connect({ ...wayIn(project.endpoint, secret, "header"), era });
        await client.ask("list_tools");
      };
      await assert.rejects(use(), ({ message }) => message.length > 0);
      assert.ok(Date.now() - began < 10_000, sdk);
    } finally {
      await client.stop();
    }
  }
});

test("an upstream's redirect is not followed", LIMIT, async () => {
  const elsewhere = await startRecorder(new URL(fixture.url).origin);
  const redirects = createServer((request, response) => {
    response.writeHead(307, { location: `${elsewhere.origin}/mcp` }).end();
  }).listen(0, "127.0.0.1");
  await once(redirects, "listening");
  try {
    const project = await site.newProject({ upstream: `http://127.0.0.1:${redirects.address().port}/mcp` });
    const { secret } = await site.newKey(project);
    const { status, body } = await listTools(project.endpoint, secret);
    assert.ok(status >= 400, `${status} ${body}`);
    assert.ok(JSON.parse(body).error, body);
    assert.equal(elsewhere.seen.length, 0);
  } finally {
    redirects.closeAllConnections();
    redirects.close();
    await elsewhere.stop();
  }
});

test("an address that the settings do not allow is not asked, and the refusal names the setting", LIMIT, async () => {
  const strict = await openSite({ env: { LATCHKEY_UPSTREAM_ALLOW: "10.0.0.0/8" } });
  const recorder = await startRecorder(new URL(fixture.url).origin);
  try {
    const { port } = new URL(recorder.origin);
    for (const host of ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433"]) {
      const refusal = async () => {
        const project = await strict.newProject({ upstream: `http://${host}:${port}/mcp` });
        const { secret } = await strict.newKey(project);
        const { status, body } = await listTools(project.endpoint, secret);
        assert.ok(status >= 400, `${host}: ${status}`);
        return body;
      };
      // Refused when it is set, or else when it is asked.
      assert.match(await refusal().catch(({ message }) => message), /upstream_allow/i, host);
    }
    assert.equal(recorder.seen.length, 0);
  } finally {
    await recorder.stop();
    await strict.stop();
  }
});
