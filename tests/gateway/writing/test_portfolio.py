"""Achievements that families and staff add, and what becomes of them. Today is Wednesday 18 November 2026.

Ivan's confirmed achievements: olympiads 10.5 and 2, contest 0.5 (area «Наука»), circle 7 («Творчество»): 20 points.
Of 7А's six students Petr has 10 and Timofey 6 more: (20 + 10 + 6) / 6 = 6.00. The scoring tables: olympiad 10, 8, 6 and
0.5 for taking part; sport 8, 6, 4 and 1; circle at most 5 and 5.
"""

import asyncio
from typing import Any, Final

import pytest

from auth.viewer import Role
from tests.gateway.writing.acting import Acting, codes_of, limits_of
from tests.gateway.writing.uploading import uploaded

PARENT, STUDENT, TEACHER, LEADER, ADMIN = (
    Role.PARENT,
    Role.STUDENT,
    Role.TEACHER,
    Role.CLASS_TEACHER,
    Role.ADMINISTRATOR,
)
FIELDS: Final = (
    "achievement { id title status points rounds { name place points } presencePoints defencePoints version "
    "addedBy { id } confirmedBy { id } rejectionReason teacher { id } type { name } }"
)
RATING: Final = "student { portfolio { rating { score classAverage areas { name score share } } sections { share } } }"


def added(acts: Acting, **changes: Any) -> dict[str, Any]:
    return {
        "studentId": acts.id("Student", "ivan"),
        "typeId": acts.id("AchievementType", "olympiad"),
        "title": "Олимпиада по физике",
        "achievedOn": "2026-11-10",
        "rounds": [{"name": "Школьный", "place": 1}, {"name": "Районный"}],
        **changes,
    }


def circle(acts: Acting, **changes: Any) -> dict[str, Any]:
    values = added(acts, typeId=acts.id("AchievementType", "circle"), presencePoints="4", defencePoints="2.5")
    del values["rounds"]
    return {**values, **changes}


async def add(acts: Acting, who: str = "olga", role: Role = PARENT, **changes: Any) -> dict[str, Any]:
    sent = changes.pop("sent", None) or added(acts, **changes)
    payload = await acts.act(who, role, "addAchievement", sent, FIELDS, Idempotency_Key=f"{who} {changes} {sent}"[:200])
    assert payload["userErrors"] == []
    achievement: dict[str, Any] = payload["achievement"]
    return achievement


async def of_ivan(acts: Acting, key: str) -> dict[str, Any]:
    [found] = await acts.found("portfolio.achievements", _id=acts.id("Achievement", key))
    return found


async def rating(acts: Acting) -> dict[str, Any]:
    query = f'{{ student(id: "{acts.id("Student", "ivan")}") {{ {RATING.removeprefix("student { ")} }}'
    shown = await acts.answer("olga", PARENT, query)
    found: dict[str, Any] = shown["data"]["student"]["portfolio"]
    return found


# ── adding ──


async def test_an_achievement_of_a_parent_waits_and_moves_the_rating_once_it_is_confirmed(acts: Acting) -> None:
    before = await rating(acts)
    assert (before["rating"]["score"], before["rating"]["classAverage"]) == ("20", "6.00")
    new = await add(acts)
    assert (new["status"], new["points"], new["version"], new["confirmedBy"]) == ("UNCONFIRMED", "10.5", 1, None)
    assert new["rounds"] == [
        {"name": "Школьный", "place": 1, "points": "10"},
        {"name": "Районный", "place": None, "points": "0.5"},
    ]
    assert await rating(acts) == before
    sent = {"achievementId": new["id"], "version": 1}
    payload = await acts.act("kuznetsova", LEADER, "confirmAchievement", sent, f"{FIELDS} {RATING}")
    assert payload["userErrors"] == []
    assert payload["achievement"]["status"] == "CONFIRMED"
    assert payload["achievement"]["confirmedBy"] == {"id": acts.id("Person", "kuznetsova")}
    # 30.5 of Ivan, 10 and 6 more: 46.5 / 6 = 7.75. Науке 23.5 of 30.5 is 0.7704…, творчеству 7 of 30.5 0.2295…
    assert payload["student"]["portfolio"]["rating"] == {
        "score": "30.5",
        "classAverage": "7.75",
        "areas": [
            {"name": "Наука", "score": "23.5", "share": "0.77"},
            {"name": "Творчество", "score": "7", "share": "0.23"},
        ],
    }
    # Three olympiads, one contest, one circle: 3/5, 1/5, 1/5, in the order of their points.
    assert payload["student"]["portfolio"]["sections"] == [{"share": "0.60"}, {"share": "0.20"}, {"share": "0.20"}]


async def test_an_achievement_of_staff_counts_at_once(acts: Acting) -> None:
    new = await add(acts, "kuznetsova", LEADER, sent=circle(acts))
    assert (new["status"], new["points"], new["presencePoints"], new["defencePoints"]) == (
        "CONFIRMED",
        "6.5",
        "4",
        "2.5",
    )
    assert (await rating(acts))["rating"]["score"] == "26.5"
    of_teacher = await add(acts, "smirnov", TEACHER)
    assert of_teacher["confirmedBy"] == {"id": acts.id("Person", "smirnov")}


async def test_the_class_is_that_of_the_day(acts: Acting) -> None:
    new = await add(acts, "smirnov", TEACHER, studentId=acts.id("Student", "timofey"), achievedOn="2026-10-20")
    [stored] = await acts.found("portfolio.achievements", _id=new["id"])
    assert (stored["class_id"], stored["sort_on"]) == (acts.id("Class", "7b"), "2026-10-20")
    undated = await add(acts, achievedOn=None)
    [stored] = await acts.found("portfolio.achievements", _id=undated["id"])
    assert (stored["achieved_on"], stored["sort_on"]) == (None, "2026-11-18")


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({"title": " "}, [("REQUIRED", ["title"], None)]),
        ({"title": "а" * 301}, [("TOO_LONG", ["title"], "300")]),
        ({"achievedOn": "2026-11-19"}, [("OUT_OF_RANGE", ["achievedOn"], "2026-11-18")]),
        ({"rounds": []}, [("REQUIRED", ["rounds"], None)]),
        ({"rounds": None}, [("REQUIRED", ["rounds"], None)]),
        ({"rounds": [{"name": "Школа"}] * 21}, [("TOO_MANY", ["rounds"], "20")]),
        ({"rounds": [{"name": "Школа", "place": 4}]}, [("OUT_OF_RANGE", ["rounds", "0", "place"], "3")]),
        ({"rounds": [{"name": "Школа", "place": 0}]}, [("OUT_OF_RANGE", ["rounds", "0", "place"], "1")]),
        ({"rounds": [{"name": " "}]}, [("REQUIRED", ["rounds", "0", "name"], None)]),
        ({"rounds": [{"name": "Город"}, {"name": "Город"}]}, [("TAKEN", ["rounds", "1", "name"], None)]),
        ({"presencePoints": "1"}, [("INVALID_INPUT", ["presencePoints"], None)]),
        ({"studentId": "stu_nobody"}, [("NOT_FOUND", ["studentId"], None)]),
        ({"typeId": "act_nothing"}, [("NOT_FOUND", ["typeId"], None)]),
        ({"teacherId": "per_nobody"}, [("NOT_FOUND", ["teacherId"], None)]),
        (
            {"title": "", "achievedOn": "2027-01-01", "rounds": []},
            [
                ("REQUIRED", ["title"], None),
                ("OUT_OF_RANGE", ["achievedOn"], "2026-11-18"),
                ("REQUIRED", ["rounds"], None),
            ],
        ),
    ],
)
async def test_problems_of_an_achievement_are_named_together(
    acts: Acting, changes: dict[str, Any], problems: list[Any]
) -> None:
    before = await acts.found("portfolio.achievements")
    payload = await acts.act("olga", PARENT, "addAchievement", added(acts, **changes), Idempotency_Key="k")
    assert limits_of(payload) == problems
    assert await acts.found("portfolio.achievements") == before
    assert await acts.found("portfolio.facts") == await acts.found("portfolio.idempotency") == []


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({"presencePoints": None}, [("REQUIRED", ["presencePoints"], None)]),
        ({"presencePoints": "5.01"}, [("OUT_OF_RANGE", ["presencePoints"], "5")]),
        ({"defencePoints": "-1"}, [("OUT_OF_RANGE", ["defencePoints"], "0")]),
        ({"defencePoints": "1.005"}, [("INVALID_INPUT", ["defencePoints"], None)]),
        ({"rounds": [{"name": "Город"}]}, [("INVALID_INPUT", ["rounds"], None)]),
    ],
)
async def test_points_lie_within_the_scoring_table(acts: Acting, changes: dict[str, Any], problems: list[Any]) -> None:
    payload = await acts.act("olga", PARENT, "addAchievement", circle(acts, **changes), Idempotency_Key="k")
    assert limits_of(payload) == problems


async def test_achievements_of_a_day_are_bounded(acts: Acting) -> None:
    await add(acts)
    counter = {"_id": f"addAchievement:{acts.id('Person', 'olga')}:{acts.id('Student', 'ivan')}"}
    await acts.change("portfolio.daily_changes", counter, {"$set": {"changes": 50}})
    payload = await acts.act("olga", PARENT, "addAchievement", added(acts), Idempotency_Key="another")
    assert limits_of(payload) == [("TOO_MANY", None, "50")]


async def test_a_key_is_needed_and_adds_one(acts: Acting) -> None:
    answer = await acts.answer(
        "olga",
        PARENT,
        "mutation ($input: AddAchievementInput!) { addAchievement(input: $input) { userErrors { code } } }",
        {"input": added(acts)},
    )
    assert answer["errors"][0]["extensions"]["code"] == "IDEMPOTENCY_KEY_REQUIRED"
    sent = circle(acts)
    payloads = await asyncio.gather(
        *(acts.act("olga", PARENT, "addAchievement", sent, "achievement { id }", Idempotency_Key="k") for _ in range(8))
    )
    assert len({payload["achievement"]["id"] for payload in payloads}) == 1


# ── editing ──


async def test_a_confirmed_achievement_that_a_family_changes_waits_again(acts: Acting) -> None:
    sent = {"achievementId": acts.id("Achievement", "circle"), "version": 0, "defencePoints": "5"}
    payload = await acts.act("ivan", STUDENT, "editAchievement", sent, f"{FIELDS} {RATING}")
    assert payload["userErrors"] == []
    shown = payload["achievement"]
    assert (shown["status"], shown["confirmedBy"], shown["points"], shown["version"]) == ("UNCONFIRMED", None, "10", 1)
    assert payload["student"]["portfolio"]["rating"]["score"] == "13"
    confirm = {"achievementId": sent["achievementId"], "version": 1}
    assert await acts.codes("smirnov", TEACHER, "confirmAchievement", confirm) == []
    assert (await rating(acts))["rating"]["score"] == "23"


async def test_a_class_teacher_changes_a_confirmed_achievement_and_it_stays_so(acts: Acting) -> None:
    rounds = [{"name": "Школьный", "place": 1}, {"name": "Районный", "place": 2}, {"name": "Краевой"}]
    sent = {"achievementId": acts.id("Achievement", "maths olympiad"), "version": 0, "rounds": rounds}
    payload = await acts.act("kuznetsova", LEADER, "editAchievement", sent, FIELDS)
    assert (payload["achievement"]["status"], payload["achievement"]["points"]) == ("CONFIRMED", "18.5")


async def test_what_is_left_out_stays_and_the_same_again_changes_nothing(acts: Acting) -> None:
    sent = {"achievementId": acts.id("Achievement", "race"), "version": 0, "title": "Забег"}
    assert await acts.codes("olga", PARENT, "editAchievement", sent) == []
    stored = await of_ivan(acts, "race")
    assert (stored["title"], stored["points"], stored["achieved_on"], stored["version"]) == (
        "Забег",
        20,
        "2026-10-10",
        1,
    )
    assert await acts.codes("olga", PARENT, "editAchievement", {**sent, "version": 1}) == []
    assert (await of_ivan(acts, "race"))["version"] == 1
    assert len(await acts.found("portfolio.facts")) == 1


async def test_a_stale_version_shows_the_achievement_as_it_is(acts: Acting) -> None:
    sent = {"achievementId": acts.id("Achievement", "race"), "version": 3, "title": ""}
    payload = await acts.act("olga", PARENT, "editAchievement", sent, FIELDS)
    assert limits_of(payload) == [("CONFLICT", ["version"], "0"), ("REQUIRED", ["title"], None)]
    assert payload["achievement"]["title"] == "Достижение race"
    bare = {"achievementId": sent["achievementId"], "title": None}
    assert await acts.codes("olga", PARENT, "editAchievement", bare) == [
        ("REQUIRED", ["version"]),
        ("REQUIRED", ["title"]),
    ]
    assert await acts.codes("olga", PARENT, "editAchievement", {**sent, "version": None, "title": "Забег"}) == []


async def test_a_teacher_writes_to_what_awaits_them_and_to_what_they_decided(acts: Acting) -> None:
    confirmed = {"achievementId": acts.id("Achievement", "circle"), "version": 0, "title": "Кружок"}
    assert await acts.codes("smirnov", TEACHER, "editAchievement", confirmed) == [("NOT_FOUND", ["achievementId"])]
    own = await add(acts, "smirnov", TEACHER)
    payload = await acts.act(
        "smirnov", TEACHER, "editAchievement", {"achievementId": own["id"], "version": 1, "title": "Иначе"}, FIELDS
    )
    assert payload["achievement"]["title"] == "Иначе"


# ── deleting ──


async def test_a_family_deletes_what_is_not_confirmed(acts: Acting) -> None:
    sent = {"achievementId": acts.id("Achievement", "race"), "version": 0}
    payload = await acts.act("olga", PARENT, "deleteAchievement", sent, "deletedAchievementId achievement { id }")
    assert payload == {"deletedAchievementId": sent["achievementId"], "achievement": None, "userErrors": []}
    confirmed = {"achievementId": acts.id("Achievement", "circle"), "version": 0}
    payload = await acts.act("olga", PARENT, "deleteAchievement", confirmed, "achievement { id }")
    assert codes_of(payload) == [("NOT_ALLOWED", ["achievementId"])]
    assert payload["achievement"] == {"id": confirmed["achievementId"]}
    payload = await acts.act("kuznetsova", LEADER, "deleteAchievement", confirmed, RATING)
    assert payload["student"]["portfolio"]["rating"]["score"] == "13"


# ── deciding ──


async def test_who_added_or_changed_it_for_the_family_does_not_confirm_it(acts: Acting) -> None:
    [person] = await acts.found("directory.people", _id=acts.id("Person", "smirnov"))
    await acts.change("directory.people", {"_id": person["_id"]}, {"$push": {"roles": "PARENT"}})
    right = {
        "_id": acts.id("Guardianship", "smirnov:petr"),
        "school_id": acts.id("School", "perm"),
        "person_id": person["_id"],
        "student_id": acts.id("Student", "petr"),
        "relation": "дядя",
        "is_legal_representative": True,
        "lives_with": True,
        "data_access": True,
        "valid_from": None,
        "valid_to": None,
    }
    await acts.client[f"{acts.prefix}_directory"].guardianships.insert_one(right)
    new = await add(acts, "smirnov", PARENT, studentId=acts.id("Student", "petr"))
    of_olga = {"achievementId": acts.id("Achievement", "petr's race"), "version": 0, "title": "Кросс"}
    assert await acts.codes("smirnov", PARENT, "editAchievement", of_olga) == []
    for one in (new["id"], of_olga["achievementId"]):
        sent = {"achievementId": one, "version": 1}
        for name in ("confirmAchievement", "rejectAchievement"):
            assert await acts.codes("smirnov", TEACHER, name, sent) == [("NOT_ALLOWED", ["achievementId"])]
        assert await acts.codes("kuznetsova", LEADER, "confirmAchievement", sent) == []


async def test_a_rejected_achievement_says_why_and_may_be_mended(acts: Acting) -> None:
    sent = {"achievementId": acts.id("Achievement", "race"), "version": 0, "reason": "Приложите диплом"}
    payload = await acts.act("rusova", TEACHER, "rejectAchievement", sent, FIELDS)
    assert (payload["achievement"]["status"], payload["achievement"]["rejectionReason"]) == (
        "REJECTED",
        "Приложите диплом",
    )
    assert await acts.codes("kuznetsova", LEADER, "confirmAchievement", {**of(sent), "version": 1}) == [
        ("NOT_ALLOWED", ["achievementId"])
    ]
    mended = {**of(sent), "version": 1, "title": "Забег с дипломом"}
    payload = await acts.act("olga", PARENT, "editAchievement", mended, FIELDS)
    assert (payload["achievement"]["status"], payload["achievement"]["rejectionReason"]) == ("UNCONFIRMED", None)
    facts = await acts.found("portfolio.facts")
    assert [fact["action"] for fact in facts] == ["rejectAchievement", "editAchievement"]
    assert "диплом" not in str(facts)


def of(sent: dict[str, Any]) -> dict[str, Any]:
    return {"achievementId": sent["achievementId"]}


async def test_of_ten_decisions_at_once_one_is_made(acts: Acting) -> None:
    sent = {"achievementId": acts.id("Achievement", "race"), "version": 0}
    names = ["confirmAchievement", "rejectAchievement"] * 5
    await asyncio.gather(*(acts.codes("kuznetsova", LEADER, name, sent) for name in names))
    stored = await of_ivan(acts, "race")
    assert stored["version"] == 1
    assert len(await acts.found("portfolio.facts")) == 1


async def test_the_inbox_holds_what_awaits_the_viewer(acts: Acting) -> None:
    query = "{ viewer { achievementsToConfirm { totalCount nodes { title student { givenName } } } } }"
    found = {}
    for who, role in (("kuznetsova", LEADER), ("anglin", TEACHER)):
        found[who] = (await acts.answer(who, role, query))["data"]["viewer"]["achievementsToConfirm"]
    # 7А, and the English group of Ivan and Petr.
    titles = [
        {"title": "Достижение petr's race", "student": {"givenName": "Пётр"}},
        {"title": "Достижение race", "student": {"givenName": "Иван"}},
    ]
    assert found == {who: {"totalCount": 2, "nodes": titles} for who in ("kuznetsova", "anglin")}


# ── the teacher's portfolio ──


PREPARED: Final = "{ viewer { preparedAchievements { nodes { title points person { givenName } } } } }"


async def test_a_confirmed_achievement_stands_in_the_portfolio_of_the_teacher_who_prepared_it(acts: Acting) -> None:
    new = await add(acts, teacherId=acts.id("Person", "rusova"))
    assert new["teacher"] == {"id": acts.id("Person", "rusova")}
    shown = await acts.answer("rusova", TEACHER, PREPARED)
    assert shown["data"]["viewer"]["preparedAchievements"]["nodes"] == []
    confirm = {"achievementId": new["id"], "version": 1}
    assert await acts.codes("smirnov", TEACHER, "confirmAchievement", confirm) == []
    shown = await acts.answer("rusova", TEACHER, PREPARED)
    assert shown["data"]["viewer"]["preparedAchievements"]["nodes"] == [
        {"title": "Олимпиада по физике", "points": "10.5", "person": {"givenName": "Иван"}}
    ]


async def test_what_was_learned_outside_the_school_is_linked_to_no_teacher(acts: Acting) -> None:
    await acts.change(
        "portfolio.achievement_types", {"_id": acts.id("AchievementType", "circle")}, {"$set": {"is_outside": True}}
    )
    sent = circle(acts, teacherId=acts.id("Person", "rusova"))
    payload = await acts.act("olga", PARENT, "addAchievement", sent, Idempotency_Key="k")
    assert codes_of(payload) == [("INVALID_INPUT", ["teacherId"])]


# ── what it is worth ──


def table(acts: Acting, key: str = "olympiad", **changes: Any) -> dict[str, Any]:
    of_rounds = {"pointsByPlace": ["20", "10.5", "5"], "pointsForParticipation": "1"}
    return {"typeId": acts.id("AchievementType", key), "version": 0, **of_rounds, **changes}


async def test_a_new_table_gives_all_achievements_their_points_at_once(acts: Acting) -> None:
    scoring = "scoring { pointsByPlace pointsForParticipation maxPresencePoints version }"
    payload = await acts.act("admin", ADMIN, "setScoringTable", table(acts), f"type {{ name {scoring} }}")
    assert payload["userErrors"] == []
    assert payload["type"]["scoring"] == {
        "pointsByPlace": ["20", "10.5", "5"],
        "pointsForParticipation": "1",
        "maxPresencePoints": "0",
        "version": 1,
    }
    # The first olympiad: 20 for the first place and 1 for taking part; the second one has no rounds.
    assert (await of_ivan(acts, "maths olympiad"))["points"] == 21
    # 21 and 0 for olympiads, 0.5 and 7 stay: 28.5; with 10 and 6 (28.5 + 16) / 6 = 7.4166…
    found = (await rating(acts))["rating"]
    assert (found["score"], found["classAverage"]) == ("28.5", "7.42")
    new = await add(acts)
    assert new["points"] == "21"


async def test_a_table_of_points_caps_what_is_there_and_forgets_nothing(acts: Acting) -> None:
    lower = {"typeId": acts.id("AchievementType", "circle"), "version": 0, "maxPresencePoints": "3.5"}
    assert await acts.codes("admin", ADMIN, "setScoringTable", {**lower, "maxDefencePoints": "5"}) == []
    stored = await of_ivan(acts, "circle")
    assert (stored["points"], stored["presence_points"]) == (5.5, 5)
    back = {**lower, "version": 1, "maxPresencePoints": "5", "maxDefencePoints": "5"}
    assert await acts.codes("admin", ADMIN, "setScoringTable", back) == []
    assert (await of_ivan(acts, "circle"))["points"] == 7


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({"typeId": "act_nothing"}, [("NOT_FOUND", ["typeId"], None)]),
        ({"version": 2}, [("CONFLICT", ["version"], "0")]),
        ({"pointsByPlace": None}, [("REQUIRED", ["pointsByPlace"], "3")]),
        ({"pointsByPlace": ["1", "2"]}, [("INVALID_INPUT", ["pointsByPlace"], "3")]),
        ({"pointsByPlace": ["1", "2", "1001"]}, [("OUT_OF_RANGE", ["pointsByPlace", "2"], "1000")]),
        ({"pointsForParticipation": None}, [("REQUIRED", ["pointsForParticipation"], None)]),
        ({"pointsForParticipation": "-1"}, [("OUT_OF_RANGE", ["pointsForParticipation"], "0")]),
        ({"maxDefencePoints": "1"}, [("INVALID_INPUT", ["maxDefencePoints"], None)]),
    ],
)
async def test_problems_of_a_table_are_named(acts: Acting, changes: dict[str, Any], problems: list[Any]) -> None:
    payload = await acts.act("admin", ADMIN, "setScoringTable", table(acts, **changes))
    assert limits_of(payload) == problems
    assert await acts.found("portfolio.facts") == []


async def test_achievements_that_are_added_while_the_table_changes_have_its_points(acts: Acting) -> None:
    changing = [
        acts.codes("admin", ADMIN, "setScoringTable", table(acts, version=None, pointsByPlace=[str(n), "1", "1"]))
        for n in range(30, 34)
    ]
    adding = [
        acts.act("olga", PARENT, "addAchievement", added(acts), Idempotency_Key=f"at once {n}") for n in range(12)
    ]
    await asyncio.gather(*adding, *changing)
    [stored] = await acts.found("portfolio.scoring_tables", type_id=acts.id("AchievementType", "olympiad"))
    new = await acts.found("portfolio.achievements", title="Олимпиада по физике")
    assert len(new) == 12
    assert {one["points"] for one in new} == {stored["points_by_place"][0] + 1}


async def test_a_diploma_goes_with_its_achievement(acts: Acting) -> None:
    diploma, photo = [await uploaded(acts, "olga", PARENT, content) for content in (b"%PDF-1.4", b"photo")]
    achievement = await add(acts, attachmentIds=[diploma])
    seen = "query ($id: ID!) { node(id: $id) { ... on Achievement { attachments { id url } } } }"

    async def files(who: str, role: Role) -> list[str]:
        answer = await acts.answer(who, role, seen, {"id": achievement["id"]})
        found = answer["data"]["node"]["attachments"]
        for one in found:
            assert (await acts.served.client.get(one["url"])).status == 200
        return [one["id"] for one in found]

    for who, role in (("olga", PARENT), ("ivan", Role.STUDENT), ("kuznetsova", Role.CLASS_TEACHER)):
        assert await files(who, role) == [diploma]
    change = {"achievementId": achievement["id"], "version": 1, "attachmentIds": [diploma, photo]}
    assert await acts.codes("olga", PARENT, "editAchievement", change) == []
    assert await files("ivan", Role.STUDENT) == [diploma, photo]
    taken = added(acts, attachmentIds=[photo])
    codes = await acts.codes("olga", PARENT, "addAchievement", taken, Idempotency_Key="another")
    assert codes == [("TAKEN", ["attachmentIds", "0"])]
    assert (
        await acts.codes("olga", PARENT, "deleteAchievement", {"achievementId": achievement["id"], "version": 2}) == []
    )
    assert await acts.found("portfolio.attached_files", released_at=None) == []


# ── attaching ──


async def attach(acts: Acting, achievement: str, *files: str, who: str = "olga", role: Role = PARENT) -> dict[str, Any]:
    sent = {"achievementId": achievement, "attachmentIds": list(files)}
    fields = "achievement { status version attachments { id name } } student { id }"
    return await acts.act(who, role, "attachToAchievement", sent, fields)


async def test_a_file_is_added_to_those_that_an_achievement_has(acts: Acting) -> None:
    first, second = [await uploaded(acts, "olga", PARENT, content) for content in (b"%PDF-1.4", b"photo")]
    new = await add(acts, attachmentIds=[first])
    payload = await attach(acts, new["id"], second)
    assert payload["userErrors"] == []
    shown = payload["achievement"]
    assert ([one["id"] for one in shown["attachments"]], shown["version"]) == ([first, second], 2)
    again = await attach(acts, new["id"], second)
    assert (again["userErrors"], again["achievement"]["version"]) == ([], 2)
    assert [fact["action"] for fact in await acts.found("portfolio.facts")] == ["addAchievement", "attachToAchievement"]


async def test_two_files_that_are_attached_at_once_are_both_there(acts: Acting) -> None:
    files = [await uploaded(acts, "olga", PARENT, content) for content in (b"1", b"22", b"333")]
    new = await add(acts)
    await asyncio.gather(*(attach(acts, new["id"], file) for file in files))
    [stored] = await acts.found("portfolio.achievements", _id=new["id"])
    assert sorted(one["file_id"] for one in stored["attachments"]) == sorted(files)


async def test_a_file_of_another_system_stays_and_a_family_s_addition_awaits_confirmation(acts: Acting) -> None:
    olympiad = acts.id("Achievement", "maths olympiad")
    file = await uploaded(acts, "ivan", STUDENT, b"1", purpose="ACHIEVEMENT")
    payload = await attach(acts, olympiad, file, who="ivan", role=STUDENT)
    shown = payload["achievement"]
    assert (shown["status"], [one["id"] for one in shown["attachments"]]) == ("UNCONFIRMED", [None, file])
    confirmed = await uploaded(acts, "kuznetsova", LEADER, b"22")
    payload = await attach(acts, acts.id("Achievement", "circle"), confirmed, who="kuznetsova", role=LEADER)
    assert payload["achievement"]["status"] == "CONFIRMED"


async def test_what_cannot_be_attached_is_named_and_nothing_is_written(acts: Acting) -> None:
    race = acts.id("Achievement", "race")
    good = await uploaded(acts, "olga", PARENT, b"1")
    of_ivan = await uploaded(acts, "ivan", STUDENT, b"1", purpose="ACHIEVEMENT")
    facts = await acts.found("portfolio.facts")
    refused: list[tuple[tuple[str, ...], list[Any]]] = [
        ((), [("REQUIRED", ["attachmentIds"])]),
        ((good, of_ivan), [("NOT_FOUND", ["attachmentIds", "1"])]),
        ((good, good), [("INVALID_INPUT", ["attachmentIds", "1"])]),
        ((good,) * 11, [("TOO_MANY", ["attachmentIds"])]),
    ]
    for files, expected in refused:
        payload = await attach(acts, race, *files)
        assert codes_of(payload) == expected
    assert await acts.found("portfolio.facts") == facts
    assert await acts.found("portfolio.attached_files") == []
    assert codes_of(await attach(acts, race, good)) == []
    assert codes_of(await attach(acts, acts.id("Achievement", "circle"), good)) == [("TAKEN", ["attachmentIds", "0"])]
