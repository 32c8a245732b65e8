"""Every collection says what becomes of a person who is erased."""

from collections.abc import Iterator

from connectors.assembly import SUBSYSTEMS
from connectors.declarations import Collection
from connectors.erasure.rules import Fate, Who, named, rules_of
from connectors.references import id_keys
from connectors.vocabulary import PersonId, StudentId

PLAIN = {"person_id": Who.PERSON, "actor_id": Who.PERSON, "student_id": Who.STUDENT}
"""Keys that name a person as a plain string, because their documents outlive those whom they name."""


def every() -> Iterator[tuple[str, Collection[object]]]:
    for subsystem, connector in SUBSYSTEMS.items():
        for collection in connector.collections:
            yield subsystem, collection


def people_in(collection: Collection[object]) -> dict[str, Who]:
    """The keys of a collection's documents that name people or students."""
    typed = {PersonId: Who.PERSON, StudentId: Who.STUDENT}
    found = {key: typed[type_] for key, type_ in id_keys(collection.document) if type_ in typed}
    return found | {key: who for key, who in PLAIN.items() if key in collection.document.__annotations__}


def test_each_collection_says_what_becomes_of_each_key_that_names_a_person() -> None:
    for subsystem, collection in every():
        place = f"{subsystem}.{collection.name}"
        rules = rules_of(subsystem, collection.name)
        assert rules is not None, f"{place}: connectors/erasure/rules.py does not say what becomes of it"
        assert {rule.key: rule.who for rule in rules} == people_in(collection), place


def test_no_rule_is_about_a_collection_that_is_not_there() -> None:
    assert named() <= {f"{subsystem}.{collection.name}" for subsystem, collection in every()}


def test_what_is_kept_says_why_and_what_is_cleared_names_keys_of_the_document() -> None:
    for subsystem, collection in every():
        for rule in rules_of(subsystem, collection.name) or ():
            assert bool(rule.why) == (rule.fate is Fate.KEPT), (subsystem, collection.name, rule)
            assert rule.values.keys() <= collection.document.__annotations__.keys()
            assert rule.owner in collection.document.__annotations__
