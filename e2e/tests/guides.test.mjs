// The guides in docs/guides: what they link to is there, what they call a button is a button, and the codes that they
// explain are those that the server answers with.

import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join, relative } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { apiAs, isTaken } from "../lib/api.mjs";
import { openBrowser } from "../lib/browser.mjs";
import { choose, closeGate, copySecret, done, keyRow, oneTimeDialog, openForm, serversUrl } from "../lib/keys.mjs";
import { setUp, startServer } from "../lib/server.mjs";
import { startUpstream } from "../lib/upstream.mjs";

const GUIDES = join(dirname(fileURLToPath(import.meta.url)), "../../docs/guides");
const IMAGES = join(GUIDES, "images");

/** The pages about using the app: what is bold in them is a name that one sees in it. */
const USING = ["creating-a-key", "best-practices", "storing-secrets", "several-keys", "rotation", "managing-keys"];
/** Those of them in which what stands in quotation marks is the app's own text, too. */
const QUOTING = ["creating-a-key", "rotation", "managing-keys"];

const KEY = "Claude AI Integration";

const pages = readdirSync(GUIDES).filter((name) => name.endsWith(".md"));
const textOf = (page) => readFileSync(join(GUIDES, page), "utf8");

let server, cookie, api, project, browser, page;

before(async () => {
  server = await startServer({
    env: {
      LATCHKEY_UPSTREAM_ALLOW: "127.0.0.0/8",
      LATCHKEY_UPSTREAM_ANSWER_SECONDS: "1",
      LATCHKEY_MCP_CALLS_PER_KEY: "1",
    },
  });
  cookie = await setUp(server);
  api = apiAs(server, cookie);
  project = await api.post("/projects", { name: "Memory Lake" });
  browser = await openBrowser(server.origin, cookie, { permissions: ["clipboard-read", "clipboard-write"] });
  page = browser.page;
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

test("every link and every picture of the guides leads to a file, and to a heading of it", () => {
  const wrong = [];
  for (const from of pages) {
    for (const { target } of linksIn(textOf(from))) {
      if (/^[a-z]+:/.test(target)) continue;
      const [path, heading] = target.split("#");
      const file = path ? join(GUIDES, path) : join(GUIDES, from);
      const isInside = !relative(GUIDES, file).startsWith("..");
      if (!isInside || !existsSync(file)) wrong.push(`${from}: ${target}`);
      else if (heading && !headingsOf(readFileSync(file, "utf8")).includes(heading)) wrong.push(`${from}: ${target}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test("every picture is shown on a page, with words for those who don't see it, and every page is in the index", () => {
  const links = pages.flatMap((from) => linksIn(textOf(from)));
  const shown = links.filter(({ isPicture }) => isPicture);
  assert.deepEqual(shown.filter(({ words }) => words.length < 10), []);
  const pictures = readdirSync(IMAGES).map((name) => `images/${name}`);
  assert.deepEqual(pictures.filter((name) => !shown.some(({ target }) => target === name)), []);
  const listed = linksIn(textOf("README.md")).map(({ target }) => target);
  assert.deepEqual(pages.filter((name) => name !== "README.md" && !listed.includes(name)), []);
});

test("what the guides call buttons, tabs and fields, and what they quote, is found in the app", async () => {
  const app = await walk();
  const wrong = [];
  for (const name of USING) {
    for (const word of bold(textOf(`${name}.md`))) {
      if (!app.names.has(word)) wrong.push(`${name}.md: **${word}**`);
    }
  }
  for (const name of QUOTING) {
    for (const quote of quoted(textOf(`${name}.md`))) {
      if (!isSaid(quote, app.text)) wrong.push(`${name}.md: “${quote}”`);
    }
  }
  assert.deepEqual(wrong, []);
});

test("the form says what the guide says that it does", async () => {
  await page.goto(serversUrl(server, project));
  const form = await openForm(page);
  const rows = tablesIn(textOf("best-practices.md")).flat().filter((row) => row["You type"]);
  assert.ok(rows.length > 3);
  for (const { "You type": typed, "The form says": says } of rows) {
    if (typed.startsWith("the same")) continue;
    await form.getByLabel("Description").fill(typed === "nothing" ? "" : typed);
    await form.getByText(says, { exact: true }).waitFor();
  }
  await form.getByRole("button", { name: "Cancel" }).click();
  assert.deepEqual(browser.faults(), []);
});

test("every code in the guide to trouble is one that the server has, with its status and its words", async () => {
  const text = textOf("troubleshooting.md");
  const provoked = await provoke();
  const listed = await fetch(`${server.origin}/docs/errors`).then((answer) => answer.text());
  const entries = listed.matchAll(/<code>(\w+)<\/code><\/a> (\d{3})/g);
  const catalogue = new Map([...entries].map(([, code, status]) => [code, { status: Number(status) }]));
  assert.ok(catalogue.size > 30);

  const explained = tablesIn(text).flat().filter((row) => row.Code);
  assert.ok(explained.length > 10);
  for (const row of explained) {
    const code = row.Code.replaceAll("`", "");
    const known = provoked.get(code) ?? catalogue.get(code);
    assert.ok(known, `nothing answers ${code}`);
    assert.equal(known.status, Number(row.Status ?? 401), code);
    const says = row["What the server says"];
    if (says) assert.ok(known.message.startsWith(says), `${code}: ${known.message}`);
  }
  const tools = ["list_memories"];
  const named = [...text.matchAll(/`([a-z]+(?:_[a-z]+)+)`/g)].map(([, code]) => code);
  const unknown = named.filter((code) => !provoked.has(code) && !catalogue.has(code) && !tools.includes(code));
  assert.deepEqual(unknown, []);
});

/** The links and pictures of a page, outside of code. */
function linksIn(text) {
  return [...withoutCode(text).matchAll(/(!?)\[([^\]]*)\]\(([^)\s]+)\)/g)].map(([, bang, words, target]) => ({
    isPicture: bang === "!",
    words,
    target,
  }));
}

/** The anchors that a page's headings get. */
function headingsOf(text) {
  const titles = [...withoutCode(text).matchAll(/^#+ (.+)$/gm)].map(([, title]) => title);
  return titles.map((title) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

function withoutCode(text) {
  return text.replaceAll(/^```[^]*?^```$/gm, "").replaceAll(/`[^`\n]*`/g, "");
}

function bold(text) {
  return [...withoutCode(text).matchAll(/\*\*([^*]+)\*\*/g)].map(([, words]) => onOneLine(words));
}

function quoted(text) {
  return [...withoutCode(text).matchAll(/“([^”]+)”/g)].map(([, words]) => onOneLine(words));
}

function onOneLine(text) {
  return text.replaceAll(/\s+/g, " ").trim();
}

/** The tables of a page, each row by the names of its columns. */
function tablesIn(text) {
  const tables = text.match(/(?:^\|.*\|\n)+/gm) ?? [];
  return tables.map((table) => {
    const [head, , ...rows] = table.trim().split("\n").map((line) => line.slice(1, -1).split("|").map(onOneLine));
    return rows.map((cells) => Object.fromEntries(cells.map((cell, at) => [head[at], cell])));
  });
}

/** Whether the app says it; “…” stands for whatever comes there. */
function isSaid(quote, text) {
  const parts = quote.split("…").map((part) => part.trim().replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return text.includes(quote) || new RegExp(parts.join(".*")).test(text);
}

/** Goes through the app as the guides do, and gives all `names` and all `text` that were to be seen on the way. */
async function walk() {
  const names = new Set();
  const texts = [];
  const look = async () => {
    const seen = await page.evaluate(whatIsSeen);
    for (const name of seen.names) names.add(name);
    texts.push(seen.text);
  };
  const button = (name) => page.getByRole("button", { name, exact: true }).last();
  const openTab = async (name) => {
    await page.getByRole("tab", { name, exact: true }).click();
    await page.getByRole("heading", { name, level: 2 }).first().waitFor();
    await look();
  };

  // The projects, and a new one.
  await page.goto(`${server.origin}/projects`);
  await page.getByRole("link", { name: "Memory Lake" }).waitFor();
  await look();
  await button("New project").click();
  await page.getByRole("dialog", { name: "New project" }).waitFor();
  await look();
  await button("Cancel").click();
  await page.getByRole("button", { name: "your account" }).click();
  await page.getByRole("menuitem", { name: "Account" }).waitFor();
  await look();
  await page.keyboard.press("Escape");

  // A key.
  await page.getByRole("link", { name: "Memory Lake" }).click();
  await page.getByRole("tab", { name: "MCP Servers" }).click();
  await page.getByText("No keys yet").waitFor();
  await look();
  let form = await openForm(page);
  await look();
  await form.getByRole("button", { name: KEY }).click();
  await form.getByRole("button", { name: "Generate" }).click();
  const dialog = oneTimeDialog(page);
  await dialog.getByText("Waiting for the first call …").waitFor();
  await look();
  await page.keyboard.press("Escape");
  await closeGate(page).waitFor();
  await look();
  await button("Back to the secret").click();
  const first = await copySecret(page, dialog);
  await look();
  assert.ok(await isTaken(server, project.slug, first));
  await dialog.getByText(/^First call from/).waitFor();
  await look();
  await done(dialog);
  await keyRow(page, KEY).getByText("Active", { exact: true }).waitFor();
  await look();

  // Edited, disabled and enabled.
  await page.getByRole("button", { name: `More for ${KEY}` }).click();
  await page.getByRole("menuitem", { name: "Rotate" }).waitFor();
  await look();
  await page.getByRole("menuitem", { name: "Edit" }).click();
  form = page.getByRole("dialog", { name: "Edit key" });
  await form.waitFor();
  await look();
  await form.getByRole("button", { name: "Save" }).click();
  await form.waitFor({ state: "detached" });
  await choose(page, KEY, "Disable");
  await page.getByRole("dialog", { name: "Disable this key?" }).waitFor();
  await look();
  await button("Disable key").click();
  await keyRow(page, KEY).getByText("Disabled", { exact: true }).waitFor();
  await page.getByRole("button", { name: `More for ${KEY}` }).click();
  await page.getByRole("menuitem", { name: "Enable" }).waitFor();
  await look();
  await page.getByRole("menuitem", { name: "Enable" }).click();
  await keyRow(page, KEY).getByText("Active", { exact: true }).waitFor();

  // Rotated.
  await choose(page, KEY, "Rotate");
  await button("Make a new secret").waitFor();
  await look();
  await button("Make a new secret").click();
  await dialog.waitFor();
  await look();
  const second = await copySecret(page, dialog);
  await done(dialog);
  await page.getByText(/^Waiting for the first call with/).waitFor();
  await look();
  await page.getByRole("button", { name: `More for ${KEY}` }).click();
  await page.getByRole("menuitem", { name: "Continue rotating" }).waitFor();
  await look();
  await page.keyboard.press("Escape");
  assert.ok(await isTaken(server, project.slug, second));
  await page.getByText(/^The new secret works/).waitFor();
  await look();
  await button("End the old secret now").click();
  await page.getByRole("dialog", { name: "End the old secret?" }).waitFor();
  await look();
  await button("End the old secret").click();
  await button("Done").click();
  assert.ok(!(await isTaken(server, project.slug, first)));

  // Deleted.
  const bin = page.getByRole("button", { name: `Delete ${KEY}` });
  await bin.click();
  await page.getByRole("dialog", { name: "Delete this key?" }).waitFor();
  await look();
  await button("Delete key").click();
  await button("End access now").waitFor();
  await look();
  await button("End access now").click();
  await page.getByText("Access ended.").first().waitFor();
  await look();
  await bin.waitFor({ state: "detached" });
  assert.ok(!(await isTaken(server, project.slug, second)));
  await button("Revoked").click();
  await keyRow(page, KEY).waitFor();
  await look();

  // What came in a URL, and what is to be done about it.
  const path = `/projects/${project.id}`;
  const weak = await api.post(`${path}/keys`, { description: "Key 1" });
  assert.ok(await isTaken(server, project.slug, weak.secret, { via: "url" }));
  await page.goto(serversUrl(server, project));
  await keyRow(page, "Key 1").getByText("via URL").waitFor();
  await look();
  await page.goto(`${server.origin}${path}`);
  await page.locator(".care-item").first().waitFor();
  await page.getByRole("table", { name: "Recent calls" }).waitFor();
  await page.getByText("Numbers as a table").click();
  await look();

  // The other tabs.
  await openTab("Members");
  await page.getByRole("button", { name: "Add member" }).waitFor();
  await look();
  await openTab("Audit log");
  await page.locator("tbody tr").first().waitFor();
  await look();
  await openTab("Settings");
  await page.getByLabel("Take keys in URLs").uncheck();
  await button("Save settings").click();
  await page.getByText("Settings saved.").waitFor();
  await page.goto(serversUrl(server, project));
  await (await openForm(page)).getByRole("button", { name: "Generate" }).click();
  await dialog.getByText("This project takes keys in headers only.").waitFor();
  await look();
  await copySecret(page, dialog);
  await done(dialog);
  await api.patch(path, { allow_key_in_url: true });

  // A secret that was found.
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Find a key" }).click();
  await page.getByLabel("Secret or endpoint URL").fill(`Authorization: Bearer ${"lk_".padEnd(39, "0")}`);
  await button("Find the key").click();
  await page.getByText("No key that you may see").waitFor();
  await look();
  await page.getByLabel("Secret or endpoint URL").fill(`${project.endpoint_url}?apikey=${weak.secret}`);
  await button("Find the key").click();
  await button("Revoke this key").click();
  await page.getByRole("dialog").waitFor();
  await look();
  await button("Revoke key").click();
  await page.getByText("Access ended.").first().waitFor();
  await look();

  assert.deepEqual(browser.faults(), []);
  return { names, text: onOneLine(texts.join(" ")) };
}

/** Runs in the page: what everything on it that has a name is called, and all its text. */
function whatIsSeen() {
  const NAMED = "button, a, label, legend, summary, option, figcaption, h1, h2, h3, h4, th, .badge, .copy-label, [aria-label]";
  const names = [];
  const options = [];
  for (const element of document.querySelectorAll(NAMED)) {
    const shown = element.matches("option") ? element.closest("select") : element;
    if (!shown.checkVisibility()) continue;
    const silent = element.cloneNode(true);
    for (const spoken of silent.querySelectorAll(".spoken")) spoken.remove();
    const own = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE);
    names.push(silent.textContent, own.map((node) => node.data).join(""), element.ariaLabel ?? "");
    if (element.matches("option")) options.push(element.textContent);
  }
  const flat = (text) => text.replaceAll(/\s+/g, " ").trim();
  return { names: names.map(flat), text: [document.body.innerText, ...options].join("\n") };
}

/** Calls the endpoint in all the ways that are refused, and gives for each code its status and its words. */
async function provoke() {
  const refusals = new Map();
  const lake = await api.post("/projects", { name: "Refusals" });
  const keys = `/projects/${lake.id}/keys`;
  const newKey = async (more) => {
    const { key, secret } = await api.post(keys, { description: KEY, ...more });
    return { path: `${keys}/${key.id}`, secret };
  };
  const call = async (headers, query = "") => {
    const answer = await fetch(`${server.origin}/${lake.slug}/mcp/v1${query}`, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json, text/event-stream", ...headers },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" }),
    });
    const { error } = await answer.json();
    if (error?.data) refusals.set(error.data.code, { status: answer.status, message: error.message });
    return error?.data?.code;
  };
  const bearer = (secret) => ({ authorization: `Bearer ${secret}` });

  const good = await newKey();
  await call({});
  await call(bearer("lk_".padEnd(39, "0")));
  await call(bearer(good.secret), `?apikey=${good.secret}`);
  await call({ ...bearer(good.secret), origin: "https://elsewhere.example.com" });

  const revoked = await newKey();
  await api.remove(revoked.path);
  await call(bearer(revoked.secret));
  const disabled = await newKey();
  await api.patch(disabled.path, { disabled: true });
  await call(bearer(disabled.secret));
  const retired = await newKey();
  await api.post(`${retired.path}/rotate`, { overlap_seconds: 0 });
  await call(bearer(retired.secret));
  const expired = await newKey({ expires_at: new Date(Date.now() + 1000).toISOString() });
  // Between two questions, so that asking does not keep the machine busy for that second.
  while ((await api.get(expired.path)).status !== "expired") await pause(25);
  await call(bearer(expired.secret));

  // Behind the endpoint is what is not there, what it must not call, what wants a password, and what never answers.
  const behind = (url) => api.patch(`/projects/${lake.id}`, { backend: { kind: "upstream", url, headers: [] } });
  const strict = await startUpstream({ credential: "Bearer of somebody else" });
  try {
    await behind(strict.url);
    await call(bearer(good.secret));
  } finally {
    strict.stop();
  }
  await call(bearer(good.secret));
  await behind("http://10.0.0.1/mcp");
  await call(bearer(good.secret));
  const silent = await startSilence();
  try {
    await behind(silent.url);
    const waiting = call(bearer(good.secret));
    await silent.asked;
    await call(bearer(good.secret));
    await waiting;
  } finally {
    silent.stop();
  }
  return refusals;
}

/** A server that takes a connection and never says a word; `asked` is when somebody has spoken to it. */
async function startSilence() {
  const sockets = [];
  let resolve;
  const asked = new Promise((told) => (resolve = told));
  const silence = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
    socket.once("data", resolve);
  });
  silence.listen(0, "127.0.0.1");
  await once(silence, "listening");
  return {
    url: `http://127.0.0.1:${silence.address().port}/mcp`,
    asked,
    stop() {
      silence.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
