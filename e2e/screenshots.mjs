// Takes a picture of every scene, wide and narrow, light and dark, for people to look at: test-output/screenshots/.
// Six of them go into docs/images/, for the README.
//
//     LATCHKEY_BIN=path/to/latchkey CHROMIUM=/usr/bin/chromium node screenshots.mjs [names of scenes]
//
// With names, only those scenes are taken.

import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { smaller } from "./lib/png.mjs";
import { SCENES } from "./lib/scenes.mjs";
import { openTheatre } from "./lib/theatre.mjs";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const SHOTS = join(ROOT, "test-output/screenshots");
const IMAGES = join(ROOT, "docs/images");

const WIDE = { width: 1280, height: 800 };
const NARROW = { width: 360, height: 740 };

/** The README's pictures: the scene, the colours, the file's name, and what is scrolled to. */
const CHOSEN = [
  { scene: "sign-in", scheme: "light", file: "sign-in" },
  { scene: "mcp-servers", scheme: "light", file: "mcp-servers" },
  { scene: "add-good-name", scheme: "dark", file: "add-mcp-server" },
  { scene: "one-time", scheme: "light", file: "one-time-dialog" },
  { scene: "rotate-verified", scheme: "dark", file: "rotation", top: ".rotation" },
  { scene: "overview", scheme: "dark", file: "overview", top: ".panel:has(.chart)" },
];

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

const names = process.argv.slice(2);
const unknown = names.filter((name) => !SCENES.some((scene) => scene.name === name));
if (unknown.length > 0) throw new Error(`no such scene: ${unknown.join(", ")}`);
const scenes = SCENES.filter(({ name }) => names.length === 0 || names.includes(name));

if (names.length === 0) await rm(SHOTS, { recursive: true, force: true });
for (const folder of [SHOTS, IMAGES]) await mkdir(folder, { recursive: true });
const theatre = await openTheatre({ viewport: WIDE, reducedMotion: "reduce" });
try {
  for (const scene of scenes) await theatre.show(scene, (page) => take(page, scene.name), dress);
} finally {
  await theatre.close();
}
console.log(`${scenes.length} scenes are in test-output/screenshots`);

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

/** Makes the answers look as those of a server that has been in use for weeks, behind a name of its own. */
async function dress(page, world) {
  await page.route("**/api/v1/**", async (route) => {
    const { pathname } = new URL(route.request().url());
    // The stream of a key's events has no end.
    if (pathname.endsWith("/events")) return route.fallback();
    const response = await route.fetch();
    const text = (await response.text()).replaceAll(world.server.origin, PUBLIC_ORIGIN);
    if (!pathname.includes(world.lake.id) || !response.ok()) return route.fulfill({ response, body: text });
    const answer = JSON.parse(text);
    if (pathname.endsWith("/usage")) answer.hours = busyDay();
    for (const [place, item] of (answer.items ?? []).entries()) age(item.key ?? item, place);
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
