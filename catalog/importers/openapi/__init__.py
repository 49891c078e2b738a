"""Reads OpenAPI: Swagger 2.0, OpenAPI 3.0, 3.1 and 3.2. One file for each part of a document."""

from catalog.importers.openapi.reader import OPENAPI

__all__ = ["OPENAPI"]
