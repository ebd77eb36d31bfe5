// Where scenes are shown.

import { openBrowser } from "./browser.mjs";
import { openWorld } from "./world.mjs";

/**
 * A world, a Chromium, and a way through the scenes: `show(scene, look)` opens the scene in a tab of its own, lets
 * `look(page)` see it, closes the tab and tidies up; `prepare(page, world)` comes before all that. `contextOptions` are
 * Playwright's. A scene during which a page did what it must not do throws.
 */
export async function openTheatre(contextOptions = {}) {
  const world = await openWorld();
  const browser = await openBrowser(world.server.origin, undefined, contextOptions);
  const windows = { nobody: browser };
  for (const [who, cookie] of Object.entries(world.people)) windows[who] = await browser.another(cookie, contextOptions);
  return {
    world,
    async show({ who, open, refusals }, look, prepare = () => {}) {
      const window = windows[who];
      const page = await window.context.newPage();
      try {
        await prepare(page, world);
        await open(page, world);
        await look(page);
      } finally {
        await page.close();
        await world.tidy();
      }
      const faults = window.faults(refusals);
      if (faults.length > 0) throw new Error(faults.join("\n"));
    },
    async close() {
      await browser.close();
      await world.stop();
    },
  };
}
