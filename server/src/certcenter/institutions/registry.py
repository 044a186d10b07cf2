"""All institutions of a centre, found by slug or by host."""

from collections.abc import Iterable
from pathlib import Path

from certcenter.institutions.loader import PolicyError, Problem, load_institutions
from certcenter.institutions.policy import Institution

SHIPPED = Path(__file__).parent / "policies"
"""The fictional institutions of the demo."""


class Registry:
    """The institutions of a centre. Built once at start; holds nothing that changes."""

    def __init__(self, institutions: Iterable[Institution], *, staff_hosts: Iterable[str] = ()) -> None:
        """Raises PolicyError where hosts are shared: an origin is a trust boundary (DESIGN, Origins)."""
        ordered = sorted(institutions, key=lambda institution: institution.slug)
        self._by_slug = {institution.slug: institution for institution in ordered}
        self._by_host: dict[str, Institution] = {}
        staff = {_bare(host) for host in staff_hosts}
        problems: list[Problem] = []
        for institution in ordered:
            for host in institution.hosts:
                file, key = f"{institution.slug}.toml", "branding.hosts"
                if host in staff:
                    problems.append(Problem(file, key, f"{host} is the staff's own host"))
                elif host in self._by_host:
                    problems.append(Problem(file, key, f"{host} is already {self._by_host[host].slug}'s"))
                else:
                    self._by_host[host] = institution
        problems.extend(_ca_conflicts(ordered))
        if problems:
            raise PolicyError(problems)

    def get(self, slug: str) -> Institution:
        """The institution of that slug. Raises KeyError if there is none."""
        return self._by_slug[slug]

    def find(self, slug: str) -> Institution | None:
        """The institution of that slug, if there is one: for slugs that came from outside."""
        return self._by_slug.get(slug)

    def by_host(self, host: str) -> Institution | None:
        """The institution whose host this is (a port is ignored), if there is one."""
        return self._by_host.get(_bare(host))

    def all(self) -> tuple[Institution, ...]:
        """All institutions, ordered by slug."""
        return tuple(self._by_slug.values())


def load(directory: Path = SHIPPED, *, staff_hosts: Iterable[str] = ()) -> Registry:
    """The registry of the policy files in `directory`. Raises PolicyError with every problem found."""
    return Registry(load_institutions(directory), staff_hosts=staff_hosts)


def _bare(host: str) -> str:
    return host.rsplit(":", 1)[0].rstrip(".").lower() if not host.endswith("]") else host.lower()


def _ca_conflicts(institutions: list[Institution]) -> list[Problem]:
    """One authority has one description; an authority of one's own is not shared; policy OIDs are not either."""
    problems: list[Problem] = []
    authorities: dict[str, Institution] = {}
    oids: dict[str, Institution] = {}
    for institution in institutions:
        file = f"{institution.slug}.toml"
        other = authorities.setdefault(institution.ca.name, institution)
        if other is not institution:
            mine, theirs = (each.ca.model_dump(exclude={"policy_oid"}) for each in (institution, other))
            if mine != theirs or mine["ownership"] == "own":
                problems.append(
                    Problem(file, "ca.name", f"{institution.ca.name} is described otherwise by {other.slug}")
                )
        first = oids.setdefault(institution.ca.policy_oid, institution)
        if first is not institution:
            problems.append(Problem(file, "ca.policy_oid", f"is already {first.slug}'s"))
    return problems
