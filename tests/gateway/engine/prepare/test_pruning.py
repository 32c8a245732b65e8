"""What of a document a role may not see, and the schema that the role sees: written by hand, case by case."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, TypedDict

import pytest
import strawberry
from graphql import DocumentNode, OperationDefinitionNode, OperationType, parse, print_ast, print_type

from auth.viewer import Role
from gateway.engine.prepare.pruning import MAX_DENIALS, Denial, Pruned, prune
from gateway.engine.prepare.visibility import View
from gateway.schema.fields import batch, column, shown, view_of
from gateway.schema.scalars import SCALARS

P, S, T, A = Role.PARENT, Role.STUDENT, Role.TEACHER, Role.ADMINISTRATOR


class Document(TypedDict):
    """A document of the database."""

    _id: str
    name: str
    mark: str
    text: str


async def nothing(roots: Sequence[Any]) -> list[Any]:
    """No value is ever asked for."""
    return [None for _ in roots]


async def counted(roots: Sequence[Any], _: object, first: int = 1) -> list[Any]:
    """No value is ever asked for, of any number."""
    return [[] for _ in roots] * first


@view_of(Document, interface=True)
class Named:
    """Has a name."""

    name: str
    mark: str | None
    text: str | None
    extra: str | None = column("text")


@view_of(Document, interface=True, visible_to={P})
class Confided:
    """Is for parents alone."""

    name: str


@strawberry.type
class Plain:
    """Has a field that nobody declared."""

    word: str


@view_of(Document)
class Depth:
    """Is found in notes alone."""

    name: str


@view_of(Document, visible_to={P, T})
class Note(Named):
    """A note to parents."""

    name: str
    mark: str | None = shown(visible_to={P})
    text: str | None
    extra: str | None = column("text")
    depth: Depth | None = batch(nothing)


Thing = Annotated["Child | Note", strawberry.union("Thing")]


@view_of(Document)
class Pet(Named):
    """A pet, whose extra is for administrators."""

    name: str
    mark: str | None
    text: str | None
    extra: str | None = column("text", visible_to={A})


@view_of(Document)
class Child(Named, Confided):
    """A child."""

    name: str
    mark: str | None
    text: str | None = shown(visible_to={P, T})
    extra: str | None = column("text")
    note: Note | None = batch(nothing)
    friends: list["Child"] | None = batch(counted)
    things: list[Thing] | None = batch(nothing)
    named: Named | None = batch(nothing)


@strawberry.type
class Query:
    """The questions."""

    child: Child | None = batch(nothing)
    things: list[Thing] | None = batch(nothing)
    named: Named | None = batch(nothing)
    audit: Depth | None = batch(nothing, visible_to={A})
    plain: Plain | None = batch(nothing)


@strawberry.type
class Mutation:
    """The changes."""

    tell: Child | None = batch(nothing, visible_to={P})


_SCHEMA: Final[Any] = strawberry.Schema(query=Query, mutation=Mutation, types=[Pet], scalar_overrides=SCALARS)


def operations(document: DocumentNode) -> list[OperationDefinitionNode]:
    return [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]


def pruned(text: str, role: Role = S, number: int = 0) -> Pruned:
    """A document as a role sees it; of several operations the one of this *number* is asked for."""
    document = parse(text)
    return prune(document, operations(document)[number], View(_SCHEMA._schema, role.value))


def executed(text: str, role: Role = S) -> str:
    """The document that is executed, on one line."""
    return _line(pruned(text, role).executed)


def checked(text: str, role: Role = S) -> str:
    """The document that is validated, on one line."""
    return _line(pruned(text, role).checked)


def _line(document: DocumentNode) -> str:
    return " ".join(print_ast(document).split())


def paths(text: str, role: Role = S, number: int = 0) -> list[str]:
    return ["/".join(own.path) for own in pruned(text, role, number).denials]


# fields and types


def test_a_document_stays_as_it_is_where_nothing_is_hidden() -> None:
    document = parse("{ child { name mark } }")
    found = prune(document, operations(document)[0], View(_SCHEMA._schema, S.value))
    assert found.checked is document
    assert found.executed is document
    assert found.denials == ()


def test_a_field_that_is_not_of_the_role_is_denied_at_its_path() -> None:
    text = "{ child { name text } }"
    assert pruned(text).denials == (Denial(("child", "text"), ("PARENT", "TEACHER")),)
    assert executed(text) == "{ child { name text: __denied } }"
    assert checked(text) == "{ child { name ... { __typename } } }"
    for role in (P, T):
        assert (executed(text, role), paths(text, role)) == (text, [])


def test_a_denied_field_answers_under_its_alias() -> None:
    assert executed("{ kid: child { a: text b: text mark } }") == "{ kid: child { a: __denied b: __denied mark } }"
    assert paths("{ kid: child { a: text b: text mark } }") == ["kid/a", "kid/b"]


def test_a_field_of_a_hidden_type_is_denied_with_all_below() -> None:
    text = "{ child { note { text mark depth { name } } } }"
    assert pruned(text).denials == (Denial(("child", "note"), ("PARENT", "TEACHER")),)
    assert executed(text) == "{ child { note: __denied } }"
    assert paths(text, T) == ["child/note/mark"]
    assert executed(text, T) == "{ child { note { text mark: __denied depth { name } } } }"
    assert paths(text, P) == []


def test_a_field_of_the_root_is_denied() -> None:
    assert executed("{ audit { name } child { name } }", P) == "{ audit: __denied child { name } }"
    assert pruned("{ audit { name } }", P).denials == (Denial(("audit",), ("ADMINISTRATOR",)),)


def test_a_list_is_gone_through_as_one_object_is() -> None:
    assert paths("{ child { friends { friends { text } } } }") == ["child/friends/friends/text"]


# fragments


def test_an_inline_fragment_on_a_hidden_type_is_taken_out() -> None:
    text = "{ things { ... on Note { text } ... on Child { name text } } }"
    assert pruned(text).denials == (
        Denial(("things", "... on Note"), ("PARENT", "TEACHER")),
        Denial(("things", "text"), ("PARENT", "TEACHER")),
    )
    assert executed(text) == "{ things { ... on Child { name text: __denied } } }"
    assert checked(text) == "{ things { ... { __typename } ... on Child { name ... { __typename } } } }"


def test_an_inline_fragment_without_a_type_is_of_its_parent() -> None:
    assert executed("{ child { ... { text name } } }") == "{ child { ... { text: __denied name } } }"
    assert paths("{ child { ... { text name } } }") == ["child/text"]


def test_a_named_fragment_on_a_hidden_type_is_taken_out() -> None:
    text = "{ things { __typename ...N } } fragment N on Note { text }"
    assert paths(text) == ["things/... on Note"]
    assert executed(text) == "{ things { __typename } }"
    assert checked(text) == "{ things { __typename ... { __typename } } }"
    assert executed(text, P) == text


def test_a_named_fragment_denies_in_each_place_where_it_is_spread() -> None:
    text = "{ child { ...F friends { ...F } } } fragment F on Child { name text }"
    assert paths(text) == ["child/text", "child/friends/text"]
    assert executed(text) == "{ child { ...F friends { ...F } } } fragment F on Child { name text: __denied }"


def test_a_denial_is_told_once_where_a_path_is_asked_for_twice() -> None:
    assert paths("{ child { text ...F text } } fragment F on Child { text }") == ["child/text"]


def test_a_circle_of_fragments_ends() -> None:
    text = (
        "{ child { ...F } } fragment F on Child { text friends { ...G } } fragment G on Child { mark friends { ...F } }"
    )
    assert paths(text)[0] == "child/text"
    assert len(paths(text)) < 4


def test_a_fragment_that_only_hidden_parts_use_goes_with_them() -> None:
    text = "{ child { name note { ...N } } } fragment N on Note { depth { ...D } } fragment D on Depth { name }"
    assert executed(text) == "{ child { name note: __denied } }"
    assert checked(text) == "{ child { name ... { __typename } } }"
    both = "{ child { name ...F note { ...N } } } fragment N on Note { text } fragment F on Child { mark }"
    assert executed(both) == "{ child { name ...F note: __denied } } fragment F on Child { mark }"


def test_a_fragment_that_nobody_ever_used_stays_for_validation_to_refuse() -> None:
    assert checked("{ child { text } } fragment F on Child { mark }").endswith("fragment F on Child { mark }")


def test_what_nobody_spreads_is_pruned_too() -> None:
    unused = "{ child { name } } fragment F on Child { mark text }"
    assert checked(unused) == "{ child { name } } fragment F on Child { mark ... { __typename } }"
    assert paths(unused) == []
    assert checked("{ child { text } } fragment N on Note { text }") == "{ child { ... { __typename } } }"


def test_what_is_no_selection_of_its_type_stays_for_validation_to_refuse() -> None:
    text = "{ child { text friends name { ... on Note { text } } } }"
    assert paths(text) == ["child/text"]
    assert checked(text) == "{ child { ... { __typename } friends name { ... on Note { text } } } }"


def test_the_executed_document_has_no_gaps() -> None:
    found = pruned(
        "{ things { ... on Note { text } ...N ... on Child { name } } } fragment N on Note { text }"
    ).executed
    [things] = operations(found)[0].selection_set.selections
    assert len(things.selection_set.selections) == 1  # type: ignore[attr-defined] # of a field


def test_what_the_schema_does_not_have_stays_for_validation_to_refuse() -> None:
    unknown = "nope { deep } ... on Nope { text } ...X name { text } } things { name } } fragment Y on No { text }"
    text = "{ child { text " + unknown
    assert checked(text) == "{ child { ... { __typename } " + unknown
    assert paths(text) == ["child/text"]
    assert paths("subscription { text }") == []
    assert checked("subscription { text } query Q { child { text } }").startswith("subscription { text }")


# variables and conditions


def test_a_variable_that_only_hidden_parts_use_goes_with_them() -> None:
    text = "query ($n: Int, $m: Int) { child { friends(first: $n) { name } note { ...N } } } fragment N on Note %s"
    text %= "{ depth @include(if: $m) { name } }"
    assert executed(text).startswith("query ($n: Int) { child { friends(first: $n) { name } note: __denied")
    assert checked(text).startswith("query ($n: Int) {")


def test_a_variable_stays_that_nobody_used_or_that_is_used_elsewhere() -> None:
    text = "query ($n: Int, $idle: Int) { child { friends(first: $n) { name } note { text @skip(if: $n) } } }"
    assert executed(text).startswith("query ($n: Int, $idle: Int) {")


@pytest.mark.parametrize(
    ("directive", "values", "applies"),
    [
        ("@include(if: $x)", {"x": True}, True),
        ("@include(if: $x)", {"x": False}, False),
        ("@include(if: $x)", {}, False),
        ("@skip(if: $x)", {"x": True}, False),
        ("@skip(if: $x)", {"x": False}, True),
        ("@skip(if: $x)", {}, True),
        ("@include(if: true)", {}, True),
        ("@include(if: false)", {}, False),
        ("@skip(if: true)", {}, False),
        ("@skip(if: false)", {}, True),
        ("@include(if: true) @skip(if: $x)", {"x": True}, False),
        ("@include(if: $y) @skip(if: $x)", {"x": False, "y": False}, False),
        ("@other(if: $x)", {"x": False}, True),
        ("@other(if: $x)", {"x": True}, True),
        ("@include(unless: false, if: true)", {}, True),
        ('@include(if: "yes")', {}, False),
        ("@skip", {}, True),
        ("", {}, True),
    ],
)
@pytest.mark.parametrize(
    "text",
    [
        "{ child { text %s } }",
        "{ child %s { text } }",
        "{ child { ... %s { text } } }",
        "{ child { ... on Child %s { text } } }",
        "{ child { ...F %s } } fragment F on Child { text }",
        "{ child { things { ... on Note %s { text } } } }",
        "{ child { things { ...N %s } } } fragment N on Note { text }",
    ],
)
def test_a_denial_applies_where_its_place_is_asked_for(
    text: str, directive: str, values: Mapping[str, Any], *, applies: bool
) -> None:
    [denial] = pruned(text % directive).denials
    assert denial.applies(values) is applies


def test_the_variable_of_a_condition_stays_for_the_denial() -> None:
    text = "query ($x: Boolean!, $y: Boolean!) { child @skip(if: $y) { text @include(if: $x) } }"
    head = "query ($x: Boolean!, $y: Boolean!) { child @skip(if: $y)"
    assert executed(text) == head + " { text: __denied @include(if: $x) } }"
    assert checked(text) == head + " { ... @include(if: $x) { __typename } } }"
    spread = "query ($x: Boolean!) { things { __typename ...N @include(if: $x) } } fragment N on Note { text }"
    assert executed(spread) == "query ($x: Boolean!) { things { __typename } }"


# operations, limits, roots


def test_the_denials_are_those_of_the_operation_that_is_asked_for() -> None:
    text = "query A { child { text } } query B($n: Int) { child { name friends(first: $n) { name } } }"
    assert paths(text) == ["child/text"]
    assert paths(text, number=1) == []
    assert _line(pruned(text, number=1).executed) == text.replace("{ text }", "{ text: __denied }")


def test_a_variable_is_of_its_own_operation() -> None:
    text = "query A($n: Int) { child { note { text @skip(if: $n) } } } "
    text += "query B($n: Int) { child { friends(first: $n) { name } } }"
    assert executed(text).startswith("query A { child { note: __denied } } query B($n: Int) {")


def test_a_mutation_is_denied_at_its_root() -> None:
    text = "mutation { tell { name } }"
    assert pruned(text).denials == (Denial(("tell",), ("PARENT",)),)
    assert executed(text, P) == text


@pytest.mark.parametrize("size", [MAX_DENIALS - 1, MAX_DENIALS, MAX_DENIALS + 1, 3 * MAX_DENIALS])
def test_so_many_paths_are_reported_one_by_one_and_no_more(size: int) -> None:
    wide = " ".join(f"a{number}: text" for number in range(size))
    assert len(paths("{ child { " + wide + " } }")) == min(size, MAX_DENIALS)


def test_fragments_that_double_each_other_are_cut() -> None:
    doubling = " ".join(
        f"fragment F{n} on Child {{ a{n}: friends {{ ...F{n + 1} }} b{n}: friends {{ ...F{n + 1} }} }}"
        for n in range(40)
    )
    assert len(paths(f"{{ child {{ ...F0 }} }} {doubling} fragment F40 on Child {{ text }}")) == MAX_DENIALS


# interfaces, and the schema of a role


@pytest.mark.parametrize(
    ("role", "mark", "text"),
    [
        (P, None, None),
        (T, {"PARENT"}, None),  # notes have a mark for parents alone, and teachers may reach a note
        (S, None, {"PARENT", "TEACHER"}),  # no note is reached, and the text of a child is none of theirs
        (A, None, {"PARENT", "TEACHER"}),
    ],
)
def test_a_field_of_an_interface_needs_the_rights_of_every_member_that_is_reached(
    role: Role, mark: set[str] | None, text: set[str] | None
) -> None:
    denials = pruned("{ named { name mark text extra } }", role).denials
    found = {denial.path[-1]: set(denial.visible_to) for denial in denials}
    extra = None if role is A else {"ADMINISTRATOR"}  # that of a pet
    assert found == {name: roles for name, roles in (("mark", mark), ("text", text), ("extra", extra)) if roles}


TYPES: Final = {
    P: {"Query", "Mutation", "Named", "Child", "Note", "Thing", "Depth"},
    T: {"Query", "Named", "Child", "Note", "Thing", "Depth"},
    S: {"Query", "Named", "Child", "Thing"},
    A: {"Query", "Named", "Child", "Thing", "Depth"},
}


@pytest.mark.parametrize("role", TYPES)
def test_a_role_is_shown_the_types_that_it_reaches(role: Role) -> None:
    schema = View(_SCHEMA._schema, role.value).schema
    assert TYPES[P].intersection(schema.type_map) == TYPES[role]
    assert (schema.mutation_type is not None) == (role is P)
    union = print_type(schema.type_map["Thing"])
    assert union.endswith("Child | Note" if role in {P, T} else "= Child")
    fields = set(schema.type_map["Child"].fields)  # type: ignore[attr-defined] # of an object
    assert fields >= {"name", "mark", "friends", "things", "named"}
    assert ("text" in fields, "note" in fields) == (role in {P, T}, role in {P, T})
    interfaces = [own.name for own in schema.type_map["Child"].interfaces]  # type: ignore[attr-defined] # of an object
    assert interfaces == (["Named", "Confided"] if role is P else ["Named"])


def test_the_types_of_fields_stay_as_they_are_wrapped() -> None:
    shown_type = print_type(View(_SCHEMA._schema, S.value).schema.type_map["Child"])
    for line in ("name: String!", "mark: String\n", "first: Int! = 1", "): [Child!]\n", "named: Named\n"):
        assert line in shown_type


def test_a_view_says_what_a_role_may_read() -> None:
    view = View(_SCHEMA._schema, T.value)
    assert view.shows("Note", "text")
    assert not view.shows("Note", "mark")
    assert not view.shows("Query", "audit")
    assert not View(_SCHEMA._schema, S.value).shows("Note", "text")
    with pytest.raises(KeyError):
        view.shows("Note", "nothing")


def test_a_restricted_field_has_to_be_nullable() -> None:
    @strawberry.type
    class Strict:
        """Says more than it may."""

        text: str = batch(nothing, visible_to={P})

    with pytest.raises(TypeError, match=r"Strict\.text is restricted to roles, therefore it must be nullable"):
        View(strawberry.Schema(query=Strict)._schema, S.value)


def test_the_view_of_the_whole_hides_nothing() -> None:
    document = parse("{ child { note { mark } text } audit { name } }")
    view = View.whole(_SCHEMA._schema)
    assert prune(document, operations(document)[0], view).denials == ()
    assert view.introspects
    assert operations(document)[0].operation is OperationType.QUERY
