/* A document as its lines, and where an article begins: ../../clean/lines.py and ../../split.py. */
#include "edits.h"

enum { GAP = 3, MIN_HEADLINE = 8, MAX_HEADLINE = 240, SENTENCE_WIDTH = 100, MAX_JOINED = 3 };

static const char *const FULL_STOPS[] = {
    ".", "\xE3\x80\x82", "\xE0\xA5\xA4", "\xE0\xA5\xA5", "\xDB\x94", "\xE1\x8D\xA2", NULL,
};

/* One array of the desk: at *place, which moves on. */
static void *lay(uintptr_t *place, Py_ssize_t n, size_t item_size)
{
    void *array = (void *)*place;
    *place += ((size_t)n * item_size + 15) & ~(size_t)15;
    return array;
}

/* Lays the arrays for the desk's lines one behind the other from `block` on; gives the bytes that takes. */
static size_t lay_arrays(Desk *desk, void *block)
{
    uintptr_t place = (uintptr_t)block;
    Py_ssize_t n = desk->n_lines, slots = 4;
    while (slots < 2 * n)
        slots *= 2;
    desk->order = lay(&place, n, sizeof *desk->order);
    desk->kept = lay(&place, n, sizeof *desk->kept);
    desk->ids = lay(&place, n, sizeof *desk->ids);
    desk->gone = lay(&place, n, sizeof *desk->gone);
    desk->found = lay(&place, n, sizeof *desk->found);
    desk->labels = lay(&place, n, sizeof *desk->labels);
    desk->joined = lay(&place, n, 1);
    desk->prose = lay(&place, n, 1);
    desk->counts = lay(&place, slots, sizeof *desk->counts);
    return (size_t)(place - (uintptr_t)block);
}

/* `block`, or where it has less room than is wanted another in its place, without what was in it. */
static void *reserve(void *block, size_t *room, size_t wanted)
{
    if (wanted <= *room)
        return block;
    free(block);
    block = malloc(wanted);
    *room = block ? wanted : 0;
    return block;
}

static int reserve_line(Desk *desk)
{
    Line *lines = with_room(desk->lines, desk->n_lines, &desk->lines_room, sizeof *lines);
    if (!lines)
        return -1;
    desk->lines = lines;
    return 0;
}

int desk_open(Desk *desk, const Rules *rules, Wanted wanted)
{
    memset(desk, 0, sizeof *desk);
    desk->rules = rules;
    desk->wanted = wanted;
    return glance_open(&desk->glance);
}

void desk_close(Desk *desk)
{
    free(desk->block);
    free(desk->forms);
    free(desk->lines);
    form_free(&desk->scratch);
    glance_close(&desk->glance);
}

int desk_read(Desk *desk, const uint8_t *text, Py_ssize_t size)
{
    const uint8_t *at = text, *end = text + size;
    Glance *glance = &desk->glance;
    Py_ssize_t used = 0;
    desk->forms = reserve(desk->forms, &desk->forms_room, (size_t)FORM_ROOM(size));
    if (!desk->forms)
        return -1;
    desk->text = text;
    desk->n_lines = 0;
    glance_begin(glance);
    while (at < end) {
        const uint8_t *next, *stop = line_end(at, end, &next);
        uint8_t *form = desk->forms + used;
        Py_ssize_t n = line_form_into(&desk->scratch, at, stop - at, form);
        if (n < 0 || reserve_line(desk) < 0)
            return -1;
        Line *line = desk->lines + desk->n_lines++;
        line->start = at - text;
        line->end = stop - text;
        line->next = next - text;
        line->form = used;
        line->form_size = n;
        line->key = line_key(form, n);
        line->flags = is_artifact(&desk->rules->needles, form, n) ? ARTIFACT : 0;
        glance->marks |= line->flags ? ARTIFACT_SEEN : 0;
        if (glance_line(glance, form, n, line->key) < 0)
            return -1;
        used += n;
        at = next;
    }
    return glance->marks;
}

int desk_lay(Desk *desk)
{
    Py_ssize_t longest = 0;
    desk->block = reserve(desk->block, &desk->block_room, lay_arrays(desk, NULL));
    if (!desk->block)
        return -1;
    lay_arrays(desk, desk->block);
    desk->n_order = desk->n_lines;
    for (Py_ssize_t i = 0; i < desk->n_lines; i++) {
        Line *line = desk->lines + i;
        const uint8_t *form = desk->forms + line->form, *raw = desk->text + line->start;
        line->rule = line->flags & ARTIFACT
            ? rules_match(desk->rules, desk->source, raw, line->end - line->start, form, line->form_size) : NO_RULE;
        line->flags |= form_flags(form, line->form_size, WIDTH_LIMIT, &line->width);
        longest = line->form_size > longest ? line->form_size : longest;
        desk->order[i] = i;
        desk->gone[i] = NO_RULE;
    }
    return form_reserve(&desk->scratch, longest); /* for what is_copy and may_follow write */
}

void article_take(Desk *desk, Py_ssize_t first, Py_ssize_t stop)
{
    Py_ssize_t n = 0;
    int blank = 1;
    desk->gapless = 1;
    desk->repeats = UNKNOWN;
    desk->n_prose = 0;
    desk->first_prose = desk->last_prose = -1;
    for (Py_ssize_t p = first; p < stop; p++) {
        const Line *line = desk->lines + desk->order[p];
        if (line->flags & BLANK) {
            blank = 1;
            continue;
        }
        if (n > 0) {
            desk->joined[n - 1] = (uint8_t)!blank;
            desk->gapless &= !blank;
        }
        blank = 0;
        desk->ids[n] = desk->order[p];
        desk->found[n] = NO_RULE;
        desk->prose[n] = (uint8_t)is_prose(line);
        if (desk->prose[n]) {
            desk->n_prose++;
            desk->last_prose = n;
            desk->first_prose = desk->first_prose < 0 ? n : desk->first_prose;
        }
        n++;
    }
    if (n > 0)
        desk->joined[n - 1] = 0;
    desk->n = n;
    desk->first_prose = desk->first_prose < 0 ? n : desk->first_prose;
}

int ends_open(const Desk *desk, const Line *line)
{
    if (!(line->flags & STOP))
        return 0;
    const uint8_t *form = desk->forms + line->form;
    Py_ssize_t n = line->form_size;
    while (n > 0 && memchr(")]}'", form[n - 1], 4))
        n--;
    for (const char *const *stop = FULL_STOPS; *stop; stop++) {
        Py_ssize_t size = (Py_ssize_t)strlen(*stop);
        if (size <= n && !memcmp(form + n - size, *stop, (size_t)size))
            return 0;
    }
    return 1;
}

static const Line *in_order(const Desk *desk, Py_ssize_t k) { return desk->lines + desk->order[k]; }

static int reads_like_headline(const Desk *desk, Py_ssize_t k)
{
    const Line *line = in_order(desk, k);
    if (!(line->flags & LETTERS) || line->width < MIN_HEADLINE || line->width > MAX_HEADLINE)
        return 0;
    if (line->flags & STOP && (line->width > SENTENCE_WIDTH || ends_open(desk, line)))
        return 0;
    Py_ssize_t below = k + 1;
    while (below < k + 1 + MAX_JOINED && below < desk->n_order && !(in_order(desk, below)->flags & BLANK)) {
        if (is_prose(in_order(desk, below)))
            return 0;
        below++;
    }
    return below + 1 < desk->n_order && in_order(desk, below)->flags & BLANK;
}

Py_ssize_t next_article(const Desk *desk, Py_ssize_t after)
{
    Py_ssize_t blanks = 0;
    for (Py_ssize_t k = after; k < desk->n_order; k++) {
        if (in_order(desk, k)->flags & BLANK) {
            blanks++;
            continue;
        }
        if (blanks >= GAP && blanks < k && reads_like_headline(desk, k))
            return k;
        blanks = 0;
    }
    return desk->n_order;
}
