from connectors.facts import digest_of, new_id


def test_a_digest_tells_the_length_and_a_keyed_hash_and_nothing_of_the_text() -> None:
    # `printf 'Болеет' | openssl dgst -sha256 -hmac key`
    assert digest_of("Болеет", b"key") == {
        "length": 6,
        "hmac": "d7543414f98bb94f495c4eed3a1a99883887b8450ae622657a5f0e74f003f3dc",
    }


def test_a_digest_without_a_key_is_the_length_alone() -> None:
    assert digest_of("Болеет", b"") == {"length": 6, "hmac": None}
    assert digest_of(None, b"key") is None


def test_no_two_facts_have_one_id() -> None:
    assert len({new_id() for _ in range(1000)}) == 1000
