"""From a name in a policy file to an opened CA; the settings file that says what is wrong with it."""

from datetime import timedelta

import pytest
from pydantic import ValidationError
from server.tests.ca.support import NOW, PASSPHRASE, POLICY, config, request

from certcenter.ca.api import Issued
from certcenter.ca.embedded import maintain_ca
from certcenter.ca.errors import CaError
from certcenter.ca.profiles import CaConfig, CertificateProfile
from certcenter.ca.registry import CaRegistry


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    registry = CaRegistry(tmp_path_factory.mktemp("home"), PASSPHRASE)
    registry.create(config("one"), now=NOW)
    return registry


def test_a_ca_is_opened_once(registry):
    assert registry.names() == ("one",)
    assert registry.open("one") is registry.open("one")
    assert registry.config("one").shards == 4


@pytest.mark.parametrize("name", ["", ".", "..", "../one", "one/", "/etc", "two", "ONE", "one\x00"])
def test_a_name_is_never_a_path(registry, name):
    for look in (registry.open, registry.config, registry.directory):
        with pytest.raises(CaError) as caught:
            look(name)
        assert caught.value.code == "ca.missing"


def test_renewed_files_are_noticed(registry):
    before = registry.open("one")
    maintain_ca(registry.directory("one"), passphrase=PASSPHRASE, now=NOW + timedelta(days=320))
    after = registry.open("one")
    assert after is not before
    assert after.publication.responder_certificate != before.publication.responder_certificate


@pytest.mark.spec("D1")
def test_a_profile_may_come_later(registry):
    profiles = (*registry.config("one").profiles, CertificateProfile(name="newcomer", policies=(POLICY,)))
    registry.set_profiles("one", profiles)
    ca = registry.open("one")
    [issued] = ca.issue(ca.prepare([request(profile="newcomer")]))
    assert isinstance(issued, Issued)
    with pytest.raises(CaError, match="same name"):
        registry.set_profiles("one", profiles * 2)
    assert registry.config("one").profiles == profiles


def test_settings_are_read_as_written(tmp_path):
    path = tmp_path / "ca.toml"
    wanted = config(
        organization='證券 "x" \\ y', profiles=(CertificateProfile(name="a", policies=(POLICY, "1.2.3")),)
    )
    path.write_text(wanted.to_toml(), encoding="utf-8")
    assert CaConfig.read(path) == wanted


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("shards = 4", "shards = 0", "shards"),
        ("shards = 4", 'shard = "4"', "shard"),
        ('key_type = "p256"', 'key_type = "p521"', "key_type"),
        ('"http://127.0.0.1:8000"', '"https://127.0.0.1"', "publication_url"),
        ('"1.3.6.1.4.1.32473.1.1"', '"1.3.6.x"', "profiles.0.policies"),
        ("kind =", "kind ", "line"),
    ],
)
def test_what_is_wrong_in_a_settings_file_is_named(tmp_path, old, new, named):
    path = tmp_path / "ca.toml"
    text = config().to_toml()
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(CaError, match=named) as caught:
        CaConfig.read(path)
    assert str(path) in caught.value.detail


@pytest.mark.parametrize(
    "url",
    ["https://x", "http://", "ftp://x", "http://x?y", "http://x#y", "http://x/\n", "http://證券.tw", "x"],
)
def test_publication_is_over_plain_http(url):
    with pytest.raises(ValidationError):
        config(publication_url=url)


def test_an_extended_key_usage_that_breaks_order_signatures_is_refused():
    with pytest.raises(ValidationError, match="emailProtection"):
        CertificateProfile(name="x", policies=(POLICY,), extended_key_usages=("1.3.6.1.5.5.7.3.2",))


@pytest.mark.parametrize("organization", ["", "x" * 65, "a\x7fb", " x"])
def test_an_organization_must_fit_into_a_name(organization):
    with pytest.raises(ValidationError):
        config(organization=organization)
