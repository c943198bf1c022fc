/* The compiled engine's calls, one line each; what they do stands in the file named beside them,
 * and what is right stands in ../reference/, file by file. */
#include "lines.h"

static PyMethodDef calls[] = {
    {"fold", call_fold, METH_VARARGS, "fold(text, offsets, out, out_offsets)"},
    {"scan", call_scan, METH_VARARGS, "scan(text, offsets, needles) -> bytes"},
    {"line_table", call_line_table, METH_VARARGS, "line_table(document, needles) -> bytes"},
    {"count_lines", call_count_lines, METH_VARARGS, "count_lines(text, offsets) -> int"},
    {"normal_form", call_normal_form, METH_VARARGS, "normal_form(line, shape=False) -> bytes"},
    {"shape_ends", call_shape_ends, METH_VARARGS, "shape_ends(shape) -> list[int]"},
    {"line_key", call_line_key, METH_VARARGS, "line_key(form) -> int"},
    {"hold_memory", call_hold_memory, METH_NOARGS, "hold_memory()"},
    {"read_lines", call_read_lines, METH_VARARGS, "read_lines(fd, before, n_bytes) -> (lines, rest)"},
    {"records", call_records, METH_VARARGS, "records(block, field) -> (starts, spans, text, offsets, status)"},
    {"raw_offsets", call_raw_offsets, METH_VARARGS, "raw_offsets(content, offsets) -> bytes"},
    {"place", call_place, METH_VARARGS, "place(block, spans, rows) -> bytes"},
    {"rows", call_rows, METH_VARARGS, "rows(block, dialect, column, width) -> (starts, spans, text, offsets, status)"},
    {"rows_end", call_rows_end, METH_VARARGS, "rows_end(block, dialect) -> int"},
    {"edits", call_edits, METH_VARARGS, "edits(text, offsets, skips, needles, rules, options, sources=b'') -> bytes"},
    {"suspicious", call_suspicious, METH_VARARGS, "suspicious(text, offsets, entities=False) -> bytes"},
    {"word_hashes", call_word_hashes, METH_VARARGS, "word_hashes(text, offsets, out, out_offsets)"},
    {"sketch", call_sketch, METH_VARARGS, "sketch(text, offsets, n_perm, a, b, out)"},
    {"shingles", call_shingles, METH_VARARGS, "shingles(text, offsets, out, out_offsets)"},
    {"jaccard", call_jaccard, METH_VARARGS, "jaccard(sets, set_offsets, pairs, out)"},
    {"digests", call_digests, METH_VARARGS, "digests(text, offsets, out)"},
    {"texts", call_texts, METH_VARARGS, "texts(offsets, spans, status, at, fd) -> (offsets, places, records)"},
    {"select", call_select, METH_VARARGS, "select(block, starts, drops) -> bytes"},
    {"page_columns", call_page_columns, METH_VARARGS,
     "page_columns(document, needles, vocabulary, heads, firsts) -> bytes"},
    {"pages", call_pages, METH_VARARGS, "pages(text, offsets, needles, vocabulary, model, options) -> bytes"},
    {"articles", call_articles, METH_VARARGS, "articles(text, offsets) -> (starts, owners)"},
    {"kept_open", call_kept_open, METH_VARARGS,
     "kept_open(n_perm, bands, rows, threshold, per_bucket=16, most_verified=8, memory=0, directory='/tmp')"},
    {"kept_match", call_kept_match, METH_VARARGS,
     "kept_match(kept, text, offsets, digests, signatures, places, keepers_out, shared_out) -> int"},
    {"kept_count", call_kept_count, METH_VARARGS, "kept_count(kept) -> int"},
    {"kept_bytes", call_kept_bytes, METH_VARARGS, "kept_bytes(kept) -> int"},
    {"kept_expect", call_kept_expect, METH_VARARGS, "kept_expect(kept, n)"},
    {"tally_open", call_tally_open, METH_VARARGS, "tally_open(sketch_bits=22, most_entries=262144)"},
    {"tally_count", call_tally_count, METH_VARARGS, "tally_count(tally, text, offsets, sources)"},
    {"tally_gather", call_tally_gather, METH_VARARGS,
     "tally_gather(tally, text, offsets, sources, buckets, frequent) -> bytes"},
    {"tally_rows", call_tally_rows, METH_VARARGS, "tally_rows(tally) -> (rows, sizes, text, left_out)"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "dedupe.engine._native",
    .m_doc = "The compiled engine; the same calls and results as dedupe.engine.reference.",
    .m_size = 0,
    .m_methods = calls,
};

PyMODINIT_FUNC PyInit__native(void)
{
    lines_prepare();
    return PyModuleDef_Init(&definition);
}
