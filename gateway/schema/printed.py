"""The schema as text, whole and as each role sees it."""

import copy
from functools import cache

from auth.viewer import Role
from gateway.engine.prepare.visibility import View
from gateway.schema.query import build


@cache
def printed(role: Role | None = None) -> str:
    """The schema in SDL; of a *role*, what introspection shows it."""
    schema = build()
    if role is not None:
        schema = copy.copy(schema)
        schema._schema = View(schema._schema, role.value).schema
    return schema.as_str().strip() + "\n"
