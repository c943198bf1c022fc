"""Lines read from files and pipes: whatever the cuts, the bytes are those of the file."""

import fcntl
import os
import threading
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedupe.engine import engine as fastest
from dedupe.engine import reference

ENGINES = list({id(engine): engine for engine in (fastest, reference)}.values())


@pytest.fixture(params=ENGINES, ids=lambda engine: engine.__name__)
def engine(request: pytest.FixtureRequest) -> ModuleType:
    return request.param


def read_all(engine: ModuleType, fd: int, n_bytes: int, before: bytes = b"") -> list[bytes]:
    blocks, rest = [], before
    while True:
        lines, rest = engine.read_lines(fd, rest, n_bytes)
        assert rest.count(b"\n") == 0
        if not lines:
            assert not rest
            return blocks
        blocks.append(bytes(lines))


@pytest.mark.parametrize("engine", ENGINES)
@given(
    data=st.lists(st.sampled_from([b"\n", b"a", b"bc", b"\r\n", b"\0", b"x" * 90])).map(b"".join),
    n_bytes=st.integers(1, 100),
    n_before=st.integers(0, 20),
)
def test_a_file_comes_in_whole_lines(
    engine: ModuleType, data: bytes, n_bytes: int, n_before: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "lines"
    path.write_bytes(data)
    with path.open("rb", buffering=0) as file:
        blocks = read_all(engine, file.fileno(), n_bytes, file.read(n_before) or b"")
    assert b"".join(blocks) == data
    assert all(block.endswith(b"\n") for block in blocks[:-1])


def test_a_line_longer_than_a_block_comes_whole(engine: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "lines"
    long = b"y" * 300_000 + b"\n"
    path.write_bytes(b"short\n" + long + b"last")
    with path.open("rb", buffering=0) as file:
        blocks = read_all(engine, file.fileno(), 1000)
    assert blocks[0] == b"short\n"
    assert blocks[1].startswith(long)
    assert b"".join(blocks[1:]) == long + b"last"


def test_a_pipe_gives_what_it_has(engine: ModuleType) -> None:
    """Lines that are there leave, though the writer has not come to an end."""
    end, start = os.pipe()
    try:
        os.write(start, b"one\ntwo\nthr")
        assert engine.read_lines(end, b"", 1 << 20) == (b"one\ntwo\n", b"thr")
        os.write(start, b"ee\n")
        os.close(start)
        assert engine.read_lines(end, b"thr", 1 << 20)[0] == b"three\n"
        assert engine.read_lines(end, b"", 1 << 20) == (b"", b"")
    finally:
        os.close(end)


def test_a_pipe_is_waited_for(engine: ModuleType) -> None:
    end, start = os.pipe()
    data = b"".join(b"line %d\n" % i for i in range(50_000))

    def write() -> None:
        with os.fdopen(start, "wb", buffering=0) as pipe:
            for at in range(0, len(data), 1000):
                pipe.write(data[at : at + 1000])

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert b"".join(read_all(engine, end, 1 << 16)) == data
    finally:
        writer.join()
        os.close(end)


def test_what_is_no_file_is_refused(engine: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="Bad file descriptor"):
        engine.read_lines(10**6, b"", 100)
    with pytest.raises(ValueError, match="n_bytes must be at least 1"):
        engine.read_lines(0, b"", 0)
    folder = os.open(tmp_path, os.O_RDONLY)
    try:
        with pytest.raises(IsADirectoryError):
            engine.read_lines(folder, b"", 100)
    finally:
        os.close(folder)


@pytest.mark.skipif(not hasattr(fcntl, "F_SETPIPE_SZ"), reason="pipes are of one size there")
def test_a_pipe_comes_to_hold_a_block(native: ModuleType) -> None:
    """Whoever fills it need not wait for each 64 KB to be taken."""
    reader, writer = os.pipe()
    try:
        os.write(writer, b"one\n")
        assert native.read_lines(reader, b"", 1 << 18) == (b"one\n", b"")
        assert fcntl.fcntl(reader, fcntl.F_GETPIPE_SZ) == 1 << 18
        os.set_blocking(writer, False)
        assert os.write(writer, b"two\n" * (1 << 16)) == 1 << 18
        assert native.read_lines(reader, b"", 1 << 10)[0][:4] == b"two\n"
        assert fcntl.fcntl(reader, fcntl.F_GETPIPE_SZ) == 1 << 18  # never made smaller
    finally:
        os.close(reader)
        os.close(writer)
