"""The OpenAPI document is complete, and no input that it or chance can think of breaks the API (SPEC E10, issue 2)."""

import copy
import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from certcenter.api import program_urls, urls
from certcenter.certificates.models import Application
from certcenter.core import clock

from .conftest import INDEX, Program, encode, work

pytestmark = pytest.mark.spec("E10")

METHODS = {"get", "post", "put", "delete"}
FEW, MANY = 6, 400


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, details in methods.items():
            yield path, method, details


@pytest.mark.parametrize("document", [urls.document, program_urls.document], ids=["page", "programs"])
def test_every_operation_documents_its_answers(document: Callable[[], dict[str, Any]]) -> None:
    found = list(operations(document()))
    assert len(found) >= 37
    for path, method, details in found:
        assert method in METHODS
        assert details["description"], path
        answers = {int(status): answer for status, answer in details["responses"].items()}
        assert any(200 <= status < 300 for status in answers), path
        assert {404, 500, 503} <= answers.keys(), path
        for status, answer in answers.items():
            types = set(answer.get("content", {}))
            if status >= 400:
                assert types == {"application/problem+json"}, (path, status)
                assert answer["description"].count("`") >= 2, "the codes stand in the description"
            elif status != 204:
                assert types == {"application/json"}, (path, status)
        is_open = path.rsplit("/", 1)[-1] in (
            "captcha",
            "sound",
            "downloads",
            "policy",
            "environment",
            "sessions",
            "{kind}",
            "table",
            "verifications",
        )
        is_open = is_open or "/recoveries" in path
        assert (401 in answers) or is_open, path


def test_unknown_members_are_refused_in_every_body() -> None:
    document = program_urls.document()
    for path, _method, details in operations(document):
        body = details.get("requestBody")
        if body:
            name = body["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[-1]
            assert document["components"]["schemas"][name]["additionalProperties"] is False, path


def test_the_document_is_served_on_both_hosts(program: Program) -> None:
    assert (
        program.http.get("/api/v1/openapi.json").json()["paths"].keys()
        == program_urls.document()["paths"].keys()
    )
    on_page = program.http.get("/api/v1/openapi.json", headers={"Host": "sample.localhost:8000"})
    assert "/api/v1/me" in on_page.json()["paths"]
    assert on_page.json()["components"]["securitySchemes"].keys() == {"BrowserSession"}


class Fuzzer:
    """Calls with what schemathesis thinks of, and with the ids of things that are there."""

    def __init__(self, wang: Program) -> None:
        from django.core.wsgi import get_wsgi_application

        self.wang = wang
        document = copy.deepcopy(program_urls.document())
        document["paths"] = {
            path.replace("{slug}", wang.slug): {
                method: details
                | {"parameters": [each for each in details["parameters"] if each["name"] != "slug"]}
                for method, details in methods.items()
            }
            for path, methods in document["paths"].items()
        }
        self.schema = schemathesis.openapi.from_dict(document)
        self.schema.app = get_wsgi_application()
        self.known = self._known()

    def _known(self) -> dict[str, list[str]]:
        """Things of this customer: a procedure at each step, a code, an application, a certificate, a share."""
        serial = self.wang.obtain()["serial"]
        with clock.at(clock.now() + timedelta(minutes=2)):
            begun, identified = self.wang.begin("revoke"), self.wang.identify("revoke")
            sent = self.wang.send_code(identified)
        spki = "ab" * 32
        self.wang.call("POST", "key-shares", {"spki": spki, "verifier": encode(bytes(32))}, expect=201)
        request = str(Application.objects.get().request_uuid)
        return {
            "procedure_id": [begun, identified],
            "challenge": [sent["challenge"]],
            "serial": [serial],
            "request_uuid": [request],
            "spki": [spki],
        }

    def run(self, mode: GenerationMode, examples: int) -> None:
        for found in self.schema.get_all_operations():
            operation = found.ok()
            if operation.method == "delete":
                continue  # it would end the session of all others

            @given(case=operation.as_strategy(generation_mode=mode), data=st.data())
            @settings(
                max_examples=examples,
                deadline=None,
                database=None,
                phases=(Phase.generate, Phase.shrink),
                suppress_health_check=list(HealthCheck),
            )
            def fuzz(case: Any, data: st.DataObject) -> None:
                self._call(case, data)

            with suppress(Unsatisfiable):  # there is nothing about it that could be wrong
                fuzz()

    def _call(self, case: Any, data: st.DataObject) -> None:
        if mode_is_positive(case) and data.draw(st.booleans()):
            for name in case.path_parameters or {}:
                if name in self.known:
                    case.path_parameters[name] = random.choice(self.known[name])
        headers = {"Host": INDEX, "Authorization": f"Bearer {self.wang.token}", "Accept-Language": "en"}
        response = case.call(headers=headers)
        # The drawn header is replaced by ours, and an unknown parameter of a query is no error: only bodies must be
        # refused, and 413 is a refusal that schemathesis does not count as one.
        lenient = not case.operation.body or response.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        excluded = [*EXCLUDED, negative_data_rejection] if lenient else EXCLUDED
        case.validate_response(
            response, excluded_checks=excluded, headers=headers, transport_kwargs={"headers": headers}
        )


def mode_is_positive(case: Any) -> bool:
    return bool(case.meta is None or case.meta.generation.mode is GenerationMode.POSITIVE)


#: What is of the right form may still be nobody's ID or no date of the calendar: 422 with its own code.
EXCLUDED = [positive_data_acceptance]


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    "mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["positive", "negative"]
)
def test_no_input_breaks_the_api(wang: Program, mode: GenerationMode) -> None:
    Fuzzer(wang).run(mode, FEW)
    work()


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(
    "mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["positive", "negative"]
)
def test_no_input_breaks_the_api_for_long(wang: Program, mode: GenerationMode) -> None:
    Fuzzer(wang).run(mode, MANY)
    work()
