"""What `openapi-check` asks of answers beyond the checks of schemathesis, which loads this module."""

import itertools
import json
import os
import re

import jsonschema_rs
import schemathesis

NDJSON = "application/x-ndjson"
# By operation, a body that is taken.
BODIES = json.loads(os.environ["OPENAPI_CHECK_BODIES"])

# Codes of refusals by which a request does not have the form that the document describes.
MALFORMED = {
    "duplicate_key",
    "empty_body",
    "invalid_utf8",
    "invalid_value",
    "malformed_json",
    "missing_field",
    "unknown_field",
}
IF_MATCH = re.compile(r'"[0-9]{1,19}"|\*')
# Statuses that a well-formed request may get, for what is there and who asks.
REFUSALS_BY_STATE = {403, 404, 409, 412, 503}

turns = itertools.count()


@schemathesis.hook
def before_call(_context, case, _kwargs):
    """Every second body that is made up gives way to one that is taken: by chance hardly any fits what is there."""
    known = BODIES.get(case.operation.definition.raw["operationId"])
    if known is None or case.meta is None or case.meta.generation.mode.is_negative:
        return
    if case.meta.phase.name.value in ("fuzzing", "stateful") and next(turns) % 2:
        case.body = dict(known)


@schemathesis.serializer(NDJSON)
def lines(_context, value):
    """An import of one line, sent twice: the second is the repetition of the first."""
    line = value if isinstance(value, bytes) else json.dumps(value).encode()
    return {"data": line + b"\n" + line + b"\n"}


def read_lines(content):
    return [json.loads(line) for line in content.splitlines()]


def header(response, name):
    return (response.headers.get(name) or [""])[0]


def code(response):
    return response.json()["code"] if response.status_code >= 400 and response.content else None


@schemathesis.check
def problem_is_whole(_context, response, case):
    """Every refusal is a problem that tells its status, a code, and under which name the log has it."""
    if response.status_code < 400 or case.method == "HEAD":
        return
    assert header(response, "content-type") == "application/problem+json", header(response, "content-type")
    problem = response.json()
    assert problem["status"] == response.status_code, problem
    assert re.fullmatch("[a-z][a-z0-9_]*", problem["code"]) and problem["type"] == f"/problems/{problem['code']}", problem
    assert problem["instance"].startswith("urn:uuid:") and problem["title"] and problem["detail"], problem


@schemathesis.check
def unavailable_means_behind(_context, response, case):
    """503 says that a position is not there yet, to requests that name one, and when to try again."""
    if response.status_code != 503:
        return
    assert code(response) == "behind" and header(response, "retry-after").isdigit(), response.text
    assert {"at_least", "as_of", "cursor", "diff_to", "size", "to"} & set(case.query), response.text


@schemathesis.check
def described_data_is_understood(_context, response, case):
    """What the document describes is refused by a rule or for what is there, not for its form."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    status = response.status_code
    if status < 400 or status in REFUSALS_BY_STATE:
        return
    # Some positive cases have a header that its own schema does not admit.
    if code(response) == "if_match_invalid" and not IF_MATCH.fullmatch(response.request.headers["If-Match"]):
        return
    # A cursor is the service's own text: no schema tells one that it gave.
    if status == 400 and code(response) == "cursor_invalid":
        return
    # Nor the day of the week of a date.
    if status == 400 and code(response) == "invalid_accept_datetime":
        return
    assert status == 422, f"{status} {response.text}"
    # Of a single incident and a class, each has its own member.
    either = [fault.get("pointer") for fault in response.json().get("errors", [])] == ["/when"]
    assert code(response) not in MALFORMED or either, response.text


@schemathesis.check
def lines_conform(_context, response, case):
    """Every line of a stream has the schema of a line."""
    if header(response, "content-type") != NDJSON:
        return
    document = case.operation.schema.raw_schema
    schema = case.operation.definition.raw["responses"][str(response.status_code)]["content"][NDJSON]["schema"]
    validator = jsonschema_rs.validator_for({**schema, "components": document["components"]})
    for line in read_lines(response.content):
        validator.validate(line)


@schemathesis.check
def lines_are_answered(_context, response, case):
    """Every line of an import has a result, and what the document does not describe is refused there."""
    if case.operation.definition.raw["operationId"] != "post_import" or response.status_code != 200:
        return
    results = read_lines(response.content)
    sent = [line for line in (response.request.body or b"").splitlines() if line.strip()]
    assert [result["line"] for result in results] == list(range(1, len(sent) + 1)), response.text
    if case.meta is not None and case.meta.is_negative_at(schemathesis.core.parameters.ParameterLocation.BODY):
        assert all(400 <= result["status"] < 500 for result in results), response.text
