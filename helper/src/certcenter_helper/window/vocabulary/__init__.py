"""All words of the window: key → (Traditional Chinese, English), by what the pages are about."""

from typing import Final

from certcenter_helper.window.vocabulary import general, keeping, looking, obtaining

WORDS: Final[dict[str, tuple[str, str]]] = general.WORDS | looking.WORDS | obtaining.WORDS | keeping.WORDS
