// The whole seed page, done by one person in one browser: from the printed URL to a deleted key.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { apiAs, isTaken, verify } from "../lib/api.mjs";
import { openBrowser } from "../lib/browser.mjs";
import { clipboard, copySecret, done, keyRow, oneTimeDialog, openForm } from "../lib/keys.mjs";
import { ADA, startServer } from "../lib/server.mjs";
import { stepsOf } from "../lib/steps.mjs";

const DESCRIPTION = "Claude AI Integration";

let server, browser, page;

before(async () => {
  // Without a configured token the server makes one, and prints the URL with it.
  server = await startServer({ env: { LATCHKEY_SETUP_TOKEN: undefined } });
  browser = await openBrowser(server.origin, undefined, {
    permissions: ["clipboard-read", "clipboard-write"],
  });
  page = browser.page;
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

test("a person sets Latchkey up, makes a key, uses it, and ends its access", async (t) => {
  // For whoever looks into a failure: nobody looks at what went well.
  t.after(() => t.passed || browser.shot("seed"));
  const step = stepsOf(t);
  let api, project, secret;
  const dialog = oneTimeDialog(page);

  await step("the printed URL opens the setup page, and its token leaves the address at once", async () => {
    const [printed, token] = /http\S+\/setup#token=(\S+)/.exec(server.logs()) ?? [];
    assert.ok(printed, "the server prints the setup URL");
    await page.goto(printed);
    await page.getByText("The setup token came with the address.").waitFor();
    assert.equal(page.url(), `${server.origin}/setup`);
    const kept = await page.evaluate(() => JSON.stringify([history.state, { ...localStorage }, { ...sessionStorage }]));
    assert.ok(!kept.includes(token), "the token is kept nowhere");
    assert.equal(await page.getByLabel("Setup token").count(), 0, "and nobody is asked to paste it");
  });

  await step("one form makes the account and the first project", async () => {
    await page.getByLabel("Your name").fill(ADA.name);
    await page.getByLabel("E-mail").fill(ADA.email);
    await page.getByLabel("Password").fill(ADA.password);
    await page.getByLabel("First project").fill("Memory Lake");
    await page.getByRole("button", { name: "Create the account" }).click();

    await page.getByRole("heading", { name: "MCP Servers" }).waitFor();
    assert.equal(await page.getByRole("tab", { name: "MCP Servers" }).getAttribute("aria-selected"), "true");
    const [cookie] = await browser.context.cookies();
    api = apiAs(server, cookie);
    const { items } = await api.get("/projects");
    assert.deepEqual(items.map(({ name, slug }) => [name, slug]), [["Memory Lake", "memory-lake"]]);
    [project] = items;
  });

  await step("from the list of projects one opens the project and its MCP Servers tab", async () => {
    await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Projects" }).click();
    await page.getByRole("link", { name: "Memory Lake" }).click();
    await page.getByText("Where to connect").waitFor();
    await page.getByRole("tab", { name: "MCP Servers" }).click();
    await page.getByText("No keys yet").waitFor();
    assert.equal(new URL(page.url()).pathname, `/projects/${project.id}/mcp-servers`);
  });

  await step("Add MCP Server offers the seed's descriptions, and says what is wrong with a weak one", async () => {
    const form = await openForm(page);
    for (const name of [DESCRIPTION, "Production API Access", "Team Member - Ada", "Analytics Dashboard"]) {
      await form.getByRole("button", { name, exact: true }).waitFor();
    }
    const description = form.getByLabel("Description");
    await description.fill("Key 1");
    await form.getByText("“Key 1” doesn't say what the key is for.").waitFor();
    await form.getByRole("button", { name: DESCRIPTION }).click();
    assert.equal(await description.inputValue(), DESCRIPTION);
    await form.getByLabel("Environment").selectOption({ label: "Production" });
    await form.getByLabel("Expires").selectOption({ label: "In 90 days" });
  });

  await step("a double click on Generate makes one key", async () => {
    const asked = [];
    page.on("request", (request) => {
      if (request.method() === "POST" && request.url().endsWith("/keys")) asked.push(request.url());
    });
    await page.getByRole("button", { name: "Generate" }).dblclick();
    await dialog.getByText("Save this secret now.").waitFor();
    const { items } = await api.get(`/projects/${project.id}/keys`);
    assert.equal(items.length, 1);
    assert.equal(asked.length, 1);
    assert.equal(items[0].description, DESCRIPTION);
    assert.equal(items[0].environment, "production");
    assert.equal(daysBetween(items[0].created_at, items[0].expires_at), 90);
  });

  await step("the one-time dialog hides the secret until one asks to see it", async () => {
    const field = dialog.getByRole("textbox", { name: "Secret" });
    const eye = dialog.getByRole("button", { name: "Show secret" });
    assert.match(await field.innerText(), /^lk_•+[0-9A-Za-z]{4}$/);
    assert.equal(await eye.getAttribute("aria-pressed"), "false");
    await eye.click();
    assert.equal(await eye.getAttribute("aria-pressed"), "true");
    const shown = await field.innerText();
    secret = await copySecret(page, dialog);
    assert.ok(shown === secret, "what is shown is what is copied");
    await eye.click();
    assert.ok(!(await dialog.innerText()).includes(secret), "hidden again, everywhere in the dialog");
  });

  await step("the endpoint URL is copied with the key in it", async () => {
    const endpoint = `${server.origin}/${project.slug}/mcp/v1?apikey=`;
    const field = dialog.getByRole("textbox", { name: "Endpoint URL" });
    assert.match(await field.innerText(), /\?apikey=lk_•+[0-9A-Za-z]{4}$/);
    await dialog.getByRole("button", { name: "Copy endpoint URL" }).click();
    await dialog.getByText("Endpoint URL copied.").waitFor();
    assert.ok((await clipboard(page)) === endpoint + secret);
    assert.ok((await field.innerText()).startsWith(endpoint));
  });

  await step("the dialog says who called first, without a reload", async () => {
    await dialog.getByText("Waiting for the first call …").waitFor();
    assert.ok(await isTaken(server, project.slug, secret, { client: "claude-code/2.1.0" }));
    await dialog.getByText(/^First call from claude-code\/2\.1\.0, .*in a header$/).waitFor();
  });

  await step("after a copy the dialog closes without a question, and the list has the key", async () => {
    await done(dialog);
    const row = keyRow(page, DESCRIPTION);
    await row.getByText("Production", { exact: true }).waitFor();
    await row.getByText("by Ada").waitFor();
    await row.getByText("Active", { exact: true }).waitFor();
    await row.getByText(`lk_…${secret.slice(-4)}`).waitFor();
    assert.ok(!(await page.content()).includes(secret), "and the page has the secret no more");
  });

  await step("the server says that the key is valid", async () => {
    const { valid, code, description } = await verify(api, secret);
    assert.deepEqual({ valid, code, description }, { valid: true, code: "valid", description: DESCRIPTION });
  });

  await step("deleting names the key and its last use, and asks twice when it is in use", async () => {
    await page.getByRole("button", { name: `Delete ${DESCRIPTION}` }).click();
    const question = page.getByRole("dialog", { name: "Delete this key?" });
    await question.getByText(DESCRIPTION).waitFor();
    await question.getByText(/^Last used .* from 127\.0\.0\.1\.$/).waitFor();
    await question.getByText("Callers get 401 from the moment this finishes.").waitFor();
    await question.getByLabel("Why").selectOption({ label: "Nobody needs it" });
    await question.getByRole("button", { name: "Delete key" }).click();
    await question.getByText("it was called within the last 24 hours").waitFor();
    assert.ok(await isTaken(server, project.slug, secret), "nothing has ended yet");
  });

  await step("the row leaves with the receipt, and the key is refused from then on", async () => {
    const row = keyRow(page, DESCRIPTION);
    await page.getByRole("button", { name: "End access now" }).click();
    await page.getByText("Access ended. 0 open connections closed.").waitFor();
    await row.waitFor({ state: "detached" });
    const { valid, code } = await verify(api, secret);
    assert.deepEqual({ valid, code }, { valid: false, code: "revoked" });
    assert.ok(!(await isTaken(server, project.slug, secret)), "the MCP endpoint answers 401");
    assert.ok(!(await isTaken(server, project.slug, secret, { via: "url" })), "also for the URL with the key");
  });

  await step("the Revoked view keeps who ended it, and why", async () => {
    await page.getByRole("button", { name: "Revoked", exact: true }).click();
    const row = keyRow(page, DESCRIPTION);
    await row.getByText("no longer needed", { exact: true }).waitFor();
    await row.getByRole("cell").filter({ hasText: "by Ada" }).last().waitFor();
    assert.equal(new URL(page.url()).searchParams.get("status"), "revoked");
  });

  assert.deepEqual(browser.faults(), []);
});

function daysBetween(from, to) {
  return Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000);
}
