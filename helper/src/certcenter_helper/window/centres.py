"""Which centre stands behind the window: the one of the address, of the last login, or none yet."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from certcenter_helper.core.commands import Commands
from certcenter_helper.core.desk import Desk
from certcenter_helper.core.errors import HelperError
from certcenter_helper.core.home import Home, Known
from certcenter_helper.core.texts import language, use_language
from certcenter_helper.core.values import House

if TYPE_CHECKING:
    from certcenter_helper.window.shell import Shell


class Centres:
    """Opens the command core of an institution, in a language."""

    def __init__(self, home: Home | None = None, *, address: str = "", slug: str = "") -> None:
        self.home = home or Home()
        self._address = address
        self._slug = slug

    def core(self, which: str) -> Commands:
        """The command core, speaking this language; of no institution where this computer knows none yet."""
        use_language(which)
        try:
            return Commands.open(address=self._address, slug=self._slug, home=self.home)
        except HelperError:
            return Commands(Desk(self.home, Known(house=House(slug="", url=""))))

    def policy(self, core: Commands) -> Mapping[str, Any] | None:
        """The policy of the last visit in the language in use. Uses no network."""
        return self.home.policy(core.house.slug, language()) if core.house.slug else None

    def meet(self, core: Commands) -> None:
        """Ask the centre for its policy and keep it. Uses the network."""
        core.desk.refresh_policy()

    def move(self, address: str) -> None:
        """Go to the institution at this address from now on. Uses the network; raises HelperError where nobody is there."""
        core = Commands.open(address=address, home=self.home)
        core.desk.refresh_policy()
        self._address, self._slug = "", core.house.slug

    def known(self, shell: "Shell") -> list[tuple[str, Callable[[], object]]]:
        """Institutions that this computer knows: name, and what goes there."""

        def go(slug: str) -> Callable[[], object]:
            def chosen() -> None:
                self._address, self._slug = "", slug
                shell.moved()

            return chosen

        return [(known.house.name or slug, go(slug)) for slug, known in self.home.known().items()]
