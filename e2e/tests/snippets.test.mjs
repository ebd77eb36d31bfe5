// What the one-time dialog offers to paste into each client, and descriptions that a browser could misread.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { apiAs } from "../lib/api.mjs";
import { openBrowser } from "../lib/browser.mjs";
import { clipboard, copySecret, done, generate, keyRow, openForm, serversUrl } from "../lib/keys.mjs";
import { setUp, startServer } from "../lib/server.mjs";

const URL_FORM = "For clients without headers";

let server, api, project, browser, page;

before(async () => {
  server = await startServer();
  const cookie = await setUp(server);
  api = apiAs(server, cookie);
  project = await api.post("/projects", { name: "Memory Lake" });
  browser = await openBrowser(server.origin, cookie, { permissions: ["clipboard-read", "clipboard-write"] });
  page = browser.page;
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

/** What each client's tab offers, in order. Files are compared as what they mean, not by their spaces. */
function expected(url) {
  const urlWithKey = `${url}?apikey=SECRET`;
  const bearer = { Authorization: "Bearer SECRET" };
  const servers = (server) => ({ mcpServers: { "memory-lake": server } });
  return {
    "Claude Code": [
      `claude mcp add --transport http memory-lake "${url}" --header "Authorization: Bearer SECRET" -s user`,
      servers({ type: "http", url, headers: { Authorization: "Bearer ${MEMORY_LAKE_KEY}" } }),
      `claude mcp add --transport http memory-lake "${urlWithKey}" -s user`,
    ],
    "claude.ai / Claude Desktop": [urlWithKey],
    "Claude Desktop via mcp-remote": [
      servers({
        command: "npx",
        args: ["-y", "mcp-remote", url, "--header", "Authorization:${AUTH_HEADER}"],
        env: { AUTH_HEADER: "Bearer SECRET" },
      }),
    ],
    Cursor: [servers({ url, headers: bearer }), servers({ url: urlWithKey })],
    "VS Code": [
      {
        inputs: [
          { type: "promptString", id: "memory-lake-key", description: "API key of memory-lake", password: true },
        ],
        servers: {
          "memory-lake": { type: "http", url, headers: { Authorization: "Bearer ${input:memory-lake-key}" } },
        },
      },
      { servers: { "memory-lake": { type: "http", url: urlWithKey } } },
    ],
    Codex: [
      `[mcp_servers.memory-lake]\nurl = "${url}"\nbearer_token_env_var = "MEMORY_LAKE_KEY"\n`,
      'export MEMORY_LAKE_KEY="SECRET"',
      `[mcp_servers.memory-lake]\nurl = "${urlWithKey}"\n`,
    ],
    "Gemini CLI": [
      `gemini mcp add --transport http --scope user memory-lake "${url}" --header "Authorization: Bearer SECRET"`,
      servers({ httpUrl: url, headers: bearer }),
      servers({ httpUrl: urlWithKey }),
    ],
    Windsurf: [servers({ serverUrl: url, headers: bearer }), servers({ serverUrl: urlWithKey })],
    curl: [
      { curl: url, authorization: "Bearer SECRET", method: "server/discover" },
      { curl: url, authorization: "Bearer SECRET", method: "initialize" },
      { curl: urlWithKey, authorization: undefined, method: "server/discover" },
    ],
  };
}

/** What a snippet means: a file as its value, a call of curl as its parts, anything else as its text. */
function meaning(text) {
  if (text.startsWith("{")) return JSON.parse(text);
  if (!text.startsWith("curl ")) return text;
  return {
    curl: /^curl "([^"]+)"/.exec(text)[1],
    authorization: /-H "Authorization: ([^"]+)"/.exec(text)?.[1],
    method: JSON.parse(/-d '(.+)'$/s.exec(text)[1]).method,
  };
}

test("each client's tab has snippets with the URL and the key, the header form first", async () => {
  await page.goto(serversUrl(server, project));
  const dialog = await generate(page, "Snippets");
  const secret = await copySecret(page, dialog);
  const connect = dialog.getByRole("region", { name: "Connect" });
  const panel = connect.getByRole("tabpanel");
  const wanted = Object.entries(expected(`${server.origin}/memory-lake/mcp/v1`));
  assert.deepEqual(await connect.getByRole("tab").allInnerTexts(), wanted.map(([client]) => client));

  for (const [client, snippets] of wanted) {
    await connect.getByRole("tab", { name: client, exact: true }).click();
    await connect.getByRole("tabpanel", { name: client, exact: true }).waitFor();
    const copies = panel.getByRole("button", { name: /^Cop(y|ied) / });
    assert.equal(await copies.count(), snippets.length, client);
    const inUrl = JSON.stringify(snippets).includes("?apikey=");
    assert.equal(await panel.getByText(URL_FORM).count(), inUrl ? 1 : 0, client);
    for (const [place, snippet] of snippets.entries()) {
      const shown = await panel.getByRole("textbox").nth(place).innerText();
      assert.ok(!shown.includes(secret), `${client} ${place} hides the secret`);
      // The clipboard is emptied, so that what is read after this is what this copy wrote.
      await page.evaluate(() => navigator.clipboard.writeText(""));
      await copies.nth(place).click();
      await page.waitForFunction(() => navigator.clipboard.readText());
      const copied = await clipboard(page);
      assert.ok(!/•/.test(copied), `${client} ${place} is copied whole`);
      assert.deepEqual(meaning(copied.replaceAll(secret, "SECRET")), snippet, `${client} ${place}`);
    }
  }
  await done(dialog);
  assert.deepEqual(browser.faults(), []);
});

test("where keys in URLs are not taken, no snippet has one", async () => {
  const strict = await api.post("/projects", { name: "Headers only" });
  await api.patch(`/projects/${strict.id}`, { allow_key_in_url: false });
  await page.goto(serversUrl(server, strict));
  const dialog = await generate(page, "Strict");
  await dialog.getByText("This project takes keys in headers only.").waitFor();
  for (const tab of await dialog.getByRole("tab").all()) {
    await tab.click();
    const name = await tab.innerText();
    await dialog.getByRole("tabpanel", { name, exact: true }).waitFor();
    assert.ok(!(await dialog.innerText()).includes("apikey"), name);
    if (name === "claude.ai / Claude Desktop") await dialog.getByText("takes a URL and no headers").waitFor();
  }
  await copySecret(page, dialog);
  await done(dialog);
  assert.deepEqual(browser.faults(), []);
});

const DESCRIPTIONS = {
  HTML: `<img src="/nothing.png" onerror="document.title='run'"> <b>bold</b> &amp; "quoted"`,
  emoji: "Billing 🔑 👩🏽‍💻 🇪🇺",
  "right-to-left text": "مفتاح لوحة التحليلات (2) ABC",
  "200 characters without a space": "W".repeat(200),
};

for (const [what, description] of Object.entries(DESCRIPTIONS)) {
  test(`a description of ${what} shows as it was typed`, async (t) => {
    t.after(() => page.setViewportSize({ width: 1280, height: 720 }));
    await page.goto(serversUrl(server, project));
    const dialog = await generate(page, description);
    await dialog.getByText(description, { exact: true }).waitFor();
    await assertFits();
    await copySecret(page, dialog);
    await done(dialog);

    const row = keyRow(page, description);
    await row.getByText(description, { exact: true }).waitFor();
    await assertFits();
    // On a phone, where the row is a card.
    await page.setViewportSize({ width: 360, height: 740 });
    await assertFits();
    await page.getByRole("button", { name: `Delete ${description}`, exact: true }).click();
    const question = page.getByRole("dialog", { name: "Delete this key?" });
    await question.getByText(description, { exact: true }).waitFor();
    await assertFits();
    await question.getByRole("button", { name: "Delete key" }).click();
    await row.waitFor({ state: "detached" });

    await page.getByRole("tab", { name: "Audit log" }).click();
    await page.getByText(description).first().waitFor();
    await assertFits();
    assert.equal(await page.locator("img, main b").count(), 0, "nothing became markup");
    assert.notEqual(await page.title(), "run");
    assert.deepEqual(browser.faults(), []);
  });
}

test("a description that is too long is refused beside its field, and what was typed stays", async () => {
  await page.goto(serversUrl(server, project));
  const form = await openForm(page);
  const field = form.getByLabel("Description");
  await field.fill("x".repeat(201));
  await form.getByText("at most 200 are allowed").waitFor();
  assert.equal(await field.getAttribute("aria-invalid"), "true");
  const button = form.getByRole("button", { name: "Generate", exact: true });
  await button.click();
  // Should it have been sent, the button says so until the answer is there.
  await button.waitFor();
  assert.equal((await field.inputValue()).length, 201);
  const { items } = await api.get(`/projects/${project.id}/keys?q=xxxx`);
  assert.equal(items.length, 0);
  await field.fill("x".repeat(200));
  assert.equal(await field.getAttribute("aria-invalid"), null, "the new text is fine");
  assert.deepEqual(browser.faults(), []);
});

/** Nothing scrolls sideways: neither the page nor an open dialog. */
async function assertFits() {
  const over = await page.evaluate(() =>
    [document.documentElement, ...document.querySelectorAll("dialog[open]")].map(
      (element) => element.scrollWidth - element.clientWidth,
    ),
  );
  assert.ok(over.every((pixels) => pixels <= 0), `sideways by ${over} px`);
}
