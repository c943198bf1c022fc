"""What is measured of a line of a page dump: the columns, in the order in which both engines give them.

Counts and shares are whole numbers, shares are per mille, so that two engines on two machines agree to the
last bit. What each column says stands in reference/page.py; native/page.c has the same order.
"""

LINE = (  # what the line says by itself
    *("words", "length", "ends", "ends_colon", "ends_question", "ends_paren", "ends_cut", "sentences", "commas"),
    *("digits", "capitals", "shouts", "lowers", "shorts", "marks", "word_length"),
    *("opens_capital", "opens_lower", "opens_quote", "opens_digit", "opens_mark"),
    *("bars", "copyright", "address", "colon", "time", "bang", "dateline"),
    *("site", "talk", "credit", "author", "more", "reader", "about", "site_share", "reader_share", "credit_end"),
)
PAGE = (  # what it is on its page
    *("copies", "rule", "place", "words_before", "from_top", "from_end"),
    *("stops", "shared", "near", "followed", "followed_words", "telling"),
)
AT_1 = (
    *("words", "length", "ends", "lowers", "capitals", "rule", "copies", "time", "shared", "near", "sentences"),
    *("credit", "site", "talk", "author", "more", "digits", "colon", "ends_question"),
    *("reader", "about", "credit_end", "copyright", "bars"),
)
AT_2 = ("words", "ends", "lowers", "rule", "copies", "time", "credit", "site", "more")
AT_3 = ("words", "ends")
SPANS = (2, 4, 8, 16, 32)
SHORT_SPANS = (4, 8, 16)
GAPS = (1, 3, 6, 12)
TOLD = (
    *("copies", "rule", "time", "site", "talk", "credit", "more", "author", "address", "copyright"),
    *("reader", "about", "credit_end"),
)
TOLD_SPANS = (5, 15)
AROUND = (  # what stands around it
    *(f"{name}{side}{d}" for d, names in ((1, AT_1), (2, AT_2), (3, AT_3)) for name in names for side in "-+"),
    *(f"{name}{side}{span}" for span in SPANS for name in ("prose", "density") for side in "-+"),
    *(f"menu{side}{span}" for span in SHORT_SPANS for side in "-+"),
    *("prose_before", "prose_words_before", "page_prose", "page_density", "page_lines", "last_prose", "next_prose"),
    *(f"{name}_{gap}" for gap in GAPS for name in ("block_share", "block_words", "block_rank", "to_block", "in_block")),
    *(f"{name}{side}{span}" for span in TOLD_SPANS for name in TOLD for side in "-+"),
)
HEAD = ("to_headline", "headline_score", "headline_shared", "headline_here", "headline_before", "headline_words")
FIRST_SPANS = (4, 8, 16, 32)
CUTS = (64, 100, 128)
SECOND = (  # what the first scores say of it and of what stands around it
    "score",
    *(f"score{side}{d}" for d in (1, 2, 3, 4) for side in "-+"),
    *(f"{name}{side}{span}" for span in FIRST_SPANS for side in "-+" for name in ("article", "certainty")),
    *("article_before", "article_words", "best_score", "article_words_before", "article_words_after"),
    *("last_article", "next_article", "topic"),
    *(f"{name}_{cut}" for cut in CUTS for name in ("inside", "along", "outside")),
)
COLUMNS = (*LINE, *PAGE, *AROUND, *HEAD, *SECOND)
FIRST_COLUMNS = len(LINE) + len(PAGE) + len(AROUND)
"""The columns that need no scores."""
HEAD_COLUMNS = FIRST_COLUMNS + len(HEAD)
"""Those that need the headline scores at most."""
CONDITIONS = 3  # of a step of a scorecard: columns that must be above their bounds
VOCABULARY = ("site", "talk", "credit", "author", "more", "reader", "about")
