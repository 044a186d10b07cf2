"""docs/integrators.md, run as it stands, against a centre that is really there (issue 3, SDK)."""

import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from tests.support.centre import Centre

from certcenter_sdk import store
from certcenter_sdk.client import Client, Customer, calls, custody

pytestmark = pytest.mark.xdist_group("browser")  # one worker has the running centre
PAGE = Path(__file__).resolve().parents[2] / "docs/integrators.md"


def blocks():
    return re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


#: Runs a file of code where nothing can be imported but Python's own, the SDK and what it declares to need. Codes come
#: from the demo's outbox; the store lies in a folder of the test.
ALONE = """
import re, sys, time
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

def needed(name, found):
    if name not in found:
        found.add(name)
        try:
            wanted = requires(name) or ()
        except PackageNotFoundError:  # for another version of Python
            wanted = ()
        for each in wanted:
            if "extra ==" not in each:
                needed(re.match(r"[A-Za-z0-9._-]+", each).group().lower(), found)
    return found

declared = needed("certcenter-sdk", set())
tops = {top for top, owners in packages_distributions().items() if declared & {each.lower() for each in owners}}
allowed = tops | {"certcenter_sdk"} | sys.stdlib_module_names

class Alone:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in allowed:
            raise ModuleNotFoundError(f"{name} is not the SDK's", name=name)

sys.meta_path.insert(0, Alone())
import builtins
import httpx
from certcenter_sdk import store

code, outbox, slug, base = sys.argv[1:]

def read_code(asked):
    letters = re.search(r"begins with (\\w+)", asked).group(1)
    for _ in range(600):
        for message in httpx.get(outbox, params={"institution": slug}).json()["messages"]:
            if found := re.search(rf"{letters}-(\\d{{4,8}})", message["text"]):
                return found.group(1)
        time.sleep(0.1)

builtins.input = read_code
found = store.helper_location
store.helper_location = lambda *names: found(*names, base=Path(base))
exec(compile(Path(code).read_text(encoding="utf-8"), code, "exec"), {"__name__": "integrators"})
assert not {"django", "click", "PySide6"} & set(sys.modules)
"""


@pytest.mark.spec("A3", "A9", "A15", "D8")
@pytest.mark.timeout(300)
def test_the_pages_code_runs_with_the_sdk_alone(centre: Centre, tmp_path):
    person = centre.newcomer()
    born = person["birth_date"]
    values = {
        "http://127.0.0.1:8000": f"http://127.0.0.1:{centre.port}",
        "A123456789": person["id"],
        "Passw0rd": person["password"],
        "761205": f"{int(born[:4]) - 1911}{born[5:7]}{born[8:]}",
        "1020-0324338": person["accounts"][0].partition(":")[2],
    }
    code = "\n".join(blocks())
    for name, value in values.items():
        assert name in code
        code = code.replace(name, value)
    page = tmp_path / "page.py"
    page.write_text(code, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", ALONE, page, centre.describe["outbox"]["json"], "sample", tmp_path / "store"],
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    certificate, receipt, verified, refused, problem = done.stdout.splitlines()
    serial = certificate.split()[0]
    assert str(tmp_path) in certificate
    assert receipt
    assert verified == f"2330 ecdsa-with-SHA256 {serial} 3"
    assert refused.startswith("message-digest - ")
    assert problem.startswith("422 ")


def test_the_page_has_its_parts():
    assert len(blocks()) >= 7


@pytest.mark.spec("A4", "A7", "A8")
@pytest.mark.timeout(300)
@pytest.mark.parametrize("slug", ["sample", "demo"])
def test_a_renewal_of_an_imported_certificate(centre: Centre, tmp_path, slug):
    """Both profiles whose customers hold files: the old one is imported, signs for the new one, and is replaced."""
    person = [each for each in centre.people(slug=slug) if each["certificate"] == "expiring"][-1]
    kept = store.KeyStore(store.helper_location(slug, person["id"], base=tmp_path))
    old = kept.import_pfx(centre.backup(person, slug=slug).read_bytes(), centre.pfx_password)
    born = person["birth_date"]

    def read_code(sent):
        return centre.code(sent.identification, slug=slug) if sent.identification else newest(centre, slug)

    customer = Customer(birth_date=f"{int(born[:4]) - 1911}{born[5:7]}{born[8:]}", read_code=read_code)
    with Client(f"http://127.0.0.1:{centre.port}", slug) as client:
        client.sign_in(person["id"], person["password"])
        unlocked = kept.unlock(old, centre.pfx_password)
        flow = custody.renew(client.core.place, customer, kept, "Renewed99", old=unlocked)
        new = client.run(flow)
        assert client.run(custody.repair(client.core.place, kept, lambda _: pytest.fail("asked"))) == ()
        there = client.send(calls.certificates()).values
        client.sign_out()
    assert there["host"]["spki_sha256"] == new.spki_sha256
    assert kept.current() == new
    assert kept.find(old.spki_sha256).standing is store.Standing.REPLACED


def newest(centre, slug):
    """The code in the newest message, where the policy's codes bear no identification."""
    messages = httpx.get(centre.describe["outbox"]["json"], params={"institution": slug}).json()["messages"]
    found = [re.search(r"\b(\d{6})\b", each["text"]) for each in messages]
    return next(each.group(1) for each in found if each)
