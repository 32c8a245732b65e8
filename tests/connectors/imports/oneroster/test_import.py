import threading
import zipfile
from datetime import date
from pathlib import Path

import pytest

from connectors.imports.endings import EndingRefused, EndingRules
from connectors.imports.errors import ImportFailed, MalformedFile, NothingImported
from connectors.imports.inputs import SizeRules, input_files
from connectors.imports.oneroster import import_oneroster
from connectors.imports.options import RunOptions
from connectors.imports.progress import Progress
from tests.connectors.imports.oneroster.delivery import Delivery, person, with_dates_of_roles


async def test_a_school_is_imported_whole_and_a_second_time_changes_nothing(delivery: Delivery) -> None:
    first = await delivery.run()
    assert first.is_balanced
    assert not first.skipped
    before = await delivery.everything()
    second = await delivery.run(delivery.zip())
    assert second.is_balanced
    assert not second.inserted
    assert not second.changed
    assert await delivery.everything() == before


async def test_a_student_has_their_class_group_school_and_names(delivery: Delivery) -> None:
    await delivery.run()
    ids = delivery.ids
    student = await delivery.one("directory.people", ids.person("stu"))
    assert student["display_name"] == "Иванова-Петрова Анна Сергеевна"
    assert student["patronymic"] == "Сергеевна"
    assert student["birth_date"] == "2013-05-01"
    assert student["roles"] == ["STUDENT"]
    assert student["school_id"] == ids.school("s")
    [enrolment] = student["enrolments"]
    assert (enrolment["class_id"], enrolment["starts_on"], enrolment["ends_on"]) == (
        ids.school_class("7a"),
        "2026-09-01",
        None,
    )
    [membership] = student["memberships"]  # from the first to the last day of the terms of the class
    assert (membership["group_id"], membership["starts_on"], membership["ends_on"]) == (
        ids.group("alg7a"),
        "2026-09-01",
        "2027-05-31",
    )
    group = await delivery.one("directory.groups", ids.group("alg7a"))
    assert group["class_ids"] == [ids.school_class("7a")]
    assert group["subject_id"] == ids.subject("s/alg")


async def test_parents_are_linked_and_staff_have_posts(delivery: Delivery) -> None:
    await delivery.run()
    ids = delivery.ids
    for adult, relation in (("mum", "parent"), ("dad", "guardian")):
        link = await delivery.one("directory.guardianships", ids.guardianship(adult, "stu"))
        assert (link["relation"], link["is_legal_representative"], link["data_access"]) == (relation, True, True)
    mother = await delivery.one("directory.people", ids.person("mum"))
    assert (mother["roles"], mother["school_ids"], mother["snils"]) == (["PARENT"], [ids.school("s")], "11223344595")
    teacher = await delivery.one("directory.people", ids.person("tea"))
    assert teacher["roles"] == ["TEACHER", "CLASS_TEACHER"]
    kinds = {one["kind"] for one in (await delivery.everything())["directory.staff_assignments"]}
    assert kinds == {"TEACHER", "CLASS_TEACHER"}
    subjects = {one["subject"] for one in (await delivery.everything())["directory.external_ids"]}
    assert subjects == {"stu", "mum", "dad", "tea", "belova"}


@pytest.mark.parametrize("delivery", ["12"], indirect=True)
@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        (["", "", ""], [(1, True), (1, True), (1, True)]),
        (["0.2", "0.3", "0.5"], [(1, True), (2, True), (3, True)]),
        (["20", "30", "50"], [(1, True), (2, True), (3, True)]),
        (["0.1", "0.9", "0"], [(1, True), (5, True), (1, False)]),
        (["0.5", "", "1"], [(1, True), (1, True), (2, True)]),
    ],
)
async def test_weights_of_categories_are_those_of_their_kinds_of_work_and_marks(
    delivery: Delivery, weights: list[str], expected: list[tuple[int, bool]]
) -> None:
    for number, weight in enumerate(weights):
        delivery.add("categories", f"cat{number}", title=f"Вид {number}", weight=weight)
    del delivery.rows["categories"]["cat"]
    delivery.rows["lineItems"]["li"] = {**delivery.rows["lineItems"]["li"], "categorySourcedId": "cat2"}
    await delivery.run()
    kinds = sorted((await delivery.everything())["grades.work_kinds"], key=lambda kind: str(kind["name"]))
    assert [(kind["weight"], kind["counts_towards_average"]) for kind in kinds] == expected
    [mark] = (await delivery.everything())["grades.marks"]
    assert (mark["weight"], mark["counts_towards_average"]) == expected[2]


@pytest.mark.parametrize("delivery", ["12"], indirect=True)
@pytest.mark.parametrize(("weight", "why"), [("-1", "weight -1 is below 0"), ("much", "weight is not a number")])
async def test_a_category_with_a_weight_that_is_none_is_refused(delivery: Delivery, weight: str, why: str) -> None:
    delivery.rows["categories"]["cat"] = {**delivery.rows["categories"]["cat"], "weight": weight}
    await delivery.run()
    assert [reason for entity, _, reason in delivery.skipped if entity == "categories"] == [why]
    [mark] = (await delivery.everything())["grades.marks"]
    assert (mark["weight"], mark["kind_id"]) == (1, None)


async def test_terms_are_quarters_and_results_are_marks(delivery: Delivery) -> None:
    await delivery.run()
    periods = (await delivery.everything())["grades.attestation_periods"]
    assert sorted((one["ordinal"], one["kind"], one["academic_year"]) for one in periods) == [
        (number, "QUARTER", "2026/27") for number in range(1, 5)
    ]
    [mark] = (await delivery.everything())["grades.marks"]
    assert (mark["value"], mark["numeric_value"], mark["given_on"]) == ("4", 4, "2026-10-02")
    assert mark["class_id"] == delivery.ids.school_class("7a")
    [work] = (await delivery.everything())["grades.works"]
    assert work["is_control_work"]
    assert work["planned_on"] == "2026-10-01"


async def test_a_guardianship_that_is_no_longer_named_ends_at_once(delivery: Delivery) -> None:
    await delivery.run()
    delivery.rows["users"]["stu"] = {**delivery.rows["users"]["stu"], "agentSourcedIds": "mum"}
    summary = await delivery.run()
    assert summary.ended["guardianships"].count == 1
    ended = await delivery.one("directory.guardianships", delivery.ids.guardianship("dad", "stu"))
    assert ended["valid_to"] == "2026-11-17"
    stays = await delivery.one("directory.guardianships", delivery.ids.guardianship("mum", "stu"))
    assert stays["valid_to"] is None


async def test_an_account_that_is_disabled_is_taken_away(delivery: Delivery) -> None:
    await delivery.run()
    delivery.rows["users"]["tea"] = {**delivery.rows["users"]["tea"], "enabledUser": "false"}
    summary = await delivery.run()
    assert summary.ended["accounts"].count == 1
    subjects = {one["subject"] for one in (await delivery.everything())["directory.external_ids"]}
    assert subjects == {"stu", "mum", "dad"}
    delivery.rows["users"]["tea"] = {**delivery.rows["users"]["tea"], "enabledUser": "true"}
    await delivery.run()
    subjects = {one["subject"] for one in (await delivery.everything())["directory.external_ids"]}
    assert subjects == {"stu", "mum", "dad", "tea", "belova"}


async def test_a_delivery_of_changes_changes_no_more_than_it_names(delivery: Delivery) -> None:
    await delivery.run()
    before = await delivery.everything()
    changed = {**delivery.rows["users"]["dad"], "familyName": "Сидоров"}
    deleted = {**delivery.rows["enrollments"]["e2"], "status": "tobedeleted"}
    for file in delivery.rows:
        (delivery.directory / f"{file}.csv").unlink()
    delivery.rows = {"users": {"dad": changed}, "enrollments": {"e2": deleted}}
    summary = await delivery.run(mode="delta")
    assert summary.is_balanced
    father = await delivery.one("directory.people", delivery.ids.person("dad"))
    assert father["family_name"] == "Сидоров"
    student = await delivery.one("directory.people", delivery.ids.person("stu"))
    assert [one["ends_on"] for one in student["memberships"]] == ["2026-11-17"]
    assert [one["ends_on"] for one in student["enrolments"]] == [None]
    after = await delivery.everything()
    untouched = ("directory.guardianships", "directory.external_ids", "directory.classes", "grades.marks")
    assert all(after[name] == before[name] for name in untouched)


async def test_the_import_stops_before_it_writes_when_too_many_links_would_end(delivery: Delivery) -> None:
    await delivery.run()
    before = await delivery.everything()
    delivery.rows["users"]["stu"] = {**delivery.rows["users"]["stu"], "agentSourcedIds": ""}
    delivery.rows["users"]["dad"] = {**delivery.rows["users"]["dad"], "familyName": "Сидоров"}
    with pytest.raises(EndingRefused, match="2 of 2 guardianships"):
        await delivery.run(endings=EndingRules(number=1, share=0))
    assert await delivery.everything() == before


@pytest.mark.parametrize(
    ("file", "key", "values", "reason"),
    [
        ("enrollments", "e1", {"beginDate": "2026-09-31"}, "beginDate is not a date"),
        ("enrollments", "e1", {"endDate": "2026-08-01"}, "endDate is before beginDate"),
        ("enrollments", "e1", {"classSourcedId": "9z"}, "unknown class '9z'"),
        ("enrollments", "e1", {"userSourcedId": "tea"}, "enrolled as a student, which the user's role is not"),
        ("enrollments", "e1", {"role": "proctor"}, "the role 'proctor' in a class has no place in the graph"),
        ("enrollments", "e1", {"status": "perhaps"}, "status 'perhaps' is neither active nor tobedeleted"),
        ("users", "mum", {"familyName": ""}, "without familyName"),
        ("users", "mum", {"userIds": "{SNILS:112-233-445 96}"}, "userIds is no СНИЛС: its last two digits do not"),
        ("courses", "alg", {"orgSourcedId": "nowhere"}, "unknown organisation 'nowhere'"),
        ("results", "r1", {"score": "6"}, "score 6 is not within 2 to 5"),
        ("results", "r1", {"score": "пять"}, "score is not a number"),
        ("results", "r1", {"scoreStatus": "exempt"}, "not graded yet"),
        ("results", "r1", {"studentSourcedId": "nobody"}, "unknown person 'nobody'"),
        ("lineItems", "li", {"resultValueMin": "9"}, "resultValueMin is not below resultValueMax"),
    ],
)
async def test_a_row_that_cannot_be_used_is_named_with_its_reason(
    delivery: Delivery, file: str, key: str, values: dict[str, str], reason: str
) -> None:
    delivery.rows[file][key] = {**delivery.rows[file][key], **values}
    summary = await delivery.run()
    assert summary.is_balanced
    line = [*delivery.rows[file]].index(key) + 2
    assert [
        (place.file, place.line) for entity, place, why in delivery.skipped if entity == file and reason in why
    ] == [(f"{file}.csv", line)]


async def test_rows_in_any_order_and_twice_give_the_same_school(delivery: Delivery) -> None:
    await delivery.run()
    before = await delivery.everything()
    path = delivery.write()
    for file in delivery.rows:
        heading, *rows = (path / f"{file}.csv").read_text(encoding="utf-8-sig").splitlines()
        text = "\r\n".join([heading, *reversed(rows), *rows])
        (path / f"{file}.csv").write_text(text, encoding="utf-8")
    summary = await delivery.run(path)
    assert summary.is_balanced
    assert summary.written.total() == 0
    assert await delivery.everything() == before
    assert all("stands in two rows" in why for _, _, why in delivery.skipped)


async def test_other_encodings_and_delimiters_are_read(delivery: Delivery) -> None:
    await delivery.run()
    before = await delivery.everything()
    path = delivery.write()
    text = delivery.text("users").replace("й", "й")
    (path / "users.csv").write_text(text, encoding="utf-8")
    (path / "orgs.csv").write_bytes(delivery.text("orgs").replace(",", ";").encode("cp1251"))
    (path / "courses.csv").write_bytes(delivery.text("courses").encode("utf-16"))
    await delivery.run(path)
    assert await delivery.everything() == before


async def test_unknown_files_are_named_and_left_out(delivery: Delivery) -> None:
    path = delivery.write()
    (path / "resources.csv").write_text("sourcedId\n1\n")
    (path / "notes.txt").write_text("x")
    summary = await delivery.run(path)
    assert summary.notes == [
        "notes.txt is left out: it is no file of OneRoster.",
        "resources.csv is left out: it has no place in the graph.",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "orgs.csv, line 1: the file is empty"),
        ("sourcedId,name\n1,x\n", "orgs.csv, line 1: the heading has no column type"),
        ("sourcedId,name,name,type\n1,x,x,x\n", "orgs.csv, line 1: the heading has two columns name"),
        ('sourcedId,name,type\n"1,x\n', "orgs.csv, line 2: the row cannot be read"),
    ],
)
async def test_a_file_that_cannot_be_read_is_named_and_nothing_is_written(
    delivery: Delivery, text: str, problem: str
) -> None:
    path = delivery.write()
    (path / "orgs.csv").write_text(text)
    with pytest.raises(MalformedFile, match=problem):
        await delivery.run(path)
    assert not any((await delivery.everything()).values())


async def test_a_row_that_is_cut_off_is_refused(delivery: Delivery) -> None:
    path = delivery.write()
    users = (path / "users.csv").read_text(encoding="utf-8-sig")
    (path / "users.csv").write_text(users[: users.rindex("belova")], encoding="utf-8")
    await delivery.run(path)
    assert ("users", 5) in {(entity, place.line) for entity, place, why in delivery.skipped if "the heading" in why}


async def test_an_archive_that_is_cut_off_encrypted_or_a_bomb_is_refused(delivery: Delivery, tmp_path: Path) -> None:
    whole = delivery.zip().read_bytes()
    cut = tmp_path / "cut.zip"
    cut.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ImportFailed, match=r"cut\.zip: the archive is damaged or incomplete"):
        await delivery.run(cut)
    damaged = tmp_path / "damaged.zip"
    damaged.write_bytes(whole[:200] + b"\x00" * 100 + whole[300:])
    with pytest.raises(ImportFailed, match="the archive is damaged or incomplete"):
        await delivery.run(damaged)
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("users.csv", b"0" * (20 * 2**20))
    with pytest.raises(ImportFailed, match="That is no table; nothing was read"):
        await delivery.run(bomb)
    with (
        pytest.raises(ImportFailed, match="at most 100 are read at once"),
        input_files(delivery.write(), SizeRules(bytes=100)),
    ):
        pass
    assert not any((await delivery.everything()).values())


async def test_another_version_or_an_announced_file_that_is_missing_is_refused(delivery: Delivery) -> None:
    path = delivery.write()
    (path / "manifest.csv").write_text("propertyName,value\noneroster.version,2.0\nfile.users,bulk\n")
    with pytest.raises(ImportFailed, match=r"OneRoster 2\.0 was found"):
        await delivery.run(path)
    (path / "manifest.csv").write_text("propertyName,value\noneroster.version,1.1\nfile.users,bulk\n")
    (path / "users.csv").unlink()
    with pytest.raises(ImportFailed, match=r"announces users\.csv"):
        await delivery.run(path)


async def test_an_import_of_nobody_fails_and_says_why(delivery: Delivery) -> None:
    delivery.rows = {"users": {"x": {"givenName": "Анна"}}}
    with pytest.raises(NothingImported, match="without familyName"):
        await delivery.run(delivery.zip())


@with_dates_of_roles
async def test_a_role_that_is_over_gives_nothing(delivery: Delivery) -> None:
    person(delivery, "old", "principal", "Пётр", "Прошлый")
    delivery.rows["roles"]["role-old"] = {**delivery.rows["roles"]["role-old"], "endDate": "2026-11-17"}
    await delivery.run()
    old = await delivery.one("directory.people", delivery.ids.person("old"))
    assert old["roles"] == []
    assert [post["ends_on"] for post in old["posts"]] == ["2026-11-17"]
    await delivery.run(today=date(2026, 11, 17))
    assert (await delivery.one("directory.people", delivery.ids.person("old")))["roles"] == ["ADMINISTRATOR"]


@with_dates_of_roles
async def test_a_student_who_left_keeps_their_marks_and_is_in_no_class_from_then_on(delivery: Delivery) -> None:
    await delivery.run()
    delivery.rows["roles"]["role-stu"] = {**delivery.rows["roles"]["role-stu"], "endDate": "2026-11-10"}
    await delivery.run()
    student = await delivery.one("directory.people", delivery.ids.person("stu"))
    assert student["student_id"] == delivery.ids.student("stu")
    assert student["roles"] == []
    assert [one["ends_on"] for one in (*student["enrolments"], *student["memberships"])] == ["2026-11-10"] * 2
    assert len((await delivery.everything())["grades.marks"]) == 1


async def subjects(delivery: Delivery) -> set[str]:
    return {one["subject"] for one in (await delivery.everything())["directory.external_ids"]}


async def test_user_profiles_are_sign_in_names_of_one_application_and_never_of_the_disabled(delivery: Delivery) -> None:
    profile = {"userSourcedId": "mum", "profileType": "sso", "credentialType": "oauth"}
    delivery.add("userProfiles", "p1", **profile, vendorId="v", applicationId="diary", username="maria")
    delivery.add("userProfiles", "p2", **profile, vendorId="v", applicationId="chess", username="grandmaster")
    own = await delivery.run()
    assert own.is_balanced
    assert await subjects(delivery) == {"stu", "mum", "dad", "tea", "belova"}
    await delivery.run(application="diary")
    assert await subjects(delivery) == {"stu", "mum", "dad", "tea", "belova", "maria"}
    delivery.rows["users"]["mum"] = {**delivery.rows["users"]["mum"], "enabledUser": "false"}
    summary = await delivery.run(application="diary")
    assert ("userProfiles", "the user is not enabled") in {(entity, why) for entity, _, why in delivery.skipped}
    assert summary.ended["accounts"].count == 1
    assert await subjects(delivery) == {"stu", "dad", "tea", "belova"}


@with_dates_of_roles
async def test_a_parent_has_the_right_for_the_days_of_their_role(delivery: Delivery) -> None:
    roles = delivery.rows["roles"]
    roles["role-mum"] = {**roles["role-mum"], "beginDate": "2026-12-01"}
    roles["role-dad"] = {**roles["role-dad"], "endDate": "2026-11-30"}
    await delivery.run()
    mother = await delivery.one("directory.guardianships", delivery.ids.guardianship("mum", "stu"))
    assert (mother["valid_from"], mother["valid_to"]) == ("2026-12-01", None)
    father = await delivery.one("directory.guardianships", delivery.ids.guardianship("dad", "stu"))
    assert (father["valid_from"], father["valid_to"]) == (None, "2026-11-30")


async def test_nobody_teaches_without_a_role_of_staff_nor_after_it(delivery: Delivery) -> None:
    for key in ("stu", "mum"):
        delivery.add("enrollments", f"e-{key}", classSourcedId="alg7a", userSourcedId=key, role="teacher")
    if delivery.version == "12":
        roles = delivery.rows["roles"]
        roles["role-tea"] = {**roles["role-tea"], "endDate": "2026-10-31"}
    await delivery.run()
    refused = [why for entity, _, why in delivery.skipped if entity == "enrollments"]
    assert refused == ["enrolled as a teacher, while the user has no role of staff"] * 2
    everything = await delivery.everything()
    assert {one["person_id"] for one in everything["directory.staff_assignments"]} == {delivery.ids.person("tea")}
    if delivery.version == "12":
        assert {one["ends_on"] for one in everything["directory.staff_assignments"]} == {"2026-10-31"}
        assert (await delivery.one("directory.people", delivery.ids.person("tea")))["roles"] == []


async def test_sessions_of_the_next_year_move_nobody_before_it_begins(delivery: Delivery) -> None:
    del delivery.rows["classes"]["7a"]  # so the classes are made of the grades
    for key in ("e1", "e4"):
        del delivery.rows["enrollments"][key]
    await delivery.run()
    before = await delivery.one("directory.people", delivery.ids.person("stu"))
    assert [one["starts_on"] for one in before["enrolments"]] == ["2026-09-01"]
    delivery.add(
        "academicSessions",
        "y28",
        title="2027/28",
        type="schoolYear",
        startDate="2027-09-01",
        endDate="2028-05-31",
        schoolYear="2028",
    )
    await delivery.run(today=date(2027, 5, 20))
    after = await delivery.one("directory.people", delivery.ids.person("stu"))
    assert after["enrolments"] == before["enrolments"]
    delivery.rows["users"]["stu"] = {**delivery.rows["users"]["stu"], "grades": "08"}
    await delivery.run(today=date(2027, 9, 2))
    later = await delivery.one("directory.people", delivery.ids.person("stu"))
    spans = [(one["starts_on"], one["ends_on"]) for one in later["enrolments"]]
    assert spans == [("2026-09-01", "2027-09-01"), ("2027-09-01", None)]


async def test_files_are_read_in_a_thread_so_that_the_lease_can_be_renewed(delivery: Delivery) -> None:
    threads = set()

    def note(step: Progress) -> None:
        if step.file.endswith(".csv"):
            threads.add(threading.get_ident())

    databases = delivery.connectors.databases
    options = RunOptions(issuer="urn:x", time_zone="Asia/Yekaterinburg", on_progress=note)
    await import_oneroster(delivery.write(), databases, options, is_dry=True)
    assert threads
    assert threading.get_ident() not in threads
