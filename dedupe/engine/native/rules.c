/* The rules for artifacts as ../../clean/rules.py lays them out (Rules.blob): the door, and which rule
 * takes a line.  Rules are numbered in the files' order, behind the built-in ones. */
#include "edits.h"
#include "unicode.h"

enum { HEADER = 4 }; /* int32: slots, rules, items, bytes of text */

static int is_range(int32_t first, int32_t end, int32_t n) { return first >= 0 && first <= end && end <= n; }

/* Whether nothing in the tables points out of them; chains only lead on, so that they end. */
static int tables_fit(const Rules *rules, const int32_t *sizes)
{
    int32_t n_slots = sizes[0], n_rules = sizes[1], n_items = sizes[2], n_bytes = sizes[3];
    for (int32_t i = 0; i < n_slots; i++)
        if (rules->first[i] < -1 || rules->first[i] >= n_items)
            return 0;
    for (int32_t i = 0; i < n_rules; i++) {
        const Rule *rule = rules->rules + i;
        if (!is_range(rule->first_cased, rule->end_cased, n_items) || !is_range(rule->first_then, rule->end_then, n_items))
            return 0;
    }
    for (int32_t i = 0; i < n_items; i++) {
        const Item *item = rules->items + i;
        if (item->rule < 0 || item->rule >= n_rules || item->at < 0 || item->size < 0 || item->at > n_bytes - item->size)
            return 0;
        if (item->next != -1 && (item->next <= i || item->next >= n_items))
            return 0;
    }
    return 1;
}

static int blob_fits(Rules *rules)
{
    const int32_t *sizes = rules->view.buf;
    if (rules->view.len == 0)
        return !rules->needles.gates;
    if (rules->view.len < HEADER * 4 || (uintptr_t)sizes % 4)
        return 0;
    for (int i = 0; i < HEADER; i++)
        if (sizes[i] < 0)
            return 0;
    if ((uint64_t)sizes[0] != (rules->needles.gates ? rules->needles.mask + 1 : 0))
        return 0;
    int64_t wanted = 4 * (HEADER + (int64_t)sizes[0]) + (int64_t)sizes[1] * (int64_t)sizeof(Rule) +
                     (int64_t)sizes[2] * (int64_t)sizeof(Item) + sizes[3];
    if (rules->view.len != wanted)
        return 0;
    rules->first = sizes + HEADER;
    rules->rules = (const Rule *)(rules->first + sizes[0]);
    rules->items = (const Item *)(rules->rules + sizes[1]);
    rules->bytes = (const uint8_t *)(rules->items + sizes[2]);
    return tables_fit(rules, sizes);
}

int rules_open(Rules *rules, PyObject *needles, PyObject *blob)
{
    if (needles_open(&rules->needles, needles) < 0)
        return -1;
    if (PyObject_GetBuffer(blob, &rules->view, PyBUF_SIMPLE) < 0) {
        PyBuffer_Release(&rules->needles.view);
        return -1;
    }
    if (!blob_fits(rules)) {
        rules_close(rules);
        PyErr_SetString(PyExc_ValueError, "rules must be empty or what Rules.blob holds, beside its needles");
        return -1;
    }
    return 0;
}

void rules_close(Rules *rules)
{
    PyBuffer_Release(&rules->view);
    PyBuffer_Release(&rules->needles.view);
}

static int says(const Rules *rules, const Item *item, const uint8_t *text, Py_ssize_t n)
{
    return item->size == n && !memcmp(rules->bytes + item->at, text, (size_t)n);
}

/* Whether a raw line, its runs of white space made one, is the item as it was written; with `shapes`,
 * its numbers made # besides. */
static int is_written(const Rules *rules, const Item *item, const uint8_t *at, const uint8_t *end, int shapes)
{
    const uint8_t *wanted = rules->bytes + item->at, *wanted_end = wanted + item->size;
    int begun = 0, gap = 0, in_number = 0, length;
    for (; at < end; at += length) {
        uint32_t properties = unicode_properties(unicode_decode(at, end, &length));
        if (properties & UNICODE_SPACE) {
            gap = 1;
            in_number = 0;
            continue;
        }
        if (gap && begun && (wanted == wanted_end || *wanted++ != ' '))
            return 0;
        gap = 0;
        begun = 1;
        if (shapes && properties & UNICODE_DIGIT) {
            if (!in_number && (wanted == wanted_end || *wanted++ != '#'))
                return 0;
            in_number = 1;
            continue;
        }
        in_number = 0;
        if (wanted_end - wanted < length || memcmp(wanted, at, (size_t)length))
            return 0;
        wanted += length;
    }
    return wanted == wanted_end;
}

static int agrees_in_case(const Rules *rules, const Rule *rule, const uint8_t *raw, Py_ssize_t n)
{
    if (rule->first_cased == rule->end_cased)
        return 1; /* any case will do */
    for (int32_t i = rule->first_cased; i < rule->end_cased; i++)
        if (is_written(rules, rules->items + i, raw, raw + n, 0) || is_written(rules, rules->items + i, raw, raw + n, 1))
            return 1;
    return 0;
}

/* Characters of Chinese and Japanese count as words. */
static int32_t count_words(const uint8_t *shape, Py_ssize_t n)
{
    int32_t words = 1;
    int length;
    for (Py_ssize_t i = 0; i < n; i += length) {
        uint32_t c = unicode_decode(shape + i, shape + n, &length);
        words += c == ' ' || (c >= 0x3000 && c <= 0x9FFF);
    }
    return words;
}

/* The first of the items under a key that is the shape's first n bytes and that its rule allows. */
static int32_t match_items(const Rules *rules, int32_t source, uint64_t key, int is_start, const uint8_t *shape,
                           Py_ssize_t n, int32_t words, const uint8_t *raw, Py_ssize_t raw_size)
{
    Py_ssize_t slot = needle_slot(&rules->needles, key);
    int32_t i = slot < 0 ? -1 : rules->first[slot];
    for (; i >= 0; i = rules->items[i].next) {
        const Item *item = rules->items + i;
        const Rule *rule = rules->rules + item->rule;
        if (rule->source != NO_SOURCE && rule->source != source)
            continue;
        if (!item->is_start != !is_start || !says(rules, item, shape, n))
            continue;
        if (is_start ? words <= rule->max_words : agrees_in_case(rules, rule, raw, raw_size))
            return item->rule + BUILT_IN;
    }
    return NO_RULE;
}

int32_t rules_match(const Rules *rules, int32_t source, const uint8_t *raw, Py_ssize_t n, const uint8_t *form,
                    Py_ssize_t form_size)
{
    uint8_t shape[LONG_BYTES];
    if (form_size > LONG_BYTES)
        return NO_RULE;
    Py_ssize_t ends[SHAPE_ENDS], size = line_shape(form, form_size, shape);
    int32_t rule = match_items(rules, source, line_key(shape, size), 0, shape, size, 0, raw, n);
    if (form_size > SHAPE_BYTES)
        return rule;
    int count = shape_ends(shape, size, ends);
    int32_t words = count_words(shape, size);
    for (int i = 0; i < count && rule == NO_RULE; i++)
        rule = match_items(rules, source, line_key(shape, ends[i]) ^ START_SALT, 1, shape, ends[i], words, raw, n);
    return rule;
}

int may_follow(Desk *desk, int32_t rule, const Line *line)
{
    const Rules *rules = desk->rules;
    const Rule *asked = rules->rules + rule - BUILT_IN;
    if (asked->first_then == asked->end_then)
        return 0;
    uint8_t *shape = desk->scratch.form; /* has room for the longest form */
    Py_ssize_t size = line_shape(desk->forms + line->form, line->form_size, shape);
    for (int32_t i = asked->first_then; i < asked->end_then; i++)
        if (says(rules, rules->items + i, shape, size))
            return 1;
    return 0;
}
