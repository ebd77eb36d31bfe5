// Takes a picture of every scene, wide and narrow, light and dark, for people to look at: test-output/screenshots/.
// Six of them go into docs/images/, for the README. What the guides show goes into docs/guides/images/.
//
//     LATCHKEY_BIN=path/to/latchkey CHROMIUM=/usr/bin/chromium node screenshots.mjs [names of scenes] [guides]
//
// With names, only those scenes are taken, and the guides' pictures of them; with `guides`, all of the guides' pictures.

import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { smaller } from "./lib/png.mjs";
import { SCENES } from "./lib/scenes.mjs";
import { openTheatre } from "./lib/theatre.mjs";
import { press } from "./lib/ways.mjs";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const SHOTS = join(ROOT, "test-output/screenshots");
const IMAGES = join(ROOT, "docs/images");
const GUIDE_IMAGES = join(ROOT, "docs/guides/images");

const WIDE = { width: 1280, height: 800 };
const NARROW = { width: 360, height: 740 };
/** So high that no dialog of the guides' pictures scrolls. */
const GUIDE = { width: 900, height: 1600 };

/** The README's pictures: the scene, the colours, the file's name, and what is scrolled to. */
const CHOSEN = [
  { scene: "sign-in", scheme: "light", file: "sign-in" },
  { scene: "mcp-servers", scheme: "light", file: "mcp-servers" },
  { scene: "add-good-name", scheme: "dark", file: "add-mcp-server" },
  { scene: "one-time", scheme: "light", file: "one-time-dialog" },
  { scene: "rotate-verified", scheme: "dark", file: "rotation", top: ".rotation" },
  { scene: "overview", scheme: "dark", file: "overview", top: ".panel:has(.chart)" },
];

/**
 * The guides' pictures: the file's name, the scene, what is done in it `then`, and what is cut out: from the top of the
 * first of `of` to the bottom of the last, as wide as the first, with a `margin` round it and another `below`. `isUsed`
 * makes the keys look as if they had been in use for weeks.
 */
const GUIDE_CHOSEN = [
  { file: "mcp-servers", scene: "mcp-servers-empty", of: ["header.bar", ".empty"], margin: 0, below: 24 },
  { file: "describe", scene: "add-good-name", of: ["dialog"] },
  { file: "weak-name", scene: "add-weak-name", of: ["dialog .field", "dialog .suggestions"] },
  { file: "secret", scene: "one-time", of: ["dialog", "dialog .copy-field"], margin: 0, below: 16 },
  { file: "endpoint-url", scene: "one-time", of: ["dialog .copy-field >> nth=1", "dialog .first-call"] },
  { file: "key-made", scene: "one-time", then: closeUnsaved, of: [".section-head", ".table-frame"] },
  { file: "rotate", scene: "rotate-make", of: [".rotation"], isUsed: true },
  { file: "rotate-verified", scene: "rotate-verified", of: [".rotation"], isUsed: true },
  { file: "delete", scene: "delete", of: ["dialog"], isUsed: true },
  { file: "receipt", scene: "delete-receipt", of: [".toast"] },
  { file: "find-key", scene: "find-key-found", of: [".page-head", ".page-head ~ div .panel"], isUsed: true },
  { file: "keys-in-urls", scene: "settings", of: [".field:has(input[type=checkbox])"] },
];

/** What the guides' pictures call every project, and its slug. */
const GUIDE_PROJECT = { name: "Memory Lake", slug: "memory-lake" };

/** The ends of the secrets in the guides' pictures, in the order in which they come; beyond them it starts again. */
const HINTS = ["a1B2", "c3D4", "e5F6", "g7H8"];

/** Where the pictures pretend that the server is. */
const PUBLIC_ORIGIN = "https://keys.example.com";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** How long ago a key of the full project was made and used: a server that has just started knows nothing old. */
const AGES = {
  "Production - Claude Integration": { made: 41 * DAY, used: 2 * MINUTE },
  "Team Member - Ada": { made: 35 * DAY, used: 26 * MINUTE },
  "Analytics Dashboard - Read Only": { made: 34 * DAY, used: 3 * 60 * MINUTE },
  "Development - Testing": { made: 27 * DAY, used: 2 * DAY },
};
const AGE = { made: 12 * DAY, used: 5 * DAY };

const words = process.argv.slice(2);
const names = words.filter((word) => word !== "guides");
const unknown = names.filter((name) => !SCENES.some((scene) => scene.name === name));
if (unknown.length > 0) throw new Error(`no such scene: ${unknown.join(", ")}`);
const isAll = words.length === 0;
const scenes = SCENES.filter(({ name }) => isAll || names.includes(name));
const pictures = GUIDE_CHOSEN.filter(({ scene }) => isAll || words.includes("guides") || names.includes(scene));

if (isAll) await rm(SHOTS, { recursive: true, force: true });
for (const folder of [SHOTS, IMAGES, GUIDE_IMAGES]) await mkdir(folder, { recursive: true });
const theatre = await openTheatre({ viewport: WIDE, reducedMotion: "reduce" });
try {
  for (const scene of scenes) await theatre.show(scene, (page) => take(page, scene.name), dress);
  const stages = [theatre.world.empty, theatre.world.workshop];
  const real = stages.map(({ name, slug }) => ({ name, slug }));
  // The scenes wait for the name that the pages show.
  for (const project of stages) project.name = GUIDE_PROJECT.name;
  for (const picture of pictures) await takeForGuide(picture, real);
} finally {
  await theatre.close();
}
console.log(`${scenes.length} scenes are in test-output/screenshots, ${pictures.length} pictures in docs/guides/images`);

async function take(page, scene) {
  const hasDialog = (await page.getByRole("dialog").count()) > 0;
  for (const size of [WIDE, NARROW]) {
    await page.setViewportSize(size);
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      const chosen = CHOSEN.find((one) => one.scene === scene && one.scheme === colorScheme);
      if (chosen && size === WIDE) await takeForReadme(page, chosen);
      // What is fixed in the window is drawn where the page was scrolled to.
      if (!hasDialog) await page.evaluate(() => scrollTo(0, 0));
      await page.screenshot({
        path: join(SHOTS, `${scene}-${size.width}-${colorScheme}.png`),
        // A dialog is centred in the window, not on the page.
        fullPage: !hasDialog,
      });
    }
  }
}

async function takeForReadme(page, { file, top }) {
  if (top) await page.locator(top).evaluate((element) => element.scrollIntoView());
  await writeFile(join(IMAGES, `${file}.png`), smaller(await page.screenshot()));
}

async function takeForGuide({ file, scene, then, of, margin = 16, below = margin, isUsed }, projects) {
  const look = async (page) => {
    await then?.(page);
    const first = await page.locator(of[0]).first().boundingBox();
    const last = await page.locator(of.at(-1)).first().boundingBox();
    const x = Math.max(0, first.x - margin);
    const y = Math.max(0, first.y - margin);
    const width = Math.min(GUIDE.width, first.x + first.width + margin) - x;
    const clip = { x, y, width, height: last.y + last.height + below - y };
    await writeFile(join(GUIDE_IMAGES, `${file}.png`), smaller(await page.screenshot({ clip })));
  };
  const prepare = async (page, world) => {
    await page.setViewportSize(GUIDE);
    await page.emulateMedia({ colorScheme: "light" });
    const used = isUsed ? [world.lake, world.workshop] : [world.lake];
    await dress(page, world, { used, rewrite: asInGuides(projects) });
  };
  await theatre.show(SCENES.find(({ name }) => name === scene), look, prepare);
}

/** Leaves the one-time dialog without a copy, for which these pages have no permission. */
async function closeUnsaved(page) {
  await page.keyboard.press("Escape");
  await press(page, "Close anyway");
  await page.getByRole("dialog").first().waitFor({ state: "detached" });
}

/** Rewrites answers for the guides: these projects are theirs, no secret is one, and callers come from afar. */
function asInGuides(projects) {
  const ends = new Map();
  const endOf = (real) => {
    if (!ends.has(real)) ends.set(real, HINTS[ends.size % HINTS.length]);
    return ends.get(real);
  };
  return (text) => {
    let rewritten = text
      .replaceAll(/lk_[0-9A-Za-z]{32}([0-9A-Za-z]{4})\b/g, (_, end) => `lk_EXAMPLEexampleEXAMPLEexample0000${endOf(end)}`)
      .replaceAll(/lk_…([0-9A-Za-z]{4})/g, (_, end) => `lk_…${endOf(end)}`)
      .replaceAll('"127.0.0.1"', '"203.0.113.7"');
    for (const { name, slug } of projects) {
      rewritten = rewritten
        .replaceAll(`"name":"${name}"`, `"name":"${GUIDE_PROJECT.name}"`)
        .replaceAll(`/${slug}/mcp`, `/${GUIDE_PROJECT.slug}/mcp`);
    }
    return rewritten;
  };
}

/**
 * Makes the answers look as those of a server that has been in use for weeks, behind a name of its own: in the projects
 * `used`, as for the rest `rewrite` says.
 */
async function dress(page, world, { used = [world.lake], rewrite = (text) => text } = {}) {
  await page.route("**/api/v1/**", async (route) => {
    const { pathname } = new URL(route.request().url());
    // The stream of a key's events has no end.
    if (pathname.endsWith("/events")) return route.fallback();
    const response = await route.fetch();
    const text = rewrite((await response.text()).replaceAll(world.server.origin, PUBLIC_ORIGIN));
    if (!used.some(({ id }) => pathname.includes(id)) || !response.ok()) return route.fulfill({ response, body: text });
    const answer = JSON.parse(text);
    if (pathname.endsWith("/usage")) answer.hours = busyDay();
    const items = answer.items ?? (answer.hint ? [answer] : []);
    for (const [place, item] of items.entries()) age(item.key ?? item, place);
    return route.fulfill({ response, json: answer });
  });
}

/** Sets the times of a key, a member or an event back. */
function age(item, place) {
  const { made, used } = AGES[item.description] ?? AGE;
  const back = (name, span) => {
    if (item[name]) item[name] = new Date(Date.parse(item[name]) - span).toISOString();
  };
  back("created_at", made);
  back("last_used_at", used);
  back("revoked_at", used);
  back("at", place * 47 * MINUTE);
  if (item.secrets?.length === 2) ageRotation(item.secrets);
}

/** Sets the times of a rotation back: the new secret is in use, and the old one has not been for a while. */
function ageRotation([fresh, old]) {
  const back = (secret, name, span) => {
    if (secret[name]) secret[name] = new Date(Date.parse(secret[name]) - span).toISOString();
  };
  back(fresh, "created_at", 20 * MINUTE);
  back(fresh, "last_used_at", 2 * MINUTE);
  back(old, "last_used_at", 18 * MINUTE);
  back(old, "retires_at", 20 * MINUTE);
}

/** Calls of the last 24 hours: few at night, many by day, always the same. */
function busyDay() {
  const thisHour = Math.floor(Date.now() / (60 * MINUTE));
  return Array.from({ length: 24 }, (_, place) => {
    const accepted = Math.round(140 + 120 * Math.sin((place - 7) / 3.8) + ((place * 37) % 29));
    const refused = place === 9 ? 34 : place % 5 === 0 ? 3 : 0;
    const hour = new Date((thisHour - 23 + place) * 60 * MINUTE).toISOString();
    return { hour, accepted, refused, via_header: accepted, via_url: 0, via_verify: 0 };
  });
}
