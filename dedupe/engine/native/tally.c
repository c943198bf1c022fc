/* The counting behind `dedupe learn`; what is right stands in ../reference/tally.py.
 *
 * A line is counted by the key of its shape (numbers as #), and once more for each form in which words may
 * vary: with all words masked where it has numbers (a date), else with each word masked in turn.  Cost: a
 * normal form and a few hashes a line; 2^bits cells of 16 bits twice, and the entries, of which there is a
 * most.
 */
#include "tally.h"
#include "unicode.h"

enum {
    MOST_WORDS = 16,  /* of a line with numbers that is a form with words that vary */
    MOST_MASKED = 8,  /* of one without numbers */
    MOST_KEYS = 1 + MOST_MASKED,
    MASK = 1,         /* the byte that stands for any word */
    HEAD_OWN = 4,     /* lines of its own above which a document's head ends */
    TAIL_OWN = 2,     /* and below which its tail begins */
    HEADLINE_WIDTH = 100
};
static const uint64_t MASK_SALT = 0x8CB92BA72F3D8DD7u;

typedef struct {
    const uint8_t *raw;
    Py_ssize_t size;
    uint64_t exact, keys[MOST_KEYS]; /* of the normal form; of the shape, and of what may vary, for the source */
    uint64_t shape;
    int n_keys; /* 0: no line to count, though perhaps one to count from */
    int is_own, reads_like_headline;
} TallyLine;

struct Tally {
    uint16_t *cells;
    uint64_t mask;
    KeySet seen;
    FormScratch scratch;
    uint8_t *shape, *masked; /* LONG_BYTES each */
    TallyLine *lines;
    Py_ssize_t n_lines, lines_room;
    TallyEntry *entries;
    Py_ssize_t n_entries, entries_room;
    int64_t most_entries, left_out, n_documents;
    int32_t *slots; /* entry + 1; 0: empty */
    uint64_t slots_mask;
    uint8_t *text;
    size_t text_size, text_room;
};

Tally *tally_new(int sketch_bits, int64_t most_entries)
{
    Tally *tally = calloc(1, sizeof *tally);
    if (!tally)
        return NULL;
    tally->mask = ((uint64_t)1 << sketch_bits) - 1;
    tally->most_entries = most_entries;
    tally->slots_mask = 1023;
    tally->cells = calloc(2 * ((size_t)tally->mask + 1), sizeof *tally->cells);
    tally->shape = malloc(LONG_BYTES);
    tally->masked = malloc(LONG_BYTES);
    tally->slots = calloc((size_t)tally->slots_mask + 1, sizeof *tally->slots);
    if (tally->cells && tally->shape && tally->masked && tally->slots && keys_grow(&tally->seen) == 0)
        return tally;
    tally_free(tally);
    return NULL;
}

void tally_free(Tally *tally)
{
    free(tally->cells);
    free(tally->seen.slots);
    form_free(&tally->scratch);
    free(tally->shape);
    free(tally->masked);
    free(tally->lines);
    free(tally->entries);
    free(tally->slots);
    free(tally->text);
    free(tally);
}

static uint64_t mix(uint64_t key, int32_t source)
{
    uint64_t h = key ^ ((uint64_t)(uint32_t)source + 1) * 0x9E3779B97F4A7C15u;
    h = (h ^ h >> 33) * 0xFF51AFD7ED558CCDu;
    h = (h ^ h >> 33) * 0xC4CEB9FE1A85EC53u;
    h ^= h >> 33;
    return h ? h : 1;
}

static void sketch_add(Tally *tally, uint64_t key)
{
    uint16_t *a = tally->cells + (key & tally->mask), *b = tally->cells + tally->mask + 1 + (key >> 32 & tally->mask);
    *a = (uint16_t)(*a + (*a != UINT16_MAX));
    *b = (uint16_t)(*b + (*b != UINT16_MAX));
}

static int sketch_has(const Tally *tally, uint64_t key, int32_t wanted)
{
    uint16_t a = tally->cells[key & tally->mask], b = tally->cells[tally->mask + 1 + (key >> 32 & tally->mask)];
    int32_t counted = a < b ? a : b;
    return counted >= (wanted < UINT16_MAX ? wanted : UINT16_MAX);
}

enum { NO_WORD, JOINED, SINGLE }; /* what a code point is to words; a SINGLE one is a word by itself, where asked */

static inline int word_class(const uint8_t *at, const uint8_t *end, int splits_single, int *length)
{
    if (*at < 0x80) {
        *length = 1;
        return (uint8_t)((*at | 0x20) - 'a') < 26 || (uint8_t)(*at - '0') < 10 ? JOINED : NO_WORD;
    }
    uint32_t properties = unicode_properties(unicode_decode(at, end, length));
    return !(properties & UNICODE_WORD) ? NO_WORD : splits_single && properties & UNICODE_SINGLE ? SINGLE : JOINED;
}

/* Where a shape's words lie, runs of letters, marks and numbers that are no digits, with characters of scripts
 * without spaces as words of their own where asked; gives how many there are, or more than `most`. */
static int find_words(const uint8_t *shape, Py_ssize_t n, int splits_single, Py_ssize_t (*words)[2], int most)
{
    int count = 0, length;
    const uint8_t *at = shape, *end = shape + n;
    while (at < end) {
        int class = word_class(at, end, splits_single, &length);
        if (class == NO_WORD) {
            at += length;
            continue;
        }
        if (count == most)
            return most + 1;
        words[count][0] = at - shape;
        do
            at += length;
        while (class == JOINED && at < end && word_class(at, end, splits_single, &length) == JOINED);
        words[count++][1] = at - shape;
    }
    return count;
}

/* Makes one # of numbers with points and commas in them: 1,203 is counted with 999.  Gives the new size. */
static Py_ssize_t join_numbers(uint8_t *shape, Py_ssize_t n)
{
    Py_ssize_t size = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        if ((shape[i] == ',' || shape[i] == '.') && size > 0 && shape[size - 1] == '#' && i + 1 < n && shape[i + 1] == '#')
            i++;
        else
            shape[size++] = shape[i];
    }
    return size;
}

/* The key of a shape with all its words masked. */
static uint64_t masked_key(Tally *tally, Py_ssize_t n, Py_ssize_t (*words)[2], int count)
{
    uint8_t *to = tally->masked;
    Py_ssize_t at = 0;
    for (int i = 0; i < count; i++) {
        memcpy(to, tally->shape + at, (size_t)(words[i][0] - at));
        to += words[i][0] - at;
        *to++ = MASK;
        at = words[i][1];
    }
    memcpy(to, tally->shape + at, (size_t)(n - at));
    return line_key(tally->masked, join_numbers(tally->masked, to - tally->masked + n - at)) ^ MASK_SALT;
}

/* What word i of a line adds to a key, so that each can be taken out of their sum. */
static uint64_t word_term(const uint8_t *word, Py_ssize_t n, int i)
{
    uint64_t h = (line_key(word, n) ^ ((uint64_t)i + 1) * 0x9E3779B97F4A7C15u) * 0xFF51AFD7ED558CCDu;
    return h ^ h >> 32;
}

/* The keys of a line. */
static void find_keys(Tally *tally, TallyLine *line, const uint8_t *form, Py_ssize_t n, int32_t source)
{
    Py_ssize_t words[MOST_WORDS][2], codes, size = n;
    if (form_survey(form, n, &codes) & (DIGITS | LONG_CODES))
        size = line_shape(form, n, tally->shape);
    else
        memcpy(tally->shape, form, (size_t)n);
    line->shape = line_key(tally->shape, size);
    line->keys[0] = mix(line->shape, source);
    line->n_keys = 1;
    if (size > SHAPE_BYTES)
        return;
    int numbers = memchr(tally->shape, '#', (size_t)size) != NULL, most = numbers ? MOST_WORDS : MOST_MASKED;
    int count = find_words(tally->shape, size, !numbers, words, most);
    if (count > most)
        return;
    if (!numbers && count < 2)
        return;
    uint64_t key = masked_key(tally, size, words, count), terms[MOST_MASKED];
    if (numbers) {
        line->keys[line->n_keys++] = mix(key, source);
        return;
    }
    for (int i = 0; i < count; i++)
        key += terms[i] = word_term(tally->shape + words[i][0], words[i][1] - words[i][0], i);
    for (int i = 0; i < count; i++)
        line->keys[line->n_keys++] = mix(key - terms[i], source);
}

/* The lines of a document that are not blank; -1 for want of memory. */
static int read_lines(Tally *tally, const uint8_t *text, Py_ssize_t size, int32_t source)
{
    const uint8_t *at = text, *end = text + size, *next;
    for (tally->n_lines = 0; at < end; at = next) {
        const uint8_t *stop = line_end(at, end, &next);
        Py_ssize_t n = line_form(&tally->scratch, at, stop - at);
        if (n < 0)
            return -1;
        if (n == 0)
            continue;
        TallyLine *lines = with_room(tally->lines, tally->n_lines, &tally->lines_room, sizeof *lines);
        if (!lines)
            return -1;
        tally->lines = lines;
        TallyLine *line = tally->lines + tally->n_lines++;
        const uint8_t *form = tally->scratch.form;
        int64_t width, flags = form_flags(form, n, HEADLINE_WIDTH, &width);
        *line = (TallyLine){.raw = at, .size = stop - at};
        line->is_own = (flags & LETTERS) != 0;
        line->reads_like_headline = width <= HEADLINE_WIDTH && !(flags & STOP);
        if (line->is_own && n <= LONG_BYTES && line->size <= LONG_BYTES) {
            line->exact = line_key(form, n);
            find_keys(tally, line, form, n, source);
        }
    }
    tally->seen.stamp++;
    tally->seen.used = 0;
    return 0;
}

int tally_count(Tally *tally, const uint8_t *text, Py_ssize_t size, int32_t source)
{
    if (read_lines(tally, text, size, source) < 0)
        return -1;
    for (Py_ssize_t i = 0; i < tally->n_lines; i++) {
        const TallyLine *line = tally->lines + i;
        for (int k = 0; k < line->n_keys; k++) {
            int seen = keys_add(&tally->seen, line->keys[k]);
            if (seen < 0)
                return -1;
            if (!seen)
                sketch_add(tally, line->keys[k]);
        }
    }
    return 0;
}

static int grow_slots(Tally *tally)
{
    uint64_t mask = 2 * tally->slots_mask + 1;
    int32_t *slots = calloc((size_t)mask + 1, sizeof *slots);
    if (!slots)
        return -1;
    for (Py_ssize_t i = 0; i < tally->n_entries; i++) {
        uint64_t at = tally->entries[i].mixed & mask;
        while (slots[at])
            at = (at + 1) & mask;
        slots[at] = (int32_t)i + 1;
    }
    free(tally->slots);
    tally->slots = slots;
    tally->slots_mask = mask;
    return 0;
}

/* The entry of a line, made where there is none yet: in *entry, NULL where there are too many; -1 for want of
 * memory. */
static int find_entry(Tally *tally, const TallyLine *line, int32_t source, TallyEntry **entry)
{
    uint64_t at = line->keys[0] & tally->slots_mask;
    for (; tally->slots[at]; at = (at + 1) & tally->slots_mask) {
        *entry = tally->entries + tally->slots[at] - 1;
        if ((*entry)->mixed == line->keys[0])
            return 0;
    }
    *entry = NULL;
    if (tally->n_entries >= tally->most_entries) {
        tally->left_out++;
        return 0;
    }
    TallyEntry *entries = with_room(tally->entries, tally->n_entries, &tally->entries_room, sizeof *entries);
    if (!entries)
        return -1;
    tally->entries = entries;
    *entry = tally->entries + tally->n_entries++;
    **entry = (TallyEntry){.mixed = line->keys[0], .first_exact = line->exact, .last_document = -1};
    (*entry)->row.source = source;
    (*entry)->row.key = (int64_t)line->shape;
    tally->slots[at] = (int32_t)tally->n_entries;
    return 2 * (uint64_t)tally->n_entries > tally->slots_mask ? grow_slots(tally) : 0;
}

/* Keeps the line as it was written, unless it is kept already; -1 for want of memory. */
static int keep_example(Tally *tally, TallyEntry *entry, const TallyLine *line)
{
    int64_t n = entry->row.n_examples;
    uint64_t key = line_key(line->raw, line->size);
    for (int64_t i = 0; i < n; i++)
        if (entry->example_keys[i] == key)
            return 0;
    if (n == TALLY_EXAMPLES)
        return 0;
    if (tally->text_size + (size_t)line->size > tally->text_room) {
        size_t room = 2 * tally->text_room + LONG_BYTES;
        uint8_t *text = realloc(tally->text, room);
        if (!text)
            return -1;
        tally->text = text;
        tally->text_room = room;
    }
    memcpy(tally->text + tally->text_size, line->raw, (size_t)line->size);
    entry->example_keys[n] = key;
    entry->examples[n] = (TallyExample){(int64_t)tally->text_size, line->size};
    tally->text_size += (size_t)line->size;
    entry->row.n_examples++;
    return 0;
}

static void vote(TallyRow *row, const TallyLine *below)
{
    int64_t key = below ? (int64_t)below->shape : 0;
    if (row->votes == 0)
        row->below = key;
    row->votes += row->below == key ? 1 : -1;
}

int tally_gather(Tally *tally, const uint8_t *text, Py_ssize_t size, int32_t source, int bucket, int32_t frequent)
{
    if (read_lines(tally, text, size, source) < 0)
        return -1;
    Py_ssize_t n_own = 0, above = 0;
    int headlines = 0, in_head = 1;
    for (Py_ssize_t i = 0; i < tally->n_lines; i++) {
        TallyLine *line = tally->lines + i;
        if (line->n_keys && sketch_has(tally, line->keys[0], frequent))
            line->is_own = 0;
        n_own += line->is_own;
        in_head &= !line->is_own || line->reads_like_headline;
        headlines += in_head && line->is_own && headlines < TALLY_HEADLINES;
    }
    for (Py_ssize_t i = 0; i < tally->n_lines; above += tally->lines[i++].is_own) {
        const TallyLine *line = tally->lines + i;
        int passes = 0;
        for (int k = 0; k < line->n_keys && !passes; k++)
            passes = sketch_has(tally, line->keys[k], frequent);
        if (!passes)
            continue;
        TallyEntry *entry;
        if (find_entry(tally, line, source, &entry) < 0)
            return -1;
        if (!entry || entry->last_document == tally->n_documents)
            continue;
        TallyRow *row = &entry->row;
        Py_ssize_t below = n_own - above - line->is_own;
        entry->last_document = tally->n_documents;
        row->documents++;
        if (below <= TAIL_OWN && below < above)
            row->tail++;
        else if (above <= HEAD_OWN && above <= below)
            row->head++, row->headlines += headlines;
        else
            row->between++;
        row->buckets |= (int64_t)1 << bucket;
        row->reworded += line->exact != entry->first_exact;
        vote(row, i + 1 < tally->n_lines ? line + 1 : NULL);
        if (keep_example(tally, entry, line) < 0)
            return -1;
    }
    tally->n_documents++;
    return headlines;
}

const TallyEntry *tally_entries(const Tally *tally, Py_ssize_t *n)
{
    *n = tally->n_entries;
    return tally->entries;
}

const uint8_t *tally_text(const Tally *tally) { return tally->text; }

int64_t tally_left_out(const Tally *tally) { return tally->left_out; }
