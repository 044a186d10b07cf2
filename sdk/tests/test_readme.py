"""The README's code runs as it stands there."""

import re
from pathlib import Path

import pytest

README = Path(__file__).parent.parent / "README.md"


@pytest.mark.spec("A15", "D8", "E11")
def test_the_readmes_code_runs(capsys):
    blocks = re.findall(
        r"^```python\n(.*?)^```", README.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    assert len(blocks) >= 7
    exec(compile("\n".join(blocks), str(README), "exec"), {"__name__": "readme"})
    first, second = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"2330 ecdsa-with-SHA256 [0-9a-f]+ 2", first)
    assert second == "message-digest"


def test_the_readmes_client_names_exist():
    blocks = re.findall(
        r"^```python no-run\n(.*?)^```", README.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    assert blocks
    for block in blocks:
        compile(block, str(README), "exec")
        imports = [line for line in block.splitlines() if line.startswith(("from ", "import "))]
        exec("\n".join(imports), {})
