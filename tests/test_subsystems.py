"""A subsystem is one word: it names one module in each of these places, and is registered in those.

The places are read as text, so that what is missing is said even where its absence keeps the gateway from starting.
"""

import ast
import re
import tomllib
from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Final, TypedDict

import pytest

from connectors.assembly import SUBSYSTEMS
from connectors.declarations import Collection, Connector, Read, by_ids, many
from connectors.references import references

ROOT: Final = Path(__file__).parents[1]

SHARED: Final = frozenset(
    {
        "actions",
        "arguments",
        "assembled",
        "caching",
        "connections",
        "demand",
        "descriptions",
        "events",
        "fields",
        "node",
        "people",
        "printed",
        "query",
        "references",
        "scalars",
        "terms",
        "visibility",
    }
)
"""The modules of gateway/schema that all subsystems share: name a new one here, or it counts as a subsystem."""


def words(folder: str) -> set[str]:
    """What has a module, or a package, in *folder*."""
    found = {path.stem for path in (ROOT / folder).glob("*.py")} - {"__init__"}
    return found | {path.parent.name for path in (ROOT / folder).glob("*/__init__.py")}


def with_collections() -> set[str]:
    """The connectors: of the modules beside them, they alone have a class of reads."""
    texts = {
        word: _text(f"connectors/{word}.py") or _text(f"connectors/{word}/reads.py") for word in words("connectors")
    }
    return {word for word, text in texts.items() if re.search(r"^class \w+\(Connector\):", text, re.MULTILINE)}


def with_tests() -> set[str]:
    return {path.stem.removeprefix("test_") for path in (ROOT / "tests/gateway/resolvers").glob("test_*.py")}


def fields() -> list[str]:
    """The fields of Connectors."""
    for node in ast.parse(_text("connectors/assembly.py")).body:
        if isinstance(node, ast.ClassDef) and node.name == "Connectors":
            return [ast.unparse(line.target) for line in node.body if isinstance(line, ast.AnnAssign)]
    raise AssertionError("connectors/assembly.py has no Connectors")


def independent() -> list[str]:
    """The modules of the contract that keeps connectors apart."""
    contracts = tomllib.loads(_text("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    layers = next(c["layers"] for c in contracts if c.get("containers") == ["connectors"])
    [subsystems] = [layer.split() for layer in layers if "directory" in layer.split()]
    return [name for name in subsystems if name != "|"]


def _text(path: str) -> str:
    file = ROOT / path
    return file.read_text() if file.exists() else ""


def places() -> dict[str, Iterable[str]]:
    """Where a subsystem is named, told as what to add there, with the subsystems that are."""
    return {
        "connectors/{}.py with a Connector": with_collections(),
        "gateway/resolvers/{}.py": words("gateway/resolvers"),
        "gateway/schema/{}.py": words("gateway/schema") - SHARED,
        "tests/gateway/resolvers/test_{}.py": with_tests(),
        "the field {} in Connectors of connectors/assembly.py": fields(),
        '"| {}" in the layers of the connectors in pyproject.toml': independent(),
    }


def missing(places: Mapping[str, Iterable[str]]) -> list[str]:
    """A line for each word and each place that lacks it; tests may be about other things as well."""
    named = {place: set(words) for place, words in places.items()}
    every = sorted(set().union(*(words for place, words in named.items() if not place.startswith("tests/"))))
    return [
        f"{word}: missing, or of another name: {place.format(word)}"
        for word in every
        for place, words in named.items()
        if word not in words
    ]


def test_nothing_is_missing_when_each_subsystem_is_looked_for_in_every_place() -> None:
    found = missing(places())
    assert not found, "\n" + "\n".join(found)


def test_it_is_said_what_is_missing_when_a_module_has_another_name() -> None:
    assert missing({"connectors/{}.py": ["diary", "meal"], "gateway/schema/{}.py": ["diary", "meals"]}) == [
        "meal: missing, or of another name: gateway/schema/meal.py",
        "meals: missing, or of another name: connectors/meals.py",
    ]


@pytest.mark.parametrize("subsystem", SUBSYSTEMS)
def test_the_word_leads_to_its_own_module_when_connectors_are_assembled(subsystem: str) -> None:
    assert SUBSYSTEMS[subsystem].__module__.startswith(f"connectors.{subsystem}")


@pytest.mark.parametrize("subsystem", SUBSYSTEMS)
def test_collections_have_names_of_their_own(subsystem: str) -> None:
    collections = SUBSYSTEMS[subsystem].collections
    assert collections
    assert len({collection.name for collection in collections}) == len(collections)


def test_a_class_is_refused_when_it_reads_a_collection_that_it_does_not_have() -> None:
    class Dish(TypedDict):
        _id: str

    with pytest.raises(RuntimeError) as refused:

        class Meals(Connector):
            dishes_by_ids: Read[str, Dish] = by_ids(Collection("dishes", Dish))

    assert str(refused.value.__cause__) == "Meals.collections lacks dishes, which dishes_by_ids reads"


def test_a_read_is_refused_when_its_documents_lack_the_key() -> None:
    class Dish(TypedDict):
        _id: str

    with pytest.raises(TypeError, match="Dish has no key 'school_id'"):
        many(Collection("dishes", Dish), by="school_id")


def test_references_follow_from_the_types_of_keys() -> None:
    found = {str(reference) for reference in references(SUBSYSTEMS)}
    assert {
        "directory.people.enrolments.class_id → directory.classes",
        "directory.people.merged_to → directory.people",
        "grades.marks.student_id → directory.people",
        "grades.marks.scale_id → grades.grade_scales",
        "schedule.lessons.teacher_ids → directory.people",
        "schedule.lessons.substitution.substitute_teacher_id → directory.people",
        "curriculum.curricula.items.subject_id → directory.subjects",
    } <= found
    assert not [text for text in found if "._id →" in text]


@pytest.mark.parametrize("subsystem", SUBSYSTEMS)
def test_a_type_has_what_a_subsystem_adds_when_it_adds_anything(subsystem: str) -> None:
    assembled, query = import_module("gateway.schema.assembled"), import_module("gateway.schema.query")
    for name, part in vars(import_module(f"gateway.schema.{subsystem}")).items():
        adding, of, added_to = name.partition("Of")
        if of and adding.lower() == subsystem:
            own = getattr(query if added_to in {"Query", "Mutation", "Subscription"} else assembled, added_to)
            assert issubclass(own, part), f"{name} is no part of {added_to}"


def test_an_object_is_found_by_its_id_when_its_type_has_one() -> None:
    query, ids = import_module("gateway.schema.query"), import_module("connectors.vocabulary")
    assert set(query.NODES) == set(_below(import_module("gateway.schema.node").Node))
    for part, find in query.NODES.items():
        assert find is not None, f"{part.__name__} is a Node, and its view_of has no found_by"
        assert part.__name__ in ids.PREFIXES, f"connectors/vocabulary.py: {part.__name__} has no prefix"


def test_a_field_stands_where_it_says_when_another_subsystem_adds_it() -> None:
    school = import_module("gateway.schema.assembled").School.__strawberry_definition__.fields
    names = [field.python_name for field in school]
    assert names.index("bells") == names.index("work_kinds") + 1
    assert names.index("attestation_periods") == names.index("calendar") + 1
    assert {field.after for field in school} - {None} <= set(names)


def _below(base: Any) -> list[Any]:
    return [part for own in base.__subclasses__() for part in (own, *_below(own))]


def test_an_id_names_one_type_when_its_prefix_is_read() -> None:
    prefixes = import_module("connectors.vocabulary").PREFIXES
    assert len(set(prefixes.values())) == len(prefixes)
