"""The official Python SDK, which speaks both eras.

Reads one JSON object a line, does what it asks of the SDK, and writes one line with what came of it. Requests run side
by side, so that one may wait while others go on.
"""

import asyncio
import json
import logging
import sys
import warnings
from typing import Any

import httpx2
import mcp_types as types
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import MCP_DEFAULT_SSE_READ_TIMEOUT, MCP_DEFAULT_TIMEOUT

MODES = {"legacy": "legacy", "auto": "auto", "modern": "2026-07-28"}


def write(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def tell(event: str, **detail: Any) -> None:
    write({"event": event, **detail})


def dump(value: Any) -> Any:
    if hasattr(value, "model_dump"):
        return value.model_dump(by_alias=True, mode="json", exclude_none=True)
    return value


async def sample(_context: Any, params: types.CreateMessageRequestParams) -> types.CreateMessageResult:
    tell("asked", method="sampling/createMessage")
    last = params.messages[-1].content
    text = last.text if isinstance(last, types.TextContent) else ""
    return types.CreateMessageResult(
        role="assistant",
        model="test-model",
        stop_reason="endTurn",
        content=types.TextContent(type="text", text=f"An answer to: {text}"),
    )


async def elicit(_context: Any, _params: types.ElicitRequestParams) -> types.ElicitResult:
    tell("asked", method="elicitation/create")
    return types.ElicitResult(action="accept", content={"name": "Ada", "check": True})


async def roots(_context: Any) -> types.ListRootsResult:
    tell("asked", method="roots/list")
    return types.ListRootsResult(roots=[types.Root(uri="file:///srv/ada", name="Ada's notes")])


async def notified(message: Any) -> None:
    if isinstance(message, Exception):
        tell("error", message=str(message))
    elif isinstance(message, (types.LoggingMessageNotification, types.ResourceUpdatedNotification)):
        tell("notified", method=message.method, params=dump(message.params))


class Connection:
    """One connection, kept open by a task of its own: the SDK wants to be left by the task that entered it."""

    def __init__(self, how: dict[str, Any]) -> None:
        self.how = how
        self.ready: asyncio.Future[Client] = asyncio.get_running_loop().create_future()
        self.leave = asyncio.Event()
        self.task = asyncio.create_task(self.hold())

    async def hold(self) -> None:
        try:
            timeout = httpx2.Timeout(MCP_DEFAULT_TIMEOUT, read=MCP_DEFAULT_SSE_READ_TIMEOUT)
            async with httpx2.AsyncClient(headers=self.how.get("headers"), timeout=timeout) as http:
                client = Client(
                    streamable_http_client(self.how["url"], http_client=http),
                    mode=MODES[self.how.get("era", "auto")],
                    client_info=types.Implementation(name="python-sdk", version="2.0.0"),
                    sampling_callback=sample,
                    elicitation_callback=elicit,
                    list_roots_callback=roots,
                    message_handler=notified,
                )
                async with client:
                    self.ready.set_result(client)
                    await self.leave.wait()
        except BaseException as error:
            if self.ready.done():
                raise
            self.ready.set_exception(error)

    async def request(self, op: str, what: dict[str, Any]) -> Any:
        client = self.ready.result()
        match op:
            case "list_tools":
                return await client.list_tools(cursor=what.get("cursor"))
            case "call_tool":
                name = what["name"]

                async def progress(at: float, total: float | None, message: str | None) -> None:
                    known = {"progress": at, "total": total, "message": message}
                    tell("progress", name=name, at={key: value for key, value in known.items() if value is not None})

                callback = progress if what.get("progress") else None
                return await client.call_tool(name, what.get("arguments", {}), progress_callback=callback)
            case "list_resources":
                return await client.list_resources(cursor=what.get("cursor"))
            case "list_templates":
                return await client.list_resource_templates()
            case "read_resource":
                return await client.read_resource(what["uri"])
            case "list_prompts":
                return await client.list_prompts()
            case "get_prompt":
                return await client.get_prompt(what["name"], what.get("arguments"))
            case "complete":
                ref = types.PromptReference if what["ref"]["type"] == "ref/prompt" else types.ResourceTemplateReference
                return await client.complete(ref.model_validate(what["ref"]), what["argument"])
            case "ping":
                return await client.send_ping()
            case "set_level":
                return await client.set_logging_level(what["level"])
            case "subscribe":
                return await client.subscribe_resource(what["uri"])
            case "unsubscribe":
                return await client.unsubscribe_resource(what["uri"])
        raise ValueError(f"no request {op}")

    async def about(self) -> dict[str, Any]:
        client = await self.ready
        return {
            "server": dump(client.server_info),
            "protocol": client.protocol_version,
            "capabilities": dump(client.server_capabilities),
            "instructions": client.instructions,
        }

    async def close(self) -> None:
        self.leave.set()
        await self.task


def shown(error: BaseException) -> dict[str, Any]:
    """An error as a program that uses the SDK can show it; of a group, the one that caused the others."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    known = {"name": type(error).__name__, "message": str(error)}
    detail = getattr(error, "error", None)
    if detail is not None:
        known |= {"code": detail.code, "data": detail.data}
    return known


class Program:
    def __init__(self) -> None:
        self.connection: Connection | None = None

    async def perform(self, op: str, what: dict[str, Any]) -> Any:
        if op == "connect":
            self.connection = Connection(what)
            return await self.connection.about()
        if self.connection is None:
            raise ValueError("not connected")
        if op == "close":
            connection, self.connection = self.connection, None
            return await connection.close()
        return await self.connection.request(op, what)

    async def answer(self, line: str) -> None:
        what = json.loads(line)
        number, op = what.pop("id"), what.pop("op")
        try:
            write({"id": number, "ok": dump(await self.perform(op, what))})
        except BaseException as error:
            write({"id": number, "error": shown(error)})
            if isinstance(error, (KeyboardInterrupt, SystemExit)):
                raise

    async def run(self) -> None:
        lines = asyncio.StreamReader(limit=2**24)
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
        running = set()
        while line := await lines.readline():
            task = asyncio.create_task(self.answer(line.decode()))
            running.add(task)
            task.add_done_callback(running.discard)


if __name__ == "__main__":
    # To stderr, where the test reads what the SDK has to say.
    logging.basicConfig(level=logging.INFO)
    # What 2026-07-28 has dropped is still asked of servers of 2025.
    warnings.simplefilter("ignore")
    asyncio.run(Program().run())
