// How soon somebody sees the sign-in page who has never been here, and what came over the wire for it:
//
//     CHROMIUM=/usr/bin/chromium node first_paint.mjs http://127.0.0.1:8080 5
//
// `cargo xtask bench spa` runs this on a release build. Prints one line of JSON for each visit: milliseconds from the
// navigation's start to the first contentful paint and to the form, and bytes of all answers with their headers. Each
// visit is a profile of its own, so nothing is cached.

import { openBrowser } from "./lib/browser.mjs";

const [origin, visits] = process.argv.slice(2);
const browser = await openBrowser(origin);
try {
  for (let left = Number(visits); left > 0; left--) {
    const visit = await browser.another();
    try {
      console.log(JSON.stringify(await see(visit)));
    } finally {
      await visit.close();
    }
  }
} finally {
  await browser.close();
}

async function see({ page, context }) {
  const wire = await context.newCDPSession(page);
  let bytes = 0;
  let requests = 0;
  wire.on("Network.loadingFinished", ({ encodedDataLength }) => {
    bytes += encodedDataLength;
    requests += 1;
  });
  await wire.send("Network.enable");
  await page.goto(`${origin}/sign-in`);
  await page.getByRole("button", { name: "Sign in" }).waitFor();
  const form_ms = await page.evaluate(() => performance.now());
  const first_contentful_paint_ms = await page.evaluate(
    () =>
      new Promise((resolve) => {
        const seen = (entries) => {
          const paint = entries.find(({ name }) => name === "first-contentful-paint");
          if (paint) resolve(paint.startTime);
        };
        new PerformanceObserver((list) => seen(list.getEntries())).observe({ type: "paint", buffered: true });
      }),
  );
  await page.waitForLoadState("networkidle");
  return { first_contentful_paint_ms, form_ms, bytes, requests };
}
