/* The normal form of a line: NFC and case folding (unicode.c), then zero-width characters dropped and
 * runs of white space, quotation marks and dashes made one each.
 *
 * Three speeds: ASCII without runs is mapped by vectors; text in which each character folds by itself
 * takes one pass, with one look-up for characters of two bytes and for whole blocks of 64 above; the
 * rest is folded first.
 */
#include "lines.h"
#include "unicode.h"

#include "clones.h"

#ifdef HAS_CLONES
#include <immintrin.h>
#endif

enum { WIDE = 64, FEW = 12 };

static uint16_t low_form[0x800];          /* what a code point of two bytes becomes; 0: look closer */
static uint8_t lone_mark[0x800];          /* whether nothing becomes of it behind what is no mark */
static uint8_t plain_block[0x10000 / 64]; /* whether nothing becomes of a block's code points */
static uint8_t single[256];               /* whether of a run of this byte one stays */
static uint8_t ascii_form[128];           /* itself, a lower letter, ' ' or '\'' */

enum {
    SPECIAL = UNICODE_SPACE | UNICODE_IGNORABLE | UNICODE_QUOTE | UNICODE_DASH,
    UNFOLDED = UNICODE_FOLD | UNICODE_NFC_SUSPECT,
    DOTLESS_I = 0x0131,
    DOT_ABOVE = 0x0307, /* what folding leaves of the Turkish dotted capital I */
    ELLIPSIS = 0x2026,
    WIDE_COLON = 0xFF1A
};

static int is_plain(uint32_t c)
{
    return !(unicode_properties(c) & SPECIAL) && c != DOTLESS_I && c != DOT_ABOVE && c != ELLIPSIS && c != WIDE_COLON;
}

/* What a code point of two bytes folds to, where that is one of two bytes too and all by itself. */
static uint16_t fold_low(uint32_t c)
{
    uint8_t in[4], out[4 * UNICODE_FOLD_GROWTH];
    int length;
    if (!is_plain(c) || unicode_properties(c) & UNICODE_NFC_SUSPECT)
        return 0;
    ptrdiff_t n = unicode_fold(in, unicode_encode(c, in), out);
    uint32_t folded = n == 2 ? unicode_decode(out, out + n, &length) : 0;
    return folded >= 0x80 && is_plain(folded) ? (uint16_t)folded : 0;
}

static int is_lone_mark(uint32_t c)
{
    uint8_t in[4], out[4 * UNICODE_FOLD_GROWTH];
    uint32_t properties = unicode_properties(c);
    int n = unicode_encode(c, in);
    return properties & UNICODE_NFC_SUSPECT && !(properties & (UNICODE_NFC_JOINS | UNICODE_FOLD)) && is_plain(c) &&
           unicode_fold(in, n, out) == n && !memcmp(in, out, (size_t)n);
}

void lines_prepare(void)
{
    for (uint32_t c = 0x80; c < 0x800; c++) {
        low_form[c] = fold_low(c);
        lone_mark[c] = (uint8_t)is_lone_mark(c);
    }
    for (uint32_t block = 0; block < 0x10000 / 64; block++) {
        plain_block[block] = 1;
        for (uint32_t c = block * 64; c < block * 64 + 64; c++)
            plain_block[block] &= (uint8_t)(is_plain(c) && !(unicode_properties(c) & UNFOLDED));
    }
    single[' '] = single['\''] = single['-'] = 1;
    for (uint32_t c = 0; c < 128; c++) {
        uint32_t properties = unicode_properties(c);
        ascii_form[c] = properties & UNICODE_SPACE ? ' ' : properties & UNICODE_QUOTE ? '\''
            : c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : (uint8_t)c;
    }
}

int form_reserve(FormScratch *scratch, Py_ssize_t n)
{
    Py_ssize_t room = FORM_ROOM(n);
    if (room <= scratch->room)
        return 0;
    room = room < 4096 ? 4096 : room;
    form_free(scratch);
    scratch->fold = malloc((size_t)room);
    scratch->form = malloc((size_t)room);
    if (!scratch->fold || !scratch->form) {
        form_free(scratch);
        return -1;
    }
    scratch->room = room;
    return 0;
}

void form_free(FormScratch *scratch)
{
    free(scratch->fold);
    free(scratch->form);
    scratch->fold = scratch->form = NULL;
    scratch->room = 0;
}

/* Appends one byte, unless it continues a run of which one stays; `last` is the byte before it.  No
 * branch: where words end is nothing that a processor could guess. */
static inline uint8_t *put_byte(uint8_t *to, uint8_t *last, uint8_t byte)
{
    *to = byte;
    to += !(byte == *last && single[byte]);
    *last = byte;
    return to;
}

#define EACH(byte) ((byte) * 0x0101010101010101u)

/* The high bit of each byte that is `byte`; all of them are ASCII. */
static inline uint64_t which_are(uint64_t word, uint64_t byte)
{
    return ~((word ^ EACH(byte)) + EACH(0x7F)) & EACH(0x80);
}

/* Eight bytes at once, what maps by itself: 0 where some are not ASCII, control characters or quotation
 * marks other than ', or where a run may have to be made one. */
static inline int map_word(uint64_t *word, uint8_t last)
{
    uint64_t w = *word, high = EACH(0x80);
    if (w & high)
        return 0;
    uint64_t control = ~(w + EACH(0x80 - 0x20)) & high;
    /* Any of the block of marks from space to slash, as in map_ascii. */
    uint64_t same = which_are(w ^ (w << 8 | last), 0), marks = which_are(w & EACH(0xF0), 0x20);
    if (control | (same & marks) | which_are(w, '"') | which_are(w, '`'))
        return 0;
    uint64_t upper = (w + EACH(0x80 - 'A')) & ~(w + EACH(0x80 - 'Z' - 1)) & high;
    *word = w + (upper >> 2);
    return 1;
}

#ifdef HAS_CLONES
/* As many of 64 bytes as map by themselves, in the sense of map_word: where the first stands that does not. */
WIDEST static inline int wide_map(const uint8_t *at, uint8_t last, uint8_t *to)
{
    static const uint8_t before[WIDE] = {
        0,  0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30,
        31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62,
    };
    __m512i bytes = _mm512_loadu_si512(at);
    uint64_t upper = _mm512_cmplt_epu8_mask(_mm512_sub_epi8(bytes, _mm512_set1_epi8('A')), _mm512_set1_epi8(26));
    uint64_t other = _mm512_cmpge_epu8_mask(_mm512_sub_epi8(bytes, _mm512_set1_epi8(' ')), _mm512_set1_epi8(0x80 - ' '));
    uint64_t quote = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('"')) | _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('`'));
    __m512i mapped = _mm512_mask_add_epi8(bytes, upper, bytes, _mm512_set1_epi8(32));
    __m512i lasts = _mm512_mask_set1_epi8(_mm512_permutexvar_epi8(_mm512_loadu_si512(before), mapped), 1, (char)last);
    uint64_t mark = _mm512_cmpeq_epi8_mask(_mm512_and_si512(mapped, _mm512_set1_epi8((char)0xF0)), _mm512_set1_epi8(' '));
    uint64_t stop = other | quote | _mm512_mask_cmpeq_epi8_mask(mark, mapped, lasts);
    _mm512_storeu_si512(to, mapped);
    return stop ? __builtin_ctzll(stop) : WIDE;
}
#endif

static inline int continues(uint8_t byte)
{
    return (byte & 0xC0) == 0x80;
}

/* Text of n bytes -> normal form; NULL where it has to be folded first.  The two do not overlap. */
INLINED uint8_t *form_text_body(int vector_bytes, const uint8_t *at, Py_ssize_t n, uint8_t *form, int is_folded)
{
    (void)vector_bytes;
    const uint8_t *end = at + n;
    uint8_t *to = form, last = ' '; /* so that no space comes first */
    const uint8_t *mark_end = NULL, *retry = at, *wide_retry = at; /* from where on more bytes may be tried at once */
    (void)wide_retry;
    while (at < end) {
        uint32_t lead = *at, low;
        if (lead < 0x80) {
#ifdef HAS_CLONES
            if (vector_bytes == 64 && at >= wide_retry && end - at >= WIDE) {
                int mapped = wide_map(at, last, to);
                at += mapped;
                to += mapped;
                wide_retry = at + (mapped < FEW ? WIDE / 2 : mapped < WIDE); /* words of another script between spaces */
                if (mapped) {
                    last = to[-1];
                    continue;
                }
            }
#endif
            uint64_t word;
            if (at >= retry && end - at >= 8) {
                memcpy(&word, at, 8);
                if (map_word(&word, last)) {
                    memcpy(to, &word, 8);
                    at += 8;
                    to += 8;
                    last = to[-1];
                    continue;
                }
                retry = at + 8;
            }
            to = put_byte(to, &last, ascii_form[lead]);
            at++;
            continue;
        }
        if (lead >= 0xC2 && lead < 0xE0 && end - at >= 2 && continues(at[1])
            && (low = low_form[(lead & 0x1F) << 6 | (at[1] & 0x3F)])) {
            to[0] = (uint8_t)(0xC0 | low >> 6);
            to[1] = (uint8_t)(0x80 | (low & 0x3F));
            to += 2;
            at += 2;
            last = 0;
            continue;
        }
        if (lead >= 0xE0 && lead < 0xF0 && end - at >= 3 && continues(at[1]) && continues(at[2])
            && plain_block[(lead & 0x0F) << 6 | (at[1] & 0x3F)]) {
            to[0] = at[0];
            to[1] = at[1];
            to[2] = at[2];
            to += 3;
            at += 3;
            last = 0;
            continue;
        }
        int length;
        uint32_t code_point = unicode_decode(at, end, &length);
        uint32_t properties = unicode_properties(code_point);
        at += length;
        if (!is_folded && properties & UNFOLDED) {
            if (code_point >= 0x800 || !lone_mark[code_point] || mark_end == at - length)
                return NULL; /* two marks may stand in the wrong order */
            mark_end = at;
        }
        if (properties & UNICODE_IGNORABLE || code_point == DOT_ABOVE)
            continue;
        if (properties & UNICODE_SPACE) {
            to = put_byte(to, &last, ' ');
        } else if (properties & UNICODE_QUOTE) {
            to = put_byte(to, &last, '\'');
        } else if (properties & UNICODE_DASH) {
            to = put_byte(to, &last, '-');
        } else if (code_point == DOTLESS_I) {
            to = put_byte(to, &last, 'i');
        } else if (code_point == WIDE_COLON) {
            to = put_byte(to, &last, ':');
        } else if (code_point == ELLIPSIS) {
            memcpy(to, "...", 3);
            to += 3;
            last = 0;
        } else {
            to += unicode_encode(code_point, to);
            last = 0;
        }
    }
    return to;
}
CLONES_TO_WIDEST(uint8_t *, form_text, (const uint8_t *at, Py_ssize_t n, uint8_t *form, int is_folded),
                 (at, n, form, is_folded))

VECTOR_CLONES
static int is_ascii(const uint8_t *from, Py_ssize_t n)
{
    uint8_t high = 0;
    for (Py_ssize_t i = 0; i < n; i++)
        high |= from[i];
    return high < 0x80;
}

/* Maps n ASCII bytes as ascii_form does; tells whether that was all, no run having to be made one. */
VECTOR_CLONES
static int map_ascii(const uint8_t *restrict from, Py_ssize_t n, uint8_t *restrict to)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        uint8_t c = from[i];
        uint8_t upper = (uint8_t)(c - 'A') < 26, space = (uint8_t)(c - '\t') < 5, quote = (c == '"') | (c == '`');
        c = (uint8_t)(c + (upper << 5));
        c = space ? ' ' : c;
        to[i] = quote ? '\'' : c;
    }
    uint8_t runs = n && to[0] == ' ' ? 0xFF : 0;
    for (Py_ssize_t i = 1; i < n; i++) {
        /* Any of the block of marks from space to slash, since one comparison is cheaper than three. */
        uint8_t same = to[i] == to[i - 1] ? 0xFF : 0, mark = (to[i] & 0xF0) == 0x20 ? 0xFF : 0;
        runs |= same & mark;
    }
    return !runs;
}

Py_ssize_t line_form(FormScratch *scratch, const uint8_t *line, Py_ssize_t n)
{
    return form_reserve(scratch, n) < 0 ? -1 : line_form_into(scratch, line, n, scratch->form);
}

Py_ssize_t line_form_into(FormScratch *scratch, const uint8_t *line, Py_ssize_t n, uint8_t *form)
{
    uint8_t *to;
    if (!has_widest() && is_ascii(line, n) && map_ascii(line, n, form)) {
        to = form + n;
    } else if (!(to = form_text(line, n, form, 0))) {
        ptrdiff_t folded = form_reserve(scratch, n) < 0 ? -1 : unicode_fold(line, n, scratch->fold);
        if (folded < 0)
            return -1;
        to = form_text(scratch->fold, folded, form, 1);
    }
    if (to > form && to[-1] == ' ')
        to--;
    return to - form;
}

/* Of two bytes there are the digits of Arabic, of Persian and of N'Ko. */
static inline int is_low_digit(uint8_t lead, uint8_t next)
{
    uint8_t first = lead == 0xD9 ? 0xA0 : lead == 0xDB ? 0xB0 : 0x80;
    return ((lead == 0xD9) | (lead == 0xDB) | (lead == 0xDF)) & ((uint8_t)(next - first) < 10);
}

VECTOR_CLONES
int form_survey(const uint8_t *form, Py_ssize_t n, Py_ssize_t *codes)
{
    uint8_t high = 0, letters = 0, digits = 0;
    uint32_t count = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        uint8_t c = form[i];
        high = c > high ? c : high;
        letters |= (uint8_t)(c - 'a') < 26 ? 1 : 0;
        digits |= (uint8_t)(c - '0') < 10 ? 1 : 0;
        count += (c & 0xC0) != 0x80;
    }
    if (high >= 0xD9) {
        for (Py_ssize_t i = 1; i < n; i++)
            digits |= is_low_digit(form[i - 1], form[i]) ? 1 : 0;
    }
    *codes = (Py_ssize_t)count;
    return (high >= 0xE0 ? LONG_CODES : 0) | (letters ? LETTERS : 0) | (digits ? DIGITS : 0);
}

Py_ssize_t line_shape(const uint8_t *form, Py_ssize_t n, uint8_t *shape)
{
    const uint8_t *at = form, *end = form + n;
    uint8_t *to = shape;
    int in_number = 0;
    while (at < end) {
        int length = 1, digit;
        if (*at < 0x80) {
            digit = *at >= '0' && *at <= '9';
        } else if (*at < 0xE0) {
            length = end - at > 1 ? 2 : 1;
            digit = length == 2 && is_low_digit(at[0], at[1]);
        } else {
            digit = (unicode_properties(unicode_decode(at, end, &length)) & UNICODE_DIGIT) != 0;
        }
        if (digit) {
            if (!in_number)
                *to++ = '#';
            at += length;
        } else {
            while (length--)
                *to++ = *at++;
        }
        in_number = digit;
    }
    return to - shape;
}

static inline uint64_t take_word(uint64_t h, const uint8_t *at, size_t n)
{
    uint64_t word = 0;
    memcpy(&word, at, n); /* little-endian machines only, as all that CPython's wheels are built for */
    h = (h ^ word) * 0x9FB21C651E98DF25u;
    return h ^ h >> 29;
}

/* Multiply and shift over little-endian words, MurmurHash3's finish.  A paragraph's words go into four chains by turns,
 * since each step of one waits for the step before. */
uint64_t line_key(const uint8_t *form, Py_ssize_t n)
{
    enum { CHAINS = 4, PARAGRAPH = 128 };
    uint64_t h = (uint64_t)n * 0xC2B2AE3D27D4EB4Fu;
    Py_ssize_t i = 0;
    if (n >= PARAGRAPH) {
        uint64_t chains[CHAINS] = {h, h + 1, h + 2, h + 3};
        for (; n - i >= 8 * CHAINS; i += 8 * CHAINS)
            for (int chain = 0; chain < CHAINS; chain++)
                chains[chain] = take_word(chains[chain], form + i + 8 * chain, 8);
        for (int chain = 0; chain < CHAINS; chain++)
            h = take_word(h, (const uint8_t *)&chains[chain], 8);
    }
    for (; n - i >= 8; i += 8)
        h = take_word(h, form + i, 8);
    if (i < n)
        h = take_word(h, form + i, (size_t)(n - i));
    h = (h ^ h >> 33) * 0xFF51AFD7ED558CCDu;
    h = (h ^ h >> 33) * 0xC4CEB9FE1A85EC53u;
    return h ^ h >> 33;
}
