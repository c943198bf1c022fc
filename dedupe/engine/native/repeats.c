/* Later copies of a headline, caption, byline or paragraph go; the first stays.  What is right, and why,
 * stands in ../../clean/repeats.py. */
#include "edits.h"
#include "unicode.h"

enum {
    HEAD = 12,
    SIZED_COPIES = 2,
    HEAD_BEHIND = 5,
    MAX_STRANGERS = 2,
    HEADLINE_WIDTH = 12,
    NAME_BYTES = 6,
    SHORT_BYTES = 40,
    COPY_WIDTH = 8,
    PAIR_WIDTH = 25,
    BANNERS = 3,
    CAPTION_WIDTH = 40,
    PARTICLE = 3,
    SHORT_PAIR_HEAD = 6,
    AGAIN_STARTS = 8,
    AGAIN_LINES = 3,
    AGAIN_SHARE = 3,
    AGAIN_TRIES = 16,
    AGAIN_PROSE = 4,
    PROSE_NEAR = 4,
    INDENT = 4,
    TABLE_BARS = 3,
    TABLE_TABS = 2,
    DATA_NUMBERS = 5
};

static const uint8_t *form_at(const Desk *desk, const Line *line) { return desk->forms + line->form; }

/* Few lines are ever asked for their edges: an article's first ones. */
static const uint64_t *edges_of(const Desk *desk, Line *line)
{
    if (!(line->flags & EDGED)) {
        edge_keys(form_at(desk, line), line->form_size, line->edges);
        line->flags |= EDGED;
    }
    return line->edges;
}

static int repeats_itself(Desk *desk);

/* Whether a line of a head that repeats itself may be a copy; names in Chinese take few columns. */
static int tells_something(const Desk *desk, const Line *line)
{
    return line->width >= COPY_WIDTH || (line->form_size >= NAME_BYTES && form_at(desk, line)[0] >= UNSPACED);
}

/* Whether line k of the article copies line i; the keys only say where it is worth a look.  A strict look
 * takes labels of known words only.  Where the head repeats itself, another takes those of any words too, and
 * looks at all pairs of short lines. */
static int is_alike(Desk *desk, Py_ssize_t i, Py_ssize_t k, int is_strict)
{
    Line *a = line_at(desk, i), *b = line_at(desk, k);
    if (a->key == b->key)
        return a->form_size == b->form_size &&
               !memcmp(form_at(desk, a), form_at(desk, b), (size_t)a->form_size);
    const uint64_t *first = edges_of(desk, a), *later = edges_of(desk, b);
    int is_near = 0, is_short = a->form_size < SHORT_BYTES && b->form_size < SHORT_BYTES;
    for (int edge = 0; edge < EDGES; edge++)
        is_near |= first[edge] && first[edge] == later[edge];
    int copy = is_near || (is_short && !is_strict) ? is_copy(desk, a, b) : NO_COPY;
    return (copy == COPY && is_near) || (copy != NO_COPY && !is_strict && repeats_itself(desk));
}

static int is_same(Desk *desk, Py_ssize_t i, Py_ssize_t k) { return is_alike(desk, i, k, 0); }

/* Whether some two lines of the head are copies for certain. */
static int repeats_itself(Desk *desk)
{
    Py_ssize_t head = desk->n < HEAD ? desk->n : HEAD;
    if (desk->repeats == UNKNOWN) {
        desk->repeats = 0;
        for (Py_ssize_t k = 0; k < head && !desk->repeats; k++)
            for (Py_ssize_t i = 0; i < k && !desk->repeats && tells_something(desk, line_at(desk, k)); i++)
                desk->repeats = is_alike(desk, i, k, 1);
    }
    return desk->repeats;
}

static int is_white(uint8_t c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static int has_at_least(const uint8_t *at, const uint8_t *end, char mark, int wanted)
{
    while (wanted > 0 && at < end && (at = memchr(at, mark, (size_t)(end - at)))) {
        at++;
        wanted--;
    }
    return wanted == 0;
}

static int has_words(const uint8_t *form, Py_ssize_t n)
{
    for (Py_ssize_t i = 0; i < n; i++)
        if (form[i] == ' ' || form[i] >= UNSPACED)
            return 1;
    return 0;
}

static int is_indented(const uint8_t *at, const uint8_t *end)
{
    for (int i = 0; i < INDENT && at + i < end; i++)
        if (!is_white(at[i]))
            return 0;
    return 1;
}

/* Whether a line may be a headline, a caption or a paragraph. */
static int is_text(const Desk *desk, const Line *line)
{
    const uint8_t *raw = desk->text + line->start, *end = desk->text + line->end, *form = form_at(desk, line);
    if (!(line->flags & LETTERS) || is_indented(raw, end) || has_at_least(raw, end, '\t', TABLE_TABS) ||
        has_at_least(raw, end, '|', TABLE_BARS))
        return 0;
    uint8_t c = form[0];
    if (!(c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || memchr("'([?", c, 4)))
        return 0;
    int numbers = 0, in_number = 0, may_have = line->flags & DIGITS || line->width > WIDTH_LIMIT;
    for (Py_ssize_t i = 0; may_have && i < line->form_size && numbers < DATA_NUMBERS; i++) {
        int digit = form[i] >= '0' && form[i] <= '9';
        numbers += digit && !in_number;
        in_number = digit;
    }
    return numbers < DATA_NUMBERS && has_words(form, line->form_size);
}

/* `copies` tells of the article's first `n_copies` lines which are copies. */
static int belongs_to_head(const Desk *desk, Py_ssize_t k, const uint8_t *copies, Py_ssize_t n_copies)
{
    return k == 0 || (k < n_copies && copies[k]) || desk->prose[k] || line_at(desk, k)->flags & ARTIFACT;
}

static int is_in_stanza(const Desk *desk, Py_ssize_t k, const uint8_t *copies, Py_ssize_t n_copies)
{
    if (desk->gapless) {
        for (Py_ssize_t i = k + 1; i < desk->n && i < k + 1 + PROSE_NEAR; i++)
            if (desk->prose[i])
                return 0;
        return 1;
    }
    if (k > 0 && desk->joined[k - 1] && !belongs_to_head(desk, k - 1, copies, n_copies))
        return 1;
    return desk->joined[k] && !belongs_to_head(desk, k + 1, copies, n_copies);
}

static int is_font_size(const Desk *desk, const Line *line)
{
    const uint8_t *at = desk->text + line->start, *end = desk->text + line->end;
    while (at < end && is_white(*at))
        at++;
    while (at < end && is_white(end[-1]))
        end--;
    return end - at == 2 && at[0] == 'T' && at[1] == 'T';
}

/* Whether line k copies one above `stop`, the headline aside. */
static int copies_above(Desk *desk, Py_ssize_t k, Py_ssize_t stop)
{
    for (Py_ssize_t i = 1; i < k && i < stop; i++)
        if (is_same(desk, i, k))
            return 1;
    return 0;
}

/* The last line of a head in which lines above a font size come back beside it, or 0. */
static Py_ssize_t head_by_size(Desk *desk, const uint8_t *copies, Py_ssize_t n_copies)
{
    Py_ssize_t size = 0, last = 0, n = 0;
    while (size < n_copies && !is_font_size(desk, line_at(desk, size)))
        size++;
    for (Py_ssize_t k = 1; size < n_copies && k < n_copies && k <= size + HEAD_BEHIND; k++) {
        if (copies[k] && tells_something(desk, line_at(desk, k)) && copies_above(desk, k, size)) {
            last = k;
            n++;
        }
    }
    return n >= SIZED_COPIES ? last : 0;
}

/* Whether line k, a copy, copies one above with no paragraph between that is no copy itself. */
static int has_near_copy(Desk *desk, Py_ssize_t k, const int *before)
{
    for (Py_ssize_t i = 1; i < k; i++)
        if (before[i] == before[k] && is_same(desk, i, k))
            return 1;
    return 0;
}

/* The place of the last copy of the first line in the head, where one tells of a scraped head; else 0. */
static Py_ssize_t headline_again(Desk *desk)
{
    const Line *first = line_at(desk, 0);
    if (!tells_something(desk, first) || ends_open(desk, first) || !is_text(desk, first))
        return 0;
    uint8_t copies[HEAD] = {0}, copied[HEAD] = {0}, told[HEAD] = {0};
    Py_ssize_t head = desk->n < HEAD ? desk->n : HEAD, again[HEAD], last = 0;
    int before[HEAD], n_again = 0, strangers = 0, others = 0, is_told = 0;
    for (Py_ssize_t k = 1; k < head; k++)
        for (Py_ssize_t i = 0; i < k; i++)
            if (is_same(desk, i, k))
                copies[k] = copied[i] = 1;
    for (Py_ssize_t k = 0; k < head; k++) {
        const Line *line = line_at(desk, k);
        before[k] = strangers;
        if (k == 0 || desk->found[k] != NO_RULE)
            continue;
        if (copies[k] && is_same(desk, 0, k)) {
            if (!is_in_stanza(desk, k, copies, head)) {
                told[k] = (uint8_t)is_told;
                again[n_again++] = k;
            }
        } else if (copies[k]) {
            others += has_near_copy(desk, k, before);
        } else if (!copied[k]) {
            is_told |= line->flags & STOP && !ends_open(desk, line) && line->width >= PAIR_WIDTH;
            strangers += desk->prose[k];
            if (strangers > MAX_STRANGERS)
                break;
        }
    }
    int many = others > 0;
    for (int i = 1; i < n_again; i++)
        many |= before[again[i]] == before[again[i - 1]];
    for (int i = 0; i < n_again; i++) {
        Py_ssize_t k = again[i];
        if (many ? before[k] < MAX_STRANGERS || line_at(desk, k)->key == first->key : before[k] == 0 && !told[k])
            last = k;
    }
    if (!others && (first->flags & STOP || first->width < HEADLINE_WIDTH))
        return 0;
    if (others < 2 && desk->prose[0] && first->flags & STOP)
        return 0;
    /* Where a font size tells of the scraper too, there need be no body, as in a gallery or a page that was
     * cut, nor a copy of the headline that reads like one. */
    Py_ssize_t sized = head_by_size(desk, copies, head);
    return !sized && desk->last_prose <= last ? 0 : last > sized ? last : sized;
}

/* The first line before `stop` that stays and that k copies, or -1. */
static Py_ssize_t find_original(Desk *desk, Py_ssize_t k, Py_ssize_t stop)
{
    for (Py_ssize_t i = 0; i < stop; i++)
        if (desk->found[i] == NO_RULE && is_same(desk, i, k))
            return i;
    return -1;
}

static void find_head_copies(Desk *desk)
{
    Py_ssize_t last = headline_again(desk);
    if (!last)
        return;
    for (Py_ssize_t k = 1; k < desk->n && k < last + HEAD_BEHIND; k++) {
        const Line *line = line_at(desk, k);
        if (desk->found[k] != NO_RULE || !tells_something(desk, line))
            continue;
        /* What is new below the headline's last copy is the body's. */
        Py_ssize_t original = find_original(desk, k, k < last ? k : last);
        if (original >= 0 && is_text(desk, line_at(desk, original)))
            desk->found[k] = original == 0 ? HEADLINE : line->width >= PAIR_WIDTH ? CAPTION : BYLINE;
        else if (k > last && desk->prose[k])
            break; /* the body has begun */
    }
}

/* Whether line k is a near copy of the headline i above it, below a banner or two. */
static int is_headline_twice(Desk *desk, Py_ssize_t i, Py_ssize_t k)
{
    static const uint8_t COPIES[] = {1};
    if (desk->first_prose < i || desk->last_prose <= k || !is_same(desk, i, k))
        return 0;
    return is_text(desk, line_at(desk, i)) && !is_in_stanza(desk, k, COPIES, 1);
}

/* A form without the last of its characters, those of `marks`. */
static Py_ssize_t without_last(const uint8_t *form, Py_ssize_t n, const char *marks)
{
    while (n > 0 && form[n - 1] && strchr(marks, form[n - 1]))
        n--;
    return n;
}

/* Whether a line is nothing but a quotation, which may be repeated for its own sake. */
static int is_quoted(const Desk *desk, const Line *line)
{
    const uint8_t *form = form_at(desk, line);
    Py_ssize_t n = without_last(form, line->form_size, ".,!?");
    return form[0] == '\'' && n > 0 && form[n - 1] == '\'';
}

/* Whether a line is called by many, and often. */
static int is_called(const Desk *desk, const Line *line)
{
    static const char *const CALLS[] = {"!", "?", "\xEF\xBC\x81", "\xD8\x9F", NULL};
    const uint8_t *form = form_at(desk, line);
    Py_ssize_t n = line->form_size;
    n -= n > 0 && (form[n - 1] == '\'' || form[n - 1] == ')');
    for (const char *const *call = CALLS; *call; call++) {
        Py_ssize_t size = (Py_ssize_t)strlen(*call);
        if (size <= n && !memcmp(form + n - size, *call, (size_t)size))
            return 1;
    }
    return 0;
}

/* Whether words begin with capitals, but for those of few letters ("by", "von der"). */
static int reads_like_byline(const Desk *desk, const Line *line)
{
    const uint8_t *at = desk->text + line->start, *end = desk->text + line->end;
    int n_long = 0, letters = 0, is_capital = 0, length;
    for (; at <= end; at += length) {
        uint32_t c = at < end ? unicode_decode(at, end, &length) : ' ';
        length = at < end ? length : 1;
        if (!is_python_space(c)) {
            is_capital = letters++ ? is_capital : (unicode_properties(c) & UNICODE_FOLD) != 0;
            continue;
        }
        if (letters > PARTICLE && !is_capital)
            return 0;
        n_long += letters > PARTICLE;
        letters = 0;
    }
    return n_long > 0;
}

/* Whether two adjacent copies are a scraper's. */
static int is_pair(const Desk *desk, Py_ssize_t i, Py_ssize_t k)
{
    static const uint8_t COPIES[] = {1};
    const Line *line = line_at(desk, k);
    int apart = !desk->joined[i];
    if (!is_text(desk, line) || (i > 0 && is_quoted(desk, line)))
        return 0;
    if (desk->prose[k])
        return 1;
    if (apart && (desk->first_prose < i || is_in_stanza(desk, k, COPIES, 1)))
        return 0;
    int called = is_called(desk, line);
    if (k <= SHORT_PAIR_HEAD && desk->last_prose > k) {
        int in_verse = desk->joined[k] && !desk->gapless && !belongs_to_head(desk, k + 1, COPIES, 1);
        if (line->width < PAIR_WIDTH) {
            int is_byline = !apart && line->width >= COPY_WIDTH && !(line->flags & (STOP | DIGITS));
            return is_byline && !called && reads_like_byline(desk, line);
        }
        int is_sentence = line->flags & STOP && (apart || desk->gapless);
        int is_caption = !called && !is_sentence && (apart || line->width >= CAPTION_WIDTH);
        if ((i == 0 || is_caption) && !in_verse && !ends_open(desk, line))
            return 1;
    }
    int between_prose = i > 0 && desk->prose[i - 1] && k + 1 < desk->n && desk->prose[k + 1];
    return line->width >= PAIR_WIDTH && between_prose && !desk->joined[i - 1] && !desk->joined[k] && !called;
}

static Count *count_of(Count *counts, uint64_t mask, uint64_t key)
{
    uint64_t at = key & mask;
    while (counts[at].count && counts[at].key != key)
        at = (at + 1) & mask;
    return counts + at;
}

/* Counts the equal lines among those from `first` up to `stop`; gives the table's mask. */
static uint64_t count_lines(const Desk *desk, Py_ssize_t first, Py_ssize_t stop)
{
    uint64_t slots = 4;
    while (slots < 2 * (uint64_t)(stop - first))
        slots *= 2;
    memset(desk->counts, 0, (size_t)slots * sizeof *desk->counts);
    for (Py_ssize_t k = first; k < stop; k++) {
        uint64_t key = line_at(desk, k)->key;
        Count *count = count_of(desk->counts, slots - 1, key);
        count->key = key;
        count->count++;
    }
    return slots - 1;
}

static void find_pairs(Desk *desk)
{
    uint64_t mask = 0;
    for (Py_ssize_t k = 1; k < desk->n; k++) {
        Py_ssize_t i = k - 1;
        if (desk->found[k] != NO_RULE || desk->found[i] != NO_RULE)
            continue;
        const Line *above = line_at(desk, i), *line = line_at(desk, k);
        if (above->key != line->key) {
            if (k <= BANNERS && above->width >= PAIR_WIDTH && is_headline_twice(desk, i, k))
                desk->found[k] = HEADLINE;
            continue;
        }
        mask = mask ? mask : count_lines(desk, 0, desk->n);
        if (count_of(desk->counts, mask, line->key)->count == 2 && is_pair(desk, i, k) && is_same(desk, i, k))
            desk->found[k] = desk->prose[k] ? PARAGRAPH : line->width >= PAIR_WIDTH ? CAPTION : BYLINE;
    }
}

/* Whether two of these lines are prose that does not come back among them: a head that stands twice is no
 * article. */
static int tells_enough(const Desk *desk, Py_ssize_t first, Py_ssize_t stop)
{
    uint64_t mask = count_lines(desk, first, stop);
    int told = 0;
    for (Py_ssize_t k = first; k < stop && told < 2; k++)
        told += desk->prose[k] && count_of(desk->counts, mask, line_at(desk, k)->key)->count == 1;
    return told == 2;
}

/* Takes the lines from `again` on, where they say what those from `start` on say. */
static void take_again(Desk *desk, Py_ssize_t start, Py_ssize_t again, Py_ssize_t least)
{
    Py_ssize_t length = 0, prose = 0;
    while (again + length < desk->n && start + length < again &&
           line_at(desk, start + length)->key == line_at(desk, again + length)->key) {
        prose += desk->prose[again + length];
        length++;
    }
    if (length < least || prose < 2 || !tells_enough(desk, again, again + length))
        return;
    for (Py_ssize_t x = 0; x < length; x++)
        if (!is_same(desk, start + x, again + x))
            return;
    for (Py_ssize_t x = 0; x < length; x++)
        desk->found[again + x] = AGAIN;
}

/* The article, or most of it, stands a second time. */
static void find_article_again(Desk *desk)
{
    if (desk->n_prose < AGAIN_PROSE)
        return;
    Py_ssize_t least = (desk->n + AGAIN_SHARE - 1) / AGAIN_SHARE;
    least = least < AGAIN_LINES ? AGAIN_LINES : least;
    for (Py_ssize_t start = 0; start < AGAIN_STARTS && start < desk->n; start++) {
        uint64_t key = line_at(desk, start)->key;
        int tries = 0;
        for (Py_ssize_t again = start + least; again <= desk->n - least; again++) {
            if (line_at(desk, again)->key != key || desk->found[again] != NO_RULE)
                continue;
            if (++tries > AGAIN_TRIES)
                break;
            take_again(desk, start, again, least);
        }
    }
}

/* With captions dropped, the first copy of a repeated caption goes as well. */
static void drop_captions(Desk *desk)
{
    for (Py_ssize_t k = 1; k < desk->n; k++) {
        if (desk->found[k] != CAPTION)
            continue;
        for (Py_ssize_t i = 0; i < k; i++) {
            if (i == HEAD + HEAD_BEHIND && i < k - 1)
                i = k - 1; /* copies stand in the head, or side by side */
            if (desk->found[i] == NO_RULE && is_same(desk, i, k))
                desk->found[i] = CAPTION_DROPPED;
        }
    }
}

void find_repeats(Desk *desk)
{
    if (desk->n < 2)
        return;
    find_article_again(desk);
    find_head_copies(desk);
    find_pairs(desk);
    if (desk->wanted.drops_captions)
        drop_captions(desk);
    for (Py_ssize_t k = 0; k < desk->n; k++)
        if (desk->found[k] != NO_RULE && !(desk->wanted.on >> desk->found[k] & 1))
            desk->found[k] = NO_RULE;
}
