// Every page and every dialog for everybody: axe-core finds nothing, nothing is cut off on a narrow screen, and nothing
// moves for people who asked for that.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import axe from "axe-core/axe.min.js";

import { SCENES } from "../lib/scenes.mjs";
import { openTheatre } from "../lib/theatre.mjs";

/** So high that no dialog scrolls: what lies below the edge, or below a dialog's sticky buttons, axe-core can't judge. */
const WIDE = { width: 1280, height: 2000 };
const NARROW = { width: 360, height: 740 };

/** The rules for WCAG 2.2 AA, and what axe-core recommends beyond it. */
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/**
 * Those of them that look at colours: axe-core's category `cat.color`, but for AAA. Nothing else differs between the
 * colour schemes, so in the dark all other rules would only find once more what they have found in the light.
 */
const RULES_ABOUT_COLOUR = ["color-contrast", "link-in-text-block"];

/** What axe-core runs in each colour scheme. */
const SCHEMES = {
  light: { type: "tag", values: TAGS },
  dark: { type: "rule", values: RULES_ABOUT_COLOUR },
};

let theatre;

before(async () => {
  theatre = await openTheatre({ viewport: WIDE, reducedMotion: "reduce" });
});

after(() => theatre?.close());

for (const scene of SCENES) {
  test(`“${scene.name}” is for everybody`, () =>
    theatre.show(scene, async (page) => {
      const found = [];
      const note = (where, faults) => found.push(...faults.map((fault) => `${where}: ${fault}`));
      // Not a script tag, which the Content-Security-Policy would refuse.
      await page.evaluate(axe.source);
      for (const [colorScheme, runOnly] of Object.entries(SCHEMES)) {
        await page.emulateMedia({ colorScheme });
        note(colorScheme, await violations(page, runOnly));
      }
      note("reduced motion", await page.evaluate(whatMoves));
      await page.setViewportSize(NARROW);
      note(`${NARROW.width} px`, await page.evaluate(whatDoesNotFit));
      assert.deepEqual(found, []);
    }));
}

/** What axe-core objects to with those rules, one sentence each. */
async function violations(page, runOnly) {
  const found = await page.evaluate(
    (runOnly) => window.axe.run(document, { runOnly, resultTypes: ["violations"] }),
    runOnly,
  );
  return found.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(" ")}: ${failureSummary}`),
  );
}

/** Runs in the page: animations, and transitions that would take time. */
function whatMoves() {
  const seconds = (list) => Math.max(...list.split(",").map((time) => parseFloat(time) / (time.includes("ms") ? 1000 : 1)));
  const moving = document
    .getAnimations()
    .filter((animation) => animation.playState === "running")
    .map((animation) => `${animation.effect.target.className} is moving`);
  for (const element of document.querySelectorAll("*")) {
    for (const pseudo of [null, "::before", "::after"]) {
      const style = getComputedStyle(element, pseudo);
      if (seconds(style.transitionDuration) > 0.01) moving.push(`${element.className}${pseudo ?? ""} has a transition`);
      if (style.animationName !== "none" && seconds(style.animationDuration) > 0.01) {
        moving.push(`${element.className}${pseudo ?? ""} has an animation`);
      }
    }
  }
  return moving;
}

/** Runs in the page: what is wider than its place, or cut off there. */
function whatDoesNotFit() {
  const name = (element) => `${element.localName}.${[...element.classList].join(".")}`;
  const root = document.documentElement;
  const wrong = [];
  if (root.scrollWidth > root.clientWidth) wrong.push(`the page scrolls sideways: ${root.scrollWidth} px`);
  for (const element of document.body.querySelectorAll("*")) {
    // What is only for screen readers is a pixel wide; fields scroll by themselves while one types.
    const isShown = element.checkVisibility({ visibilityProperty: true }) && element.clientWidth > 1;
    if (!isShown || element.matches("input, select, textarea, svg, svg *")) continue;
    const style = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    const isTooWide = element.scrollWidth > element.clientWidth + 1 && style.display !== "inline";
    if (isTooWide && /auto|scroll/.test(style.overflowX)) wrong.push(`${name(element)} scrolls sideways`);
    const isExplained = style.textOverflow === "ellipsis" && element.closest("[title], [aria-label]");
    if (isTooWide && /hidden|clip/.test(style.overflowX) && !isExplained) wrong.push(`${name(element)} is cut off`);
    // A project's card has the first lines of its description only, and shows so.
    const isTooHigh = element.scrollHeight > element.clientHeight + 2 && style.webkitLineClamp === "none";
    if (isTooHigh && /hidden|clip/.test(style.overflowY)) wrong.push(`${name(element)} is cut off below`);
    if (box.right > root.clientWidth + 1 || box.left < -1) wrong.push(`${name(element)} leaves the screen`);
  }
  return wrong;
}
