// Members of a project: what an owner does with them, and what each role sees and may.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { apiAs } from "../lib/api.mjs";
import { openBrowser } from "../lib/browser.mjs";
import { addPerson, errorBeside } from "../lib/people.mjs";
import { setUp, startServer } from "../lib/server.mjs";

const KEY = "Production - Claude Integration";

let server, ada, browser, project, key;

before(async () => {
  server = await startServer();
  const cookie = await setUp(server);
  ada = apiAs(server, cookie);
  project = await ada.post("/projects", { name: "Memory Lake" });
  ({ key } = await ada.post(`/projects/${project.id}/keys`, { description: KEY }));
  browser = await openBrowser(server.origin, cookie);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

const address = (rest = "") => `${server.origin}/projects/${project.id}${rest}`;
const membersPath = () => `/api/v1/projects/${project.id}/members`;

/** The status that each of these calls, `[method, path, body]` below the project, is answered with. */
async function statuses(api, calls) {
  const answers = {};
  for (const [method, rest, body] of calls) {
    const { status } = await api.ask(method, `/projects/${project.id}${rest}`, body);
    answers[`${method} ${rest}`] = status;
  }
  return answers;
}

const all = (calls, status) => Object.fromEntries(calls.map(([method, rest]) => [`${method} ${rest}`, status]));

test("an owner adds a member by e-mail address, changes their role and removes them", async () => {
  const { page, faults } = browser;
  await ada.post("/users", { name: "Editor", email: "editor@example.com", role: "member" });
  await page.goto(address("/members"));

  const email = page.getByLabel("Add a member by e-mail address");
  await email.fill("nobody@example.com");
  await page.getByRole("button", { name: "Add member" }).click();
  assert.match(await errorBeside(email), /belongs to no user/);
  assert.equal(await email.inputValue(), "nobody@example.com", "what was typed stays");

  await email.fill("editor@example.com");
  await page.getByLabel("Role", { exact: true }).selectOption("viewer");
  await page.getByRole("button", { name: "Add member" }).click();
  await page.getByText("Editor is a member now.").waitFor();
  const role = page.getByLabel("Role of Editor");
  await role.waitFor();
  assert.equal(await role.inputValue(), "viewer");
  assert.equal(await email.inputValue(), "", "the form is ready for the next one");

  await role.selectOption("editor");
  await page.getByText("Editor is now editor.").waitFor();
  const { items } = await ada.get(`/projects/${project.id}/members`);
  assert.equal(items.find((member) => member.name === "Editor").role, "editor");

  await page.getByRole("button", { name: "Remove Editor" }).click();
  const question = page.getByRole("dialog", { name: "Remove Editor?" });
  await question.getByText("The keys they made stay and keep working.").waitFor();
  await question.getByRole("button", { name: "Remove member" }).click();
  await page.getByText("Editor is not a member any more.").waitFor();
  assert.equal(await page.getByRole("cell", { name: "editor@example.com" }).count(), 0);
  const left = await ada.get(`/projects/${project.id}/members`);
  assert.deepEqual(left.items.map((member) => member.name), ["Ada"]);

  assert.deepEqual(faults({ [`422 ${membersPath()}`]: 1 }), []);
});

test("the only owner stays owner, and the choice shows it", async () => {
  const { page, faults } = browser;
  await page.goto(address("/members"));
  const role = page.getByLabel("Role of Ada");
  await role.selectOption("viewer");
  await page.getByText("A project needs an owner. Make another member one first.").waitFor();
  await page.waitForFunction((select) => select.value === "owner", await role.elementHandle());

  await page.getByRole("button", { name: "Remove Ada" }).click();
  const question = page.getByRole("dialog", { name: "Remove Ada?" });
  await question.getByRole("button", { name: "Remove member" }).click();
  await question.getByRole("alert").filter({ hasText: "A project needs an owner." }).waitFor();
  await question.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("button", { name: "Remove Ada" }).waitFor();

  const { items } = await ada.get(`/projects/${project.id}/members`);
  const own = items.find((member) => member.name === "Ada");
  assert.equal(own.role, "owner");
  assert.deepEqual(faults({ [`409 ${membersPath()}/${own.user_id}`]: 2 }), []);
});

test("a viewer sees the keys and no button, and the API refuses the same", async (t) => {
  const viewer = await addPerson(server, ada, "Viewer", { project });
  const window = await browser.another(viewer.cookie);
  t.after(() => window.close());
  const { page, faults } = window;

  await page.goto(address("/mcp-servers"));
  await page.getByRole("cell", { name: KEY }).waitFor();
  await page.getByText("You are a viewer").waitFor();
  const tabs = await page.getByRole("tablist", { name: "Project" }).getByRole("tab").allInnerTexts();
  assert.deepEqual(tabs, ["Overview", "MCP Servers", "Memory", "Members"]);
  for (const name of ["Add MCP Server", /^Delete/, /^More for/]) {
    assert.equal(await page.getByRole("button", { name }).count(), 0, `${name}`);
  }

  // Links that open a dialog or a panel for others.
  for (const doing of ["delete", "edit", "rotate"]) {
    await page.goto(address(`/mcp-servers?${doing}=${key.id}`));
    await page.getByRole("cell", { name: KEY }).waitFor();
    await page.getByText("You are a viewer").waitFor();
    assert.equal(await page.getByRole("dialog").count(), 0, doing);
    assert.equal(await page.getByRole("button", { name: "Make a new secret" }).count(), 0, doing);
  }

  await page.goto(address("/members"));
  await page.getByRole("cell", { name: "ada@example.com" }).waitFor();
  await page.getByText("You are a viewer").waitFor();
  assert.equal(await page.getByLabel("Add a member by e-mail address").count(), 0);
  assert.equal(await page.getByLabel(/^Role of/).count(), 0);
  assert.equal(await page.getByRole("button", { name: /^Remove/ }).count(), 0);

  await page.goto(address("/settings"));
  await page.getByText("Owners can change the settings.").waitFor();
  assert.equal(await page.getByRole("button", { name: /Save settings|Archive project/ }).count(), 0);

  const refused = [
    ["POST", "/keys", { description: KEY }],
    ["PATCH", `/keys/${key.id}`, { description: "Analytics Dashboard" }],
    ["POST", `/keys/${key.id}/rotate`, { overlap_seconds: 0 }],
    ["DELETE", `/keys/${key.id}/overlap`],
    ["DELETE", `/keys/${key.id}`],
    ["POST", "/members", { email: "ada@example.com", role: "viewer" }],
    ["PATCH", `/members/${viewer.user.id}`, { role: "owner" }],
    ["DELETE", `/members/${viewer.user.id}`],
    ["PATCH", "", { name: "Mine" }],
    ["DELETE", ""],
    ["GET", "/audit"],
  ];
  assert.deepEqual(await statuses(viewer.api, refused), all(refused, 403));
  assert.deepEqual(faults(), []);
});

test("a viewer who opens the audit log by its address is told whom to ask", async (t) => {
  const reader = await addPerson(server, ada, "Reader", { project, role: "viewer" });
  const window = await browser.another(reader.cookie);
  t.after(() => window.close());
  const { page, faults } = window;
  const refused = page.waitForEvent("console", (message) => message.type() === "error");
  await page.goto(address("/audit"));
  await page.getByText("Editors and owners can read the audit log.").waitFor();
  await refused;
  assert.equal(await page.getByRole("link", { name: /^Export/ }).count(), 0);
  assert.equal(await page.getByRole("table", { name: "Audit log" }).count(), 0);
  // The log is asked for at the same time as the project, before the role is known.
  assert.deepEqual(faults({ [`403 /api/v1/projects/${project.id}/audit`]: 1 }), []);
});

test("an editor makes and deletes keys, and manages neither members nor settings", async (t) => {
  const maker = await addPerson(server, ada, "Maker", { project, role: "editor" });
  const window = await browser.another(maker.cookie);
  t.after(() => window.close());
  const { page, faults } = window;

  await page.goto(address("/mcp-servers"));
  await page.getByText("You are an editor").waitFor();
  await page.getByRole("button", { name: "Add MCP Server" }).click();
  const form = page.getByRole("dialog", { name: "Add MCP Server" });
  await form.getByLabel("Description").fill("Team Member - Maker");
  await form.getByRole("button", { name: "Generate" }).click();
  await page.getByRole("dialog", { name: "API key created" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Close anyway" }).click();
  await page.getByRole("button", { name: "Delete Team Member - Maker" }).click();
  await page.getByRole("button", { name: "Delete key" }).click();
  await page.getByText(/Access ended\./).waitFor();

  await page.getByRole("tab", { name: "Audit log" }).click();
  await page.getByRole("cell", { name: /deleted the key.*Team Member - Maker/ }).waitFor();
  await page.getByRole("tab", { name: "Members" }).click();
  await page.getByRole("cell", { name: "ada@example.com" }).waitFor();
  assert.equal(await page.getByLabel("Add a member by e-mail address").count(), 0);
  assert.equal(await page.getByRole("button", { name: /^Remove/ }).count(), 0);
  await page.getByRole("tab", { name: "Settings" }).click();
  await page.getByText("Owners can change the settings.").waitFor();

  const refused = [
    ["POST", "/members", { email: "ada@example.com", role: "viewer" }],
    ["PATCH", `/members/${maker.user.id}`, { role: "owner" }],
    ["DELETE", `/members/${maker.user.id}`],
    ["PATCH", "", { name: "Mine" }],
    ["DELETE", ""],
  ];
  assert.deepEqual(await statuses(maker.api, refused), all(refused, 403));
  assert.deepEqual(faults(), []);
});

test("a stranger finds no such project, neither in the app nor in the API", async (t) => {
  const stranger = await addPerson(server, ada, "Stranger");
  const window = await browser.another(stranger.cookie);
  t.after(() => window.close());
  const { page, faults } = window;

  await page.goto(address("/mcp-servers"));
  await page.getByRole("heading", { name: "There is no such project" }).waitFor();
  assert.equal(await page.getByText("Memory Lake").count(), 0, "its name is not told");
  await page.getByRole("link", { name: "All your projects" }).click();
  await page.getByRole("heading", { name: "No projects yet" }).waitFor();

  const calls = [["GET", ""], ["GET", "/keys"], ["GET", "/members"], ["GET", "/audit"], ["DELETE", ""]];
  assert.deepEqual(await statuses(stranger.api, calls), all(calls, 404));
  // The list of keys is asked for at the same time as the project.
  const base = `/api/v1/projects/${project.id}`;
  assert.deepEqual(faults({ [`404 ${base}`]: 1, [`404 ${base}/keys`]: 1 }), []);
});

test("a member who is removed loses the project at once", async (t) => {
  const guest = await addPerson(server, ada, "Guest", { project, role: "editor" });
  const window = await browser.another(guest.cookie);
  t.after(() => window.close());
  const { page, faults } = window;

  await page.goto(address("/mcp-servers"));
  await page.getByRole("button", { name: "Add MCP Server" }).click();
  await ada.remove(`/projects/${project.id}/members/${guest.user.id}`);
  const form = page.getByRole("dialog", { name: "Add MCP Server" });
  await form.getByLabel("Description").fill("Too late");
  await form.getByRole("button", { name: "Generate" }).click();
  await form.getByRole("alert").waitFor();
  assert.equal(await form.getByLabel("Description").inputValue(), "Too late");
  const { items } = await ada.get(`/projects/${project.id}/keys?q=Too%20late`);
  assert.deepEqual(items, []);
  // Once for the form, once for the list behind it, which is read again after a refusal.
  assert.deepEqual(faults({ [`404 /api/v1/projects/${project.id}/keys`]: 2 }), []);
});
