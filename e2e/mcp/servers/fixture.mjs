// Our own server on the official Python SDK (`fixture.py`), on a free port.

import { fileURLToPath } from "node:url";

import { python } from "../clients.mjs";
import { startUpstream } from "./everything.mjs";

const PROGRAM = fileURLToPath(new URL("fixture.py", import.meta.url));

/** Starts it and gives its `url`, `logs()` and `stop()`. */
export function startFixture() {
  return startUpstream((port) => ({
    command: python(),
    args: [PROGRAM, String(port)],
    env: { PATH: process.env.PATH },
    ready: /Uvicorn running on/,
  }));
}
