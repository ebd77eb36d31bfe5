// The ways through the app that scenes share: each brings a tab to a place and comes back when that is to be seen.

/** Opens an address and waits for its heading. */
export async function at(page, world, path, heading) {
  await page.goto(world.server.origin + path);
  await page.getByRole("heading", { name: heading, level: 1, exact: true }).waitFor();
}

/** Presses the button of this name in the topmost dialog, or on the page. */
export async function press(page, name) {
  await page.getByRole("button", { name, exact: true }).last().click();
}

export function row(page, text) {
  return page.getByRole("row").filter({ hasText: text }).first();
}

/** Changes what the server says of the session. */
export async function pretendSession(page, changes) {
  await page.route("**/api/v1/session", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...(await response.json()), ...changes } });
  });
}

/** Answers “Test connection” in the place of the server, which has no upstream to ask. */
export async function pretendTest(page, answer) {
  const json = { protocol_version: answer.ok ? "2026-07-28" : null, duration_ms: 48, ...answer };
  await page.route("**/backend/test", (route) => route.fulfill({ json }));
}

export async function projects(page, world) {
  await at(page, world, "/projects", "Projects");
  await page.getByRole("link", { name: "Memory Lake" }).waitFor();
}

export async function tab(page, world, project, path = "") {
  await at(page, world, `/projects/${project.id}${path}`, project.name);
}

export async function keys(page, world) {
  await tab(page, world, world.lake, "/mcp-servers");
  await row(page, "Analytics Dashboard - Read Only").waitFor();
}

export async function memories(page, world) {
  await tab(page, world, world.lake, "/memories");
  await page.getByText("Ada prefers release notes in plain words.").waitFor();
}

export async function upstream(page, world) {
  await tab(page, world, world.relay, "/settings");
  await page.getByRole("group", { name: "Header 2" }).waitFor();
}

export async function oddKey(page, world) {
  await tab(page, world, world.odd, "/mcp-servers");
  await page.getByRole("row").nth(1).waitFor();
}

export async function more(page, name, action) {
  await page.getByRole("button", { name: `More for ${name}`, exact: true }).click();
  await page.getByRole("menuitem", { name: action, exact: true }).click();
}

export async function add(page, world) {
  await world.newKey({ description: "Development - Testing", environment: "development" });
  await tab(page, world, world.workshop, "/mcp-servers");
  await row(page, "Development - Testing").waitFor();
  await press(page, "Add MCP Server");
  await page.getByRole("dialog", { name: "Add MCP Server" }).waitFor();
}

export async function describe(page) {
  await page.getByLabel("Description").fill("Production - Claude Integration");
  await page.getByRole("dialog").getByLabel("Environment").selectOption("production");
  await page.getByLabel("Expires").selectOption("90");
  await page.getByText("A good description.").waitFor();
}

/** Makes a key as a person does, and gives the server's answer. */
export async function generate(page, world) {
  await add(page, world);
  await describe(page);
  const [response] = await Promise.all([
    page.waitForResponse((answer) => answer.request().method() === "POST" && answer.url().endsWith("/keys")),
    press(page, "Generate"),
  ]);
  await page.getByText("Save this secret now.").waitFor();
  await page.getByText("Waiting for the first call …").waitFor();
  return response.json();
}

export async function askToDelete(page, world) {
  await world.call(await world.newKey(), { client: "claude-code/2.1.0" });
  await tab(page, world, world.workshop, "/mcp-servers");
  await page.getByRole("button", { name: "Delete Production - Claude Integration" }).click();
  await page.getByRole("dialog", { name: "Delete this key?" }).getByText("Last used").waitFor();
}

export async function askToRotate(page, world) {
  const created = await world.newKey();
  await world.call(created, { client: "claude-code/2.1.0" });
  await openRotation(page, world, created);
  return created;
}

async function openRotation(page, world, { key }) {
  await tab(page, world, world.workshop, `/mcp-servers?rotate=${key.id}`);
  await page.getByRole("heading", { name: `Rotate ${key.description}` }).waitFor();
}

/** A key with two secrets, of which the new one is not used yet. */
export async function rotated(page, world) {
  const created = await world.newKey();
  await world.call(created, { client: "claude-code/2.1.0" });
  const fresh = await world.rotate(created);
  await openRotation(page, world, created);
  await page.getByText("Waiting for the first call with").waitFor();
  return fresh;
}

export async function verified(page, world) {
  await world.call(await rotated(page, world), { client: "claude-code/2.1.0" });
  await page.getByText("The new secret works:").waitFor();
}

export async function account(page, world) {
  await at(page, world, "/account", "Account");
  await row(page, "Deploy script").waitFor();
  await row(page, "This one").waitFor();
}

/** Answers the next request there as a session whose password was last given long ago would be; later ones go through. */
export function refuseOnce(page, address) {
  const problem = {
    type: "/docs/errors/confirmation_required",
    title: "Confirm your password",
    status: 403,
    detail: "This needs your password once more: it was last given more than 10 minutes ago.",
    code: "confirmation_required",
    request_id: "019a1c5e0f7a7c3e0000000000000001",
  };
  const answer = { status: 403, contentType: "application/problem+json", body: JSON.stringify(problem) };
  let isRefused = false;
  return page.route(address, (route) => {
    if (isRefused || route.request().method() === "GET") return route.fallback();
    isRefused = true;
    return route.fulfill(answer);
  });
}

export async function newToken(page, world) {
  await account(page, world);
  await press(page, "New token");
  await page.getByRole("dialog").getByLabel("Name").fill("Nightly report");
  await press(page, "Create token");
  await page.getByRole("dialog", { name: "Token created" }).waitFor();
}

export async function secondFactor(page, world) {
  await at(page, world, "/account", "Account");
  await press(page, "Turn on");
  await page.getByRole("dialog", { name: "Turn on a second factor" }).waitFor();
}

export async function users(page, world) {
  await at(page, world, "/users", "Users");
  await row(page, "viewer@example.com").waitFor();
}

export async function find(page, world, secret) {
  await at(page, world, "/find-key", "Find a key");
  await page.getByLabel("Secret or endpoint URL").fill(secret);
  await press(page, "Find the key");
}
