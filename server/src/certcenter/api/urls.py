"""The page's API, at `api/v1/` on each institution's own host."""

from functools import cache
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.urls import include, path

from certcenter.api.boundary import beside, elsewhere, guard, guarded
from certcenter.api.centre import page_api
from certcenter.api.openapi import schema


@cache
def document() -> dict[str, Any]:
    """Return the OpenAPI document of an institution's own host."""
    return schema(page_api, prefix="api/v1/")


@guarded
def openapi(_request: HttpRequest) -> JsonResponse:
    """Show the page's API in full."""
    return JsonResponse(document())


_operations = [path("openapi.json", openapi, name="openapi"), *guard(page_api.urls[0]), elsewhere]
urlpatterns = [path("api/v1/", include(_operations)), beside]
