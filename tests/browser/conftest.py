"""A Chromium for each module, a running centre for all (one worker of pytest-xdist runs them: group "browser")."""

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright
from tests.support.centre import Centre
from tests.support.customer import Customer

CHROMIUM = shutil.which("chromium")
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The system's Chromium."""
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser, centre: Centre) -> Any:
    """`visit("none")` is a new customer with that certificate, signed in: use it as a context manager."""

    def signed_in(
        certificate: str = "none", *, person: dict[str, Any] | None = None, **options: Any
    ) -> Customer:
        customer = Customer(chromium, centre, person or centre.newcomer(certificate), **options)
        customer.log_in()
        return customer

    signed_in.chromium = chromium  # type: ignore[attr-defined]
    return signed_in
