// The snippets that the one-time dialog offers are what these tests run: copied from the dialog as a person copies them,
// read as each client reads them, and used against the server that the dialog is of.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { after, before, test } from "node:test";

import { apiAs } from "../lib/api.mjs";
import { openBrowser } from "../lib/browser.mjs";
import { clipboard, copySecret, done, generate, serversUrl } from "../lib/keys.mjs";
import { python, startClient } from "../mcp/clients.mjs";
import { mcpRemote } from "../mcp/programs.mjs";
import { setUp, startServer } from "../lib/server.mjs";

const LIMIT = { timeout: 60_000 };
const TOOLS = ["forget", "list_memories", "recall", "remember", "whoami"];

let server, api, project, browser, secret;

/** Of each client's tab, what each Copy button copies. */
const snippets = {};
const clients = {};

before(async () => {
  server = await startServer();
  const cookie = await setUp(server);
  api = apiAs(server, cookie);
  project = await api.post("/projects", { name: "Memory Lake" });
  browser = await openBrowser(server.origin, cookie, { permissions: ["clipboard-read", "clipboard-write"] });
  const { page } = browser;
  await page.goto(serversUrl(server, project));
  const dialog = await generate(page, "Snippets that run");
  secret = await copySecret(page, dialog);
  const connect = dialog.getByRole("region", { name: "Connect" });
  for (const tab of await connect.getByRole("tab").all()) {
    const name = await tab.innerText();
    await tab.click();
    const panel = connect.getByRole("tabpanel", { name, exact: true });
    await panel.waitFor();
    snippets[name] = [];
    for (const copy of await panel.getByRole("button", { name: /^Cop(y|ied) / }).all()) {
      await page.evaluate(() => navigator.clipboard.writeText(""));
      await copy.click();
      await page.waitForFunction(() => navigator.clipboard.readText());
      snippets[name].push(await clipboard(page));
    }
  }
  await done(dialog);
  for (const sdk of ["TypeScript SDK 1", "TypeScript SDK 2", "Python SDK"]) clients[sdk] = startClient(sdk);
});

after(async () => {
  for (const client of Object.values(clients)) await client.stop();
  await browser?.close();
  await server?.stop();
});

/** Connects with each SDK as a client would, and lists the tools. */
async function assertConnects(how, what) {
  for (const [sdk, client] of Object.entries(clients)) {
    const era = sdk === "TypeScript SDK 1" ? "legacy" : "auto";
    await client.connect({ ...how, era });
    const { tools } = await client.ask("list_tools");
    assert.deepEqual(tools.map(({ name }) => name).sort(), TOOLS, `${what}, ${sdk}`);
    await client.close();
  }
}

/** Runs lines of a terminal, and gives what they write. */
async function shell(lines, env = {}) {
  const child = spawn("bash", ["-euo", "pipefail", "-c", lines], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env.PATH, ...env },
  });
  const [stdout, stderr, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise((resolve) => child.once("close", resolve)),
  ]);
  assert.equal(code, 0, stderr);
  return stdout;
}

/** The words that a command line gives to its program, as the shell takes it apart. */
async function words(line) {
  const [program] = line.split(" ");
  const output = await shell(`${program}() { printf '%s\\0' "$@"; }\n${line}`);
  return output.split("\0").slice(0, -1);
}

/** Where `claude mcp add` and `gemini mcp add` are told to connect. */
async function added(line) {
  const given = await words(line);
  assert.deepEqual(given.slice(0, 2), ["mcp", "add"]);
  assert.equal(given[given.indexOf("--transport") + 1], "http");
  assert.ok(given.includes("memory-lake"), line);
  const headers = {};
  for (const [place, word] of given.entries()) {
    if (given[place - 1] !== "--header") continue;
    const [, name, value] = /^([^:]+): (.*)$/.exec(word);
    headers[name] = value;
  }
  return { url: given.find((word) => word.startsWith("http") && word !== "http"), headers };
}

/** A value with `${NAME}` replaced, as clients do it. */
function filled(value, known) {
  return JSON.parse(JSON.stringify(value), (_, part) =>
    typeof part === "string" ? part.replace(/\$\{([^}]+)\}/g, (_, name) => known[name] ?? assert.fail(`${name} is not set`)) : part,
  );
}

test("Claude Code: the command lines and the file for a team", LIMIT, async () => {
  const [command, file, withUrl] = snippets["Claude Code"];
  await assertConnects(await added(command), "the command");
  const { type, ...server } = JSON.parse(file).mcpServers["memory-lake"];
  assert.equal(type, "http");
  assert.ok(!file.includes(secret), "the file may be committed");
  await assertConnects(filled(server, { MEMORY_LAKE_KEY: secret }), "the file");
  await assertConnects(await added(withUrl), "the URL");
});

test("claude.ai and Claude Desktop: the URL alone", LIMIT, async () => {
  const [url] = snippets["claude.ai / Claude Desktop"];
  await assertConnects({ url }, "the connector");
});

test("Claude Desktop via mcp-remote: the file starts the real one", LIMIT, async () => {
  const { command, args, env } = JSON.parse(snippets["Claude Desktop via mcp-remote"][0]).mcpServers["memory-lake"];
  assert.deepEqual([command, ...args.slice(0, 2)], ["npx", "-y", "mcp-remote"]);
  const { answers, stderr } = await mcpRemote(args.slice(2), env, [
    {
      jsonrpc: "2.0",
      id: 1,
      method: "initialize",
      params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } },
    },
    { jsonrpc: "2.0", method: "notifications/initialized" },
    { jsonrpc: "2.0", id: 2, method: "tools/list" },
  ]);
  assert.equal(answers.length, 2, stderr);
  assert.deepEqual(answers[1].result.tools.map(({ name }) => name).sort(), TOOLS);
});

test("Cursor and Windsurf: both files", LIMIT, async () => {
  for (const file of snippets.Cursor) await assertConnects(JSON.parse(file).mcpServers["memory-lake"], "Cursor");
  for (const file of snippets.Windsurf) {
    const { serverUrl: url, headers } = JSON.parse(file).mcpServers["memory-lake"];
    await assertConnects({ url, headers }, "Windsurf");
  }
});

test("VS Code: the file that asks for the key, and the one that has it", LIMIT, async () => {
  const [asking, having] = snippets["VS Code"].map((file) => JSON.parse(file));
  const [{ id, type, password }] = asking.inputs;
  assert.deepEqual([type, password], ["promptString", true]);
  await assertConnects(filled(asking.servers["memory-lake"], { [`input:${id}`]: secret }), "asking");
  await assertConnects(having.servers["memory-lake"], "having");
});

test("Codex: both files, and the line that sets the variable", LIMIT, async () => {
  const [file, line, withUrl] = snippets.Codex;
  const read = async (toml) => {
    const program = "import json, sys, tomllib; print(json.dumps(tomllib.loads(sys.argv[1])))";
    const child = spawn(python(), ["-c", program, toml], { stdio: ["ignore", "pipe", "inherit"] });
    return JSON.parse(await text(child.stdout)).mcp_servers["memory-lake"];
  };
  const { url, bearer_token_env_var: variable } = await read(file);
  const token = await shell(`${line}\nprintenv ${variable}`);
  await assertConnects({ url, headers: { Authorization: `Bearer ${token.trim()}` } }, "the file");
  await assertConnects({ url: (await read(withUrl)).url }, "the URL");
});

test("Gemini CLI: the command line and both files", LIMIT, async () => {
  const [command, ...files] = snippets["Gemini CLI"];
  await assertConnects(await added(command), "the command");
  for (const file of files) {
    const { httpUrl: url, headers } = JSON.parse(file).mcpServers["memory-lake"];
    await assertConnects({ url, headers }, "the file");
  }
});

test("curl: each line gets an answer, until the key is revoked", LIMIT, async () => {
  const run = async (line) => JSON.parse(await shell(line.replace(/^curl /, "curl -sS ")));
  for (const line of snippets.curl) {
    const { result, error } = await run(line);
    assert.ok(result?.capabilities.tools, JSON.stringify(error));
  }
  const { items } = await api.get(`/projects/${project.id}/keys`);
  await api.remove(`/projects/${project.id}/keys/${items[0].id}`);
  for (const line of snippets.curl) assert.equal((await run(line)).error.data.code, "revoked");
});

test("no tab is left out", () => {
  const used = ["Claude Code", "claude.ai / Claude Desktop", "Claude Desktop via mcp-remote", "Cursor", "VS Code", "Codex", "Gemini CLI", "Windsurf", "curl"];
  assert.deepEqual(Object.keys(snippets), used);
  const counts = Object.values(snippets).map(({ length }) => length);
  assert.deepEqual(counts, [3, 1, 1, 2, 2, 3, 3, 2, 3]);
  assert.deepEqual(browser.faults(), []);
});
