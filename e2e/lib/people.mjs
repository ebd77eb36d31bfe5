// People beside Ada, and what a person reads beside a field.

import { apiAs, signIn } from "./api.mjs";

/** What everybody but Ada signs in with. */
export const PASSWORD = "looms remember every thread";

/**
 * Makes a user named `name`, `viewer@example.com` for "Viewer", and signs them in. With a `project` they become a
 * member of it, in the role that is their name in small letters unless `role` says another.
 *
 * The result has the `user`, their session's `cookie`, and their `api`.
 */
export async function addPerson(server, ada, name, { project, role = name.toLowerCase() } = {}) {
  const email = `${name.toLowerCase()}@example.com`;
  const { user } = await ada.post("/users", { name, email, role: "member", password: PASSWORD });
  if (project) await ada.post(`/projects/${project.id}/members`, { email, role });
  const cookie = await signIn(server, { email, password: PASSWORD });
  return { user, cookie, api: apiAs(server, cookie) };
}

/** Waits until a field is marked as wrong, and gives what is said about it. */
export async function errorBeside(field) {
  const page = field.page();
  await page.waitForFunction(
    (input) => input.getAttribute("aria-invalid") === "true",
    await field.elementHandle(),
  );
  const [id] = (await field.getAttribute("aria-describedby")).split(" ").slice(-1);
  return page.locator(`[id="${id}"]`).innerText();
}

/** Fills in and sends the sign-in form that the page shows. */
export async function fillSignIn(page, { email, password }) {
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** The person looks at another window for a minute and comes back to this page. */
export async function comeBack(page) {
  await page.evaluate(() => {
    const { now } = Date;
    window.dispatchEvent(new Event("blur"));
    Date.now = () => now() + 60_000;
    window.dispatchEvent(new Event("focus"));
    Date.now = now;
  });
}
