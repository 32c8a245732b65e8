"""The mutants that no test can kill, each with the reason why it changes nothing that matters."""

from collections.abc import Mapping
from typing import Final

_SAVES: Final = "without the shortcut more is read, and the same is found"
_TYPE: Final = "there is a value always: only the type says that there may be none"
_LISTS: Final = "a read of lists has an empty one where there is nothing: only the type says that there may be none"
_DANGLING: Final = "needs a reference to a person who is missing, which doctor reports; the answer fails"
_PEOPLE: Final = "gateway.resolvers.directory.known_people"
_SCOPE: Final = "gateway.resolvers.directory.scope"
_CONTEXT: Final = "gateway.context"
_PRUNING: Final = "gateway.engine.prepare.pruning"
_VISIBILITY: Final = "gateway.engine.prepare.visibility"
_MEMBERSHIP: Final = "gateway.membership"
_STUDENTS: Final = "self.students & other.students"
_PLACES: Final = "self.classes_and_groups & other.classes_and_groups"
_THROWN_AWAY: Final = "what is found inside a part that is hidden as a whole is thrown away"
_DECLARED: Final = "runs when the graph is declared, before a mutant is at work; its rules have mutants of their own"
_NO_RULE: Final = "neither leaves nor the types of introspection have a rule"
_COMPOSITE: Final = "isinstance(t, Composite) and (not t.name.startswith('__'))"
_OWN: Final = "columns <= {'student_id', 'school_id'}"

REASONS: Final[Mapping[tuple[str, str], str]] = {
    ("auth.identity", "if not ids → never"): _SAVES,
    ("auth.identity", "person and (not person.get('merged_to')) → not person.get('merged_to')"): _TYPE,
    ("auth.scope", "if not ids → never"): _SAVES,
    ("auth.scope", "for … if a['group_id'] is None → for …"): (
        "the students of a class are read in vain: an assignment that names a group takes those of the group"
    ),
    ("connectors.directory.people_filter", "self.students or () → self.students"): _TYPE,
    ("connectors.directory.people_filter", "self.people or () → self.people"): _TYPE,
    (
        _CONTEXT,
        "document and own and self.may_read_subject(document) → own and self.may_read_subject(document)",
    ): "a document that is missing is about no student, and nobody may read that",
    (_CONTEXT, "viewer.role is not Role.ADMINISTRATOR → False"): _SAVES,
    (_CONTEXT, "if viewer.role is not Role.ADMINISTRATOR → never"): _SAVES,
    (_PRUNING, "len(denials) < MAX_DENIALS → len(denials) <= MAX_DENIALS"): "the list is cut to as many below",
    (_PRUNING, "hidden or not isinstance(target, Composite) → not isinstance(target, Composite)"): _THROWN_AWAY,
    (
        _PRUNING,
        "isinstance(target, Composite) and target.name not in self.view.hidden_types → isinstance(target, Composite)",
    ): _THROWN_AWAY,
    (_PRUNING, "condition or '' → condition"): _TYPE,
    (_PRUNING, "directive.arguments or () → directive.arguments"): _TYPE,
    (_PRUNING, "condition.arguments or () → condition.arguments"): _TYPE,
    (_PRUNING, "if own is None → never"): "every operation of the document has been visited",
    ("gateway.schema.visibility", "set(visible_to) >= EVERYONE → set(visible_to) > EVERYONE"): _DECLARED,
    ("gateway.schema.visibility", "role in roles → True"): _DECLARED,
    ("gateway.schema.visibility", "role in roles → False"): _DECLARED,
    ("gateway.schema.visibility", "for … if role in roles → for …"): _DECLARED,
    ("gateway.recipients", "own or () → own"): _LISTS,
    (_MEMBERSHIP, f"{_STUDENTS} or {_PLACES} → {_PLACES}"): "who share a student share the student's class or group",
    (_MEMBERSHIP, "for … if each → for …"): "only colleagues can share that they have none, who are near without it",
    ("gateway.resolvers.announcements.reading", "page.total or 0 → page.total"): _TYPE,
    ("gateway.resolvers.audit", "if not readings → never"): "an administrator of no school records nothing either way",
    (_VISIBILITY, f"{_COMPOSITE} → not t.name.startswith('__')"): _NO_RULE,
    (_VISIBILITY, f"{_COMPOSITE} → isinstance(t, Composite)"): _NO_RULE,
    (_VISIBILITY, f"for … if {_COMPOSITE} → for …"): _NO_RULE,
    (_PEOPLE, "for … if person → for …"): _DANGLING,
    (_PEOPLE, "for … if today == day → for …"): "a class is looked up by its own day: that of another is read in vain",
    (_PEOPLE, "own or () → own"): _TYPE,
    (_PEOPLE, "those or () → those"): _TYPE,
    (_PEOPLE, "own or viewer.is_own_class(key) → own"): (
        "an own class without students is not found instead of empty, which tells nothing more"
    ),
    (_PEOPLE, "sorted(named_ids - {viewer.person_id}) or [_NOBODY] → sorted(named_ids - {viewer.person_id})"): (
        "no ids find nobody by as many commands"
    ),
    (_SCOPE, "viewer.role in ENUMERATED → False"): "the students are read and judged one by one, with the same outcome",
    (_SCOPE, "if viewer.role in ENUMERATED → never"): "likewise",
    (_SCOPE, f"{_OWN} → columns < {{'student_id', 'school_id'}}"): _SAVES,
    (_SCOPE, f"if {_OWN} and len(viewer.school_ids) == 1 → never"): _SAVES,
    (_SCOPE, "for … if student not in own → for …"): _SAVES,
    (_SCOPE, "if not foreign → never"): _SAVES,
    (_SCOPE, "if len(days) == 1 → never"): _SAVES,
    (_SCOPE, "for … if not isinstance(child, NotFound) → for …"): (
        "needs a child who goes between the reading of rights and that of children; the answer fails and tells nothing"
    ),
}
"""The reason of each, by its module and what it changes."""
