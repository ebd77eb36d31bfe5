// The memory server as the official SDKs see it: each one, in each era that it speaks, with its key in a header and in
// the URL.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { DIALECTS, VERSIONS, SDKS, startClient, wayIn } from "../mcp/clients.mjs";
import { inspector } from "../mcp/programs.mjs";
import { openSite } from "../mcp/site.mjs";

const TOOLS = ["forget", "list_memories", "recall", "remember", "whoami"];

const LIMIT = { timeout: 60_000 };

let site;
const clients = {};

before(async () => {
  site = await openSite();
  for (const sdk of Object.keys(SDKS)) clients[sdk] = startClient(sdk);
});

after(async () => {
  for (const client of Object.values(clients)) await client.stop();
  await site?.stop();
});

for (const [sdk, era] of DIALECTS) {
  for (const form of ["header", "url"]) {
    test(`${sdk}, ${era}, key in the ${form}: every tool is listed and called`, LIMIT, async () => {
      const project = await site.newProject();
      const { secret, key } = await site.newKey(project, { description: `${sdk} ${era} ${form}` });
      const client = clients[sdk];
      const about = await client.connect({ ...wayIn(project.endpoint, secret, form), era });
      assert.equal(about.protocol, VERSIONS[era]);
      // The Python SDK asks a server whose version it has been told nothing about the server.
      if (about.server) assertIntroduced(about);
      await everyTool(client, { project, key, secret });
      await client.close();
    });
  }
}

for (const era of ["legacy", "modern"]) {
  for (const form of ["header", "url"]) {
    test(`the inspector, ${era}, key in the ${form}: lists the tools and calls one`, LIMIT, async () => {
      const project = await site.newProject();
      const { secret } = await site.newKey(project);
      const how = { ...wayIn(project.endpoint, secret, form), era };
      const listed = await inspector(how, "--method", "tools/list");
      assert.equal(listed.code, 0, listed.stderr);
      assert.deepEqual(names(JSON.parse(listed.stdout).tools), TOOLS);
      const called = await inspector(how, "--method", "tools/call", "--tool-name", "whoami");
      assert.equal(called.code, 0, called.stderr);
      assert.ok(called.stdout.includes(project.slug), called.stdout);
    });
  }
}

for (const sdk of ["TypeScript SDK 2", "Python SDK"]) {
  test(`${sdk} finds out by itself that the newest protocol is spoken`, LIMIT, async () => {
    const project = await site.newProject();
    const { secret } = await site.newKey(project);
    const about = await clients[sdk].connect({ ...wayIn(project.endpoint, secret, "header"), era: "auto" });
    assert.equal(about.protocol, VERSIONS.modern);
    assertIntroduced(about);
    const { tools } = await clients[sdk].ask("list_tools");
    assert.deepEqual(names(tools), TOOLS);
    await clients[sdk].close();
  });
}

test("what one SDK remembers, the others recall, and another project does not", LIMIT, async () => {
  const project = await site.newProject();
  const other = await site.newProject();
  const [writer, ...readers] = Object.keys(SDKS);
  const { secret } = await site.newKey(project);
  await clients[writer].connect({ ...wayIn(project.endpoint, secret, "header"), era: "legacy" });
  const text = "The loom in the east hall weaves 40 threads a minute";
  await call(clients[writer], "remember", { text, tags: ["looms"] });
  await clients[writer].close();
  for (const reader of readers) {
    await clients[reader].connect({ ...wayIn(project.endpoint, secret, "header"), era: "modern" });
    assert.match(JSON.stringify(await call(clients[reader], "recall", { query: "threads loom" })), /40 threads/);
    await clients[reader].close();

    const { secret: elsewhere } = await site.newKey(other);
    await clients[reader].connect({ ...wayIn(other.endpoint, elsewhere, "header"), era: "modern" });
    assert.doesNotMatch(JSON.stringify(await call(clients[reader], "recall", { query: "threads loom" })), /40 threads/);
    await clients[reader].close();
  }
});

function assertIntroduced({ server, capabilities }) {
  assert.ok(server.name && server.version, "the server says what it is");
  assert.ok(capabilities.tools, "it has tools");
}

async function everyTool(client, { project, key, secret }) {
  const { tools, nextCursor } = await client.ask("list_tools");
  assert.equal(nextCursor, undefined, "one page");
  assert.deepEqual(names(tools), TOOLS);
  for (const tool of tools) {
    assert.ok(tool.description, `${tool.name} says what it does`);
    assert.equal(tool.inputSchema.type, "object", tool.name);
    assert.equal(tool.outputSchema.type, "object", tool.name);
    assert.equal(tool.annotations.openWorldHint, false, tool.name);
  }
  const hints = Object.fromEntries(tools.map(({ name, annotations }) => [name, annotations]));
  for (const reads of ["list_memories", "recall", "whoami"]) assert.equal(hints[reads].readOnlyHint, true, reads);
  assert.equal(hints.forget.destructiveHint, true);
  assert.deepEqual((await client.ask("list_tools")).tools, tools, "the order stays");

  const me = await call(client, "whoami");
  const said = JSON.stringify(me);
  assert.ok(said.includes(project.slug) && said.includes(key.description), said);
  assert.ok(!said.includes(secret), "whoami never says the secret");

  const kept = await call(client, "remember", { text: "Ada's engine weaves algebraic patterns", tags: ["engine"] });
  const id = /mem_[0-9a-f]{32}/.exec(JSON.stringify(kept))?.[0];
  assert.ok(id, `remember answers with an id: ${JSON.stringify(kept)}`);
  await call(client, "remember", { text: "Nothing to see here: \"; DROP TABLE memories; -- 👩🏽‍💻" });

  const found = JSON.stringify(await call(client, "recall", { query: "algebraic engine", limit: 5 }));
  assert.ok(found.includes(id), found);
  for (const odd of ['"', "AND OR NOT (", "*", "engine*", "col:engine", "👩🏽‍💻"]) await call(client, "recall", { query: odd });

  const all = JSON.stringify(await call(client, "list_memories"));
  assert.ok(all.includes(id) && all.includes("DROP TABLE"), all);
  await call(client, "forget", { id });
  assert.ok(!JSON.stringify(await call(client, "list_memories")).includes(id), "forgotten");

  await refusedCall(client, "remember", {});
  await refusedCall(client, "recall", { query: 7 });
  await refusedCall(client, "no_such_tool", {});
}

/** Calls a tool that has to succeed, and gives its structured result, which the text says too. */
async function call(client, name, given = {}) {
  const result = await client.ask("call_tool", { name, arguments: given });
  assert.ok(!result.isError, `${name} failed: ${JSON.stringify(result.content)}`);
  assert.ok(result.structuredContent, `${name} answers in the shape of its output schema`);
  assert.equal(result.content[0].type, "text", name);
  return result.structuredContent;
}

/** A call that cannot be done is refused, as an error of the tool or of the protocol. */
async function refusedCall(client, name, given) {
  const result = await client.ask("call_tool", { name, arguments: given }).catch((error) => {
    assert.equal(error.code, -32602, `${name}: ${error.message}`);
    return { isError: true };
  });
  assert.equal(result.isError, true, `${name} ${JSON.stringify(given)}`);
}

function names(tools) {
  return tools.map(({ name }) => name).sort();
}
