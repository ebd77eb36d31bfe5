// What a page still holds: for the promise that nothing keeps a secret after its dialog was closed.

import assert from "node:assert/strict";

/** How long a piece of a secret has to be to count: long enough never to turn up by chance. */
const PIECE = 12;

/** What the bytes of a secret are combined with on their way to the page. */
const DISGUISE = 0x55;

/**
 * Looks through a page for a secret, after a forced garbage collection. The result has the names of the `places` that
 * hold a piece of it, and in `wasm` how often it stands in WebAssembly's memory.
 *
 * The secret itself is never sent to the page: what the page has is brought here, or looked through for disguised
 * bytes.
 */
export async function placesWith(context, page, secret) {
  const pieces = piecesOf(secret);
  const found = [];
  const look = (place, text) => {
    if (pieces.some((piece) => text.includes(piece))) found.push(place);
  };
  for (const [place, text] of Object.entries(await visibleState(page))) look(place, text);

  const session = await context.newCDPSession(page);
  await session.send("HeapProfiler.enable");
  // Twice: what finalizers let go is collected by the second.
  await session.send("HeapProfiler.collectGarbage");
  await session.send("HeapProfiler.collectGarbage");
  look("JavaScript heap", await heapSnapshot(session));
  const wasm = await countInWasm(session, secret);
  await session.detach();
  return { places: found, wasm };
}

/** Everything of a page that a person or a script could read without a debugger. */
async function visibleState(page) {
  const state = await page.evaluate(async () => ({
    DOM: document.documentElement.outerHTML,
    fields: [...document.querySelectorAll("input, textarea, select")].map(({ value }) => value),
    selection: String(getSelection()),
    localStorage: { ...localStorage },
    sessionStorage: { ...sessionStorage },
    caches: await caches.keys(),
    databases: await indexedDB.databases(),
    "history.state": history.state,
    location: location.href,
    "performance entries": performance.getEntries().map((entry) => entry.toJSON()),
    "document.title": document.title,
    "window.name": window.name,
  }));
  return Object.fromEntries(Object.entries(state).map(([place, value]) => [place, JSON.stringify(value ?? "")]));
}

async function heapSnapshot(session) {
  const chunks = [];
  const add = ({ chunk }) => chunks.push(chunk);
  session.on("HeapProfiler.addHeapSnapshotChunk", add);
  await session.send("HeapProfiler.takeHeapSnapshot", { reportProgress: false });
  session.off("HeapProfiler.addHeapSnapshotChunk", add);
  return chunks.join("");
}

/**
 * How often a secret stands in WebAssembly's memory, which heap snapshots leave out. It belongs to the app's code
 * alone: no other script gets at it without a debugger, as this does.
 */
async function countInWasm(session, secret) {
  const { result: prototype } = await session.send("Runtime.evaluate", {
    expression: "WebAssembly.Memory.prototype",
  });
  const { objects } = await session.send("Runtime.queryObjects", { prototypeObjectId: prototype.objectId });
  const { result } = await session.send("Runtime.callFunctionOn", {
    objectId: objects.objectId,
    functionDeclaration: String(countInMemories),
    // Disguised, so that looking for it does not put it there.
    arguments: [{ value: [...Buffer.from(secret)].map((byte) => byte ^ DISGUISE) }, { value: DISGUISE }],
    returnByValue: true,
  });
  await session.send("Runtime.releaseObject", { objectId: objects.objectId });
  if (result.value === undefined) throw new Error("the page has no WebAssembly memory to look through");
  return result.value;
}

/** Runs in the page, with all its memories as `this`. */
function countInMemories(disguised, disguise) {
  if (this.length === 0) return undefined;
  let times = 0;
  for (const memory of this) {
    const bytes = new Uint8Array(memory.buffer);
    const first = disguised[0] ^ disguise;
    for (let at = bytes.indexOf(first); at >= 0; at = bytes.indexOf(first, at + 1)) {
      if (disguised.every((byte, place) => bytes[at + place] === (byte ^ disguise))) times++;
    }
  }
  return times;
}

/** Overlapping pieces of a secret's random part. Its last four characters are shown in the list, and are in none. */
function piecesOf(secret) {
  const body = secret.slice(secret.indexOf("_") + 1, -4);
  assert.ok(body.length >= 2 * PIECE, "a secret has two pieces");
  return Array.from({ length: body.length - PIECE + 1 }, (_, at) => body.slice(at, at + PIECE));
}
