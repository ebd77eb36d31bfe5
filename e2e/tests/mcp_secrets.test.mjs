// What an upstream gets to see, and where a key and an upstream's credential must never turn up.

import assert from "node:assert/strict";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { DIALECTS, SDKS, startClient, wayIn } from "../mcp/clients.mjs";
import { startRecorder } from "../mcp/recorder.mjs";
import { startEverything } from "../mcp/servers/everything.mjs";
import { startFixture } from "../mcp/servers/fixture.mjs";
import { openSite } from "../mcp/site.mjs";

const LIMIT = { timeout: 60_000 };

/** What the upstream wants to see, and nobody else may. */
const CREDENTIAL = "Bearer upstream-credential-3f1c9a77";
const SECOND = "second-credential-77aa01";

let site, fixture, everything, folder;
const secrets = new Set();
/** One program of each SDK for all tests: starting one costs more than what it is asked here. */
const clients = {};

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "latchkey-secrets-"));
  [site, fixture, everything] = await Promise.all([
    openSite({
      env: {
        LATCHKEY_DATABASE_URL: `sqlite://${join(folder, "latchkey.db")}`,
        // Everything that could be said is said.
        LATCHKEY_LOG: "trace",
        RUST_LOG: "trace",
      },
    }),
    startFixture(),
    startEverything(),
  ]);
  for (const sdk of Object.keys(SDKS)) clients[sdk] = startClient(sdk);
});

after(async () => {
  for (const client of Object.values(clients)) await client.stop();
  await Promise.all([site, fixture, everything].map((each) => each?.stop()));
  if (folder) await rm(folder, { recursive: true, force: true });
});

/** A project whose upstream is recorded, with a key. */
async function behindARecorder(upstream, headers) {
  const recorder = await startRecorder(new URL(upstream.url).origin);
  const project = await site.newProject({ upstream: `${recorder.origin}/mcp`, headers });
  const made = await site.newKey(project);
  secrets.add(made.secret);
  return { recorder, project, made };
}

const CONFIGURED = [
  { name: "Authorization", value: CREDENTIAL },
  { name: "X-Upstream-Token", value: SECOND },
];

function assertClean(seen, { project, made }) {
  assert.ok(seen.length > 0, "the upstream was asked");
  for (const { request } of seen) {
    const whole = JSON.stringify(request);
    for (const secret of secrets) assert.ok(!whole.includes(secret), "no key reaches the upstream");
    assert.ok(!/latchkey=|cookie/i.test(JSON.stringify(request.rawHeaders)), `no cookie: ${request.rawHeaders}`);
    assert.equal(request.path, "/mcp", "the caller's query stays here");
    const all = (name) => request.rawHeaders.filter((_, place, list) => place % 2 && list[place - 1].toLowerCase() === name);
    assert.deepEqual(all("authorization"), [CREDENTIAL]);
    assert.deepEqual(all("x-upstream-token"), [SECOND]);
    assert.deepEqual(all("x-latchkey-key-id"), [made.key.id]);
    assert.deepEqual(all("x-latchkey-project-id"), [project.id]);
    for (const name of ["x-api-key", "origin", "forwarded", "x-forwarded-for", "x-forwarded-host", "x-latchkey-role"]) {
      assert.deepEqual(all(name), [], name);
    }
  }
}

for (const [sdk, era] of DIALECTS) {
  for (const form of ["header", "url"]) {
    test(`${sdk}, ${era}, key in the ${form}: the upstream gets what it was configured to get`, LIMIT, async () => {
      const { recorder, ...made } = await behindARecorder(era === "legacy" ? everything : fixture, CONFIGURED);
      const client = clients[sdk];
      try {
        const way = wayIn(made.project.endpoint, made.made.secret, form);
        const headers = { ...way.headers, Cookie: `${site.cookie.name}=${site.cookie.value}`, "X-Upstream-Token": "the client's own" };
        await client.connect({ ...way, headers, era });
        await client.ask("list_tools");
        if (era === "modern") {
          const { content } = await client.ask("call_tool", { name: "headers" });
          assert.equal(JSON.parse(content[0].text)["x-upstream-token"], SECOND);
        }
        await client.close();
        assertClean(recorder.seen, made);
      } finally {
        await recorder.stop();
      }
    });
  }
}

/** A call of a tool, as it is sent by hand. */
function callBy(endpoint, headers, name = "test_simple_text") {
  return fetch(endpoint, {
    method: "POST",
    headers: {
      accept: "application/json, text/event-stream",
      "content-type": "application/json",
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": "tools/call",
      "mcp-name": name,
      ...headers,
    },
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      params: {
        name,
        arguments: {},
        _meta: {
          "io.modelcontextprotocol/protocolVersion": "2026-07-28",
          "io.modelcontextprotocol/clientInfo": { name: "test", version: "1" },
          "io.modelcontextprotocol/clientCapabilities": {},
        },
      },
    }),
  });
}

test("whatever a caller sends along, the upstream gets none of it", LIMIT, async () => {
  const { recorder, ...made } = await behindARecorder(fixture, CONFIGURED);
  try {
    const { secret } = made.made;
    const along = {
      cookie: `${site.cookie.name}=${site.cookie.value}; latchkey=x`,
      forwarded: "for=192.0.2.1",
      "x-forwarded-for": "192.0.2.1",
      "x-forwarded-host": "evil.example",
      "x-latchkey-key-id": "key_00000000000000000000000000000000",
      "x-latchkey-role": "owner",
      "x-upstream-token": "mine",
    };
    const ways = [
      [made.project.endpoint, { authorization: `Bearer ${secret}` }],
      [made.project.endpoint, { "x-api-key": secret }],
      [`${made.project.endpoint}?apikey=${secret}`, {}],
      [`${made.project.endpoint}?ApiKey=${secret}&also=this`, {}],
      [`${made.project.endpoint}?%61pikey=${secret.replace("_", "%5F")}`, {}],
    ];
    for (const [url, headers] of ways) {
      const response = await callBy(url, { ...along, ...headers });
      assert.equal(response.status, 200, await response.clone().text());
      await response.arrayBuffer();
    }
    assert.equal(recorder.seen.length, ways.length);
    assertClean(recorder.seen, made);
  } finally {
    await recorder.stop();
  }
});

test("nothing is passed on with two keys, with a bad one and with none", LIMIT, async () => {
  const { recorder, ...made } = await behindARecorder(fixture, CONFIGURED);
  const { secret } = made.made;
  const mistyped = secret.slice(0, -1) + (secret.endsWith("x") ? "y" : "x");
  try {
    const { endpoint } = made.project;
    const header = { authorization: `Bearer ${secret}` };
    const refused = [
      [400, `${endpoint}?apikey=${secret}`, header],
      [400, endpoint, { ...header, "x-api-key": secret }],
      [400, `${endpoint}?apikey=${secret}&apikey=${secret}`, {}],
      [401, endpoint, {}],
      [401, endpoint, { authorization: `Bearer ${mistyped}` }],
    ];
    for (const [status, url, headers] of refused) {
      const response = await callBy(url, headers);
      assert.equal(response.status, status);
      assert.ok((await response.json()).error);
    }
    assert.equal(recorder.seen.length, 0);
  } finally {
    await recorder.stop();
  }
});

test("an upstream's credential is shown to nobody, also when the upstream fails", LIMIT, async () => {
  const { recorder, ...made } = await behindARecorder(fixture, CONFIGURED);
  await recorder.stop();
  const response = await callBy(made.project.endpoint, { authorization: `Bearer ${made.made.secret}` });
  assert.equal(response.status, 502);
  const failure = await response.text();
  assert.ok(JSON.parse(failure).error, failure);
  const project = JSON.stringify(await site.api.get(made.project.path));
  const audit = JSON.stringify(await site.api.get(`${made.project.path}/audit?limit=200`));
  for (const text of [failure, project, audit]) {
    for (const secret of [CREDENTIAL, SECOND, ...secrets]) assert.ok(!text.includes(secret), "no credential is shown");
  }
  assert.ok(/X-Upstream-Token/i.test(project), "their names are");
});

test("neither keys nor credentials are in the log or in any file of the database", LIMIT, async () => {
  const hidden = [CREDENTIAL, CREDENTIAL.split(" ")[1], SECOND, ...secrets];
  assert.ok(hidden.length > 8, "there is something to look for");
  const logs = site.server.logs();
  assert.ok(logs.includes("/{slug}/mcp/v1") || logs.includes("mcp"), "the calls are in the log");
  for (const secret of hidden) assert.ok(!logs.includes(secret), "the log has a secret");
  const files = await readdir(folder);
  assert.ok(files.includes("latchkey.db"), `${files}`);
  for (const file of files) {
    const bytes = await readFile(join(folder, file));
    for (const secret of hidden) assert.ok(!bytes.includes(secret), `${file} has a secret`);
  }
});
