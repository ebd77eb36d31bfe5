"""What Schemathesis is told of Latchkey: who sends an example, which things are there, and what is no failure."""

import atexit
import json
import os
import random
import re
import tomllib
from collections import Counter
from pathlib import Path

import schemathesis
from schemathesis import cli
from schemathesis.openapi.checks import RejectedPositiveData, UseAfterFree

from living import Living
from server import COOKIE, Person

WORLD = json.loads(os.environ["CONTRACT_WORLD"])
ADA = Person(WORLD["origin"])
LIVING = Living(WORLD["origin"])
CHANCE = random.Random(WORLD["seed"])
IS_ADA = not WORLD["neighbours"]

# Never asked for again because of its age; only because it was refused.
FOR_EVER = 1_000_000


def id_of(operation):
    return operation.definition.raw["operationId"]


# Who sends an example: Ada, unless it is her neighbours. Some end the session, or revoke the token or key: then it is made
# anew, and the example, which was refused, is sent again.


def schemes(operation):
    """The credentials that the document lets in."""
    return {name for way in operation.definition.raw.get("security", []) for name in way}


def by_session(context):
    """What only a person may do, and Ada's own things."""
    allowed = schemes(context.operation)
    return IS_ADA and "session" in allowed and ("token" not in allowed or "me" in context.operation.tags)


def by_token(context):
    return IS_ADA and "token" in schemes(context.operation) and not by_session(context)


def by_key(context):
    return "key" in schemes(context.operation)


@schemathesis.auth(refresh_interval=FOR_EVER).apply_to(by_session)
class Session:
    def get(self, case, context):
        return ADA.sign_in()

    def set(self, case, data, context):
        case.cookies = {**(case.cookies or {}), COOKIE: data}


class Bearer:
    def set(self, case, data, context):
        case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.auth(refresh_interval=FOR_EVER).apply_to(by_token)
class Token(Bearer):
    def get(self, case, context):
        return ADA.new_token()["secret"]


@schemathesis.auth(refresh_interval=FOR_EVER).apply_to(by_key)
class Key(Bearer):
    def get(self, case, context):
        return ADA.new_key(ADA.new_project())["secret"]


@schemathesis.hook
def filter_case(context, case):
    # As soon as there is another administrator, Ada may take her own rights, and the run with them.
    return not (id_of(case.operation) == "updateUser" and (case.path_parameters or {}).get("user_id") == WORLD["ada"])


@schemathesis.hook
def before_call(context, case, kwargs):
    # What is there is Ada's. And sequences of requests have ids of their own, of the answers before.
    if not IS_ADA or case.meta is None or case.meta.phase.name.value != "fuzzing" or not case.path_parameters:
        return
    if CHANCE.random() < 0.5:
        case.path_parameters.update(LIVING.ids(id_of(case.operation), list(case.path_parameters)))


# What is no failure: exclusions.toml says which, and why.

EXCLUSIONS = tomllib.loads(Path(__file__).with_name("exclusions.toml").read_text())["exclusion"]
EXCLUDED = Counter()


def refusals(response):
    """What a problem document names: its code, and each field with what is wrong with it."""
    try:
        problem = response.json()
    except ValueError:
        return []
    return [
        (problem.get("code"), error.get("pointer", ""), error.get("detail", ""))
        for error in problem.get("errors") or [{}]
    ]


def refused(operation, code, pointer, detail):
    """The name of the exclusion that such a refusal falls under."""
    return next(
        (
            exclusion["name"]
            for exclusion in EXCLUSIONS
            if exclusion["check"] == "positive_data_acceptance"
            and operation in exclusion.get("operations", [operation])
            and exclusion["code"] == code
            and re.fullmatch(exclusion.get("pointer", ".*"), pointer)
            and re.search(exclusion.get("detail", ""), detail)
        ),
        None,
    )


def freed(request):
    """The name of the exclusion that says why what this request ended can still be read."""
    return next(
        (
            exclusion["name"]
            for exclusion in EXCLUSIONS
            if exclusion["check"] == "use_after_free" and re.fullmatch(exclusion["freed"], request)
        ),
        None,
    )


@schemathesis.hook
def filter_failure(context, failure, case, response):
    if isinstance(failure, RejectedPositiveData):
        found = [refused(id_of(case.operation), *refusal) for refusal in refusals(response)]
    elif isinstance(failure, UseAfterFree):
        found = [freed(failure.free)]
    else:
        return True
    # Of several fields that were refused each must be excluded: otherwise one would hide another.
    if not found or None in found:
        return True
    EXCLUDED.update(set(found))
    return False

# What is counted, for the summary.

SENT = Counter()
ACCEPTED = Counter()
CHECKS = Counter()


@schemathesis.hook
def after_call(context, case, response):
    name = id_of(case.operation)
    SENT[name] += 1
    if response.status_code < 400 and case.method.upper() == case.operation.method.upper():
        ACCEPTED[name] += 1


@cli.handler()
class Counts(cli.EventHandler):
    def __init__(self, *args, **params):
        pass

    def handle_event(self, ctx, event):
        recorder = getattr(event, "recorder", None)
        for checks in recorder.checks.values() if recorder else ():
            for check in checks:
                CHECKS[f"{check.name} {check.status.value}"] += 1


@atexit.register
def write_counts():
    counts = {"sent": SENT, "accepted": ACCEPTED, "checks": CHECKS, "excluded": EXCLUDED}
    Path(os.environ["CONTRACT_COUNTS"]).write_text(json.dumps(counts))
