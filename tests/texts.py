"""Texts for tests: a capture that `clean` has work with, and its clean form."""

import json

BODY = (
    "The council decided on Monday to keep the old bridge open for one more winter, the mayor said.\n\n"
    "Engineers had asked for it to be closed, because two of its piers stand in deeper water than planned.\n"
)
CAPTION = "The old bridge over the Wend, seen from the mill, in March. (Photo: Ana Ruiz)"
HEADLINE = "Old bridge stays open for another winter"
CLEAN = f"{HEADLINE}\n\n{CAPTION}\n\n{BODY}"
CAPTURE = f"{HEADLINE}\n\n{CAPTION}\n{CAPTION}\nTT\n20\n\n{HEADLINE}\n\n{CAPTION}\n{CAPTION}\n\n{BODY}"
PLAIN = f"Another headline\n\n{BODY}"


def jsonl(*texts: str, ascii: bool = False, **fields: object) -> bytes:
    """One record a text, with ids that count from 0."""
    rows = ({"id": i, "text": text, **fields} for i, text in enumerate(texts))
    return "".join(json.dumps(row, ensure_ascii=ascii) + "\n" for row in rows).encode("utf-8", "surrogatepass")
