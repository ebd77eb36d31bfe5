// The official TypeScript SDK, major version 1: the era of sessions.

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
  LoggingMessageNotificationSchema,
  ResourceUpdatedNotificationSchema,
} from "@modelcontextprotocol/sdk/types.js";

import { ANSWERS, CAPABILITIES, requests, run, tell } from "./loop.mjs";

run(async ({ url, headers, era = "legacy" }) => {
  if (era !== "legacy") throw new Error(`version 1 of the SDK speaks no ${era} protocol`);
  const client = new Client({ name: "ts-sdk-1", version: "1.0.0" }, { capabilities: CAPABILITIES });
  for (const schema of [CreateMessageRequestSchema, ElicitRequestSchema, ListRootsRequestSchema]) {
    client.setRequestHandler(schema, (request) => {
      tell("asked", { method: request.method });
      return ANSWERS[request.method](request.params);
    });
  }
  for (const schema of [LoggingMessageNotificationSchema, ResourceUpdatedNotificationSchema]) {
    client.setNotificationHandler(schema, ({ method, params }) => tell("notified", { method, params }));
  }
  const transport = new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } });
  client.onerror = (error) => tell("error", { message: error.message });
  client.onclose = () => tell("closed");
  await client.connect(transport);
  const known = requests(client, (params, options) => client.callTool(params, undefined, options));
  return {
    about: () => ({
      server: client.getServerVersion(),
      protocol: transport.protocolVersion,
      capabilities: client.getServerCapabilities(),
      instructions: client.getInstructions(),
      session: transport.sessionId,
    }),
    request: (op, what) => known[op](what),
    async close() {
      await transport.terminateSession();
      await client.close();
    },
  };
});
