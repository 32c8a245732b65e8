"""The sentences of findings: each rule has one in both languages, of the details that the checks record."""

import re

import pytest

from auth.viewer import Role
from connectors.checks.runs import SEVERITIES
from connectors.directory import MandatoryField
from connectors.integrity import IntegrityRule
from gateway.resolvers.integrity import responsible
from gateway.resolvers.integrity.sentences import _FIELDS, SENTENCES

PARAMETERS = re.compile(r"{(\w+)}")


def test_every_rule_has_a_severity_and_a_sentence() -> None:
    assert set(SEVERITIES) == set(SENTENCES) == set(IntegrityRule)
    assert set(_FIELDS) == set(MandatoryField)


@pytest.mark.parametrize("rule", IntegrityRule)
def test_both_languages_of_a_sentence_name_the_same(rule: IntegrityRule) -> None:
    sentence = SENTENCES[rule]
    assert sorted(PARAMETERS.findall(sentence)) == sorted(PARAMETERS.findall(sentence.russian))


def test_who_can_correct_it_is_responsible() -> None:
    def of(rule: IntegrityRule, **details: str) -> Role:
        return responsible({"rule": rule.value, "details": details})

    assert of(IntegrityRule.FIELD_MISSING, field="PHONE") is Role.PARENT
    assert of(IntegrityRule.FIELD_MISSING, field="BIRTH_DATE") is Role.ADMINISTRATOR
    assert of(IntegrityRule.MARK_OUT_OF_SCALE) is Role.TEACHER
    assert of(IntegrityRule.REFERENCE_LOST) is Role.ADMINISTRATOR
