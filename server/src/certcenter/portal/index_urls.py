"""The addresses on the index host: the list of institutions (for programs: the API, by its own room)."""

from django.urls import include, path

from certcenter.portal.urls import common, handler400, handler403, handler404, handler500
from certcenter.portal.views import front, outbox

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

urlpatterns = [
    *common,
    path("", front.index, name="index"),
    path("outbox", outbox.outbox, name="outbox"),
    path("outbox/<int:number>.eml", outbox.outbox_mail, name="outbox-mail"),
    path("outbox.json", outbox.outbox_json, name="outbox-json"),
    path("", include("certcenter.api.program_urls")),
]
