"""Text broken as the world breaks it, for tests: read in a wrong encoding, glued, blanked, cut off."""

import tomllib
from pathlib import Path

from hypothesis import strategies as st

CASES = Path(__file__).parent / "cases" / "repair"


def read_cases(name: str) -> list[dict[str, str]]:
    return tomllib.loads((CASES / f"{name}.toml").read_text(encoding="utf-8"))["case"]


SENTENCES = [case["text"] for case in read_cases("sound")]

# Code points that the rules name or that repair deletes, and their neighbours that they do not name.
NASTY = (
    "\x00\x08\t\x0b\x0c\x0e\x1a\x1b\x1f ~\x7f\x80\x81\x8d\x92\x9d\x9f\xa0\xa1\xad\xb0\xbf"
    "ÂÃÄÅâãàäåðíïÐÑØÙŒœŠšŸžƒˆ˜–—‘’“”„†‡•…‰‹›€™©®°·»«¿´¨¸¯¬ªº²³¼½×÷µ¶§¢£¥¦¤"
    "ЂЃ‚ѓ„…†‡€‰ЉЊЌВГРСвѓ№ўŞşĂăŁłžΒΓΞΟβ¡΄΅Ά‚Äâó√±∂≠≈¢░▒▓│┤╡═╬▀█Γ"
    "\u02c6\u02c7\u02d8\u02db\u1680\u2000\u200b\u200d\u2028\u2029\u202e\u202f\u206a\u206f\u3000"
    "\ufb01\uf8ff\ufeff\ufff9\ufffb\ufffc\ufffd\uffff\ud7ff\ud800\udbff\udc00\udfff\ue000\U0001f600\U000e0067"
    "中가א𐍈abzAZ09.,?![]m&;#&"
)
FRAGMENTS = [
    "\x1b[31m",
    "\x1b[",
    "&eacute;",
    "&#10;",
    "&amp;#13;",
    "\ud83d\ude00",
    "â€œ",
    "â€�",
    "Ã?",
    "ГўВЂВ™a",
    "Ð¿",
]
READ_AS = ["latin-1", "cp1252", "cp1251", "cp1250", "cp1253", "cp1254", "cp1257", "iso-8859-2", "mac_roman"]
READ_AS += ["cp437", "cp850", "cp866", "cp1256", "koi8-r", "gbk", "shift_jis", "sloppy-windows-1252"]
READ_AS += ["sloppy-windows-1251", "sloppy-windows-1253", "utf-8"]
WRITTEN_AS = ["utf-8", "utf-8", "utf-8", "cp1252", "cp1251", "utf-16-le", "gbk"]


@st.composite
def broken_sentences(draw: st.DrawFn) -> str:
    text: str = draw(st.sampled_from(SENTENCES))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(text)))
        to = draw(st.integers(at, len(text)))
        raw = text[at:to].encode(draw(st.sampled_from(WRITTEN_AS)), "replace")
        raw = raw[draw(st.integers(0, 2)) : len(raw) - draw(st.integers(0, 2))]
        for lost in draw(st.sets(st.sampled_from([0x81, 0x8D, 0x90, 0x9D, 0xA0]))):
            raw = raw.replace(bytes([lost]), draw(st.sampled_from([b"", b" ", b"?"])))
        text = text[:at] + raw.decode(draw(st.sampled_from(READ_AS)), "replace") + text[to:]
    return text + draw(st.sampled_from(["", " ", " — "])) + draw(st.sampled_from(["", *SENTENCES]))


nasty_texts = st.lists(st.one_of(st.sampled_from(NASTY), st.sampled_from(FRAGMENTS)), max_size=12).map("".join)
broken_texts = st.one_of(
    nasty_texts,
    broken_sentences(),
    st.tuples(broken_sentences(), nasty_texts, st.sampled_from(SENTENCES)).map("".join),
    st.text(max_size=40),
)
broken_lines = broken_texts.map(lambda text: text.replace("\n", " ").replace("\r", " "))
