"""What a site says on every page: lines learned from a corpus, as rules to review.

corpus.py reads the corpus twice and has the engine count; templates.py finds the lines that differ in a word
alone, numbers.py tells dates and counters from numbers that are news, evidence.py judges, file.py writes the
rules and says what they were learned from.
"""
