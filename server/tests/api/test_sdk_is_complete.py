"""The SDK has a call for each operation of the API, and no call that the API does not have (issue 3: the whole API)."""

import ast
import importlib
import inspect
import pkgutil
import re
import types
import typing
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from uuid import UUID

import pytest

import certcenter_sdk.client
from certcenter.api import program_urls
from certcenter_sdk.client.calls import Call, Signed
from certcenter_sdk.orders import Order

ORDER = Order(
    institution="sample", origin="http://127.0.0.1:8000", account="1020-0324338", side="buy", symbol="2330",
    quantity="1", price="1", currency="TWD", time="2026-11-20T08:00:00.000Z", nonce="AAECAwQFBgcICQoLDA0ODw",
)  # fmt: skip
VALUES = {
    UUID: UUID(int=1),
    int: 1,
    str: "11111111-1111-1111-1111-111111111111",
    bytes: b"x",
    bool: True,
    Signed: Signed(b"a", b"b"),
    Order: ORDER,
}
#: Not for programs: the document itself, and the share of a key that a page keeps.
APART = {"GET /openapi.json", "POST /recoveries/key-share"}


def calls() -> Iterator[tuple[str, Call[object]]]:
    """Every public function of the client that returns a call, called with something that fits."""
    package = certcenter_sdk.client
    for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        module = importlib.import_module(found.name)
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if name.startswith("_") or function.__module__ != module.__name__:
                continue
            hints = typing.get_type_hints(function)
            if typing.get_origin(hints.get("return")) is Call:
                yield f"{found.name}.{name}", _made(function, hints)


def _paths_in_flows() -> set[str]:
    """Paths that a flow asks for without a function of their own, such as `recoveries/unlock`."""
    found = set()
    for path in Path(certcenter_sdk.client.__path__[0]).glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found |= {
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
    return {each for each in found if "/" in each}


def _made(function: types.FunctionType, hints: dict[str, object]) -> Call[object]:
    positional, named = [], {}
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.default is not inspect.Parameter.empty:
            continue
        value = _value(_plain(hints[name]))
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY:
            named[name] = value
        else:
            positional.append(value)
    made: Call[object] = function(*positional, **named)
    return made


def _value(kind: object) -> object:
    if isinstance(kind, type) and issubclass(kind, Enum):
        return next(iter(kind))
    return VALUES.get(kind, {})  # type: ignore[call-overload]


def _plain(hint: object) -> object:
    parts = [part for part in typing.get_args(hint) if part is not type(None)]
    return parts[0] if parts and type(None) in typing.get_args(hint) else hint


def _operations() -> dict[str, re.Pattern[str]]:
    found = {}
    for path, methods in program_urls.document()["paths"].items():
        short = path.partition("{slug}")[2] or path.partition("/v1")[2]
        pattern = re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(short)))
        for method in methods:
            found[f"{method.upper()} {short}"] = pattern
    return found


@pytest.mark.spec("A3", "A15")
def test_every_operation_has_a_call_and_every_call_an_operation() -> None:
    operations = _operations()
    assert len(operations) > 20
    inside = _paths_in_flows()
    missing = {each for each in operations if each.partition(" /")[2] not in inside} - APART
    strangers = []
    for name, call in calls():
        said = f"/{call.path}"
        fitting = {
            operation
            for operation, pattern in operations.items()
            if operation.split()[0] == call.method and pattern.fullmatch(said)
        }
        if not fitting:
            strangers.append(name)
        missing -= fitting
    assert strangers == []
    assert missing == set()
