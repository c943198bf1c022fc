"""Repair gives what ftfy gives, leaves what is sound, comes to rest, and costs no more than it should."""

import subprocess
import sys
from pathlib import Path

import ftfy
import orjson
import pytest
from breakages import broken_lines, read_cases
from hypothesis import example, given
from hypothesis import strategies as st

from dedupe.options import RepairOptions
from dedupe.repair import _Repair, decode_bytes, repair_line

PLAIN, ENTITIES = RepairOptions(), RepairOptions(unescape_html=True)
FTFY = ftfy.TextFixerConfig(
    unescape_html=False,
    fix_latin_ligatures=False,
    fix_character_width=False,
    uncurl_quotes=False,
    fix_line_breaks=False,
    normalization=None,
)


def ftfy_line(line: str, options: RepairOptions) -> str:
    return ftfy.fix_and_explain(line, FTFY._replace(unescape_html=options.unescape_html)).text


def cases(name: str) -> list[object]:
    return [pytest.param(case["text"], case.get("fixed", case["text"]), id=case["label"]) for case in read_cases(name)]


@pytest.mark.parametrize(("text", "fixed"), [*cases("mojibake"), *cases("characters"), *cases("sound")])
def test_cases(text: str, fixed: str) -> None:
    assert repair_line(text, PLAIN) == fixed
    assert repair_line(text, RepairOptions(enabled=False)) == text


@pytest.mark.parametrize(("text", "fixed"), cases("entities"))
def test_entities_only_when_asked_for(text: str, fixed: str) -> None:
    assert repair_line(text, ENTITIES) == fixed
    assert "&" in repair_line(text, PLAIN)


@pytest.mark.xfail(reason="ftfy does not know these", raises=AssertionError)
@pytest.mark.parametrize(("text", "fixed"), cases("known"))
def test_known_failures(text: str, fixed: str) -> None:
    assert repair_line(text, PLAIN) == fixed


@pytest.mark.parametrize("options", [PLAIN, ENTITIES])
def test_collected_cases_come_out_as_ftfy_has_them(shared_data: Path, options: RepairOptions) -> None:
    records = list(map(orjson.loads, (shared_data / "mojibake" / "cases.jsonl").read_bytes().splitlines()))
    assert len(records) > 100
    for record in records:
        assert repair_line(record["text"], options) == ftfy_line(record["text"], options), record["id"]


@given(broken_lines)
def test_equals_ftfy_comes_to_rest_and_stays_one_line(line: str) -> None:
    fixed = repair_line(line, PLAIN)
    assert fixed == ftfy_line(line, PLAIN)
    assert repair_line(fixed, PLAIN) == fixed
    assert "\n" not in fixed
    assert "\r" not in fixed


@given(broken_lines)
@example("&amp;&#35;10;x &NewLine; &#13;")
def test_entities_make_no_line_breaks(line: str) -> None:
    fixed = repair_line(line, ENTITIES)
    plain = ftfy_line(line, ENTITIES)
    assert fixed == plain or "\n" in plain or "\r" in plain
    assert repair_line(fixed, ENTITIES) == fixed
    assert "\n" not in fixed
    assert "\r" not in fixed


@pytest.mark.parametrize(
    ("line", "fixed"),
    [
        ("\ud83d\ude00", "😀"),
        ("\ude00\ud83d", "\ufffd\ufffd"),
        ("a\ud83d", "a\ufffd"),
        ("dÃ©jÃ\xa0\udc80", "déjà\ufffd"),
    ],
)
def test_surrogates(line: str, fixed: str) -> None:
    assert repair_line(line, PLAIN) == fixed


class TestLongLines:
    """ftfy.fix_text cuts at a million characters, and its loops have no bound of their own."""

    def test_no_cut_within_a_sequence(self) -> None:
        for n in (999_998, 999_999, 1_000_000):
            head = "a" * n
            assert repair_line(head + "â€œopenâ€\x9d", PLAIN) == head + "“open”"
            assert repair_line(head + "\x1b[31mx", PLAIN) == head + "x"
            assert repair_line(head + "&eacute;", ENTITIES) == head + "é"

    def test_the_end_is_read_with_the_beginning(self) -> None:
        """One character in no single-byte encoding sends the whole line another way, wherever it is."""
        middle = " word" * 300_000
        assert repair_line("Ã€ la" + middle + " 橋", PLAIN) == ftfy_line("Ã€ la 橋", PLAIN)[:-2] + middle + " 橋"

    @pytest.mark.parametrize(
        "line",
        [
            "Ã" + "ƒ" * 20_000,  # every pass repairs one character: ftfy takes 33 s
            "Â" * 20_000 + "¡",
            ("Ã" + "ƒ" * 20_000).encode().decode("latin-1") + "橋",
        ],
    )
    def test_chains_are_given_up(self, line: str) -> None:
        assert repair_line(line, PLAIN) == line

    def test_work_is_linear(self) -> None:
        def readings(line: str) -> float:
            repair = _Repair(len(line), PLAIN)
            before = repair.work
            repair.settle(line)
            return (before - repair.work) / len(line)

        twice = "“Mañana” — привет".encode().decode("latin-1").encode().decode("latin-1") + " 橋 "
        assert readings(twice * 1_000) == pytest.approx(readings(twice * 10), rel=0.1)

    def test_variants_are_linear(self) -> None:
        raw = b"\xed\xa0\xbd\xed\xb8\x8d" * 200_000  # 1.2 MB: the codec in ftfy takes minutes
        assert decode_bytes(raw) == "😍" * 200_000
        assert repair_line(raw.decode("latin-1"), PLAIN) == "😍" * 200_000


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"", ""),
        ("Größe, größer".encode(), "Größe, größer"),
        (b"Gr\xf6\xdfe \x93open\x94 \x80 5", "Größe “open” € 5"),
        (b"\x81\x8d\x8f\x90\x9d", "\x81\x8d\x8f\x90\x9d"),
        (b"a\x1ab\xe9", "a\x1abé"),
        (b"\xed\xa0\xbd\xed\xb8\x8d", "😍"),
        (b"nul\xc0\x80", "nul\x00"),
        (b"\xc0\n\xc0", "À\nÀ"),
        (b"\xed\xa0\xbd", "í\xa0½"),  # half a pair: no variant
        (b"\xed\xb8\x8d\xed\xa0\xbd", "í¸\x8dí\xa0½"),
        ("д".encode() + b"\xff", "Ð´ÿ"),
        (b"\xc0\xaf", "À¯"),  # too long a form: no variant
        (b"\xf4\x90\x80\x80", "ô\x90€€"),
    ],
)
def test_decode_bytes(raw: bytes, text: str) -> None:
    assert decode_bytes(raw) == text


def test_bytes_beside_utf8_are_repaired_afterwards() -> None:
    raw = "“It’s open,” she said in the ".encode() + b"caf\xe9"
    assert repair_line(decode_bytes(raw), PLAIN) == "“It’s open,” she said in the café"


@given(
    st.one_of(
        st.binary(),
        st.lists(st.sampled_from([b"\xed\xa0\xbd\xed\xb8\x8d", b"\xc0\x80", b"\xed\x9f\xbf", b"a", b"\xed\xa0"])).map(
            b"".join
        ),
    )
)
def test_decode_bytes_by_the_codecs_of_ftfy(raw: bytes) -> None:
    raw = raw.replace(b"\n", b"").replace(
        b"\x1a", b""
    )  # the variants codec takes \xc0\n for NUL; sloppy, 1A for U+FFFD
    try:
        expected = raw.decode("utf-8-variants")
    except UnicodeDecodeError:
        expected = raw.decode("sloppy-windows-1252")
    assert decode_bytes(raw) == expected


@given(st.text())
def test_decode_bytes_leaves_utf8(text: str) -> None:
    raw = text.encode("utf-8", "replace")
    assert decode_bytes(raw) == raw.decode()


def test_ftfy_waits_until_it_is_needed() -> None:
    code = "import sys, dedupe.repair; dedupe.repair.decode_bytes(b'\\xe9'); sys.exit('ftfy' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
