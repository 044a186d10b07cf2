"""All words of the window: key → (Traditional Chinese, English), by what the pages are about; `key@profile` where a profile says it in its own way."""

from typing import Final

from certcenter_helper.window.vocabulary import general, keeping, looking, manual3, obtaining

WORDS: Final[dict[str, tuple[str, str]]] = (
    general.WORDS | looking.WORDS | obtaining.WORDS | keeping.WORDS | manual3.WORDS
)
