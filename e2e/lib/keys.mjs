// What a person does on the MCP Servers tab, as the tests share it.

import assert from "node:assert/strict";

/** What a secret looks like. */
export const SECRET = /^lk_[0-9A-Za-z]{36}$/;

/** What the dialog's question says. */
export const GATE = "You won't see this secret again";

/** The address of a project's MCP Servers tab. */
export function serversUrl(server, project) {
  return `${server.publicOrigin}/projects/${project.id}/mcp-servers`;
}

/** The one-time dialog, after a key was made or rotated. */
export function oneTimeDialog(page) {
  return page.getByRole("dialog", { name: /^(API key created|New secret made)$/ });
}

/** The question before the one-time dialog closes. */
export function closeGate(page) {
  return page.getByRole("dialog", { name: GATE });
}

/** The row of the key with this description. */
export function keyRow(page, description) {
  return page.getByRole("row").filter({ hasText: description });
}

/** Opens the form of a new key. */
export async function openForm(page) {
  await page.getByRole("button", { name: "Add MCP Server" }).first().click();
  const form = page.getByRole("dialog", { name: "Add MCP Server" });
  await form.waitFor();
  return form;
}

/** Makes a key with the form, and gives the one-time dialog that shows its secret. */
export async function generate(page, description = "") {
  const form = await openForm(page);
  await form.getByLabel("Description").fill(description);
  await form.getByRole("button", { name: "Generate" }).click();
  const dialog = oneTimeDialog(page);
  await dialog.waitFor();
  return dialog;
}

/** Presses Copy beside "Secret", and gives what is on the clipboard then. */
export async function copySecret(page, dialog) {
  await dialog.getByRole("button", { name: "Copy secret" }).click();
  await dialog.getByText("Secret copied.").waitFor();
  const secret = await clipboard(page);
  assert.ok(SECRET.test(secret), "the clipboard holds a secret");
  return secret;
}

/** What is on the clipboard. The page needs the permission `clipboard-read`. */
export function clipboard(page) {
  return page.evaluate(() => navigator.clipboard.readText());
}

/** Closes the one-time dialog after the secret was copied. */
export async function done(dialog) {
  await dialog.getByRole("button", { name: "Done" }).click();
  await dialog.waitFor({ state: "detached" });
}

/** Chooses an entry of a key's menu. */
export async function choose(page, description, entry) {
  await page.getByRole("button", { name: `More for ${description}` }).click();
  await page.getByRole("menuitem", { name: entry, exact: true }).click();
}
