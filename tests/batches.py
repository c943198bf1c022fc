"""Columnar batches for tests, and text that is hard on anything that reads text."""

from array import array

from hypothesis import strategies as st

# Starters that compose, marks of many classes, jamo and syllables, letters that fold to several or
# that NFC takes apart, digits, scripts without spaces, invisible ones, a lone surrogate, the unassigned.
HARD = (
    "aAeEoOiIzZſßẞİıŉǰΐΰΣσςΩÅéÉớﬁﬀǅ"
    "\u0300\u0301\u0302\u0308\u0315\u031b\u0323\u0327\u0334\u0338\u0342\u0345\u0344"
    "ᾳᾀ\u1f71\u03b9"
    "ابتجلأ\u0640\u064b\u064e\u0651\u0653\u0654"
    "אבּ\ufb2c\u05bc\u05c1"
    "কোে\u09be\u09d7\u09bcড়\u09dc"
    "क़क\u093c\u094d"
    "ᄀ까ᅵᆨᇂ가각힣"
    "กำ\u0e31\u0e49ລ\u0eb4"
    "កា\u17d2ម\u17b6"
    "မြ\u103bန်မာ"
    "བོད\u0f71\u0f72\u0f73\u0f81"
    "漢字、カタひら\u3099ー々〇\uf900"
    "\U0002f800\U00020000\U00031350\U0002ebf0\U0003ffff"
    "\U0001d15f\U0001d160\U000110ba\U000110a5\U0001e900"
    "019٣३๓½²"
    "\u00ad\u200b\u200d\u200e\ufe0f\ufeff\u2028"
    "\x00\r\n\t .,-'\"—«»「」"
    "\ud800\udfff\ufffd\uffff\u0378\u1dfa\U00010940\U0010ffff"
)

texts = st.text(st.one_of(st.sampled_from(HARD), st.characters(), st.sampled_from("abc de")), max_size=60)


def batch(docs: list[str] | list[bytes]) -> tuple[bytes, array]:
    """Documents as the engine takes them: UTF-8 text, int64 offsets."""
    utf8 = [doc if isinstance(doc, bytes) else doc.encode("utf-8", "surrogatepass") for doc in docs]
    offsets = array("q", [0])
    for doc in utf8:
        offsets.append(offsets[-1] + len(doc))
    return b"".join(utf8), offsets


def zeros(n: int) -> array:
    """n int64, or room for as many bytes times eight."""
    return array("q", bytes(8 * n))
