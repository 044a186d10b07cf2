"""Django's entry for this room."""

from django.apps import AppConfig


class ProofConfig(AppConfig):
    """The `proof` room."""

    name = "certcenter.proof"
    label = "proof"
