"""The article out of a page dump: the scorecards and words that the engine goes by, and how they are used."""
