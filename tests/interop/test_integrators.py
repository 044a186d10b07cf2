"""docs/integrators.md, run as it stands, against a centre that is really there (issue 3, SDK)."""

import re
from pathlib import Path

import pytest
from tests.support.centre import Centre

from certcenter_sdk import store

pytestmark = pytest.mark.xdist_group("browser")  # one worker has the running centre
PAGE = Path(__file__).resolve().parents[2] / "docs/integrators.md"


def blocks():
    return re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


@pytest.mark.spec("A3", "A9", "A15", "D8")
@pytest.mark.timeout(300)
def test_the_pages_code_runs(centre: Centre, tmp_path, monkeypatch, capsys):
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
    monkeypatch.setattr(
        "builtins.input",
        lambda asked: centre.code(re.search(r"begins with (\w+)", asked).group(1)),
    )
    found = store.helper_location
    monkeypatch.setattr(store, "helper_location", lambda *names: found(*names, base=tmp_path))
    exec(compile(code, str(PAGE), "exec"), {"__name__": "integrators"})
    certificate, receipt, verified, refused, problem = capsys.readouterr().out.splitlines()
    serial = certificate.split()[0]
    assert str(tmp_path) in certificate
    assert receipt
    assert verified == f"2330 ecdsa-with-SHA256 {serial} 3"
    assert refused.startswith("message-digest - ")
    assert problem.startswith("422 ")


def test_the_page_has_its_parts():
    assert len(blocks()) >= 7
