/* Is the later of two lines a copy of the earlier one?  ../../clean/copies.py says when. */
#include "edits.h"
#include "unicode.h"

enum {
    MIN_SHARED = 12,
    MAX_LABEL = 40,
    MAX_LABEL_SPACES = 6,
    MAX_FOLDED = 2,
    MAX_BROKEN = 4,
    CASELESS = 0x590,
    FULL_OPEN = 0xFF08, /* the brackets of Chinese and Japanese */
    FULL_CLOSE = 0xFF09,
    LENS_OPEN = 0x3010,
    LENS_CLOSE = 0x3011,
    COPYRIGHT = 0xA9,
    MIDDLE_DOT = 0xB7,
    BULLET = 0x2022
};

/* Part of a normal form. */
typedef struct {
    const uint8_t *at;
    Py_ssize_t n;
} Span;

static uint32_t first_char(Span span, int *length)
{
    *length = 0;
    return span.n ? unicode_decode(span.at, span.at + span.n, length) : 0;
}

static uint32_t last_char(Span span, int *length)
{
    Py_ssize_t at = span.n;
    *length = 0;
    if (!span.n)
        return 0;
    while (at > 0 && (span.at[--at] & 0xC0) == 0x80 && span.n - at < 4)
        ;
    return unicode_decode(span.at + at, span.at + span.n, length);
}

static Py_ssize_t count_chars(Span span)
{
    Py_ssize_t count = 0;
    for (Py_ssize_t i = 0; i < span.n; i++)
        count += (span.at[i] & 0xC0) != 0x80;
    return count;
}

static int is_digit(uint32_t c) { return (unicode_properties(c) & UNICODE_DIGIT) != 0; }
static int is_letter(uint32_t c) { return (unicode_properties(c) & UNICODE_LETTER) != 0; }
static int is_one_of(uint32_t c, const char *marks) { return c > 0 && c < 0x80 && strchr(marks, (int)c); }

static int begins_with(Span span, Span start) { return start.n <= span.n && !memcmp(span.at, start.at, (size_t)start.n); }

static int ends_with(Span span, Span end)
{
    return end.n <= span.n && !memcmp(span.at + span.n - end.n, end.at, (size_t)end.n);
}

static Span without_first(Span span, Py_ssize_t n) { return (Span){span.at + n, span.n - n}; }

static Span strip_left(Span span)
{
    while (span.n && span.at[0] == ' ')
        span = without_first(span, 1);
    return span;
}

static Span strip_right(Span span, const char *marks)
{
    while (span.n && is_one_of(span.at[span.n - 1], marks))
        span.n--;
    return span;
}

/* A form without the spaces beside its quotation marks, in `to`: French ones stand off. */
static Span join_quotes(const uint8_t *form, Py_ssize_t n, uint8_t *to)
{
    if (!memchr(form, '\'', (size_t)n))
        return (Span){form, n};
    uint8_t *start = to;
    const uint8_t *at = form, *end = form + n;
    while (at < end) { /* up to the next quotation mark, without the space before it and behind the last one */
        const uint8_t *quote = memchr(at, '\'', (size_t)(end - at)), *stop = quote ? quote : end;
        at += at > form && at < stop && *at == ' ';
        Py_ssize_t size = stop - at - (quote && stop > at && stop[-1] == ' ');
        memcpy(to, at, (size_t)size);
        to += size;
        if (quote)
            *to++ = '\'';
        at = stop + 1;
    }
    return (Span){start, to - start};
}

static int is_cut(Span first, Span later)
{
    static const char *const MARKS[] = {"[...]", "(...)", "..."};
    Span rest = later;
    for (int i = 0; i < 3 && rest.n == later.n; i++) {
        Span mark = {(const uint8_t *)MARKS[i], (Py_ssize_t)strlen(MARKS[i])};
        rest.n -= ends_with(later, mark) ? mark.n : 0;
    }
    if (rest.n == later.n)
        return 0;
    rest = strip_right(rest, " .");
    if (!begins_with(first, rest) || count_chars(rest) < MIN_SHARED)
        return 0;
    int length;
    return first.n == rest.n ||
           !(is_digit(last_char(rest, &length)) && is_digit(first_char(without_first(first, rest.n), &length)));
}

/* A few words without a number; a full stop only within a word. */
static int is_name(Span name, const char *lacks, int lacks_wide_brackets)
{
    int length, spaces = 0;
    if (!name.n || !is_letter(first_char(name, &length)))
        return 0;
    while (name.n) {
        uint32_t here = first_char(name, &length);
        name = without_first(name, length);
        if (is_one_of(here, lacks) || is_digit(here) || (lacks_wide_brackets && (here == FULL_OPEN || here == LENS_OPEN)))
            return 0;
        if (here == '.' && !is_letter(first_char(name, &length)))
            return 0;
        spaces += here == ' ';
    }
    return spaces <= MAX_LABEL_SPACES;
}

static int is_bracketed(Span label)
{
    int opening, closing;
    uint32_t open = first_char(label, &opening), close = last_char(label, &closing);
    if (!((open == '(' && close == ')') || (open == '[' && close == ']') || (open == FULL_OPEN && close == FULL_CLOSE) ||
          (open == LENS_OPEN && close == LENS_CLOSE)))
        return 0;
    label = without_first(label, opening);
    label.n -= closing;
    return is_name(label, "([", 1);
}

/* Whether a label is one that a copy may have; LABELLED where only the copies around could tell. */
static int label_tells(int kind, int known)
{
    return kind & TELLING ? NO_COPY : known ? COPY : LABELLED;
}

static int is_credit(Span label)
{
    int length, known = CREDIT, ends = 1;
    label = strip_right(strip_left(label), " ");
    if (is_bracketed(label)) {
        known = CREDIT | SITE; /* "(The Valley Post) " is a source, "The Valley Post: " may be what a post says */
    } else if (first_char(label, &length) == COPYRIGHT && is_name(strip_left(without_first(label, length)), ".!?", 0)) {
        ends = 0; /* no mark tells where it ends */
    } else {
        if (!is_one_of(last_char(label, &length), ":|/-"))
            return 0;
        label.n -= length;
        label = strip_right(label, " ");
        if (!is_name(label, ".!?", 0))
            return 0;
    }
    int kind = label_kind(label.at, label.n);
    int tells = label_tells(kind, kind & known);
    return tells == LABELLED && !ends ? NO_COPY : tells;
}

static int is_separator(uint32_t c)
{
    return is_one_of(c, "|/-") || c == MIDDLE_DOT || c == BULLET || (c >= 0x2010 && c <= 0x2015) || c == 0x2212;
}

/* Whether a capital letter, or one of a script without capitals, follows the last separator that stands
 * behind a space.  One pass with the regular expression's states: no match begun, its space read, its
 * separators, the space behind them. */
static int has_capital_name(const uint8_t *at, const uint8_t *end)
{
    enum { NONE, SPACE, SEPARATORS, SPACE_BEHIND } state = NONE;
    uint32_t begins = 0;
    int separators = 0, length;
    for (; at < end; at += length) {
        uint32_t c = unicode_decode(at, end, &length);
        if (is_python_space(c)) {
            state = state == SEPARATORS || state == SPACE_BEHIND ? SPACE_BEHIND : SPACE;
        } else if (is_separator(c) && state != NONE) {
            if (state == SPACE_BEHIND)
                begins = c; /* unless the match that begins with this separator ends well */
            separators = state == SEPARATORS ? separators + 1 : 1;
            state = SEPARATORS;
        } else {
            if (state == SEPARATORS || state == SPACE_BEHIND)
                begins = c;
            state = NONE;
        }
    }
    if ((state == SEPARATORS || state == SPACE_BEHIND) && separators > 1)
        return 0; /* the last of them is what follows */
    uint32_t properties = unicode_properties(begins);
    return properties & UNICODE_LETTER && (properties & UNICODE_FOLD || begins >= CASELESS);
}

static int is_site(Span label, const uint8_t *raw, const uint8_t *raw_end)
{
    int length, is_one = 0;
    label = strip_right(strip_left(label), " ");
    if (!is_bracketed(label)) {
        uint32_t mark = first_char(label, &length);
        if (!is_one_of(mark, "|/-") && mark != MIDDLE_DOT && mark != BULLET)
            return 0;
        Span name = without_first(label, length);
        if (!is_name(strip_left(name), "!?,;:|", 0))
            return 0;
        int has_stop = memchr(name.at, '.', (size_t)name.n) != NULL;
        if (!has_stop && !has_capital_name(raw, raw_end))
            return 0;
        is_one = has_stop || mark == '|';
    }
    int kind = label_kind(label.at, label.n);
    return label_tells(kind, kind || is_one);
}

static int is_labelled(Span plain, Span labelled, const uint8_t *raw, const uint8_t *raw_end)
{
    Py_ssize_t extra = labelled.n - plain.n;
    if (extra <= 0 || extra > 4 * MAX_LABEL || count_chars(plain) < MIN_SHARED)
        return 0;
    Span before = {labelled.at, extra}, behind = without_first(labelled, plain.n);
    int credit = ends_with(labelled, plain) && count_chars(before) <= MAX_LABEL ? is_credit(before) : NO_COPY;
    if (credit == COPY || !begins_with(labelled, plain) || count_chars(behind) > MAX_LABEL)
        return credit;
    int site = is_site(behind, raw, raw_end);
    return site ? site : credit;
}

/* Whether `marks` is what is left of the one character that folded to `chars`. */
static int stands_for(Span marks, Span chars)
{
    int length, only_broken = marks.n > 0;
    Py_ssize_t count = 0;
    if (!chars.n || chars.n > 4 * MAX_FOLDED)
        return 0;
    for (Span rest = chars; rest.n; rest = without_first(rest, length)) {
        if (is_digit(first_char(rest, &length)) || ++count > MAX_FOLDED)
            return 0;
    }
    if (marks.n == 1 && marks.at[0] == '?') {
        for (Py_ssize_t i = 0; i < chars.n; i++)
            if (chars.at[i] >= 0x80)
                return 1;
        return chars.n == 2 && !memcmp(chars.at, "ss", 2);
    }
    for (Span rest = marks; rest.n && only_broken; rest = without_first(rest, length)) {
        uint32_t mark = first_char(rest, &length);
        only_broken = mark == 0xFFFD || mark == 0x25A1 || mark == 0x1A;
    }
    return only_broken;
}

/* One character of one of the two is a mark for "could not be read". */
static int is_broken(Span a, Span b)
{
    Py_ssize_t least = a.n < b.n ? a.n : b.n, start = 0, stop = 0;
    while (start < least && a.at[start] == b.at[start])
        start++;
    /* The first byte that differs may lie within a character. */
    while (start > 0 && ((start < a.n && (a.at[start] & 0xC0) == 0x80) || (start < b.n && (b.at[start] & 0xC0) == 0x80)))
        start--;
    while (stop < least - start && a.at[a.n - 1 - stop] == b.at[b.n - 1 - stop])
        stop++;
    while (stop > 0 && (a.at[a.n - stop] & 0xC0) == 0x80)
        stop--;
    Span x = {a.at + start, a.n - stop - start}, y = {b.at + start, b.n - stop - start};
    if (x.n > 4 * MAX_BROKEN + 4 * MAX_FOLDED || y.n > 4 * MAX_BROKEN + 4 * MAX_FOLDED)
        return 0;
    Py_ssize_t difference = count_chars(x) - count_chars(y);
    if (difference >= MAX_BROKEN || -difference >= MAX_BROKEN)
        return 0;
    if (!stands_for(x, y) && !stands_for(y, x))
        return 0;
    return count_chars(a) >= MIN_SHARED && count_chars(b) >= MIN_SHARED;
}

int is_copy(Desk *desk, const Line *first, const Line *later)
{
    /* The scratch has room for the longest line's form, twice. */
    Span a = join_quotes(desk->forms + first->form, first->form_size, desk->scratch.fold);
    Span b = join_quotes(desk->forms + later->form, later->form_size, desk->scratch.form);
    if (a.n == b.n && !memcmp(a.at, b.at, (size_t)a.n))
        return COPY;
    if (is_cut(a, b) || is_broken(a, b))
        return COPY;
    const uint8_t *text = desk->text;
    return a.n < b.n ? is_labelled(a, b, text + later->start, text + later->end)
                     : is_labelled(b, a, text + first->start, text + first->end);
}
