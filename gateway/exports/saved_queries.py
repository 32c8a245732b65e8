"""Saved queries: operations with a title and parameters, each under a name that an address can have.

Those of the gateway lie in `queries` beside this module, further ones in the directory of a setting: one TOML file a
query, with its `document`, its `title` and what its `parameters` mean, each in English and Russian. The types and
defaults of the parameters are those of the operation's variables.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import orjson
from graphql import (
    GraphQLError,
    ListTypeNode,
    NonNullTypeNode,
    OperationDefinitionNode,
    OperationType,
    TypeNode,
    VariableDefinitionNode,
    parse,
    print_ast,
)

from auth.viewer import Role
from gateway.engine.documents import Documents, PreparedOperation
from gateway.engine.errors import OperationRefused
from gateway.exports.formats import TEMPLATES
from gateway.languages import Text
from gateway.operations.errors import Refused

OWN: Final = Path(__file__).parent / "queries"
"""The directory of the queries that come with the gateway."""
RESERVED: Final = frozenset({"key", "lang"})
"""The parameters of an address that are no variables: the key, and the language of the file."""

_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,62}")
_ROLES: Final = (Role.ADMINISTRATOR, *(role for role in Role if role is not Role.ADMINISTRATOR))
"""Those who may run most come first."""
_PLAIN: Final = frozenset({"Int", "Float", "Boolean"})
"""The types whose values are JSON in an address."""

_NO_PARAMETER: Final = Text(
    "The saved query {name} has no parameter {parameter}; it has: {parameters}.",
    "У сохранённого запроса {name} нет параметра {parameter}; есть: {parameters}.",
)
_NONE: Final = Text("none", "никаких")


class SavedQueryError(ValueError):
    """A saved query that cannot be read; the gateway does not start on it."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A variable of the operation, as an address sets it."""

    name: str
    type: str
    """The GraphQL type, such as `[ID!]`."""
    named_type: str
    is_list: bool
    default: str | None
    """The default value in GraphQL's notation; None where there is none."""
    meaning: Text | None

    def value(self, texts: Sequence[str]) -> Any:
        """The value of the variable that *texts* of an address stand for; what is no value is left to GraphQL."""
        values = [self._one(text) for text in texts]
        return values if self.is_list else values[-1]

    def _one(self, text: str) -> Any:
        if self.named_type in _PLAIN or text.startswith("{"):
            try:
                return orjson.loads(text)
            except orjson.JSONDecodeError:
                return text
        return text


@dataclass(frozen=True, slots=True)
class SavedQuery:
    """An operation under a name."""

    name: str
    title: Text
    document: str
    parameters: Mapping[str, Parameter]
    template: str | None = None
    """The template of its printed pages (`print`); None where these show its rows as a table."""

    def variables(self, parameters: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        """The variables that the parameters of an address set; an empty value sets none. `Refused` for unknown ones."""
        for name in parameters:
            if name not in self.parameters:
                known = ", ".join(self.parameters) or _NONE
                message = _NO_PARAMETER.format(name=self.name, parameter=name[:100], parameters=known)
                raise Refused(HTTPStatus.BAD_REQUEST, message)
        filled = {name: [text for text in texts if text] for name, texts in parameters.items()}
        return {name: self.parameters[name].value(texts) for name, texts in filled.items() if texts}


def load(directory: Path | None) -> dict[str, SavedQuery]:
    """The gateway's own queries and those of *directory*, by name; `SavedQueryError` names the file that is wrong."""
    if directory is not None and not directory.is_dir():
        raise SavedQueryError(f"{directory} is not a directory of saved queries.")
    found: dict[str, SavedQuery] = {}
    for folder in filter(None, (OWN, directory)):
        for path in sorted(folder.glob("*.toml")):
            if path.stem in found:
                raise SavedQueryError(f"{path}: there is a saved query of this name already.")
            found[path.stem] = _read(path)
    return found


def check(queries: Iterable[SavedQuery], documents: Documents) -> None:
    """Raises `SavedQueryError` for a query that no role may run."""
    for query in queries:
        errors = []
        for role in _ROLES:
            try:
                documents.pin(query.document, role)
            except OperationRefused as refusal:
                errors.append(refusal.errors[0].message)
            else:
                break
        else:
            raise SavedQueryError(f"The saved query {query.name} is not of this schema: {errors[0]}")


def prepared_whole(query: SavedQuery, documents: Documents, role: Role) -> PreparedOperation | None:
    """The operation of a query, if the role may read all of it."""
    try:
        found = documents.find(query.document, None, role) or documents.pin(query.document, role)
    except OperationRefused:
        return None
    return None if found.operation.denials else found


def printed(queries: Mapping[str, SavedQuery]) -> dict[str, SavedQuery]:
    """Those of the *queries* that have a template for print, keyed by the text of their GraphQL document."""
    return {query.document.strip(): query for query in queries.values() if query.template is not None}


def offers(queries: Mapping[str, SavedQuery], documents: Documents) -> Callable[[str, str], bool]:
    """A function that says whether there is a saved query of a name that a role may run."""

    def is_offered(name: str, role: str) -> bool:
        return name in queries and prepared_whole(queries[name], documents, Role(role)) is not None

    return is_offered


def _read(path: Path) -> SavedQuery:
    if not _NAME.fullmatch(path.stem):
        raise SavedQueryError(f"{path}: a name has lower-case letters, digits and hyphens, 63 at most.")
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        document = content.pop("document")
        title = _text(content.pop("title"))
        template = content.pop("print", None)
        meanings = {name: _text(meaning) for name, meaning in content.pop("parameters", {}).items()}
        parameters = _parameters(document, meanings)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, GraphQLError, KeyError, TypeError) as error:
        raise SavedQueryError(f"{path}: no document, title and parameters ({error}).") from error
    except ValueError as error:
        raise SavedQueryError(f"{path}: {error}") from error
    if content:
        raise SavedQueryError(f"{path}: no such keys: {', '.join(content)}.")
    if template is not None and not (TEMPLATES / f"{template}.typ").is_file():
        raise SavedQueryError(f"{path}: there is no template {template}.")
    return SavedQuery(path.stem, title, document, parameters, template)


def _text(spoken: Mapping[str, str]) -> Text:
    return Text(spoken["en"], spoken["ru"])


def _parameters(document: str, meanings: Mapping[str, Text]) -> dict[str, Parameter]:
    definitions = [one for one in parse(document).definitions if isinstance(one, OperationDefinitionNode)]
    if len(definitions) != 1 or definitions[0].operation is not OperationType.QUERY:
        raise ValueError("a saved query has one operation, which is a query.")
    variables = [_parameter(own, meanings) for own in definitions[0].variable_definitions or ()]
    names = {own.name for own in variables}
    if names & RESERVED:
        raise ValueError(f"no variable may be called {' or '.join(sorted(RESERVED))}.")
    if meanings.keys() - names:
        raise ValueError(f"no variables {', '.join(sorted(meanings.keys() - names))}.")
    return {own.name: own for own in variables}


def _parameter(variable: VariableDefinitionNode, meanings: Mapping[str, Text]) -> Parameter:
    name = variable.variable.name.value
    default = print_ast(variable.default_value) if variable.default_value else None
    inner: TypeNode = variable.type
    is_list = False
    while isinstance(inner, NonNullTypeNode | ListTypeNode):
        is_list = is_list or isinstance(inner, ListTypeNode)
        inner = inner.type
    return Parameter(name, print_ast(variable.type), print_ast(inner), is_list, default, meanings.get(name))
