"""From an institution to the certificate authority that issues for it (SPEC D1, D2)."""

from functools import cache

from django.conf import settings

from certcenter.ca.api import CertificateAuthority
from certcenter.ca.embedded import EmbeddedCA
from certcenter.ca.embedded.hierarchy import maintain_ca
from certcenter.ca.keys import KeyType
from certcenter.ca.profiles import CaConfig, CertificateProfile
from certcenter.ca.registry import CaRegistry
from certcenter.core import clock
from certcenter.institutions.policy import Institution
from certcenter.institutions.registry import Registry


@cache
def authorities() -> CaRegistry:
    """The CAs of this process."""
    return CaRegistry(settings.CONFIG.home, settings.CONFIG.ca_passphrase)


def named(name: str) -> EmbeddedCA:
    """The CA of that name. Raises CaError when it was never created (`certcenterctl init`)."""
    return authorities().open(name)


def of(institution: Institution) -> CertificateAuthority:
    """The CA that issues for an institution. Raises CaError, see `named`."""
    return named(institution.ca.name)


def chain(name: str) -> tuple[bytes, ...]:
    """The CA's certificates, issuing CA first, DER; no key is opened. Raises CaError."""
    return authorities().chain(name)


def shard(name: str, serial: int) -> int:
    """Which CRL a serial belongs to (RFC 5280 §5.2.5); the number of shards was fixed when the CA was created."""
    return serial % authorities().config(name).shards


def create_missing(served: Registry) -> list[str]:
    """Create each CA that policies name and that is not there yet; return their names. Idempotent.

    A CA that is there learns of institutions that joined it and of changed key types or policy OIDs.
    """
    created = []
    for name in sorted({institution.ca.name for institution in served.all()}):
        wanted = _config(name, served)
        if name not in authorities().names():
            authorities().create(wanted, now=clock.now())
            created.append(name)
        elif authorities().config(name).profiles != wanted.profiles:
            authorities().set_profiles(name, wanted.profiles)
    return created


def maintain() -> int:
    """Renew what the CAs need renewed (OCSP responder certificate, root CRL); return how many files were written."""
    config = settings.CONFIG
    return sum(
        len(maintain_ca(authorities().directory(name), passphrase=config.ca_passphrase, now=clock.now()))
        for name in authorities().names()
    )


def _config(name: str, served: Registry) -> CaConfig:
    users = [institution for institution in served.all() if institution.ca.name == name]
    first = users[0].ca
    return CaConfig(
        name=name,
        publication_url=settings.CONFIG.publication_url,
        organization=first.organization,
        root_name=first.root_name,
        issuing_name=first.issuing_name,
        root_years=first.root_years,
        issuing_years=first.issuing_years,
        key_type=KeyType(first.key_type),
        shards=first.crl_shards,
        profiles=tuple(
            CertificateProfile(
                name=user.slug,
                policies=(user.ca.policy_oid,),
                key_types=tuple(KeyType(each) for each in user.key.types),
            )
            for user in users
        ),
    )
