import pytest
from server.tests.ca.support import NOW, PASSPHRASE, config, request
from server.tests.status.support import MemorySource, serving

from certcenter.ca.api import Reason
from certcenter.ca.embedded import create_ca, open_ca
from certcenter.status.app import StatusApp
from certcenter.status.interfaces import Good, Revoked


@pytest.fixture(scope="session")
def ca(tmp_path_factory):
    directory = tmp_path_factory.mktemp("status") / "demo"
    create_ca(directory, config(), passphrase=PASSPHRASE, now=NOW)
    return open_ca(directory, PASSPHRASE, lint=False)


@pytest.fixture(scope="session")
def certificates(ca):
    """good, revoked, suspended and one that the centre does not know."""
    names = ["good", "revoked", "held", "unknown"]
    return dict(zip(names, ca.issue(ca.prepare([request(name) for name in names])), strict=True))


@pytest.fixture
def source(ca, certificates):
    source = MemorySource(ca.publication)
    source.statuses = {
        certificates["good"].serial: Good(),
        certificates["revoked"].serial: Revoked(NOW, Reason.KEY_COMPROMISE),
        certificates["held"].serial: Revoked(NOW, Reason.CERTIFICATE_HOLD),
    }
    return source


@pytest.fixture
def app(source):
    return StatusApp(source)


@pytest.fixture
def port(app):
    with serving(app) as port:
        yield port
