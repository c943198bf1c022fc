/* What a line of a page dump says by itself and on its page: ../reference/page_lines.py. */
#include "page.h"
#include "unicode.h"

enum {
    CASED_END = 0x590,
    MOST_WORDS = 10000, /* so that sums over all lines of a page fit 32 bits */
    MOST_LENGTH = 2000,
    MOST_WORD_LENGTH = 200,
    MOST_COUNTED = 6,
    MOST_LINES = 500,
    MOST_COPIES = 4,
    COLON_PLACE = 25,
    DATELINE_PLACE = 48,
    ABOUT_WORDS = 8,  /* that a heading such as "About the author" has less than */
    CREDIT_PLACE = 6, /* words from a line's end: where what names a picture's source stands */
    TELLING_LENGTH = 4,
    NEAR_LINES = 20,
    FOLLOWED_LINES = 60,
    MOST_FOLLOWED = 50,
    MOST_TELLING = 20,
    BROKEN_YEAR = 99999
};
static const uint64_t WORD_SEED = 0xCBF29CE484222325u, WORD_PRIME = 0x100000001B3u;
#define UPPER (UNICODE_LETTER | UNICODE_FOLD)

int vocabulary_open(Vocabulary *vocabulary, PyObject *object)
{
    if (PyObject_GetBuffer(object, &vocabulary->view, PyBUF_SIMPLE) < 0)
        return -1;
    Py_ssize_t bytes = vocabulary->view.len, slots = bytes / 8, used = 0;
    const uint64_t *at = vocabulary->view.buf;
    int is_sound = bytes % 8 == 0 && !(slots & (slots - 1)) && (!bytes || (uintptr_t)at % 8 == 0);
    for (Py_ssize_t i = 0; is_sound && i < slots; i++) {
        used += at[i] != 0;
        is_sound = !at[i] || (at[i] & CLASS_BITS) < VOCABULARY_CLASSES;
    }
    if (!is_sound || (slots && used == slots)) {
        PyBuffer_Release(&vocabulary->view);
        PyErr_SetString(PyExc_ValueError, "vocabulary must be empty or what pack_vocabulary gives");
        return -1;
    }
    vocabulary->slots = slots ? at : NULL;
    vocabulary->mask = (uint64_t)slots - 1;
    return 0;
}

/* The class of a word's key, or -1. */
static inline int word_class(const Vocabulary *vocabulary, uint64_t key)
{
    if (!vocabulary->slots)
        return -1;
    uint64_t at = key >> 3 & vocabulary->mask;
    while (vocabulary->slots[at]) {
        if ((vocabulary->slots[at] & ~(uint64_t)CLASS_BITS) == key)
            return (int)(vocabulary->slots[at] & CLASS_BITS);
        at = (at + 1) & vocabulary->mask;
    }
    return -1;
}

static int numbers_grow(Numbers *numbers)
{
    uint64_t size = numbers->slots ? 2 * (numbers->mask + 1) : 1024;
    uint32_t room = (uint32_t)(size / 2);
    uint64_t *keys = realloc(numbers->keys, room * sizeof *keys);
    if (!keys)
        return -1;
    numbers->keys = keys;
    numbers->room = room;
    uint32_t *slots = calloc(size, sizeof *slots);
    if (!slots)
        return -1;
    free(numbers->slots);
    numbers->slots = slots;
    numbers->mask = size - 1;
    for (uint32_t i = 0; i < numbers->n; i++) {
        uint64_t at = numbers->keys[i] >> 3 & numbers->mask;
        while (slots[at])
            at = (at + 1) & numbers->mask;
        slots[at] = i + 1;
    }
    return 0;
}

/* The number of a key, a new one if need be; -1 for want of memory. */
static inline int64_t number_of(Numbers *numbers, uint64_t key)
{
    if (numbers->n == numbers->room && numbers_grow(numbers) < 0)
        return -1;
    uint64_t at = key >> 3 & numbers->mask;
    while (numbers->slots[at]) {
        if (numbers->keys[numbers->slots[at] - 1] == key)
            return numbers->slots[at] - 1;
        at = (at + 1) & numbers->mask;
    }
    numbers->keys[numbers->n] = key;
    numbers->slots[at] = ++numbers->n;
    return numbers->n - 1;
}

static void numbers_clear(Numbers *numbers)
{
    if (numbers->slots)
        memset(numbers->slots, 0, (numbers->mask + 1) * sizeof *numbers->slots);
    numbers->n = 0;
}

void page_open(Page *page, const Needles *needles, const Vocabulary *vocabulary)
{
    memset(page, 0, sizeof *page);
    page->needles = needles;
    page->vocabulary = vocabulary;
}

void page_close(Page *page)
{
    form_free(&page->scratch);
    void *all[] = {page->start, page->stop, page->next, page->x, page->line_number, page->is_blank, page->holds,
                   page->drops, page->first_said, page->said, page->words.slots, page->words.keys,
                   page->keys.slots, page->keys.keys, page->word_count, page->word_last, page->word_weight,
                   page->key_count, page->kept, page->before, page->after, page->sums, page->more_sums,
                   page->blocks};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

/* Room for n items; what was there is lost. */
static int renew(void *at, Py_ssize_t n, size_t size)
{
    void **pointer = at;
    free(*pointer);
    *pointer = malloc((size_t)n * size);
    return *pointer ? 0 : -1;
}

static int reserve_lines(Page *page, Py_ssize_t n)
{
    if (n <= page->room)
        return 0;
    Py_ssize_t room = n + n / 2 + 64;
    page->room = 0;
    if (renew(&page->start, room, sizeof *page->start) < 0 || renew(&page->stop, room, sizeof *page->stop) < 0 ||
        renew(&page->next, room, sizeof *page->next) < 0 ||
        renew(&page->x, room * ALL_COLUMNS, sizeof *page->x) < 0 ||
        renew(&page->line_number, room, sizeof *page->line_number) < 0 ||
        renew(&page->is_blank, room, 1) < 0 || renew(&page->holds, room, 1) < 0 ||
        renew(&page->drops, room, 1) < 0 || renew(&page->first_said, room + 1, sizeof *page->first_said) < 0 ||
        renew(&page->kept, room, sizeof *page->kept) < 0 || renew(&page->before, room, sizeof *page->before) < 0 ||
        renew(&page->after, room, sizeof *page->after) < 0 ||
        renew(&page->sums, room + 1, sizeof *page->sums) < 0 ||
        renew(&page->more_sums, room + 1, sizeof *page->more_sums) < 0 ||
        renew(&page->blocks, 3 * room, sizeof *page->blocks) < 0)
        return -1;
    page->room = room;
    return 0;
}

/* A line as it is read, code point by code point. */
typedef struct {
    Page *page;
    int32_t counts[VOCABULARY_CLASSES];
    int32_t words, singles, points, capitals, shouts, lowers, shorts; /* of words */
    int32_t length, word_points, letters, digits, sentences, commas, dots;
    int32_t bars, copyright, address, colon, time, bang, dateline, opens[5];
    int32_t year;
    int32_t credited; /* how many words stand before the end of the last word of a source */
    int opens_about;
    int pending;                            /* a sentence's end: 1 seen, 2 seen and no space needed, 3 and space */
    uint32_t before[3], last, said, before_dash;
    int is_space_before;                    /* whether before[0] is white space */
    int has_dash, failed;
    int in_word, is_single;                 /* the word at hand */
    int32_t size, uppers, lower_letters;
    int opens_upper, opens_lower, has_letter;
    uint64_t hash;
    uint32_t single, single_before;
} Scan;

static inline int is_lower(uint32_t c, uint32_t bits)
{
    return (bits & UNICODE_LETTER) && !(bits & UNICODE_FOLD) && c < CASED_END;
}

static inline int is_terminator(uint32_t c)
{
    switch (c) {
    case '.': case '!': case '?': case 0x2026: case 0x3002: case 0xFF01: case 0xFF1F: case 0x61F: case 0x6D4:
    case 0x964: case 0x965: case 0x1362:
        return 1;
    default:
        return 0;
    }
}

static inline int is_closing(uint32_t c)
{
    return c == ')' || c == ']' || c == '}' || c == 0xFF09;
}

static inline int is_question(uint32_t c)
{
    return c == '?' || c == 0xFF1F || c == 0x61F;
}

static inline int is_colon(uint32_t c)
{
    return c == ':' || c == 0xFF1A;
}

static inline uint64_t hash_bytes(uint64_t hash, const uint8_t *bytes, ptrdiff_t n)
{
    for (ptrdiff_t i = 0; i < n; i++)
        hash = (hash ^ bytes[i]) * WORD_PRIME;
    return hash;
}

static void say(Scan *scan, uint64_t key, int is_telling)
{
    Page *page = scan->page;
    Said *said = with_room(page->said, page->n_said, &page->said_room, sizeof *said);
    int64_t number = number_of(&page->words, key);
    if (said)
        page->said = said;
    if (!said || number < 0) {
        scan->failed = 1;
        return;
    }
    page->said[page->n_said++] = (Said){(uint32_t)number, is_telling};
}

/* Counts a word, or two characters of a script written without spaces, in its class. */
static inline void look_up(Scan *scan, uint64_t key)
{
    int class = word_class(scan->page->vocabulary, key);
    if (class < 0)
        return;
    scan->counts[class]++;
    if (class == C_CREDIT - C_SITE)
        scan->credited = scan->words;
    else if (class == C_ABOUT - C_SITE && scan->words == 1)
        scan->opens_about = 1;
}

static void end_word(Scan *scan)
{
    if (!scan->in_word)
        return;
    scan->in_word = 0;
    scan->words++;
    if (scan->is_single) {
        scan->is_single = 0;
        scan->singles++;
        scan->points++;
        if (scan->single_before) {
            uint8_t pair[8];
            int n = unicode_encode(scan->single_before, pair);
            n += unicode_encode(scan->single, pair + n);
            uint64_t key = hash_bytes(WORD_SEED, pair, n) & ~(uint64_t)CLASS_BITS;
            say(scan, key, 1);
            look_up(scan, key);
        }
        scan->single_before = scan->single;
        return;
    }
    scan->single_before = 0;
    scan->points += scan->size;
    scan->capitals += scan->opens_upper;
    scan->lowers += scan->opens_lower;
    scan->shouts += scan->uppers > 1 && !scan->lower_letters;
    scan->shorts += scan->size <= 3;
    uint64_t key = scan->hash & ~(uint64_t)CLASS_BITS;
    say(scan, key, scan->size >= TELLING_LENGTH && scan->has_letter);
    look_up(scan, key);
}

static inline void end_year(Scan *scan)
{
    scan->time |= scan->year >= 1900 && scan->year < 2100;
    scan->year = 0;
}

static inline void read_word_point(Scan *scan, uint32_t c, uint32_t bits)
{
    scan->word_points++;
    scan->letters += (bits & UNICODE_LETTER) != 0;
    scan->digits += (bits & UNICODE_DIGIT) != 0;
    int is_upper = (bits & UPPER) == UPPER, lower = is_lower(c, bits);
    if (!scan->in_word) {
        scan->in_word = 1;
        scan->is_single = (bits & UNICODE_SINGLE) != 0;
        scan->single = c;
        scan->size = scan->uppers = scan->lower_letters = scan->has_letter = 0;
        scan->opens_upper = is_upper;
        scan->opens_lower = lower;
        scan->hash = WORD_SEED;
    }
    scan->size++;
    scan->uppers += is_upper;
    scan->lower_letters += lower;
    scan->has_letter |= (bits & UNICODE_LETTER) != 0;
    if (c < 0x80) {
        scan->hash = (scan->hash ^ (bits & UNICODE_FOLD ? c | 0x20 : c)) * WORD_PRIME;
    } else {
        uint8_t folded[8];
        ptrdiff_t n = bits & UNICODE_FOLD ? unicode_write_folded(c, folded) : unicode_encode(c, folded);
        scan->hash = hash_bytes(scan->hash, folded, n);
    }
}

static inline void read_flags(Scan *scan, uint32_t c, uint32_t bits, int is_digit)
{
    const uint32_t *before = scan->before;
    if (bits & UNICODE_DASH) {
        if (scan->is_space_before) {
            scan->has_dash = 1;
            scan->before_dash = scan->last;
        }
    } else {
        scan->has_dash = 0;
    }
    if (before[0] == '#' && bits & UNICODE_WORD)
        scan->address = 1;
    if (is_digit) {
        scan->time |= (before[0] == ':' || before[0] == '/') && before[1] >= '0' && before[1] <= '9';
        int32_t year = scan->year * 10 + (int32_t)(c - '0');
        scan->year = scan->year || c != '0' ? (year < BROKEN_YEAR ? year : BROKEN_YEAR) : BROKEN_YEAR;
        return;
    }
    if (bits & UNICODE_WORD)
        return;
    switch (c) {
    case ',': case 0xFF0C: case 0x3001: case 0x60C: case ';': case 0x61B:
        scan->commas++;
        break;
    case '/':
        scan->bars = 1;
        scan->address |= before[0] == '/' && before[1] == ':';
        break;
    case '.':
        scan->address |= before[0] == 'w' && before[1] == 'w' && before[2] == 'w';
        break;
    case '|': case 0x2022: case 0xB7: case 0x203A:
        scan->bars = 1;
        break;
    case 0xA9:
        scan->credited = scan->words;
        scan->copyright = 1;
        break;
    case 0xAE:
        scan->copyright = 1;
        break;
    case '!': case 0xFF01:
        scan->bang = 1;
        break;
    case ':': case 0xFF1A:
        scan->colon |= scan->length <= COLON_PLACE;
        break;
    case '@':
        scan->address = 1;
        break;
    default:
        break;
    }
}

static inline void read_sentence(Scan *scan, uint32_t c, uint32_t bits)
{
    int closes = (bits & UNICODE_QUOTE) || is_closing(c);
    if (is_terminator(c)) {
        scan->pending = c == 0x3002 || c == 0xFF01 || c == 0xFF1F ? 2 : 1;
    } else if (!closes) {
        scan->sentences += scan->pending > 1;
        scan->pending = 0;
    }
    if (!closes) {
        scan->said = c;
        scan->dots = c == '.' ? scan->dots + 1 : 0;
    }
}

static inline void read_space(Scan *scan)
{
    if (scan->pending == 1)
        scan->pending = 3;
    if (scan->has_dash) {
        scan->bars = 1;
        if (scan->length < DATELINE_PLACE && (scan->shouts || scan->before_dash == ')'))
            scan->dateline = 1;
    }
    scan->has_dash = 0;
}

static inline void read_point(Scan *scan, uint32_t c)
{
    uint32_t bits = unicode_properties(c);
    int is_digit = c >= '0' && c <= '9';
    if (!is_digit)
        end_year(scan);
    if (!(bits & UNICODE_WORD) || bits & UNICODE_SINGLE || (scan->is_single && !(bits & UNICODE_MARK)))
        end_word(scan);
    if (bits & UNICODE_SPACE) {
        scan->single_before = 0;
        read_space(scan);
    } else {
        if (++scan->length == 1) {
            scan->opens[0] = (bits & UPPER) == UPPER;
            scan->opens[1] = is_lower(c, bits);
            scan->opens[2] = (bits & UNICODE_QUOTE) != 0;
            scan->opens[3] = (bits & UNICODE_DIGIT) != 0;
            scan->opens[4] = !(bits & (UNICODE_QUOTE | UNICODE_WORD));
        }
        read_sentence(scan, c, bits);
        read_flags(scan, c, bits, is_digit);
        if (bits & UNICODE_WORD)
            read_word_point(scan, c, bits);
        else
            scan->single_before = 0;
        scan->last = c;
    }
    scan->is_space_before = (bits & UNICODE_SPACE) != 0;
    scan->before[2] = scan->before[1];
    scan->before[1] = scan->before[0];
    scan->before[0] = c;
}

/* The rest of a word, as far as it is letters of ASCII: what read_point does with them, and no more. */
static inline const uint8_t *read_letters(Scan *scan, const uint8_t *at, const uint8_t *end)
{
    if (!scan->in_word || scan->is_single)
        return at;
    const uint8_t *first = at;
    uint64_t hash = scan->hash;
    int32_t uppers = 0;
    while (at < end && (uint8_t)((*at | 0x20) - 'a') < 26) {
        uppers += *at < 'a';
        hash = (hash ^ (*at | 0x20)) * WORD_PRIME;
        at++;
    }
    int32_t n = (int32_t)(at - first);
    if (!n)
        return at;
    end_year(scan);
    scan->hash = hash;
    scan->length += n;
    scan->word_points += n;
    scan->letters += n;
    scan->size += n;
    scan->uppers += uppers;
    scan->lower_letters += n - uppers;
    scan->has_letter = 1;
    for (int32_t i = n < 3 ? n : 3; i > 0; i--) {
        scan->before[2] = scan->before[1];
        scan->before[1] = scan->before[0];
        scan->before[0] = at[-i];
    }
    scan->last = scan->said = at[-1];
    return at;
}

static inline int32_t at_most(int64_t value, int32_t most)
{
    return value < most ? (int32_t)value : most;
}

/* Reads line i, at its place in the text; fills its columns LINE. */
static int read_line(Page *page, Py_ssize_t i)
{
    Scan scan = {.page = page, .credited = -CREDIT_PLACE};
    const uint8_t *at = page->text + page->start[i], *end = page->text + page->stop[i];
    page->first_said[i] = page->n_said;
    while (at < end) {
        int length;
        read_point(&scan, unicode_decode(at, end, &length));
        at = read_letters(&scan, at + length, end);
    }
    end_word(&scan);
    end_year(&scan);
    if (scan.failed)
        return -1;
    int32_t row[LINE_COLUMNS] = {
        [C_WORDS] = at_most((2 * (int64_t)scan.words - scan.singles) / 2, MOST_WORDS),
        [C_LENGTH] = at_most(scan.length, MOST_LENGTH),
        [C_ENDS] = is_terminator(scan.said),
        [C_ENDS_COLON] = is_colon(scan.said),
        [C_ENDS_QUESTION] = is_question(scan.said),
        [C_ENDS_PAREN] = is_closing(scan.last),
        [C_ENDS_CUT] = scan.said == 0x2026 || scan.dots > 2,
        [C_SENTENCES] = at_most(scan.sentences, MOST_COUNTED),
        [C_COMMAS] = at_most(scan.commas, MOST_COUNTED),
        [C_DIGITS] = page_share(scan.digits, scan.digits + scan.letters),
        [C_CAPITALS] = page_share(scan.capitals, scan.words),
        [C_SHOUTS] = page_share(scan.shouts, scan.words),
        [C_LOWERS] = page_share(scan.lowers, scan.words),
        [C_SHORTS] = page_share(scan.shorts, scan.words),
        [C_MARKS] = page_share(scan.length - scan.word_points, scan.length),
        [C_WORD_LENGTH] =
            scan.words ? at_most((10 * (int64_t)scan.points + scan.words / 2) / scan.words, MOST_WORD_LENGTH) : 0,
        [C_BARS] = scan.bars, [C_COPYRIGHT] = scan.copyright, [C_ADDRESS] = scan.address, [C_COLON] = scan.colon,
        [C_TIME] = scan.time, [C_BANG] = scan.bang, [C_DATELINE] = scan.dateline,
        [C_SITE_SHARE] = page_share(scan.counts[0], scan.words),
        [C_READER_SHARE] = page_share(scan.counts[C_READER - C_SITE], scan.words),
        [C_CREDIT_END] = scan.credited + CREDIT_PLACE > scan.words ? scan.credited + CREDIT_PLACE - scan.words : 0};
    memcpy(row + C_OPENS, scan.opens, sizeof scan.opens);
    for (int class = 0; class < VOCABULARY_CLASSES; class++)
        row[C_SITE + class] = at_most(scan.counts[class], MOST_COUNTED);
    row[C_ABOUT] = scan.opens_about && scan.words < ABOUT_WORDS && !row[C_ENDS];
    for (int c = 0; c < LINE_COLUMNS; c++)
        page_column(page, c)[i] = row[c];

    at = page->text + page->start[i];
    Py_ssize_t length = line_form(&page->scratch, at, end - at);
    if (length < 0)
        return -1;
    page->is_blank[i] = length == 0;
    page_column(page, C_RULE)[i] = is_artifact(page->needles, page->scratch.form, length);
    if (length) {
        int64_t number = number_of(&page->keys, line_key(page->scratch.form, length));
        if (number < 0)
            return -1;
        page->line_number[i] = (uint32_t)number;
    }
    return 0;
}

/* Arrays by the numbers of keys, all 0. */
static int reserve_counts(Page *page)
{
    if (page->words.n > page->word_room) {
        page->word_room = 0;
        uint32_t room = page->words.n + page->words.n / 2;
        if (renew(&page->word_count, room, sizeof *page->word_count) < 0 ||
            renew(&page->word_last, room, sizeof *page->word_last) < 0 ||
            renew(&page->word_weight, room, sizeof *page->word_weight) < 0)
            return -1;
        page->word_room = room;
    }
    if (page->keys.n > page->key_room) {
        page->key_room = 0;
        uint32_t room = page->keys.n + page->keys.n / 2;
        if (renew(&page->key_count, room, sizeof *page->key_count) < 0)
            return -1;
        page->key_room = room;
    }
    if (page->words.n) {
        memset(page->word_count, 0, page->words.n * sizeof *page->word_count);
        memset(page->word_last, 0xFF, page->words.n * sizeof *page->word_last);
    }
    if (page->keys.n)
        memset(page->key_count, 0, page->keys.n * sizeof *page->key_count);
    return 0;
}

/* Which lines hold the page's words, and in how many of them each word stands. */
static void count_words(Page *page)
{
    int32_t holders = 0;
    for (Py_ssize_t i = 0; i < page->n; i++) {
        page->holds[i] = 0;
        if (page->is_blank[i])
            continue;
        int32_t *count = &page->key_count[page->line_number[i]];
        page->holds[i] = page_column(page, C_WORDS)[i] >= LONG_WORDS && *count == 0;
        (*count)++;
        if (!page->holds[i])
            continue;
        holders++;
        for (Py_ssize_t s = page->first_said[i]; s < page->first_said[i + 1]; s++) {
            uint32_t word = page->said[s].word;
            if (page->word_last[word] != (int32_t)i) {
                page->word_last[word] = (int32_t)i;
                page->word_count[word]++;
            }
        }
    }
    page->stop_count = holders / 4 > 3 ? holders / 4 : 3;
}

enum { NEAR_MARK = 2, FOLLOWED_MARK = 4 }; /* beside is_telling */

/* Marks the words whose last holder, in this direction, is near. */
static void mark_near(Page *page, int is_forward)
{
    if (page->words.n)
        memset(page->word_last, 0xFF, page->words.n * sizeof *page->word_last);
    for (Py_ssize_t k = 0; k < page->n; k++) {
        Py_ssize_t i = is_forward ? k : page->n - 1 - k;
        for (Py_ssize_t s = page->first_said[i]; s < page->first_said[i + 1]; s++) {
            Said *said = &page->said[s];
            int32_t last = page->word_last[said->word];
            if (last < 0)
                continue;
            Py_ssize_t away = is_forward ? i - last : last - i;
            said->is_telling |= (away <= NEAR_LINES ? NEAR_MARK : 0) |
                                (!is_forward && away <= FOLLOWED_LINES ? FOLLOWED_MARK : 0);
        }
        if (page->holds[i])
            for (Py_ssize_t s = page->first_said[i]; s < page->first_said[i + 1]; s++)
                page->word_last[page->said[s].word] = (int32_t)i;
    }
}

static void fill_page_columns(Page *page)
{
    int64_t total = 0, before = 0;
    for (Py_ssize_t i = 0; i < page->n; i++)
        total += page_column(page, C_WORDS)[i];
    total = total ? total : 1;
    for (Py_ssize_t i = 0; i < page->n; i++) {
        int32_t stops = 0, telling = 0, shared = 0, near = 0, followed = 0;
        for (Py_ssize_t s = page->first_said[i]; s < page->first_said[i + 1]; s++) {
            Said *said = &page->said[s];
            int32_t count = page->word_count[said->word];
            stops += count >= page->stop_count;
            if ((said->is_telling & 1) && count < page->stop_count) {
                telling++;
                shared += count > page->holds[i];
                near += (said->is_telling & NEAR_MARK) != 0;
                followed += (said->is_telling & FOLLOWED_MARK) != 0;
            }
            said->is_telling &= 1;
        }
        int32_t copies = page->is_blank[i] ? 0 : page->key_count[page->line_number[i]];
        page_column(page, C_COPIES)[i] = at_most(copies, MOST_COPIES);
        page_column(page, C_PLACE)[i] = page_share(i, page->n);
        page_column(page, C_WORDS_BEFORE)[i] = page_share(before, total);
        page_column(page, C_FROM_TOP)[i] = at_most(i, MOST_LINES);
        page_column(page, C_FROM_END)[i] = at_most(page->n - 1 - i, MOST_LINES);
        page_column(page, C_STOPS)[i] = page_share(stops, page->first_said[i + 1] - page->first_said[i]);
        page_column(page, C_SHARED)[i] = page_share(shared, telling);
        page_column(page, C_NEAR)[i] = page_share(near, telling);
        page_column(page, C_FOLLOWED)[i] = page_share(followed, telling);
        page_column(page, C_FOLLOWED_WORDS)[i] = at_most(followed, MOST_FOLLOWED);
        page_column(page, C_TELLING)[i] = at_most(telling, MOST_TELLING);
        before += page_column(page, C_WORDS)[i];
    }
}

int page_read(Page *page, const uint8_t *at, const uint8_t *end)
{
    Py_ssize_t n = 0;
    const uint8_t *next;
    for (const uint8_t *line = at; line < end; line = next) {
        line_end(line, end, &next);
        n++;
    }
    if (reserve_lines(page, n) < 0)
        return -1;
    page->text = at;
    page->text_end = end;
    page->n = n;
    page->n_said = 0;
    numbers_clear(&page->words);
    numbers_clear(&page->keys);
    Py_ssize_t i = 0;
    for (const uint8_t *line = at; line < end; line = next, i++) {
        const uint8_t *stop = line_end(line, end, &next);
        page->start[i] = line - at;
        page->stop[i] = stop - at;
        page->next[i] = next - at;
        if (read_line(page, i) < 0)
            return -1;
    }
    if (n == 0)
        return 0;
    page->first_said[n] = page->n_said;
    if (reserve_counts(page) < 0)
        return -1;
    count_words(page);
    mark_near(page, 1);
    mark_near(page, 0);
    fill_page_columns(page);
    return 0;
}
