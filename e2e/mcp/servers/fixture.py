"""An MCP server on the official Python SDK that speaks both eras, with what `@modelcontextprotocol/conformance` asks of
a server: its tools, resources and prompts have the names and answers that the suite's scenarios describe. Beside them
`hold`, a call that lasts as long as it is told, and `counter`, which says how many of those run.

    python fixture.py PORT
"""

import base64
import json
import sys
from typing import Annotated, Any

import anyio
import mcp_types as types
from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.prompts.base import Message, UserMessage
from mcp.server.transport_security import TransportSecuritySettings
from mcp.shared.exceptions import MCPError
from mcp.shared.message import ServerMessageMetadata
from pydantic import Field

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=="
SILENCE = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA="

server = MCPServer("fixture", version="1.0.0", instructions="A server to test against.", log_level="INFO")
subscribed: set[str] = set()
running = 0


def text(value: str) -> types.TextContent:
    return types.TextContent(type="text", text=value)


def image() -> types.ImageContent:
    return types.ImageContent(type="image", data=PIXEL, mime_type="image/png")


def embedded(uri: str, mime_type: str, content: str) -> types.EmbeddedResource:
    resource = types.TextResourceContents(uri=uri, mime_type=mime_type, text=content)
    return types.EmbeddedResource(type="resource", resource=resource)


def result(*content: types.ContentBlock) -> types.CallToolResult:
    return types.CallToolResult(content=list(content))


def form(message: str, properties: dict[str, Any], required: list[str]) -> types.ElicitRequest:
    schema = {"type": "object", "properties": properties, "required": required}
    return types.ElicitRequest(params=types.ElicitRequestFormParams(message=message, requested_schema=schema))


def sampling(prompt: str, max_tokens: int = 100) -> types.CreateMessageRequest:
    message = types.SamplingMessage(role="user", content=text(prompt))
    return types.CreateMessageRequest(
        params=types.CreateMessageRequestParams(messages=[message], max_tokens=max_tokens)
    )


async def ask_legacy(ctx: Context, request: Any, answer: type[Any]) -> Any:
    """A request to the client in the middle of a call, on that call's own stream, as it is until 2025-11-25."""
    related = ServerMessageMetadata(related_request_id=ctx.request_id)
    return await ctx.session.send_request(request, answer, metadata=related)


# Calls that take their time.


@server.tool()
async def hold(ctx: Context, seconds: float, steps: int = 0) -> types.CallToolResult:
    """Waits, and reports its progress in so many steps."""
    global running
    running += 1
    try:
        for step in range(max(steps, 1)):
            await anyio.sleep(seconds / max(steps, 1))
            if steps:
                await ctx.report_progress(step + 1, steps, f"Step {step + 1}")
    finally:
        running -= 1
    return result(text("Held."))


@server.tool()
async def counter() -> types.CallToolResult:
    """How many calls of `hold` run."""
    return result(text(str(running)))


@server.tool()
async def headers(ctx: Context) -> types.CallToolResult:
    """The request's headers as they arrived."""
    return result(text(json.dumps(dict(ctx.headers or {}))))


# What the conformance suite calls.


@server.tool()
async def test_simple_text() -> types.CallToolResult:
    """Returns text."""
    return result(text("This is a simple text response for testing."))


@server.tool()
async def test_image_content() -> types.CallToolResult:
    """Returns an image."""
    return result(image())


@server.tool()
async def test_audio_content() -> types.CallToolResult:
    """Returns audio."""
    return result(types.AudioContent(type="audio", data=SILENCE, mime_type="audio/wav"))


@server.tool()
async def test_embedded_resource() -> types.CallToolResult:
    """Returns a resource."""
    return result(embedded("test://embedded-resource", "text/plain", "This is an embedded resource content."))


@server.tool()
async def test_multiple_content_types() -> types.CallToolResult:
    """Returns text, an image and a resource."""
    data = json.dumps({"test": "data", "value": 123})
    mixed = embedded("test://mixed-content-resource", "application/json", data)
    return result(text("Multiple content types test:"), image(), mixed)


@server.tool()
async def test_tool_with_logging(ctx: Context) -> types.CallToolResult:
    """Logs while it runs."""
    for place, message in enumerate(["started", "processing data", "completed"]):
        await anyio.sleep(0.05 if place else 0)
        await ctx.info(f"Tool {message}" if "data" in message else f"Tool execution {message}")
    return result(text("Logged."))


@server.tool()
async def test_error_handling() -> types.CallToolResult:
    """Always fails."""
    content = [text("This tool intentionally returns an error for testing")]
    return types.CallToolResult(content=content, is_error=True)


@server.tool()
async def test_tool_with_progress(ctx: Context) -> types.CallToolResult:
    """Reports progress."""
    for progress in (0, 50, 100):
        await anyio.sleep(0.05 if progress else 0)
        await ctx.report_progress(progress, 100)
    return result(text("Done."))


@server.tool()
async def test_sampling(ctx: Context, prompt: str) -> types.CallToolResult:
    """Asks the client's model."""
    answer = await ask_legacy(ctx, sampling(prompt), types.CreateMessageResult)
    said = answer.content.text if isinstance(answer.content, types.TextContent) else ""
    return result(text(f"LLM response: {said}"))


async def elicited(ctx: Context, request: types.ElicitRequest, prefix: str) -> types.CallToolResult:
    answer = await ask_legacy(ctx, request, types.ElicitResult)
    return result(text(f"{prefix}: action={answer.action}, content={json.dumps(answer.content)}"))


@server.tool()
async def test_elicitation(ctx: Context, message: str) -> types.CallToolResult:
    """Asks the person."""
    properties = {
        "username": {"type": "string", "description": "User's response"},
        "email": {"type": "string", "description": "User's email address"},
    }
    return await elicited(ctx, form(message, properties, ["username", "email"]), "User response")


@server.tool()
async def test_elicitation_sep1034_defaults(ctx: Context) -> types.CallToolResult:
    """Asks the person, with defaults."""
    properties = {
        "name": {"type": "string", "default": "John Doe"},
        "age": {"type": "integer", "default": 30},
        "score": {"type": "number", "default": 95.5},
        "status": {"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
        "verified": {"type": "boolean", "default": True},
    }
    return await elicited(ctx, form("Please review", properties, []), "Elicitation completed")


@server.tool()
async def test_elicitation_sep1330_enums(ctx: Context) -> types.CallToolResult:
    """Asks the person to choose."""
    values = ["value1", "value2", "value3"]
    titled = [{"const": value, "title": f"Option {value[-1]}"} for value in values]
    options = ["option1", "option2", "option3"]
    legacy = {"type": "string", "enum": ["opt1", "opt2", "opt3"], "enumNames": ["Option One", "Option Two", "Option Three"]}
    properties = {
        "untitledSingle": {"type": "string", "enum": options},
        "titledSingle": {"type": "string", "oneOf": titled},
        "legacyEnum": legacy,
        "untitledMulti": {"type": "array", "items": {"type": "string", "enum": options}},
        "titledMulti": {"type": "array", "items": {"anyOf": titled}},
    }
    return await elicited(ctx, form("Please choose", properties, []), "Elicitation completed")


# Calls of 2026-07-28 that need something of the client: they answer with what they need, and are called again.

NAME = {"name": {"type": "string"}}


def needs(requests: dict[str, Any], state: str | None = None) -> types.InputRequiredResult:
    return types.InputRequiredResult(input_requests=requests, request_state=state)


def answered(ctx: Context, key: str) -> dict[str, Any] | None:
    """The client's answer under that key, if it has the shape of one."""
    value = (ctx.input_responses or {}).get(key)
    dumped = value.model_dump(by_alias=True, exclude_none=True) if hasattr(value, "model_dump") else value
    return dumped if isinstance(dumped, dict) else None


@server.tool()
async def test_input_required_result_elicitation(ctx: Context) -> types.CallToolResult | types.InputRequiredResult:
    """Needs a name."""
    answer = answered(ctx, "user_name")
    name = ((answer or {}).get("content") or {}).get("name")
    if not isinstance(name, str):
        return needs({"user_name": form("What is your name?", NAME, ["name"])})
    return result(text(f"Hello, {name}!"))


@server.tool()
async def test_input_required_result_sampling(ctx: Context) -> types.CallToolResult | types.InputRequiredResult:
    """Needs the client's model."""
    answer = answered(ctx, "capital_question")
    if answer is None:
        return needs({"capital_question": sampling("What is the capital of France?")})
    return result(text(json.dumps(answer.get("content"))))


@server.tool()
async def test_input_required_result_list_roots(ctx: Context) -> types.CallToolResult | types.InputRequiredResult:
    """Needs the client's roots."""
    answer = answered(ctx, "client_roots")
    if answer is None:
        return needs({"client_roots": types.ListRootsRequest()})
    return result(text(json.dumps(answer.get("roots"), default=str)))


@server.tool()
async def test_input_required_result_request_state(ctx: Context) -> types.CallToolResult | types.InputRequiredResult:
    """Needs a confirmation, and its state back."""
    if answered(ctx, "confirm") is None or ctx.request_state != "confirming":
        confirm = form("Please confirm", {"ok": {"type": "boolean"}}, ["ok"])
        return needs({"confirm": confirm}, "confirming")
    return result(text("state-ok"))


@server.tool()
async def test_input_required_result_multi_round(ctx: Context) -> types.CallToolResult | types.InputRequiredResult:
    """Needs two answers, one after the other."""
    if ctx.request_state == "second" and answered(ctx, "step2"):
        return result(text("Both steps are done."))
    if ctx.request_state == "first" and answered(ctx, "step1"):
        colour = form("Step 2: What is your favorite color?", {"color": {"type": "string"}}, ["color"])
        return needs({"step2": colour}, "second")
    return needs({"step1": form("Step 1: What is your name?", NAME, ["name"])}, "first")


@server.tool()
async def test_input_required_result_multiple_inputs(ctx: Context) -> types.CallToolResult | types.InputRequiredResult:
    """Needs three answers at once."""
    requests = {
        "user_name": form("What is your name?", NAME, ["name"]),
        "greeting": sampling("Generate a greeting", 50),
        "client_roots": types.ListRootsRequest(),
    }
    if not all(answered(ctx, key) for key in requests):
        return needs(requests, "asked")
    return result(text("All three are here."))


@server.tool()
async def test_input_required_result_tampered_state(ctx: Context) -> types.CallToolResult | types.InputRequiredResult:
    """Needs its state back as it was; the SDK seals it."""
    if ctx.request_state is None:
        confirm = form("Please confirm", {"ok": {"type": "boolean"}}, ["ok"])
        return needs({"confirm": confirm}, "sealed")
    return result(text("The state is as it was."))


@server.tool()
async def test_input_required_result_capabilities(ctx: Context) -> types.CallToolResult | types.InputRequiredResult:
    """Needs only what the client can do."""
    capabilities = ctx.client_capabilities or types.ClientCapabilities()
    requests: dict[str, Any] = {}
    if capabilities.elicitation:
        requests["user_name"] = form("What is your name?", NAME, ["name"])
    if capabilities.sampling:
        requests["greeting"] = sampling("Generate a greeting", 50)
    return needs(requests) if not ctx.input_responses else result(text("Thank you."))


@server.tool()
async def test_missing_capability(ctx: Context) -> types.CallToolResult:
    """Is for clients with a model only."""
    if not (ctx.client_capabilities and ctx.client_capabilities.sampling):
        raise MCPError(
            code=types.MISSING_REQUIRED_CLIENT_CAPABILITY,
            message="This tool needs sampling.",
            data={"requiredCapabilities": {"sampling": {}}},
        )
    return result(text("The client can sample."))


@server.tool()
async def test_streaming_elicitation(ctx: Context) -> types.CallToolResult | types.InputRequiredResult:
    """Needs a name."""
    return await test_input_required_result_elicitation(ctx)


@server.tool()
async def test_logging_tool(ctx: Context) -> types.CallToolResult:
    """Logs, for those who ask for it."""
    await ctx.info("This is logged.")
    return result(text("Logged."))


Region = Annotated[str, Field(json_schema_extra={"x-mcp-header": "Region"})]


@server.tool()
async def test_custom_header(region: Region) -> types.CallToolResult:
    """Has an argument that is a header, too."""
    return result(text(region))


# Resources and prompts.


@server.resource("test://static-text", name="static-text", description="A text.", mime_type="text/plain")
def static_text() -> str:
    return "This is the content of the static text resource."


@server.resource("test://static-binary", name="static-binary", description="An image.", mime_type="image/png")
def static_binary() -> bytes:
    return base64.b64decode(PIXEL)


@server.resource("test://template/{id}/data", name="template", description="Data by id.", mime_type="application/json")
def template(id: str) -> str:
    return json.dumps({"id": id, "templateTest": True, "data": f"Data for ID: {id}"})


@server.prompt()
def test_simple_prompt() -> str:
    """A prompt."""
    return "This is a simple prompt for testing."


@server.prompt()
def test_prompt_with_arguments(arg1: str, arg2: str) -> str:
    """A prompt with arguments."""
    return f"Prompt with arguments: arg1='{arg1}', arg2='{arg2}'"


@server.prompt()
def test_prompt_with_embedded_resource(resourceUri: str) -> list[Message]:
    """A prompt with a resource."""
    content = embedded(resourceUri, "text/plain", "Embedded resource content for testing.")
    return [UserMessage(content), UserMessage("Please process the embedded resource above.")]


@server.prompt()
def test_prompt_with_image() -> list[Message]:
    """A prompt with an image."""
    return [UserMessage(image()), UserMessage("Please analyze the image above.")]


@server.prompt()
async def test_input_required_result_prompt(ctx: Context) -> str | types.InputRequiredResult:
    """A prompt that needs something first."""
    answer = answered(ctx, "user_context")
    if answer is None:
        context = form("What context should the prompt use?", {"context": {"type": "string"}}, ["context"])
        return needs({"user_context": context})
    return f"In the context of {(answer.get('content') or {}).get('context')}"


@server.completion()
async def complete(_ref: Any, argument: types.CompletionArgument, _context: Any) -> types.Completion:
    values = [word for word in ("paris", "park", "party") if word.startswith(argument.value)]
    return types.Completion(values=values, total=len(values), has_more=False)


async def subscribe(_ctx: Any, params: types.SubscribeRequestParams) -> types.EmptyResult:
    subscribed.add(str(params.uri))
    return types.EmptyResult()


async def unsubscribe(_ctx: Any, params: types.UnsubscribeRequestParams) -> types.EmptyResult:
    subscribed.discard(str(params.uri))
    return types.EmptyResult()


async def set_level(_ctx: Any, _params: types.SetLevelRequestParams) -> types.EmptyResult:
    return types.EmptyResult()


if __name__ == "__main__":
    lowlevel = server._lowlevel_server
    lowlevel.add_request_handler("resources/subscribe", types.SubscribeRequestParams, subscribe)
    lowlevel.add_request_handler("resources/unsubscribe", types.UnsubscribeRequestParams, unsubscribe)
    lowlevel.add_request_handler("logging/setLevel", types.SetLevelRequestParams, set_level)
    port = int(sys.argv[1])
    print(f"starting on port {port}", flush=True)
    server.run(
        "streamable-http",
        port=port,
        transport_security=TransportSecuritySettings(
            allowed_hosts=["127.0.0.1:*", "localhost:*"],
            allowed_origins=["http://127.0.0.1:*", "http://localhost:*"],
        ),
    )
