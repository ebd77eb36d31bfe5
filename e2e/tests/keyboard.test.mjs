// The seed's flow without a mouse, and where the focus is meanwhile.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { apiAs, isTaken, verify } from "../lib/api.mjs";
import { openBrowser } from "../lib/browser.mjs";
import { clipboard, closeGate, keyRow, oneTimeDialog, SECRET } from "../lib/keys.mjs";
import { ADA, setUp, startServer } from "../lib/server.mjs";
import { stepsOf } from "../lib/steps.mjs";

/** More presses of Tab than any page has places. */
const MOST_TABS = 60;

let server, api, project, browser, page;

before(async () => {
  server = await startServer();
  api = apiAs(server, await setUp(server));
  project = await api.post("/projects", { name: "Memory Lake" });
  browser = await openBrowser(server.origin, undefined, { permissions: ["clipboard-read", "clipboard-write"] });
  page = browser.page;
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

const press = (key) => page.keyboard.press(key);
const hasFocus = (locator) => locator.evaluate((element) => element === document.activeElement);

/** Waits until the focus is there. */
async function untilFocused(locator) {
  await locator.waitFor();
  await page.waitForFunction((element) => element === document.activeElement, await locator.elementHandle());
}

/** Presses Tab until the focus is there. */
async function tabTo(locator) {
  await locator.waitFor();
  for (let presses = 0; presses < MOST_TABS; presses++) {
    if (await hasFocus(locator)) return;
    await press("Tab");
  }
  throw new Error(`Tab does not lead to ${locator}`);
}

/** Whether each of so many presses of Tab stays inside: the page behind can't be reached. */
async function isTrap(dialog) {
  for (let presses = 0; presses < MOST_TABS; presses++) {
    await press("Tab");
    // Between the last place and the first lies the browser itself, and no element of the page.
    const isInside = await dialog.evaluate(
      (element) => element.contains(document.activeElement) || document.activeElement === document.body,
    );
    if (!isInside) return false;
  }
  return true;
}

test("a key is made, copied and deleted by keyboard alone", async (t) => {
  const step = stepsOf(t);
  const add = page.getByRole("button", { name: "Add MCP Server" }).first();
  const dialog = oneTimeDialog(page);
  const gate = closeGate(page);
  let secret;

  await step("sign in", async () => {
    await page.goto(server.origin);
    await untilFocused(page.getByLabel("E-mail"));
    await page.keyboard.type(ADA.email);
    await press("Tab");
    assert.ok(await hasFocus(page.getByLabel("Password")));
    await page.keyboard.type(ADA.password);
    await press("Enter");
  });

  await step("open the project and its MCP Servers tab", async () => {
    await tabTo(page.getByRole("link", { name: "Memory Lake" }));
    await press("Enter");
    await tabTo(page.getByRole("tab", { name: "Overview" }));
    await press("ArrowRight");
    const tab = page.getByRole("tab", { name: "MCP Servers" });
    await untilFocused(tab);
    assert.equal(await tab.getAttribute("aria-selected"), "true");
    await page.getByText("No keys yet").waitFor();
  });

  await step("Add MCP Server opens with the focus on the description, and Esc gives it back", async () => {
    await tabTo(add);
    await press("Enter");
    const form = page.getByRole("dialog", { name: "Add MCP Server" });
    await untilFocused(form.getByLabel("Description"));
    await press("Escape");
    await form.waitFor({ state: "detached" });
    await untilFocused(add);
    await press("Space");
    await untilFocused(form.getByLabel("Description"));
  });

  await step("fill in the form, and generate", async () => {
    const form = page.getByRole("dialog", { name: "Add MCP Server" });
    assert.ok(await isTrap(form), "the page behind the form can't be reached");
    await tabTo(form.getByRole("button", { name: "Production API Access" }));
    await press("Space");
    assert.equal(await form.getByLabel("Description").inputValue(), "Production API Access");
    const environment = form.getByLabel("Environment");
    await tabTo(environment);
    await press("ArrowDown");
    assert.equal(await environment.inputValue(), "production");
    await tabTo(form.getByRole("button", { name: "Generate" }));
    await press("Enter");
  });

  await step("the one-time dialog opens with the focus on Copy", async () => {
    const copy = dialog.getByRole("button", { name: "Copy secret" });
    await untilFocused(copy);
    await press("Enter");
    await dialog.getByText("Secret copied.").waitFor();
    secret = await clipboard(page);
    assert.ok(SECRET.test(secret));
    assert.ok(await hasFocus(dialog.getByRole("button", { name: /^Cop(y|ied) secret$/ })), "and it stays there");
  });

  await step("everything in the dialog is reached, and nothing behind it", async () => {
    assert.ok(await isTrap(dialog), "the page behind the dialog can't be reached");
    const eye = dialog.getByRole("button", { name: "Show secret" });
    await tabTo(eye);
    await press("Space");
    assert.equal(await eye.getAttribute("aria-pressed"), "true");
    await press("Space");
    assert.equal(await eye.getAttribute("aria-pressed"), "false");
    const tabs = dialog.getByRole("tab");
    await tabTo(tabs.first());
    await press("ArrowRight");
    await untilFocused(tabs.nth(1));
    await press("End");
    await untilFocused(tabs.last());
    assert.equal(await tabs.last().getAttribute("aria-selected"), "true");
    await press("Home");
    await untilFocused(tabs.first());
    await tabTo(dialog.getByRole("button", { name: "Download .env" }));
  });

  await step("Esc closes it, and the focus is back on Add MCP Server", async () => {
    await press("Escape");
    await dialog.waitFor({ state: "detached" });
    await untilFocused(add);
    await keyRow(page, "Production API Access").waitFor();
  });

  await step("the question before an unsaved secret is lost gives the focus back to the dialog", async () => {
    await press("Enter");
    await page.getByRole("dialog", { name: "Add MCP Server" }).waitFor();
    await page.keyboard.type("Night job");
    // Enter in the field sends the form.
    await press("Enter");
    const copy = dialog.getByRole("button", { name: "Copy secret" });
    await untilFocused(copy);
    await press("Escape");
    await untilFocused(gate.getByRole("button", { name: "Back to the secret" }));
    await press("Enter");
    await gate.waitFor({ state: "detached" });
    await untilFocused(copy);
    await press("Escape");
    await tabTo(gate.getByRole("button", { name: "Close anyway" }));
    await press("Enter");
    await dialog.waitFor({ state: "detached" });
    await untilFocused(add);
  });

  await step("a key's menu opens with the arrow key, and Esc gives the focus back to its button", async () => {
    const more = page.getByRole("button", { name: "More for Production API Access" });
    await tabTo(more);
    await press("ArrowDown");
    const menu = page.getByRole("menu", { name: "More for Production API Access" });
    await untilFocused(menu.getByRole("menuitem", { name: "Rotate" }));
    await press("ArrowUp");
    await untilFocused(menu.getByRole("menuitem", { name: "Delete" }));
    await press("Escape");
    await menu.waitFor({ state: "detached" });
    await untilFocused(more);
  });

  await step("deleting begins at Cancel, and is confirmed twice", async () => {
    assert.ok(await isTaken(server, project.slug, secret));
    const remove = page.getByRole("button", { name: "Delete Production API Access" });
    await tabTo(remove);
    await press("Enter");
    const question = page.getByRole("dialog", { name: "Delete this key?" });
    const cancel = question.getByRole("button", { name: "Cancel" });
    await untilFocused(cancel);
    await press("Enter");
    await question.waitFor({ state: "detached" });
    await untilFocused(remove);

    await press("Enter");
    await untilFocused(cancel);
    await question.getByText(/^Last used/).waitFor();
    await tabTo(question.getByRole("button", { name: "Delete key" }));
    await press("Enter");
    await untilFocused(question.getByRole("button", { name: "End access now" }));
    await press("Enter");
    await page.getByText("Access ended.").waitFor();
    await keyRow(page, "Production API Access").waitFor({ state: "detached" });
    // Its row is gone: the focus is at the beginning of what is left, not nowhere.
    await untilFocused(page.getByRole("heading", { name: "MCP Servers" }));
    const { code } = await verify(api, secret);
    assert.equal(code, "revoked");
    assert.ok(!(await isTaken(server, project.slug, secret)));
  });

  assert.deepEqual(browser.faults(), []);
});
