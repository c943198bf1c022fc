"""The engine call `records`: what json accepts, where the text lies, what the text is."""

import json
import random
from array import array
from types import ModuleType
from typing import NamedTuple

import numpy as np
import pytest
from fuzz_records import check_block, is_json, make_block, make_string
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dedupe.engine import reference

FOUND, BLANK, BROKEN, NOT_AN_OBJECT, NO_FIELD, NOT_A_STRING = range(6)
DEEP = 512


@pytest.fixture(params=["native", "reference"], scope="module")
def engine(request: pytest.FixtureRequest) -> ModuleType:
    if request.param == "reference":
        return reference
    return pytest.importorskip("dedupe.engine._native", exc_type=ImportError)


@pytest.fixture(scope="module")
def native() -> ModuleType:
    return pytest.importorskip("dedupe.engine._native", exc_type=ImportError)


class Line(NamedTuple):
    line: bytes
    status: int
    raw: bytes
    text: bytes


def read(engine: ModuleType, block: bytes, field: bytes = b"text") -> list[Line]:
    starts, spans, text, offsets, status = engine.records(block, field)
    starts, spans, offsets = (memoryview(part).cast("q") for part in (starts, spans, offsets))
    return [
        Line(
            block[starts[i] : starts[i + 1]],
            code,
            block[spans[2 * i] : spans[2 * i + 1]],
            bytes(text[offsets[i] : offsets[i + 1]]),
        )
        for i, code in enumerate(status)
    ]


FOUND_CASES = {
    "plain": (b'{"text":"abc"}', b"abc", b"abc"),
    "empty": (b'{"text":""}', b"", b""),
    "spaces": (b' \t{ "a" : 1 ,\t"text"\r:  "abc"  } \r', b"abc", b"abc"),
    "short escapes": (rb'{"text":"\"\\\/\b\f\n\r\t"}', rb"\"\\\/\b\f\n\r\t", b'"\\/\b\f\n\r\t'),
    "unicode escapes": (rb'{"text":"\u0041\u00e9\u4E2d"}', rb"\u0041\u00e9\u4E2d", "Aé中".encode()),
    "pair": (rb'{"text":"\uD83D\ude00"}', rb"\uD83D\ude00", "😀".encode()),
    "lone high": (rb'{"text":"\ud83d"}', rb"\ud83d", b"\xed\xa0\xbd"),
    "lone low": (rb'{"text":"\ude00x"}', rb"\ude00x", b"\xed\xb8\x80x"),
    "high high low": (
        rb'{"text":"\ud83d\ud83d\ude00"}',
        rb"\ud83d\ud83d\ude00",
        b"\xed\xa0\xbd\xf0\x9f\x98\x80",
    ),
    "low high": (rb'{"text":"\ude00\ud83d"}', rb"\ude00\ud83d", b"\xed\xb8\x80\xed\xa0\xbd"),
    "high then other escape": (rb'{"text":"\ud83d\n"}', rb"\ud83d\n", b"\xed\xa0\xbd\n"),
    "high then raw": ('{"text":"\\ud83d中"}'.encode(), "\\ud83d中".encode(), b"\xed\xa0\xbd" + "中".encode()),
    "escaped NUL": (rb'{"text":"a\u0000b"}', rb"a\u0000b", b"a\0b"),
    "raw scripts": ('{"text":"ابجد 中文 😀"}'.encode(), "ابجد 中文 😀".encode(), "ابجد 中文 😀".encode()),
    "DEL is no control character to json": (b'{"text":"\x7f"}', b"\x7f", b"\x7f"),
    "escaped key": (rb'{"te\u0078t":"abc"}', b"abc", b"abc"),
    "key all escapes": (rb'{"\u0074\u0065\u0078\u0074":"abc"}', b"abc", b"abc"),
    "last of two": (b'{"text":"a","text":"bc"}', b"bc", b"bc"),
    "last of two, other spelling": (rb'{"text":"aaaaaaaa","te\u0078t":"b"}', b"b", b"b"),
    "last of two, first no string": (b'{"text":null,"text":"b"}', b"b", b"b"),
    "nested ones do not count": (b'{"a":{"text":"no"},"text":"yes","b":[{"text":"no"}]}', b"yes", b"yes"),
    "value that looks like a key": (b'{"a":"text","text":"b","c":"text"}', b"b", b"b"),
    "string with brackets": (b'{"a":"}{][\\"","text":"b"}', b"b", b"b"),
    "beside every kind": (
        b'{"a":[1,-0,0.5,1e9,-1E+9,1e-9,NaN,Infinity,-Infinity,true,false,null,[],{}],"text":"b"}',
        b"b",
        b"b",
    ),
    "huge float": (b'{"a":1e400,"b":' + b"1" * 5000 + b'.0,"text":"b"}', b"b", b"b"),
    "huge integer": (b'{"a":-' + b"9" * 4300 + b',"text":"b"}', b"b", b"b"),
    "as deep as may be": (b'{"a":' + b"[" * (DEEP - 1) + b"]" * (DEEP - 1) + b',"text":"b"}', b"b", b"b"),
    "objects as deep": (
        b'{"a":' + b'{"a":' * (DEEP - 1) + b"1" + b"}" * (DEEP - 1) + b',"text":"b"}',
        b"b",
        b"b",
    ),
    "wide": (b'{"text":"' + b"x" * 1000 + b'\\n"}', b"x" * 1000 + b"\\n", b"x" * 1000 + b"\n"),
    "CRLF": (b'{"text":"abc"}\r', b"abc", b"abc"),
}

OTHER_CASES = {
    "nothing": (b"", BLANK),
    "space": (b" \t\r", BLANK),
    "no-break space": ("\u00a0".encode(), BROKEN),
    "form feed": (b"\f", BROKEN),
    "array": (b'["text"]', NOT_AN_OBJECT),
    "array as deep as may be": (b"[" * DEEP + b"]" * DEEP, NOT_AN_OBJECT),
    "string": (rb' "te\u0078t" ', NOT_AN_OBJECT),
    "number": (b"-0.5e-7", NOT_AN_OBJECT),
    "NaN": (b"NaN", NOT_AN_OBJECT),
    "minus infinity": (b"-Infinity", NOT_AN_OBJECT),
    "null": (b"null", NOT_AN_OBJECT),
    "empty object": (b"{ }", NO_FIELD),
    "other keys": (b'{"Text":"a","text ":"b","tex":"c","":"d"}', NO_FIELD),
    "key with escape that stays": (rb'{"te\\u0078t":"a"}', NO_FIELD),
    "nested only": (b'{"a":{"text":"a"}}', NO_FIELD),
    "null field": (b'{"text":null}', NOT_A_STRING),
    "list field": (b'{"text":["a"]}', NOT_A_STRING),
    "last of two no string": (b'{"text":"a","text":{"text":"b"}}', NOT_A_STRING),
    "too deep": (b'{"a":' + b"[" * DEEP + b"]" * DEEP + b',"text":"b"}', BROKEN),
    "array too deep": (b"[" * (DEEP + 1) + b"]" * (DEEP + 1), BROKEN),
    "far too deep": (b'{"a":' * 100_000, BROKEN),
    "integer of 4301 digits": (b'{"text":"a","n":' + b"1" * 4301 + b"}", BROKEN),
    "negative one in a list": (b'{"text":"a","n":[-' + b"1" * 4301 + b"]}", BROKEN),
    "huge integer overruled by a later key": (b'{"text":' + b"1" * 4301 + b',"text":"a"}', BROKEN),
    "byte-order mark": (b'\xef\xbb\xbf{"text":"a"}', BROKEN),
    "byte-order mark alone": (b"\xef\xbb\xbf", BROKEN),
    "UTF-16": ('{"text":"a"}'.encode("utf-16"), BROKEN),
    "NUL around": (b'\0{"text":"a"}', BROKEN),
    "NUL between": (b'{"text":\0"a"}', BROKEN),
    "NUL behind": (b'{"text":"a"}\0', BROKEN),
    **{f"control character {byte:02x}": (b'{"text":"a%cb"}' % byte, BROKEN) for byte in range(0x20) if byte != 0x0A},
    "control character in a key": (b'{"a\tb":1,"text":"a"}', BROKEN),
    "control character far inside": (b'{"text":"' + b"x" * 200 + b"\x1f" + b"x" * 200 + b'"}', BROKEN),
    "no end": (b'{"text":"a"', BROKEN),
    "no closing quote": (b'{"text":"a}', BROKEN),
    "ends in a backslash": (b'{"text":"a\\', BROKEN),
    "ends in an escape": (b'{"text":"a\\u00', BROKEN),
    "ends in half a pair": (b'{"text":"\\ud83d\\ude0', BROKEN),
    "no value": (b'{"text":}', BROKEN),
    "no colon": (b'{"text" "a"}', BROKEN),
    "no comma": (b'{"text":"a" "b":1}', BROKEN),
    "trailing comma": (b'{"text":"a",}', BROKEN),
    "trailing comma in a list": (b'{"text":"a","b":[1,]}', BROKEN),
    "leading comma": (b'{,"text":"a"}', BROKEN),
    "leading comma in a list": (b'{"text":"a","b":[,1]}', BROKEN),
    "key without quotes": (b'{text:"a"}', BROKEN),
    "single quotes": (b"{'text':'a'}", BROKEN),
    "number as key": (b'{1:2,"text":"a"}', BROKEN),
    "wrong bracket": (b'{"text":"a","b":[1}}', BROKEN),
    "wrong bracket below": (b'{"text":"a","b":{"c":1]}', BROKEN),
    "one bracket more": (b'{"text":"a"}}', BROKEN),
    "two values": (b'{"text":"a"}{"text":"b"}', BROKEN),
    "trailing letter": (b'{"text":"a"} x', BROKEN),
    "comment": (b'{"text":"a"} // b', BROKEN),
    **{
        f"bad escape {escape!r}": (b'{"text":"' + escape + b'"}', BROKEN)
        for escape in (
            rb"\x41",
            rb"\'",
            rb"\0",
            rb"\U0041",
            rb"\u004",
            rb"\u00g1",
            rb"\u+041",
            rb"\u 041",
            b"\\\xc3\xa9",
        )
    },
    "bad second half": (rb'{"text":"\ud83d\udg00"}', BROKEN),
    "bad escape in a key": (rb'{"te\xt":1,"text":"a"}', BROKEN),
    "bad escape in another value": (rb'{"a":"\x","text":"a"}', BROKEN),
    **{
        f"bad number {number!r}": (b'{"text":"a","n":' + number + b"}", BROKEN)
        for number in (
            *(
                b"01",
                b"-01",
                b"00",
                b"+1",
                b".5",
                b"1.",
                b"-",
                b"--1",
                b"1e",
                b"1e+",
                b"1.e5",
                b"0x10",
                b"1_0",
            ),
            *(
                b"-.5",
                b"1.5.5",
                b"1e5.5",
                b"-NaN",
                b"+Infinity",
                b"Infinit",
                b"-Infinit",
                b"nan",
                b"inf",
                b"1f",
            ),
        )
    },
    **{
        f"bad literal {word!r}": (b'{"text":"a","n":' + word + b"}", BROKEN)
        for word in (b"True", b"tru", b"truee", b"nul", b"None", b"undefined", b"falsE")
    },
    **{
        f"not UTF-8: {bad.hex()}": (b'{"text":"' + bad + b'"}', BROKEN)
        for bad in (
            *(
                b"\x80",
                b"\xbf",
                b"\xc0\x80",
                b"\xc1\xbf",
                b"\xc3",
                b"\xc3(",
                b"\xe0\x80\x80",
                b"\xe0\x9f\xbf",
            ),
            *(
                b"\xed\xa0\x80",
                b"\xed\xbf\xbf",
                b"\xe2\x82",
                b"\xe2(\xa1",
                b"\xf0\x80\x80\x80",
                b"\xf0\x8f\xbf\xbf",
            ),
            *(b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80", b"\xff", b"\xfe", b"\xf0\x9f\x98", b"\xc3\xa9\xa9"),
        )
    },
    "not UTF-8, another field": (b'{"a":"\xe9","text":"a"}', BROKEN),
    "letters outside a string": ('{"text":"a",é:1}'.encode(), BROKEN),
}


@pytest.mark.parametrize(("line", "raw", "text"), FOUND_CASES.values(), ids=FOUND_CASES.keys())
def test_text_is_found(engine: ModuleType, line: bytes, raw: bytes, text: bytes) -> None:
    assert read(engine, line) == [Line(line, FOUND, raw, text)]
    assert json.loads(line.decode())["text"].encode("utf-8", "surrogatepass") == text


@pytest.mark.parametrize(("line", "status"), OTHER_CASES.values(), ids=OTHER_CASES.keys())
def test_what_has_no_text_says_why(engine: ModuleType, line: bytes, status: int) -> None:
    assert read(engine, line + b"\n") == [Line(line + b"\n", status, b"", b"")]
    too_deep = b"[" * DEEP in line or b'{"a":' * DEEP in line
    assert is_json(line) == (status not in (BLANK, BROKEN)) or too_deep


def test_lines_keep_their_places(engine: ModuleType) -> None:
    lines = [line for line, *_ in FOUND_CASES.values()] + [line for line, _ in OTHER_CASES.values()]
    random.Random(7).shuffle(lines)
    alone = [read(engine, line + b"\n")[0] for line in lines]
    together = read(engine, b"\n".join(lines) + b"\n")
    assert together == alone
    assert read(engine, b"\n".join([*lines, b"{}"]))[-1] == Line(b"{}", NO_FIELD, b"", b"")


@pytest.mark.parametrize("size", [*range(60, 70), *range(125, 131)])
def test_no_edge_of_a_wide_step_hides_a_byte(engine: ModuleType, size: int) -> None:
    for place in range(size):
        for bad in (b"\x1f", b"\xff", b"\xe2\x82", b"\\x"):
            line = b'{"text":"' + b"x" * place + bad + b"x" * (size - place) + b'"}'
            assert [record.status for record in read(engine, line)] == [BROKEN]
        for good in ("é", "中", "😀", "\n", '"'):
            text = "x" * place + good + "x" * (size - place)
            line = json.dumps({"text": text}, ensure_ascii=False).encode()
            assert [record.text for record in read(engine, line)] == [text.encode()]


def test_a_block_may_be_cut_anywhere(native: ModuleType) -> None:
    whole = rb'{"a":[-1.5e+7,true,"\ud83d\ude00"],"te\u0078t":"' + "é😀".encode() + rb'\n\ud83d\ude00"}'
    for size in range(len(whole) + 1):
        exact = memoryview(np.frombuffer(whole[:size], np.uint8).copy())  # AddressSanitizer sees its end
        within = memoryview(whole[:size] + b"9" * 70)[:size]  # what stands behind it is not the block's
        assert native.records(exact, b"text") == reference.records(exact, b"text")
        assert native.records(within, b"text") == reference.records(within, b"text")


@pytest.mark.parametrize(("block", "n_lines"), [(b"", 0), (b"\n", 1), (b"\n\n", 2), (b"{}", 1), (b"{}\n{}", 2)])
def test_lines_are_counted(engine: ModuleType, block: bytes, n_lines: int) -> None:
    starts, spans, text, offsets, status = engine.records(block, b"text")
    assert [len(starts), len(offsets)] == [8 * (n_lines + 1)] * 2
    assert (len(spans), bytes(text), len(status)) == (16 * n_lines, b"", n_lines)


@pytest.mark.parametrize(
    ("field", "line", "status"),
    [
        (b"", b'{"":"a"}', FOUND),
        ("zürich".encode(), '{"zürich":"a"}'.encode(), FOUND),
        ("zürich".encode(), rb'{"z\u00fcrich":"a"}', FOUND),
        ("😀".encode(), rb'{"\ud83d\ude00":"a"}', FOUND),
        (b"\xed\xa0\xbd", rb'{"\ud83d":"a"}', FOUND),
        (b'a"b\\', rb'{"a\"b\\":"a"}', FOUND),
        (b"a\nb", rb'{"a\nb":"a"}', FOUND),
        (b"a\\nb", rb'{"a\nb":"a"}', NO_FIELD),
        (b"\xff", '{"ÿ":"a"}'.encode(), NO_FIELD),
        (b"x" * 1000, b'{"' + b"x" * 1000 + b'":"a"}', FOUND),
    ],
)
def test_any_key_can_be_the_field(engine: ModuleType, field: bytes, line: bytes, status: int) -> None:
    assert [record.status for record in read(engine, line, field)] == [status]


def test_inputs_may_be_any_bytes(engine: ModuleType) -> None:
    line = b'{"text":"abc"}'
    assert engine.records(bytearray(line), memoryview(b"text")) == engine.records(line, b"text")
    for block, field in (("{}", b"text"), (b"{}", "text"), (None, b"text")):
        with pytest.raises(TypeError):
            engine.records(block, field)


def test_a_ten_megabyte_line(engine: ModuleType) -> None:
    text = 'Zeile "eins"\n' * 800_000
    block = json.dumps({"text": text}).encode()
    assert [record.text for record in read(engine, block)] == [text.encode()]


# ---- The engines against each other, and both against json

STRINGS = st.text(st.characters(exclude_categories=())) | st.text(st.sampled_from('abc \n"\\/éب中😀\ud83d\ude00'))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | STRINGS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(STRINGS, inner, max_size=4),
    max_leaves=8,
)


@st.composite
def json_lines(draw: st.DrawFn) -> bytes:
    value = draw(st.dictionaries(STRINGS | st.just("text"), VALUES, max_size=4) | VALUES)
    separators = draw(st.sampled_from([(",", ":"), (", ", ": "), (" ,\t", "\r:")]))
    string = json.dumps(value, ensure_ascii=draw(st.booleans()), separators=separators)
    line = bytearray(string.encode("utf-8", "surrogatepass"))
    for _ in range(draw(st.sampled_from([0, 0, 1, 2, 5]))):
        place = draw(st.integers(0, len(line)))
        line[place : place + draw(st.integers(0, 2))] = draw(st.binary(max_size=2))
    return bytes(line)


@settings(deadline=None, max_examples=500)
@given(st.lists(json_lines(), max_size=4).map(b"\n".join))
@example(b'{"text":"\xed\xa0\x80"}')
def test_engines_agree_with_each_other_and_with_json(native: ModuleType, block: bytes) -> None:
    check_block(native, block)


@pytest.mark.parametrize("seed", range(20))
def test_engines_agree_on_broken_lines(native: ModuleType, seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(50):
        check_block(native, make_block(rng, 3))


@pytest.mark.parametrize("seed", range(20))
def test_engines_agree_on_escapes_wherever_they_stand(native: ModuleType, seed: int) -> None:
    """Escapes, crowded or far apart, sound or not, across every border of a vector."""
    rng = random.Random(seed)
    sound = [r"\n", r"\t", r"\r", r"\"", r"\\", r"\/", r"\b", r"\f", r"\u00e9", r"\ud83d\ude00", r"\ud800"]
    broken = ["\\x", "\\", "\x01", "\\u12", "\\o", '"']
    for _ in range(100):
        share, broken_share = rng.choice([0, 0.02, 0.1, 0.5]), rng.choice([0, 0, 0, 0.005])
        pools = rng.choices([sound, broken, "abc né中"], [share, broken_share, 1 - share], k=rng.randint(0, 300))
        text = "".join(map(rng.choice, pools))
        block = f'{{"id": 1, "text": "{text}", "more": "{"z" * rng.randint(0, 80)}"}}\n'.encode()
        assert [*map(bytes, native.records(block, b"text"))] == [*map(bytes, reference.records(block, b"text"))]


def test_reference_agrees_with_json() -> None:
    rng = random.Random(99)
    for _ in range(200):
        check_block(reference, make_block(rng, 3))


# ---- Back from the text to the raw string


def map_back(engine: ModuleType, raw: bytes, offsets: list[int]) -> list[int]:
    return list(memoryview(engine.raw_offsets(raw, array("q", offsets).tobytes())).cast("q"))


@pytest.mark.parametrize(
    ("raw", "text_offsets", "expected"),
    [
        (b"", [0, 0], [0, 0]),
        (b"abc", [0, 1, 3], [0, 1, 3]),
        (rb"a\nb", [0, 1, 2, 3], [0, 1, 3, 4]),
        (rb"\u00e9x", [0, 2, 3], [0, 6, 7]),
        (rb"\ud83d\ude00x", [0, 4, 5], [0, 12, 13]),
        (rb"\ud83dx", [0, 3, 4], [0, 6, 7]),
        (rb"\ude00\ud83d", [0, 3, 6], [0, 6, 12]),
        (rb"\\\n\"", [1, 1, 2, 3], [2, 2, 4, 6]),
        ("é中😀".encode(), [0, 2, 5, 9], [0, 2, 5, 9]),
    ],
)
def test_offsets_lead_back(engine: ModuleType, raw: bytes, text_offsets: list[int], expected: list[int]) -> None:
    assert map_back(engine, raw, text_offsets) == expected


@settings(deadline=None)
@given(STRINGS, st.randoms(use_true_random=False))
def test_pieces_cut_by_offsets_are_the_pieces_of_the_text(engine: ModuleType, string: str, rng: random.Random) -> None:
    raw = make_string(rng, string).encode()[1:-1]
    string = json.loads(b'"' + raw + b'"')
    cuts = sorted(rng.choices(range(len(string) + 1), k=rng.randrange(6)))
    places = map_back(engine, raw, [len(string[:cut].encode("utf-8", "surrogatepass")) for cut in cuts])
    pieces = [string[a:b] for a, b in zip([0, *cuts], [*cuts, len(string)], strict=True)]
    raw_pieces = [raw[a:b] for a, b in zip([0, *places], [*places, len(raw)], strict=True)]
    assert [json.loads(b'"' + piece + b'"') for piece in raw_pieces] == pieces


@pytest.mark.parametrize(
    ("raw", "text_offsets"),
    [
        *((b"abc", offsets) for offsets in ([4], [-1], [2, 1], [0, 3, 2], [1, 2**62])),
        *((rb"\u00e9x", [1]), (rb"ab\u00e9xyz", [3]), (rb"\n", [0, 1, 0]), (rb"ab\nc", [1, 2, 1])),
        *((b"", [1]), ("é".encode(), [1]), (rb"\u00e9", [1]), (rb"\ud83d\ude00", [3]), (rb"\n", [2])),
        *((raw, [0]) for raw in (b'a"b', b"a\nb", b"a\\", rb"\u12", rb"\x", b"\xe9", b"\xed\xa0\x80", b'" "')),
        *((raw, [9]) for raw in (b'a"b', b"\xe9")),
    ],
)
def test_offsets_that_lead_nowhere_are_refused(native: ModuleType, raw: bytes, text_offsets: list[int]) -> None:
    with pytest.raises(ValueError, match="must") as right:
        map_back(reference, raw, text_offsets)
    with pytest.raises(ValueError, match="must") as mine:
        map_back(native, raw, text_offsets)
    assert str(mine.value) == str(right.value)


def test_raw_offsets_checks_its_door(engine: ModuleType) -> None:
    with pytest.raises(ValueError, match="int64"):
        engine.raw_offsets(b"abc", b"1234567")
    unaligned = memoryview(b"." + array("q", [2]).tobytes())[1:]
    assert engine.raw_offsets(b"abc", unaligned) == array("q", [2]).tobytes()
    with pytest.raises(TypeError):
        engine.raw_offsets("abc", b"")
