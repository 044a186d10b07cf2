"""The programs' API, at `api/v1/` on the index host: `api/v1/i/<slug>/…`."""

from functools import cache
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.urls import URLPattern, URLResolver, include, path

from certcenter.api.boundary import beside, elsewhere, guard, guarded
from certcenter.api.centre import program_api
from certcenter.api.openapi import schema

_SLUG = {
    "in": "path",
    "name": "slug",
    "required": True,
    "schema": {"type": "string", "pattern": "^[a-z][a-z0-9-]{0,38}[a-z0-9]$"},
    "description": "The institution.",
}


@cache
def document() -> dict[str, Any]:
    """Return the OpenAPI document of the index host."""
    return schema(program_api, prefix="api/v1/i/{slug}/", parameters=(_SLUG,))


@guarded
def openapi(_request: HttpRequest) -> JsonResponse:
    """Show the programs' API in full."""
    return JsonResponse(document())


_operations: list[URLPattern | URLResolver] = [
    path("openapi.json", openapi, name="openapi"),
    path("i/<slug:slug>/", (guard(program_api.urls[0]), None, None)),
    elsewhere,
]
urlpatterns = [path("api/v1/", include(_operations)), beside]
