// A running Latchkey for the MCP tests, with Ada as its administrator.

import { apiAs } from "../lib/api.mjs";
import { setUp, startServer } from "../lib/server.mjs";

/** Lets projects have an upstream on this machine. */
const LOOPBACK = { LATCHKEY_UPSTREAM_ALLOW: "127.0.0.0/8" };

/**
 * Starts a server.
 *
 * The result has
 * - the `server`, and `api`, Ada's;
 * - `newProject({ upstream, headers, ...fields })`, whose backend is that upstream or else the memory server; it has
 *   `endpoint`, its URL, and `path`, its place in the API;
 * - `newKey(project, fields)`, which gives `{ key, secret, path }`;
 * - `revoke(made)`, which gives the receipt;
 * - `stop()`.
 */
export async function openSite({ env } = {}) {
  const server = await startServer({ env: { ...LOOPBACK, ...env } });
  const cookie = await setUp(server);
  const api = apiAs(server, cookie);
  let projects = 0;
  return {
    server,
    api,
    cookie,
    async newProject({ upstream, headers = [], ...fields } = {}) {
      const project = await api.post("/projects", { name: `Project ${++projects}` });
      const path = `/projects/${project.id}`;
      const backend = upstream && { kind: "upstream", url: upstream, headers };
      if (backend || Object.keys(fields).length) await api.patch(path, { ...(backend && { backend }), ...fields });
      return { ...project, path, endpoint: `${server.origin}/${project.slug}/mcp/v1` };
    },
    async newKey(project, fields = {}) {
      const made = await api.post(`${project.path}/keys`, {
        description: "Team Member - Ada",
        environment: "development",
        ...fields,
      });
      return { ...made, path: `${project.path}/keys/${made.key.id}` };
    },
    revoke: ({ path }) => api.remove(path),
    stop: () => server.stop(),
  };
}
