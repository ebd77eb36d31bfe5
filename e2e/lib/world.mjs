// An instance that looks lived in: people, projects, and keys of every kind, made through the API.

import { apiAs, isTaken, signIn } from "./api.mjs";
import { turnOn } from "./authenticator.mjs";
import { remember } from "./mcp.mjs";
import { addPerson } from "./people.mjs";
import { setUp, startServer } from "./server.mjs";

const DAY = 24 * 3600 * 1000;

/** Mixed directions, an emoji, what looks like HTML, a word without an end: 100 characters, or 200. */
const ODD = "مفتاح لوحة التحليلات 🔑 <b>bold</b> & Ünïcödé – ".padEnd(100, "a-word-that-never-comes-to-an-end-");
const ODD_AND_LONG = ODD + " nightly import of everything that the other one left".padEnd(100, " and more");

/** Nobody calls it. */
const UPSTREAM = {
  kind: "upstream",
  url: "https://mcp.example.com/mcp",
  headers: [
    { name: "Authorization", value: "Bearer upstream-credential" },
    { name: "X-Station", value: "north-of-the-river" },
  ],
};

/** What the full project's clients remember, the newest last. */
const MEMORIES = [
  ["Minutes of the planning\n\n" + Array.from({ length: 12 }, (_, at) => `${at + 1}. A decision, and why.`).join("\n"), ["minutes", "planning"]],
  ["The nightly import runs at 02:00 UTC and takes about ten minutes.", ["operations"]],
  ["Ada prefers release notes in plain words."],
];

/** What the keys of the full project are, the newest last. */
const KEYS = [
  { description: "Old laptop", environment: "development", calls: [{}], revoke: "compromised" },
  { description: "Team Member - Ada (2025)", revoke: "rotated" },
  { description: "Test", calls: [{ client: "python-httpx/0.28.1" }] },
  { description: "" },
  { description: "Key 1", environment: "staging", disable: true },
  { description: "Development - Testing", environment: "development", days: 3, calls: [{ client: "curl/8.14.1" }] },
  { description: "Analytics Dashboard - Read Only", environment: "production", calls: [{ via: "url", client: "Claude-User" }] },
  { description: "Team Member - Ada", environment: "development", days: 90, calls: [{ client: "Cursor/2.0.1" }], rotate: true },
  { description: "Production - Claude Integration", environment: "production", calls: [{ client: "claude-code/2.1.0" }, {}], memories: MEMORIES },
];

/**
 * Starts a server and fills it.
 *
 * The result has
 * - the `server`, and `api`, Ada's;
 * - `people`, their cookies: `ada`, who administers it, `editor`, `viewer`, `newcomer`, who
 *   belongs to no project, and `guarded`, who has a second factor;
 * - the projects: `lake` has all kinds of keys and some memories, `empty` nothing, `relay` a server of the team's own
 *   behind it, `odd`, the viewer's own, names as nobody expects them, and in the `workshop` scenes make and break what
 *   they like;
 * - for the workshop `newKey(fields)`, `rotate(created)`, which gives a key a second secret, `call(created)`, which
 *   calls the endpoint with what was made, `newLeaver()`, which adds somebody whose key is in use and gives their name,
 *   and `tidy()`, which ends all keys there;
 * - `stop()`, which ends the server.
 */
export async function openWorld() {
  const server = await startServer();
  try {
    return await fill(server);
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function fill(server) {
  const ada = await setUp(server);
  const api = apiAs(server, ada);
  // One after the other: lists show the newest first.
  const lake = await api.post("/projects", {
    name: "Memory Lake",
    description: "Notes that our assistants share: decisions, meeting minutes and what customers asked for.",
  });
  const empty = await api.post("/projects", { name: "Sandbox" });
  const relay = await api.post("/projects", { name: "Weather Station" });
  await api.patch(`/projects/${relay.id}`, { backend: UPSTREAM });
  const workshop = await api.post("/projects", { name: "Research Notes", description: "Papers, and what we think of them." });

  const editor = await addPerson(server, api, "Editor", { project: lake });
  const viewer = await addPerson(server, api, "Viewer", { project: lake });
  const newcomer = await addPerson(server, api, "Newcomer");
  const guarded = await addPerson(server, api, "Guarded");
  await turnOn(guarded.api);
  const odd = await addOdd(server, viewer.api);
  for (const wanted of KEYS) await addKey(server, api, lake, wanted);
  // Somebody knocks with what is no key.
  await isTaken(server, lake.slug, "lk_000000000000000000000000000000000000");
  await api.post("/me/tokens", { name: "Deploy script", permissions: ["manage"], expires_at: inDays(90) });
  await signIn(server);

  const path = `/projects/${workshop.id}/keys`;
  let leavers = 0;
  return {
    server,
    api,
    people: {
      ada,
      editor: editor.cookie,
      viewer: viewer.cookie,
      newcomer: newcomer.cookie,
      guarded: guarded.cookie,
    },
    lake,
    empty,
    relay,
    odd,
    workshop,
    newKey: (fields = {}) =>
      api.post(path, { description: "Production - Claude Integration", environment: "production", ...fields }),
    rotate: ({ key }) => api.post(`${path}/${key.id}/rotate`, { overlap_seconds: 24 * 3600 }),
    async newLeaver() {
      const name = `Leaver-${++leavers}`;
      const leaver = await addPerson(server, api, name, { project: workshop, role: "editor" });
      await leaver.api.post(path, { description: "CI runner - Nightly import", environment: "staging" });
      return name;
    },
    call: ({ secret }, how) => isTaken(server, workshop.slug, secret, how),
    async tidy() {
      const { items } = await api.get(`${path}?limit=200`);
      for (const key of items) await api.remove(`${path}/${key.id}`);
    },
    stop: () => server.stop(),
  };
}

async function addOdd(server, api) {
  const project = await api.post("/projects", { name: ODD, description: ODD_AND_LONG, slug: "odd-".padEnd(40, "names") });
  await addKey(server, api, project, { description: ODD_AND_LONG, environment: "staging", calls: [{ client: "a".repeat(64) }], memories: [[ODD_AND_LONG, [ODD.slice(0, 50)]], [ODD]] });
  return project;
}

async function addKey(server, api, project, { description, environment, days, calls = [], memories = [], disable, revoke, rotate }) {
  const path = `/projects/${project.id}/keys`;
  const { key, secret } = await api.post(path, { description, environment, expires_at: days && inDays(days) });
  for (const how of calls) await isTaken(server, project.slug, secret, how);
  for (const [text, tags] of memories) await remember(server, project.slug, secret, text, tags);
  if (rotate) await api.post(`${path}/${key.id}/rotate`, { overlap_seconds: 24 * 3600 });
  if (disable) await api.patch(`${path}/${key.id}`, { disabled: true });
  if (revoke) await api.remove(`${path}/${key.id}?reason=${revoke}`);
}

function inDays(days) {
  return new Date(Date.now() + days * DAY).toISOString();
}
