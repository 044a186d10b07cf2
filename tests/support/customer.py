"""A customer at a browser, who reads the page and the telephone; every journey's traffic is watched."""

import base64
import binascii
import json
import os
import re
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, expect
from tests.support.centre import Centre

#: The certificate password and the password of the backup file that each customer of the tests chooses.
PASSWORD = "Geheim7890"
BACKUP = "Backup4711"
#: Milliseconds that a step may take on a machine that does other things too.
PATIENCE = 60_000

#: PKCS#8 (RFC 5208) of a P-256 or an RSA key: version 0 and the algorithm, whatever the lengths around them.
_PKCS8 = re.compile(
    rb"\x02\x01\x00\x30.\x06(?:\x07\x2a\x86\x48\xce\x3d\x02\x01|\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01)",
    re.DOTALL,
)
#: PFX (RFC 7292): version 3 and a ContentInfo of type data.
_PFX = re.compile(rb"\x02\x01\x03\x30.{1,4}\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01", re.DOTALL)


class Watch:
    """What a page may never do: leak a secret, break the content security policy, meet a 5xx, throw."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes]] = []
        self.wrong: list[str] = []
        #: Words of console errors that a test provokes on purpose.
        self.expected: list[str] = ["Failed to load resource"]

    def page(self, page: Page) -> None:
        """Look at everything that this page does from now on."""
        page.on("request", self._request)
        page.on("response", self._response)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.wrong.append(f"{page.url}: {error}"))

    def _request(self, request: Request) -> None:
        self.sent.append((f"{request.method} {request.url}", request.post_data_buffer or b""))

    def _response(self, response: Response) -> None:
        if response.status >= 500:
            self.wrong.append(f"{response.status} {response.url}")

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" or "Content Security Policy" in message.text:
            self.wrong.append(message.text)

    def verdict(self, *secrets: str) -> list[str]:
        """All that was wrong; `secrets` must not have left the browser in any form."""
        found = [each for each in self.wrong if not any(words in each for words in self.expected)]
        for where, body in self.sent:
            for form in [where.encode(), *_forms(body)]:
                found += [f"{where}: {secret}" for secret in secrets if secret.encode() in form]
                found += [f"{where}: a private key" for pattern in (_PKCS8, _PFX) if pattern.search(form)]
                if b"PRIVATE KEY" in form:
                    found.append(f"{where}: a private key in PEM")
        return found


def _forms(body: bytes) -> list[bytes]:
    """The body as it is and each text of its JSON, decoded from base64 and hex where that is possible."""
    forms = [body]
    try:
        texts = _texts(json.loads(body))
    except (ValueError, UnicodeDecodeError):
        return forms
    for text in texts:
        forms.append(text.encode())
        for decode in (_base64, bytes.fromhex):
            try:
                forms.append(decode(text))
            except (ValueError, binascii.Error):
                continue
    return forms


def _base64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text.replace("+", "-").replace("/", "_") + "=" * (-len(text) % 4))


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for each in value.values() for text in _texts(each)]
    return [text for each in value for text in _texts(each)] if isinstance(value, list) else []


class Customer:
    """A person at a browser of their own. `close` ends the visit and says what went wrong on the way."""

    def __init__(
        self,
        browser: Browser,
        centre: Centre,
        person: dict[str, Any],
        *,
        language: str = "zh-hant",
        width: int = 1280,
    ) -> None:
        self.browser, self.centre, self.person, self.language = browser, centre, person, language
        self.width = width
        self.watch = Watch()
        self.context: BrowserContext = browser.new_context(
            viewport={"width": width, "height": 900},
            locale="zh-TW" if language == "zh-hant" else "en-US",
            accept_downloads=True,
            reduced_motion="reduce",
        )
        self.context.set_default_timeout(PATIENCE)
        self.context.on("page", self.watch.page)
        self.page: Page = self.context.new_page()

    # --- looking ---------------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if error is not None:
            self.shot("failed")
            print(self.page.url, self.page.locator("body").inner_text()[:3000], self.watch.wrong, sep="\n")
            self.context.close()
        else:
            self.close()

    def shot(self, name: str) -> None:
        """Keep a picture of the page in the folder that CERTCENTER_SHOTS names, for people to look at."""
        if folder := os.environ.get("CERTCENTER_SHOTS"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            number = len(list(Path(folder).iterdir()))
            path = Path(folder) / f"{number:03d}-{name}-{self.language}-{self.width}.png"
            self.page.screenshot(path=path, full_page=True)

    def sees(self, *words: str) -> None:
        """All of these words stand on the page, now or soon."""
        for each in words:
            expect(self.page.locator("main")).to_contain_text(each, timeout=PATIENCE)

    def view(self, name: str) -> None:
        """The page comes to show this part of itself."""
        expect(self.page.locator(f"[data-view={name}]")).to_be_visible(timeout=PATIENCE)

    def says(self, chinese: str, english: str) -> None:
        """The page says it in the customer's language."""
        self.sees(chinese if self.language == "zh-hant" else english)

    def kept_keys(self) -> list[dict[str, Any]]:
        """What lies in this browser's key store: id, state, number of handles."""
        return self.page.evaluate(
            """async () => {
              const opening = indexedDB.open("certcenter");
              const settled = (r) => new Promise((y, n) => { r.onsuccess = () => y(r.result); r.onerror = () => n(r.error); });
              const database = await settled(opening);
              if (!database.objectStoreNames.contains("keys")) { database.close(); return []; }
              const stores = database.transaction(["keys", "handles"]);
              const keys = await settled(stores.objectStore("keys").getAll());
              const handles = await settled(stores.objectStore("handles").getAll());
              database.close();
              return keys.map(({ id, state }) => ({ id, state, handle: handles.some((each) => each.id === id) }));
            }"""
        )

    # --- going -----------------------------------------------------------------------------------------------

    def open(self, path: str) -> None:
        """Type an address below the institution's origin."""
        self.page.goto(self.centre.url() + path)

    def press(self, place: str = "main form") -> None:
        """Press the first action of this part of the page."""
        self.page.locator(f"{place} button.first").first.click()

    def log_in(self, *, choose_language: bool = False) -> None:
        """Sign in; the language comes from the browser, or from the button in the header."""
        self.open("/login/")
        shown = (self.page.locator("html").get_attribute("lang") or "").lower()
        if choose_language or shown != self.language:
            self.page.locator("header form[action='/language/'] button").click()
        self.shot("login")
        self.sign_in()

    def sign_in(self, *, leads_to: str = "**/certificates/") -> None:
        """Fill in the login page that is open; `leads_to` is a pattern of the path, since the login's own address names the next page in its query."""
        self.page.fill("[name=identity]", self.person["id"])
        self.page.fill("[name=password]", self.person["password"])
        self.press()
        self.page.wait_for_url(lambda url: fnmatch(urlsplit(url).path, leads_to))

    def log_out(self) -> None:
        """Press 登出 in the menu."""
        self.page.evaluate("document.querySelector('.menu-phone').open = true")
        self.page.locator("form[action='/logout/'] button:visible").first.click()
        self.page.wait_for_url("**/signed-out/**")

    @property
    def birth_date(self) -> str:
        """The birth date in ROC form, such as 761205."""
        year, month, day = self.person["birth_date"].split("-")
        return f"{int(year) - 1911}{month}{day}"

    def consent(self, kind: str) -> None:
        """Open the procedure, agree and give the birth date."""
        self.open(f"/{kind}/")
        self.shot(f"{kind}-consent")
        self.page.fill("[name=birth_date]", self.birth_date)
        self.press()
        self.page.wait_for_url("**/verify/**")

    def ask_code(self) -> str:
        """Let a code be sent; returns the right one, from the telephone."""
        if self.page.locator("#code").count() == 0:
            self.shot("verify-choose")
        self.page.locator("#send").click()
        words = self.page.locator("#code .code b").inner_text()
        found = re.search(r"([A-Z]{4})-$", words)
        assert found, words
        self.shot("verify-code")
        return self.centre.code(found.group(1))

    def give_code(self, code: str) -> None:
        """Type the code and go on."""
        self.page.fill("#id_code", code)
        self.press("#code")

    def prove(self, kind: str) -> None:
        """Consent, birth date, code."""
        self.consent(kind)
        self.give_code(self.ask_code())
        if kind != "revoke":
            self.view("password")

    def choose_password(self, *, mode: str = "2", old: str | None = None) -> None:
        """Fill in the page before the key is made."""
        self.shot("obtain")
        self.page.fill("#password", PASSWORD)
        self.page.fill("#again", PASSWORD)
        self.page.check(f"[name=mode][value='{mode}']")
        if old is not None:
            self.page.fill("#old", old)

    def obtain(self, *, mode: str = "2", old: str | None = None) -> None:
        """Let the key be made and the certificate be issued and installed."""
        self.choose_password(mode=mode, old=old)
        self.press("[data-view=password]")
        self.view("done")
        self.shot("obtained")

    def apply(self, *, mode: str = "2") -> None:
        """From consent to the installed certificate."""
        self.prove("apply")
        self.obtain(mode=mode)

    def export(self, folder: Path, *, current: str = PASSWORD) -> Path:
        """Export a backup into `folder`."""
        self.open("/export/")
        self.view("form")
        self.shot("export")
        self.page.fill("#current", current)
        self.page.fill("#password", BACKUP)
        self.page.fill("#again", BACKUP)
        with self.page.expect_download() as download:
            self.press("[data-view=form]")
        path = folder / download.value.suggested_filename
        download.value.save_as(path)
        self.view("done")
        self.shot("exported")
        return path

    def import_(self, file: Path, password: str, *, mode: str | None = None) -> None:
        """Choose a file, type its password, press 確定匯入; what comes of it, the caller looks at."""
        self.open("/import/")
        self.choose_file(file, password, mode=mode)

    def choose_file(self, file: Path, password: str, *, mode: str | None = None) -> None:
        """The same on the page that is open."""
        self.page.set_input_files("#file", file)
        self.page.fill("#password", password)
        if mode is not None:
            self.page.check(f"[name=mode][value='{mode}']")
        self.press("[data-view=form]")

    def draft(self) -> bool:
        """Build an order; returns whether the page asks for the certificate password."""
        self.open("/orders/")
        self.press("[data-view=form]")
        self.view("draft")
        return self.page.locator("[data-ask]").is_visible()

    def sign(self, *, password: str | None = None, tamper: bool = False) -> None:
        """Sign the order that is shown, perhaps changing it on the way, and wait for the verdict."""
        if password is not None:
            self.page.fill("[data-ask] input", password)
        if tamper:
            self.page.check("[name=tamper]")
        self.press("[data-view=draft]")
        self.view("verdict")
        self.shot("verdict")

    def order(self, *, asks: bool, tamper: bool = False) -> None:
        """Build and sign an order; the page must ask for the password exactly if `asks`."""
        assert self.draft() is asks
        self.sign(password=PASSWORD if asks else None, tamper=tamper)
        if tamper:
            self.says("拒絕", "refuses the order")
        else:
            self.says("簽章正確", "The signature is right")

    def close(self) -> None:
        """End the visit. Nothing secret went out, nothing broke."""
        assert self.watch.verdict(PASSWORD, BACKUP, self.centre.pfx_password) == []
        self.context.close()
