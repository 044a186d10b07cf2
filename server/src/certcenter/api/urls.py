"""The page's API, included at `api/v1/` on each institution's own host."""

from functools import cache
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.urls import path

from certcenter.api.boundary import elsewhere, guard, guarded
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


urlpatterns = [path("openapi.json", openapi, name="openapi"), *guard(page_api.urls[0]), elsewhere]
