// Every page and every dialog of the app, each with the way to it.
//
// A scene is `{ name, who, open, refusals }`: `open(page, world)` brings a fresh tab of `who` (one of the world's people,
// or `nobody`) there and comes back when it is all to be seen; `refusals` are the console messages that belong to it, as
// `faults()` of a window takes them. What a scene makes, it makes in the world's workshop.

import { SOME } from "./browser.mjs";
import { fillSignIn, PASSWORD } from "./people.mjs";
import {
  account,
  add,
  askToDelete,
  askToRotate,
  at,
  describe,
  find,
  generate,
  keys,
  memories,
  more,
  newToken,
  oddKey,
  press,
  pretendSession,
  pretendTest,
  projects,
  refuseOnce,
  rotated,
  row,
  secondFactor,
  tab,
  upstream,
  users,
  verified,
} from "./ways.mjs";

/** Clients of the one-time dialog's Connect group whose snippets look unlike the first one's. */
const CLIENTS = ["claude.ai / Claude Desktop", "Claude Desktop via mcp-remote", "VS Code", "Codex", "curl"];

/** All scenes, in the order of a walk through the app. */
export const SCENES = [
  // At the door.
  scene("setup", "nobody", async (page, world) => {
    await pretendSession(page, { user: null, setup_needed: true });
    await at(page, world, "/setup", "Set up Latchkey");
  }),
  scene("setup-with-token", "nobody", async (page, world) => {
    await pretendSession(page, { user: null, setup_needed: true });
    await at(page, world, "/setup#token=EXAMPLE", "Set up Latchkey");
    await page.getByText("The setup token came with the address.").waitFor();
  }),
  scene("sign-in", "nobody", (page, world) => at(page, world, "/sign-in", "Sign in")),
  scene(
    "sign-in-refused",
    "nobody",
    async (page, world) => {
      await at(page, world, "/sign-in", "Sign in");
      await page.getByLabel("E-mail").fill("nobody@example.com");
      await page.getByLabel("Password").fill("not the password");
      await press(page, "Sign in");
      await page.getByRole("alert").waitFor();
    },
    { "401 /api/v1/session": 1 },
  ),
  scene(
    "sign-in-code",
    "nobody",
    async (page, world) => {
      await at(page, world, "/sign-in", "Sign in");
      await fillSignIn(page, { email: "guarded@example.com", password: PASSWORD });
      await page.getByLabel("Code").waitFor();
    },
    { "401 /api/v1/session": 1 },
  ),
  scene("claim", "nobody", async (page, world) => {
    await at(page, world, "/claim#token=EXAMPLE", "Choose a password");
    await page.getByLabel("New password").waitFor();
  }),
  scene("claim-incomplete", "nobody", async (page, world) => {
    await at(page, world, "/claim", "Choose a password");
    await page.getByText("The link is not complete").waitFor();
  }),
  scene(
    "unreachable",
    "nobody",
    async (page, world) => {
      await page.route("**/api/v1/session", (route) => route.abort("connectionrefused"));
      await at(page, world, "/projects", "The server can't be reached");
    },
    { "ERR_CONNECTION_REFUSED /api/v1/session": SOME },
  ),
  scene("insecure-http", "nobody", async (page, world) => {
    await pretendSession(page, { insecure_http: true });
    await at(page, world, "/sign-in", "Sign in");
    await page.getByText("This connection is not encrypted").waitFor();
  }),
  scene("not-found", "ada", (page, world) => at(page, world, "/nowhere", "Nothing here")),

  // Projects.
  scene("projects-empty", "newcomer", async (page, world) => {
    await at(page, world, "/projects", "Projects");
    await page.getByText("No projects yet").waitFor();
  }),
  scene("projects", "ada", (page, world) => projects(page, world)),
  scene("account-menu", "ada", async (page, world) => {
    await projects(page, world);
    await page.getByRole("button", { name: "your account" }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).waitFor();
  }),
  scene("new-project", "ada", async (page, world) => {
    await projects(page, world);
    await press(page, "New project");
    await page.getByLabel("Name").fill("Travel Desk");
    await page.getByText("/travel-desk/mcp/v1").waitFor();
  }),
  scene(
    "project-not-found",
    "newcomer",
    async (page, world) => {
      await page.goto(`${world.server.origin}/projects/${world.lake.id}`);
      await page.getByText("There is no such project").waitFor();
    },
    { "404 *": SOME },
  ),
  scene("overview", "ada", async (page, world) => {
    await tab(page, world, world.lake);
    await page.getByText("Calls per hour").first().waitFor();
    await page.locator(".care-item").first().waitFor();
    await page.getByRole("table", { name: "Recent calls" }).waitFor();
  }),
  scene("overview-table", "ada", async (page, world) => {
    await tab(page, world, world.lake);
    await page.getByText("Numbers as a table").click();
    await page.getByRole("region", { name: "Calls per hour" }).waitFor();
    await page.locator(".care-item").first().waitFor();
  }),
  scene("overview-empty", "ada", async (page, world) => {
    await tab(page, world, world.empty);
    await page.getByText("No calls in this time.").first().waitFor();
    await page.getByText("No key needs care").waitFor();
    await page.getByText("Nobody has called the endpoint").waitFor();
  }),

  // MCP Servers.
  scene("mcp-servers-empty", "ada", async (page, world) => {
    await tab(page, world, world.empty, "/mcp-servers");
    await page.getByText("No keys yet").waitFor();
  }),
  scene("mcp-servers", "ada", (page, world) => keys(page, world)),
  scene("mcp-servers-as-viewer", "viewer", (page, world) => keys(page, world)),
  scene("mcp-servers-menu", "ada", async (page, world) => {
    await keys(page, world);
    await page.getByRole("button", { name: "More for Team Member - Ada" }).click();
    await page.getByRole("menuitem", { name: "Disable" }).waitFor();
  }),
  scene("mcp-servers-no-match", "ada", async (page, world) => {
    await tab(page, world, world.lake, "/mcp-servers?q=nothing");
    await page.getByText("No key fits").waitFor();
  }),
  scene("mcp-servers-revoked", "ada", async (page, world) => {
    await keys(page, world);
    await press(page, "Revoked");
    await row(page, "Old laptop").waitFor();
  }),
  scene("add", "ada", (page, world) => add(page, world)),
  scene("add-weak-name", "ada", async (page, world) => {
    await add(page, world);
    await page.getByLabel("Description").fill("Key 1");
    await page.locator(".guidance:not(.good)").waitFor();
    await page.getByLabel("Expires").selectOption("date");
    await page.getByLabel("Last day").waitFor();
  }),
  scene("add-good-name", "ada", async (page, world) => {
    await add(page, world);
    await describe(page);
  }),

  // The one-time dialog.
  scene("one-time", "ada", (page, world) => generate(page, world)),
  scene("one-time-shown", "ada", async (page, world) => {
    await generate(page, world);
    await press(page, "Show secret");
    await press(page, "Show endpoint URL");
    await page.getByRole("button", { name: "Show secret", pressed: true }).waitFor();
  }),
  ...CLIENTS.map((client) =>
    scene(`one-time-${client.toLowerCase().replaceAll(/[^a-z]+/g, "-")}`, "ada", async (page, world) => {
      await generate(page, world);
      const choice = page.getByRole("tab", { name: client, exact: true });
      await choice.click();
      await page.locator(".connect .copy-field").last().scrollIntoViewIfNeeded();
    }),
  ),
  scene("one-time-copy-failed", "ada", async (page, world) => {
    await page.addInitScript(() => {
      Object.defineProperty(navigator, "clipboard", { value: undefined });
      document.execCommand = () => false;
    });
    await generate(page, world);
    await press(page, "Copy secret");
    await page.getByText("press Ctrl+C").waitFor();
  }),
  scene("one-time-gate", "ada", async (page, world) => {
    await generate(page, world);
    await page.keyboard.press("Escape");
    await page.getByRole("dialog", { name: "You won't see this secret again" }).waitFor();
  }),
  scene("one-time-first-call", "ada", async (page, world) => {
    const created = await generate(page, world);
    await world.call(created, { client: "claude-code/2.1.0" });
    await page.getByText("First call from claude-code/2.1.0").scrollIntoViewIfNeeded();
  }),

  // Delete.
  scene("delete", "ada", (page, world) => askToDelete(page, world)),
  scene("delete-again", "ada", async (page, world) => {
    await askToDelete(page, world);
    await press(page, "Delete key");
    await page.getByText("This key is in use").waitFor();
  }),
  scene("delete-receipt", "ada", async (page, world) => {
    await askToDelete(page, world);
    await press(page, "Delete key");
    await press(page, "End access now");
    await page.getByText("Access ended.").waitFor();
    await page.getByRole("dialog").waitFor({ state: "detached" });
  }),

  // Rotation.
  scene("rotate-make", "ada", (page, world) => askToRotate(page, world)),
  scene("rotate-make-at-once", "ada", async (page, world) => {
    await askToRotate(page, world);
    await page.getByLabel("How long the old secret still works").selectOption("0");
    await page.getByText("Without an overlap its callers get 401").waitFor();
  }),
  scene("rotate-secret", "ada", async (page, world) => {
    await askToRotate(page, world);
    await press(page, "Make a new secret");
    await page.getByRole("dialog", { name: "New secret made" }).waitFor();
  }),
  scene("rotate-update", "ada", (page, world) => rotated(page, world)),
  scene("rotate-verified", "ada", async (page, world) => {
    await verified(page, world);
  }),
  scene("rotate-end", "ada", async (page, world) => {
    await verified(page, world);
    await press(page, "End the old secret now");
    await page.getByRole("dialog", { name: "End the old secret?" }).waitFor();
  }),
  scene("rotate-done", "ada", async (page, world) => {
    await verified(page, world);
    await press(page, "End the old secret now");
    await page.getByRole("dialog").getByRole("button", { name: "End the old secret" }).click();
    await page.locator(".rotation").getByRole("button", { name: "Done" }).waitFor();
  }),

  // Edit and disable.
  scene("edit", "ada", async (page, world) => {
    await keys(page, world);
    await more(page, "Development - Testing", "Edit");
    await page.getByRole("dialog", { name: "Edit key" }).waitFor();
  }),
  scene("disable", "ada", async (page, world) => {
    await keys(page, world);
    await more(page, "Development - Testing", "Disable");
    await page.getByRole("dialog", { name: "Disable this key?" }).waitFor();
  }),

  // What the memory server keeps.
  scene("memories-empty", "ada", async (page, world) => {
    await tab(page, world, world.empty, "/memories");
    await page.getByText("Nothing is remembered yet").waitFor();
  }),
  scene("memories", "ada", (page, world) => memories(page, world)),
  scene("memories-as-viewer", "viewer", (page, world) => memories(page, world)),
  scene("memories-whole-text", "ada", async (page, world) => {
    await memories(page, world);
    await page.getByText("Whole text").first().click();
  }),
  scene("memories-no-match", "ada", async (page, world) => {
    await tab(page, world, world.lake, "/memories?q=nothing");
    await page.getByText("No memory fits").waitFor();
  }),
  scene("memory-delete", "ada", async (page, world) => {
    await memories(page, world);
    await page.getByRole("button", { name: "Delete this memory" }).first().click();
    await page.getByRole("dialog", { name: "Delete this memory?" }).waitFor();
  }),

  // The project's other tabs.
  scene("members", "ada", async (page, world) => {
    await tab(page, world, world.lake, "/members");
    await row(page, "viewer@example.com").waitFor();
  }),
  scene(
    "members-unknown",
    "ada",
    async (page, world) => {
      await tab(page, world, world.lake, "/members");
      await row(page, "viewer@example.com").waitFor();
      await page.getByLabel("Add a member by e-mail address").fill("nobody@example.com");
      await press(page, "Add member");
      await page.getByText("belongs to no user").waitFor();
    },
    { "422 *": 1 },
  ),
  scene("member-remove", "ada", async (page, world) => {
    await tab(page, world, world.lake, "/members");
    await page.getByRole("button", { name: "Remove Viewer" }).click();
    await page.getByRole("dialog").waitFor();
  }),
  scene("audit", "ada", async (page, world) => {
    await tab(page, world, world.lake, "/audit");
    await page.locator("tbody tr").nth(5).waitFor();
  }),
  scene("settings", "ada", async (page, world) => {
    await tab(page, world, world.lake, "/settings");
    await page.getByLabel("Allowed web origins").waitFor();
  }),
  scene("settings-upstream", "ada", (page, world) => upstream(page, world)),
  scene("settings-upstream-replace", "ada", async (page, world) => {
    await upstream(page, world);
    await page.getByRole("button", { name: "Replace" }).first().click();
    await press(page, "Add header");
    await page.getByRole("group", { name: "Header 3" }).waitFor();
  }),
  scene(
    "settings-upstream-refused",
    "ada",
    async (page, world) => {
      await upstream(page, world);
      await page.getByLabel("URL of the MCP server").fill("https://other.example.com/mcp");
      await press(page, "Save backend");
      await page.getByText("no value of this header is stored").first().waitFor();
    },
    { "422 *": 1 },
  ),
  scene("settings-upstream-tested", "ada", async (page, world) => {
    await upstream(page, world);
    await pretendTest(page, { ok: true, server_name: "Weather Station", server_version: "1.4.0", tools: 5, problem: null });
    await press(page, "Test connection");
    await page.getByText("Weather Station 1.4.0 answered").waitFor();
  }),
  scene("settings-upstream-unreachable", "ada", async (page, world) => {
    await upstream(page, world);
    const problem = "The server did not answer within 20 seconds. Check the URL, and that the server runs.";
    await pretendTest(page, { ok: false, server_name: null, server_version: null, tools: 0, problem });
    await press(page, "Test connection");
    await page.getByText(problem).waitFor();
  }),
  scene("archive", "ada", async (page, world) => {
    await tab(page, world, world.lake, "/settings");
    await press(page, "Archive project");
    await page.getByLabel("Slug of the project").fill("memory-la");
  }),

  // The person.
  scene("account", "ada", (page, world) => account(page, world)),
  scene("new-token", "ada", async (page, world) => {
    await account(page, world);
    await press(page, "New token");
    await page.getByRole("dialog", { name: "New management token" }).waitFor();
  }),
  scene("token-created", "ada", (page, world) => newToken(page, world)),
  scene("token-gate", "ada", async (page, world) => {
    await newToken(page, world);
    await page.keyboard.press("Escape");
    await page.getByText("You won't see this token again").waitFor();
  }),
  scene("token-revoke", "ada", async (page, world) => {
    await account(page, world);
    await page.getByRole("button", { name: "Revoke Deploy script" }).click();
    await page.getByRole("dialog").waitFor();
  }),

  scene("second-factor", "newcomer", (page, world) => secondFactor(page, world)),
  scene("second-factor-codes", "newcomer", async (page, world) => {
    const recovery_codes = Array(10).fill("ABCD-EFGH-IJKL-MNOP-QRST-UVWX");
    await page.route("**/me/second-factor/confirm", (route) => route.fulfill({ json: { recovery_codes } }));
    await secondFactor(page, world);
    await page.getByRole("textbox", { name: "Code" }).fill("123456");
    await press(page, "Turn on");
    await press(page, "Show recovery codes");
    await page.getByRole("button", { name: "Show recovery codes", pressed: true }).waitFor();
  }),
  scene("second-factor-off", "guarded", async (page, world) => {
    await at(page, world, "/account", "Account");
    await press(page, "Turn off");
    await page.getByRole("dialog", { name: "Turn off the second factor?" }).waitFor();
  }),
  scene("second-factor-asked-for", "newcomer", async (page, world) => {
    await pretendSession(page, { requires_second_factor: true });
    await at(page, world, "/projects", "One more step");
  }),

  // Names as nobody expects them.
  scene("odd-projects", "viewer", async (page, world) => {
    await at(page, world, "/projects", "Projects");
    await page.getByRole("link", { name: world.odd.name }).waitFor();
  }),
  scene("odd-overview", "viewer", async (page, world) => {
    await tab(page, world, world.odd);
    await page.getByText("Calls per hour").first().waitFor();
    await page.getByText("No key needs care").waitFor();
  }),
  scene("odd-mcp-servers", "viewer", (page, world) => oddKey(page, world)),
  scene("odd-delete", "viewer", async (page, world) => {
    await oddKey(page, world);
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("dialog", { name: "Delete this key?" }).getByText("Last used").waitFor();
  }),
  scene("odd-disable", "viewer", async (page, world) => {
    await oddKey(page, world);
    await page.getByRole("button", { name: "More for" }).click();
    await page.getByRole("menuitem", { name: "Disable" }).click();
    await page.getByRole("dialog", { name: "Disable this key?" }).waitFor();
  }),
  scene("odd-rotate", "viewer", async (page, world) => {
    await oddKey(page, world);
    await page.getByRole("button", { name: "More for" }).click();
    await page.getByRole("menuitem", { name: "Rotate" }).click();
    await page.getByLabel("How long the old secret still works").waitFor();
  }),
  scene("odd-memories", "viewer", async (page, world) => {
    await tab(page, world, world.odd, "/memories");
    await page.getByRole("button", { name: "Delete this memory" }).first().waitFor();
  }),
  scene("odd-audit", "viewer", async (page, world) => {
    await tab(page, world, world.odd, "/audit");
    await page.locator("tbody tr").nth(1).waitFor();
  }),

  // Administration.
  scene("users", "ada", (page, world) => users(page, world)),
  scene("users-as-member", "editor", async (page, world) => {
    await at(page, world, "/users", "Users");
    await page.getByText("Only administrators manage users").waitFor();
  }),
  scene("add-user", "ada", async (page, world) => {
    await users(page, world);
    await press(page, "Add user");
    await page.getByRole("dialog", { name: "Add user" }).waitFor();
  }),
  scene("sign-in-link", "ada", async (page, world) => {
    await users(page, world);
    await page.getByRole("button", { name: "Actions for Viewer" }).click();
    await page.getByRole("menuitem", { name: "Make a sign-in link" }).click();
    await page.getByRole("dialog", { name: "Sign-in link" }).waitFor();
  }),
  scene("disable-user", "ada", async (page, world) => {
    await users(page, world);
    await page.getByRole("button", { name: "Actions for Editor" }).click();
    await page.getByRole("menuitem", { name: "Disable…" }).click();
    await page.getByRole("dialog", { name: "Disable Editor?" }).waitFor();
  }),
  scene("disable-user-keys", "ada", async (page, world) => {
    const leaver = await world.newLeaver();
    await users(page, world);
    await page.getByRole("button", { name: `Actions for ${leaver}` }).click();
    await page.getByRole("menuitem", { name: "Disable…" }).click();
    await press(page, "Disable user");
    await page.getByText("These keys were made by them").waitFor();
  }),

  scene("reset-second-factor", "ada", async (page, world) => {
    await users(page, world);
    await page.getByRole("button", { name: "Actions for Guarded" }).click();
    await page.getByRole("menuitem", { name: "Reset second factor…" }).click();
    await page.getByRole("dialog", { name: "Reset the second factor of Guarded?" }).waitFor();
  }),

  // Anywhere.
  scene(
    "confirm-password",
    "ada",
    async (page, world) => {
      await account(page, world);
      await refuseOnce(page, "**/api/v1/me/sessions");
      await press(page, "End all others");
      await page.getByRole("dialog", { name: "Confirm your password" }).waitFor();
    },
    { "403 /api/v1/me/sessions": 1 },
  ),

  // Find a key.
  scene("find-key", "ada", (page, world) => at(page, world, "/find-key", "Find a key")),
  scene("find-key-found", "ada", async (page, world) => {
    const created = await world.newKey({ description: "Analytics Dashboard" });
    await find(page, world, created.secret);
    await page.getByRole("button", { name: "Revoke this key" }).waitFor();
  }),
  scene("find-key-revoke", "ada", async (page, world) => {
    const created = await world.newKey({ description: "Analytics Dashboard" });
    await find(page, world, created.secret);
    await press(page, "Revoke this key");
    await page.getByRole("dialog").waitFor();
  }),
  scene("find-key-unknown", "ada", async (page, world) => {
    await find(page, world, "lk_000000000000000000000000000000000000");
    await page.getByText("No key that you may see").waitFor();
  }),
];

function scene(name, who, open, refusals = {}) {
  return { name, who, open, refusals };
}
