import pytest
from server.tests.ca.support import NOW, PASSPHRASE, config

from certcenter.ca.embedded import create_ca, open_ca


@pytest.fixture(scope="session")
def ca_directory(tmp_path_factory):
    directory = tmp_path_factory.mktemp("home") / "ca" / "demo"
    create_ca(directory, config(), passphrase=PASSPHRASE, now=NOW)
    return directory


@pytest.fixture(scope="session")
def ca(ca_directory):
    return open_ca(ca_directory, PASSPHRASE)
