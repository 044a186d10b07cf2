"""What the portal's templates need beyond Django's own tags."""

from datetime import datetime
from typing import Any

from django import template
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from certcenter.core.masks import short_serial
from certcenter.core.taiwan import roc_date_in_words
from certcenter.core.texts import Text
from certcenter.portal import assets
from certcenter.portal.icons import PATHS

register = template.Library()


@register.filter
def say(text: Text | str | None) -> str:
    """The words of a policy text in the page's language."""
    if isinstance(text, Text):
        return text.get(get_language() or "zh-hant")
    return str(text or "")


register.filter("roc", roc_date_in_words)


@register.filter
def serial(value: str | int) -> str:
    """A serial number in capital hexadecimal, grouped by four so that it can be read aloud."""
    text = f"{value:X}" if isinstance(value, int) else value.upper()
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


register.filter("short_serial", short_serial)


@register.filter
def linked(words: str, address: str) -> SafeString:
    """Turn the part of a sentence in square brackets into a link, so that translators place it."""
    before, _, rest = words.partition("[")
    inner, _, after = rest.partition("]")
    return format_html('{}<a href="{}">{}</a>{}', before, address, inner, after)


@register.filter
def unlocalized(value: float) -> str:
    """A number as SVG and scripts read it, whatever the language."""
    return f"{value:g}"


@register.filter
def iso(moment: datetime | None) -> str:
    """A moment for a script: RFC 3339 in UTC."""
    return moment.isoformat() if moment else ""


@register.simple_tag
def icon(name: str, size: int = 20) -> SafeString:
    """An inline picture, hidden from screen readers: the words beside it say the same."""
    shape = mark_safe(PATHS[name])  # noqa: S308 - a constant of this package
    return format_html(
        '<svg class="icon" aria-hidden="true" width="{}" height="{}" viewBox="0 0 24 24" fill="none" '
        'stroke="currentColor" stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round">{}</svg>',
        size,
        size,
        shape,
    )


#: The steps of each procedure, as the customer sees them.
_STEPS: dict[str, tuple[tuple[str, Promise], ...]] = {
    "apply": (
        ("consent", _("Consent")),
        ("verify", _("Identity")),
        ("apply", _("Apply")),
        ("install", _("Install")),
        ("backup", _("Back up")),
    ),
    "revoke": (("consent", _("Consent")), ("verify", _("Identity")), ("revoke", _("Revoke"))),
}
_STEPS["reissue"] = (
    ("who", _("Enter your data")),
    ("account", _("Confirm the account")),
    ("verify", _("Verify and set")),
    ("done", _("Changed")),
)
_STEPS["renew"] = tuple((name, _("Renew") if name == "apply" else label) for name, label in _STEPS["apply"])


@register.simple_tag
def steps(kind: str, at: str) -> list[dict[str, Any]]:
    """The steps of a procedure: those before `at` are done, `at` is the current one."""
    known = _STEPS[kind]
    here = [name for name, _label in known].index(at)
    return [
        {"name": name, "label": label, "done": place < here, "current": place == here}
        for place, (name, label) in enumerate(known)
    ]


@register.simple_tag
def asset(name: str) -> str:
    """The address of a static file, with the hash of its content."""
    return assets.url(name)


@register.simple_tag
def page_script(name: str) -> SafeString:
    """The tags that load `src/pages/<name>.ts`; modules never hold up the first paint."""
    address, chunks = assets.entry(name)
    preloads = format_html_join("", '<link rel="modulepreload" href="{}">', ((chunk,) for chunk in chunks))
    return format_html('{}<script type="module" src="{}"></script>', preloads, address)


@register.simple_tag
def page_styles(name: str) -> SafeString:
    """The style sheets that a page's script brings along (the captcha's)."""
    return format_html_join(
        "", '<link rel="stylesheet" href="{}">', ((sheet,) for sheet in assets.styles(name))
    )


@register.inclusion_tag("portal/parts/field.html")
def field(bound: Any, **options: Any) -> dict[str, Any]:
    """A form field with its label, hint, error and input, joined for screen readers."""
    described = [f"{bound.auto_id}-hint"] if bound.help_text else []
    described += [f"{bound.auto_id}-error"] if bound.errors else []
    attributes = {"aria-describedby": " ".join(described)} if described else {}
    if bound.errors:
        attributes["aria-invalid"] = "true"
    return {
        "field": bound,
        "input": bound.as_widget(attrs={**bound.field.widget.attrs, **attributes}),
        **options,
    }
