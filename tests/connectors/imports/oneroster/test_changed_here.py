"""What was changed here by hand survives the next import, field by field; what both sides changed is named."""

from connectors.imports.history import missing_of
from connectors.imports.runs import TAKEN
from tests.connectors.imports.oneroster.delivery import Delivery, with_dates_of_roles


async def change(delivery: Delivery, collection: str, document_id: str, **values: object) -> None:
    database = delivery.connectors.databases["directory"]
    await database[collection].update_one({"_id": document_id}, {"$set": values, "$inc": {"version": 1}})


async def test_a_correction_made_here_stays_while_the_source_says_what_it_said(delivery: Delivery) -> None:
    await delivery.run()
    student = delivery.ids.person("stu")
    await change(delivery, "people", student, birth_date="2013-05-10", phone="+79020000000")
    again = await delivery.run()
    assert not again.changed
    delivery.rows["users"]["stu"] = {**delivery.rows["users"]["stu"], "email": "anna@mail.example"}
    third = await delivery.run()
    assert third.changed == {"directory.people": 1}
    stands = await delivery.one("directory.people", student)
    assert stands["birth_date"] == "2013-05-10"
    assert stands["phone"] == "+79020000000"
    assert stands["email"] == "anna@mail.example"
    assert not third.differing


async def test_what_both_sides_changed_stays_as_it_is_here_and_is_named_once(delivery: Delivery) -> None:
    await delivery.run()
    student = delivery.ids.person("stu")
    await change(delivery, "people", student, birth_date="2013-05-10")
    delivery.rows["demographics"]["stu"] = {"birthDate": "2013-05-11"}
    summary = await delivery.run()
    assert (await delivery.one("directory.people", student))["birth_date"] == "2013-05-10"
    assert [(one.document_id, one.field, one.here, one.source) for one in summary.differing] == [
        (student, "birth_date", "2013-05-10", "2013-05-11")
    ]
    assert not (await delivery.run()).differing


async def test_a_right_that_was_withdrawn_here_does_not_come_back(delivery: Delivery) -> None:
    await delivery.run()
    link = delivery.ids.guardianship("dad", "stu")
    await change(delivery, "guardianships", link, valid_to="2026-11-01")
    people = delivery.connectors.databases["directory"]["people"]
    teacher = delivery.ids.person("tea")
    await people.update_one({"_id": teacher}, {"$set": {"posts.$[].ends_on": "2026-11-01"}})
    delivery.rows["users"]["tea"] = {**delivery.rows["users"]["tea"], "email": "tea@mail.example"}
    await delivery.run()
    assert (await delivery.one("directory.guardianships", link))["valid_to"] == "2026-11-01"
    posts = (await delivery.one("directory.people", teacher))["posts"]
    assert {post["ends_on"] for post in posts} == {"2026-11-01"}


async def test_a_link_that_the_source_names_again_holds_again(delivery: Delivery) -> None:
    await delivery.run()
    link = delivery.ids.guardianship("dad", "stu")
    named = delivery.rows["users"]["stu"]
    delivery.rows["users"]["stu"] = {**named, "agentSourcedIds": "mum"}
    await delivery.run()
    assert (await delivery.one("directory.guardianships", link))["valid_to"] == "2026-11-17"
    delivery.rows["users"]["stu"] = named
    await delivery.run()
    assert (await delivery.one("directory.guardianships", link))["valid_to"] is None


async def test_a_link_that_ended_and_was_renewed_here_is_not_ended_again(delivery: Delivery) -> None:
    await delivery.run()
    link = delivery.ids.guardianship("dad", "stu")
    delivery.rows["users"]["stu"] = {**delivery.rows["users"]["stu"], "agentSourcedIds": "mum"}
    await delivery.run()
    await change(delivery, "guardianships", link, valid_to=None)
    summary = await delivery.run()
    assert not summary.ended
    assert (await delivery.one("directory.guardianships", link))["valid_to"] is None


async def test_a_person_who_comes_back_has_their_classes_and_posts_again(delivery: Delivery) -> None:
    await delivery.run()
    before = {key: await delivery.one("directory.people", delivery.ids.person(key)) for key in ("stu", "tea")}
    rows = {file: dict(rows) for file, rows in delivery.rows.items()}
    for file in ("users", "roles", "demographics"):
        delivery.rows[file] = {
            key: row for key, row in delivery.rows.get(file, {}).items() if not key.endswith(("stu", "tea"))
        }
    delivery.rows = {file: rows for file, rows in delivery.rows.items() if rows}
    await delivery.run()
    assert (await delivery.one("directory.people", delivery.ids.person("tea")))["roles"] == []
    delivery.rows = rows
    await delivery.run()
    for key, person in before.items():
        assert await delivery.one("directory.people", delivery.ids.person(key)) == person


async def test_a_document_that_was_deleted_here_is_not_imported_again(delivery: Delivery) -> None:
    await delivery.run()
    await delivery.connectors.databases["grades"]["marks"].delete_many({})
    summary = await delivery.run()
    assert not summary.inserted
    assert summary.is_balanced


async def test_a_mark_that_was_given_here_for_the_same_work_stays(delivery: Delivery) -> None:
    await delivery.connectors.grades.create_indexes()
    await delivery.run()
    marks = delivery.connectors.databases["grades"]["marks"]
    [mark] = (await delivery.everything())["grades.marks"]
    await marks.delete_many({})
    await delivery.connectors.databases["grades"]["snapshots"].delete_many({})
    await marks.insert_one({**mark, "_id": "mrk_byhand", "value": "5"})
    summary = await delivery.run()
    assert summary.is_balanced
    assert [why for entity, _, why in delivery.skipped if entity == "results"] == [TAKEN]
    assert [one["value"] for one in (await delivery.everything())["grades.marks"]] == ["5"]


async def test_a_document_that_the_source_no_longer_names_stays_and_is_marked_until_it_is_named_again(
    delivery: Delivery,
) -> None:
    await delivery.run()
    snapshots = delivery.connectors.databases["directory"]["snapshots"]
    father, before = {"_id": f"people/{delivery.ids.person('dad')}"}, dict(delivery.rows["users"])
    delivery.rows["users"] = {key: row for key, row in before.items() if key != "dad"}
    if delivery.version == "12":
        del delivery.rows["roles"]["role-dad"]
    summary = await delivery.run()
    assert "1 people are no longer named. They stay, and are marked as missing." in summary.notes
    assert (await delivery.one("directory.people", delivery.ids.person("dad")))["family_name"] == "Петров"
    assert (await delivery.one("directory.snapshots", father["_id"]))["missing_since"] == "2026-11-18"
    directory = delivery.connectors.databases["directory"]
    assert await missing_of(directory, delivery.issuer) == {"people": 1}
    assert not (await delivery.run()).notes
    delivery.rows["users"] = before
    await delivery.run()
    assert await snapshots.count_documents({**father, "missing_since": {"$exists": False}}) == 1
    assert await missing_of(directory, delivery.issuer) == {}


async def test_a_post_that_ended_here_stays_over_where_the_source_moves_its_days(delivery: Delivery) -> None:
    await delivery.run()
    teacher, stand = delivery.ids.person("tea"), delivery.connectors.databases["directory"]["people"]
    await stand.update_one({"_id": teacher}, {"$set": {"posts.$[].ends_on": "2026-11-01", "roles": []}})
    sessions = delivery.rows["academicSessions"]
    sessions["q4"] = {**sessions["q4"], "endDate": "2027-06-15"}
    summary = await delivery.run()
    person = await delivery.one("directory.people", teacher)
    assert {post["ends_on"] for post in person["posts"]} == {"2026-11-01"}
    assert person["roles"] == []
    [differs] = summary.differing
    assert (differs.document_id, differs.field) == (teacher, "posts")
    assert (differs.here["ends_on"], differs.source["ends_on"]) == ("2026-11-01", "2027-06-15")
    again = await delivery.run()
    assert not again.differing
    assert not again.changed
    sessions["q4"] = {**sessions["q4"], "endDate": "2026-10-15"}
    for number in (1, 2, 3):
        sessions[f"q{number}"] = {**sessions[f"q{number}"], "startDate": "2026-09-01", "endDate": "2026-10-15"}
    sessions["q4"] = {**sessions["q4"], "startDate": "2026-09-01"}
    await delivery.run()
    posts = (await delivery.one("directory.people", teacher))["posts"]
    ends = {post["role"]: post["ends_on"] for post in posts if post["starts_on"] == "2026-09-01"}
    assert ends == {"TEACHER": "2026-10-15", "CLASS_TEACHER": "2026-11-01"}


@with_dates_of_roles
async def test_of_a_right_that_both_sides_limited_the_lesser_one_stands(delivery: Delivery) -> None:
    await delivery.run()
    link = delivery.ids.guardianship("dad", "stu")
    await change(delivery, "guardianships", link, valid_to="2027-05-31")
    roles = delivery.rows["roles"]
    roles["role-dad"] = {**roles["role-dad"], "endDate": "2026-12-01"}
    summary = await delivery.run()
    assert (await delivery.one("directory.guardianships", link))["valid_to"] == "2026-12-01"
    assert [(one.field, one.here, one.source) for one in summary.differing] == [
        ("valid_to", "2027-05-31", "2026-12-01")
    ]


async def test_a_person_who_was_merged_stays_a_teacher_as_long_as_the_source_says_so(delivery: Delivery) -> None:
    await delivery.run()
    people = delivery.connectors.databases["directory"]["people"]
    teacher, mother = (delivery.ids.person(key) for key in ("tea", "mum"))
    surplus = await delivery.one("directory.people", teacher)
    united = {"posts": surplus["posts"], "roles": ["PARENT", *surplus["roles"]]}
    await people.update_one({"_id": mother}, {"$set": united})
    await people.update_one({"_id": teacher}, {"$set": {"merged_to": mother}})
    assignments = delivery.connectors.databases["directory"]["staff_assignments"]
    await assignments.update_many({}, {"$set": {"person_id": mother}})
    before = await delivery.one("directory.people", mother)
    for _ in range(2):
        summary = await delivery.run()
        assert not summary.ended
        assert await delivery.one("directory.people", mother) == before
    for key in ("e3", "e4"):
        del delivery.rows["enrollments"][key]
    if delivery.version == "12":
        del delivery.rows["roles"]["role-tea"]
    else:
        delivery.rows["users"]["tea"] = {**delivery.rows["users"]["tea"], "role": "aide"}
    await delivery.run()
    after = await delivery.one("directory.people", mother)
    assert after["roles"] == ["PARENT"]
    assert {post["ends_on"] for post in after["posts"]} == {"2026-11-17"}
    assert {one["ends_on"] for one in await assignments.find({}).to_list(None)} == {"2026-11-17"}
