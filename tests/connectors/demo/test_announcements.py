from tests.connectors.demo.generated import Generated


def test_one_banner_is_shown_at_all_schools(demo: Generated) -> None:
    [banner] = [one for one in demo["announcements.announcements"] if one["is_banner"]]
    assert (banner["school_id"], banner["author_id"]) == (None, None)
    assert set(banner["audience"]) == {f"*:{role}" for role in banner["roles"]}
