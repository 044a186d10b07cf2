"""The institutions that this process serves, loaded once from the configured folder (settings.Config)."""

from functools import cache

from django.conf import settings

from certcenter.institutions import registry
from certcenter.institutions.policy import Institution
from certcenter.institutions.registry import Registry


@cache
def served() -> Registry:
    """The registry of this process. Raises PolicyError with every problem of every file."""
    config = settings.CONFIG
    return registry.load(
        config.institutions_dir or registry.SHIPPED, staff_hosts=(config.staff_host, config.index_host)
    )


def get(slug: str) -> Institution:
    """The institution of that slug. Raises KeyError if there is none."""
    return served().get(slug)


def base_url(institution: Institution) -> str:
    """The institution's own origin for links in messages: from the configuration alone, never from a request (SPEC E5)."""
    config = settings.CONFIG
    port = f":{config.port}" if config.scheme == "http" else ""
    return f"{config.scheme}://{institution.host}{port}"
