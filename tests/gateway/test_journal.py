"""The log's stream."""

import io

from gateway.journal import Steady


def test_lines_are_dropped_when_the_stream_is_closed() -> None:
    stream = io.BytesIO()
    steady = Steady(stream)
    steady.write(b"one\n")
    written = stream.getvalue()
    stream.close()
    steady.write(b"two\n")
    steady.flush()
    assert written == b"one\n"
