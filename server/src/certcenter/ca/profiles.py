"""Certificate profiles and the CA's own settings: frozen, validated, stored as `ca.toml` (SPEC D1)."""

import json
import re
import tomllib
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from certcenter.ca import der
from certcenter.ca.api import SubjectName
from certcenter.ca.errors import CaError, CaErrorCode, RequestRefusedError
from certcenter.ca.keys import KeyType
from certcenter.ca.names import check_name

EMAIL_PROTECTION = "1.3.6.1.5.5.7.3.4"
_CONTROL = re.compile(r"[^\x21-\x7e]")


def _check_oid(dotted: str) -> str:
    der.oid(dotted)
    return dotted


def _check_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname or parts.query or parts.fragment or _CONTROL.search(url):
        # RFC 5280 §8: fetching status over TLS would need the status of the TLS certificate first.
        raise ValueError("a plain http URL without query is wanted")
    return url.rstrip("/")


Oid = Annotated[str, AfterValidator(_check_oid)]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$")]
PublicationUrl = Annotated[str, AfterValidator(_check_url)]
CommonName = Annotated[str, StringConstraints(max_length=48)]
"""Short enough for " OCSP Responder" behind it (RFC 5280, ub-common-name: 64)."""
Years = Annotated[int, Field(ge=1, le=40)]


class CertificateProfile(BaseModel):
    """What the certificates of one kind have in common.

    Fixed for all of them: critical keyUsage digitalSignature + nonRepudiation, critical basicConstraints that says
    "not a CA" outright, key identifiers, CRL distribution point by shard, OCSP and CA certificate locations.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Slug
    policies: Annotated[tuple[Oid, ...], Field(min_length=1)]
    """certificatePolicies under the institution's arc."""
    key_types: Annotated[tuple[KeyType, ...], Field(min_length=1)] = (
        KeyType.P256,
        KeyType.RSA2048,
        KeyType.RSA3072,
    )
    """Key types that a customer may bring."""
    extended_key_usages: tuple[Oid, ...] = ()
    """None by default: then every relying program takes the key for what keyUsage says."""
    max_validity_days: Annotated[int, Field(gt=0, le=3660)] = 800

    @model_validator(mode="after")
    def _cms_verifies(self) -> Self:
        if self.extended_key_usages and EMAIL_PROTECTION not in self.extended_key_usages:
            raise ValueError(
                "extended key usages without emailProtection make `openssl cms -verify` refuse orders"
            )
        return self


class CaConfig(BaseModel):
    """One CA, as created. All but the profiles is in its certificates and does not change afterwards."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["embedded"] = "embedded"
    name: Slug
    publication_url: PublicationUrl
    """Where status and CA certificates are fetched, `http://host[:port][/path]`; AIA and CDP are built on it."""
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] = "TW"
    organization: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    root_name: CommonName = ""
    """Common name of the root; without one it is called after `name`, and so is the issuing CA."""
    issuing_name: CommonName = ""
    root_years: Years = 20
    issuing_years: Years = 10
    key_type: KeyType = KeyType.P256
    """Of root, issuing CA and OCSP responder."""
    shards: Annotated[int, Field(ge=1, le=4096)] = 8
    """Number of CRLs; a certificate's is its serial modulo this number."""
    profiles: Annotated[tuple[CertificateProfile, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len({profile.name for profile in self.profiles}) != len(self.profiles):
            raise ValueError("two profiles have the same name")
        for kind in ("Root", "Issuing", "OCSP"):
            try:
                check_name(self.ca_name(kind))
            except RequestRefusedError as error:
                raise ValueError(f"{kind}: cannot stand in a name: {error.detail}") from error
        return self

    def ca_name(self, kind: str) -> SubjectName:
        """The subject of one of the CA's own certificates: `Root`, `Issuing` or `OCSP`."""
        issuing = self.issuing_name or f"{self.name} Issuing CA"
        names = {
            "Root": self.root_name or f"{self.name} Root CA",
            "Issuing": issuing,
            "OCSP": f"{issuing.removesuffix(' Issuing CA')} OCSP Responder",
        }
        return SubjectName(self.country, self.organization, None, names[kind])

    def ocsp_url(self) -> str:
        """Where certificates' status is asked (RFC 6960)."""
        return f"{self.publication_url}/ocsp/{self.name}"

    def crl_url(self, shard: int) -> str:
        """Where the CRL of one shard is fetched; certificate and CRL name it alike (RFC 5280 §5.2.5)."""
        return f"{self.publication_url}/crl/{self.name}/{shard}.crl"

    def root_crl_url(self) -> str:
        """Where the CRL that covers the issuing CA is fetched."""
        return f"{self.publication_url}/crl/{self.name}/root.crl"

    def certificate_url(self, which: Literal["root", "issuing"]) -> str:
        """Where a CA certificate is fetched (caIssuers)."""
        return f"{self.publication_url}/ca/{self.name}/{which}.crt"

    def to_toml(self) -> str:
        """The text of `ca.toml`."""
        values = self.model_dump(mode="json")
        profiles = values.pop("profiles")
        lines = [
            "# Written by certcenterctl. All but the profiles is in this CA's certificates: do not edit."
        ]
        lines += [f"{key} = {_toml(value)}" for key, value in values.items()]
        for profile in profiles:
            lines += ["", "[[profiles]]", *(f"{key} = {_toml(value)}" for key, value in profile.items())]
        return "\n".join(lines) + "\n"

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read `ca.toml`.

        Raises:
            CaError: missing, not TOML, or with values that are refused; the detail names file, key and reason.

        """
        try:
            return cls.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError as error:
            raise CaError(CaErrorCode.MISSING, f"{path} is not there") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise CaError(CaErrorCode.CONFIG, f"{path}: {error}") from error
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(str(part) for part in first["loc"]) or "(whole file)"
            raise CaError(CaErrorCode.CONFIG, f"{path}: {key}: {first['msg']}") from error


def _toml(value: object) -> str:
    # JSON strings, integers and lists of them are TOML too, once DEL is out of the way (the names' check sees to it).
    return json.dumps(value, ensure_ascii=False)
