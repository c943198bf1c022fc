"""The pages that `dedupe help TOPIC` prints: Markdown files in dedupe/help/, the first line a title."""

from pathlib import Path

FOLDER = Path(__file__).parent / "help"
TOPICS = ("cleaning", "formats", "learning", "duplicates", "audit", "hook", "pipelines", "speed", "completion")


def read_page(topic: str) -> str:
    """The text of one page; KeyError where there is none."""
    if topic not in TOPICS:
        raise KeyError(topic)
    return (FOLDER / f"{topic}.md").read_text(encoding="utf-8")


def list_pages() -> str:
    """A line a page."""
    width = max(map(len, TOPICS))
    titles = (read_page(topic).partition("\n")[0].removeprefix("# ") for topic in TOPICS)
    return "".join(f"  {topic:<{width}}  {title}\n" for topic, title in zip(TOPICS, titles, strict=True))
