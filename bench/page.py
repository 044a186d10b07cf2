"""What a page weighs and whether it waits for its script, in the system's Chromium.

Weight: gzip of a page's script and of all that it imports at once, from Vite's manifest; what is imported lazily does not
count. Paint: each script is held back for `HELD` seconds, and the first contentful paint must come long before.
"""

import gzip
import json
from pathlib import Path

from bench import centre, processes
from bench.centre import Centre
from bench.table import Row, row

BUILD = processes.ROOT / "server/src/certcenter/portal/static/portal/build"
HELD = 5.0
CHROMIUM = "/usr/bin/chromium"


def run(*, quick: bool = False) -> list[Row]:
    """Measure each page's weight, then the first paint of two pages."""
    weights = {name: weight(name) for name in pages()}
    heaviest = max(weights, key=lambda name: weights[name])
    kilobytes = weights[heaviest] / 1000
    rows = [
        row(
            f"scripts before anything lazy, the heaviest of {len(weights)} pages ({heaviest}), gzip",
            ours=f"{kilobytes:.1f} kB", value=kilobytes, shown="–", goal="≤ 120 kB",
        )
    ]  # fmt: skip
    with centre.running(processes_=1, worker=False) as running:
        rows += _paints(running, rounds=1 if quick else 3)
    return rows


def pages() -> list[str]:
    """The pages that have a script of their own."""
    return sorted(Path(name).stem for name in _manifest() if name.startswith("src/pages/"))


def weight(page: str) -> int:
    """Bytes of a page's scripts, each packed as the server sends it."""
    manifest = _manifest()
    waiting, seen = [f"src/pages/{page}.ts"], set()
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += manifest[name].get("imports", [])
    return sum(len(gzip.compress((BUILD / manifest[name]["file"]).read_bytes(), 9, mtime=0)) for name in seen)


def _manifest() -> dict[str, dict]:
    return json.loads((BUILD / "manifest.json").read_text())


def _paints(running: Centre, *, rounds: int) -> list[Row]:
    from playwright.sync_api import sync_playwright

    customer = running.prepare("filled", "5", "5")["customer"]
    cookie = running.prepare("reader", str(customer))["browser"]
    rows = []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            for name, path in (("login", "/login/"), ("overview", "/certificates/")):
                times = [_paint(browser, running, path, cookie) for _ in range(rounds)]
                seconds = min(times) / 1000
                title = f"first paint of {name}, scripts held back {HELD:.0f} s"
                rows.append(
                    row(
                        title, ours=f"{seconds:.2f} s", value=seconds, shown="–", goal=f"≤ {HELD * 0.8:.0f} s"
                    )
                )
        finally:
            browser.close()
    return rows


def _paint(browser, running: Centre, path: str, cookie: str) -> float:
    """Milliseconds to the first contentful paint of a fresh visit."""
    context = browser.new_context()
    try:
        if path != "/login/":
            context.add_cookies([{"name": "session", "value": cookie, "url": f"http://{running.host}"}])
        page, held = context.new_page(), []
        page.route("**/*.js", lambda route: held.append(route))  # noqa: PLW0108 - Playwright marks the function
        page.goto(f"http://{running.host}{path}", wait_until="commit")
        page.wait_for_timeout(HELD * 1000)
        assert held, "the page has no script to hold back"
        found = page.evaluate("performance.getEntriesByName('first-contentful-paint').map(e => e.startTime)")
        for request in held:
            request.abort()
        return found[0] if found else float("inf")
    finally:
        context.close()
