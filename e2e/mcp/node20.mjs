// Lets Node 20, the oldest that these tests run on, load the conformance suite, which imports `globSync` from `fs`
// for a command that is not used here.

import { register } from "node:module";

const fs = 'export * from "node:fs"; export { default } from "node:fs"; export const globSync = undefined;';
const hook = `
  const fs = ${JSON.stringify(`data:text/javascript,${encodeURIComponent(fs)}`)};
  export function resolve(specifier, context, next) {
    const isSuite = context.parentURL?.includes("/@modelcontextprotocol/conformance/");
    return specifier === "fs" && isSuite ? { url: fs, shortCircuit: true } : next(specifier, context);
  }`;

if (!("globSync" in (await import("node:fs")))) {
  register(`data:text/javascript,${encodeURIComponent(hook)}`);
}
