/* From text to word hashes: fold, cut, hash, one chunk that fits the cache at a time.
 *
 * ASCII goes by blocks of 64 bytes: a loop lower-cases them and says which belong to words, 64-bit masks
 * of that give the words' starts and ends.  Other text goes code point by code point, without branches on
 * what the code point is, for those are what costs.  A chunk where NFC changes something is folded first
 * (unicode_fold) and then cut.  A word is hashed 16 bytes a round, nearly always one round, and those of
 * one round in a loop that the compiler makes vectors of.
 */
#include "words.h"

#include <stdlib.h>
#include <string.h>

#include "clones.h"
#include "unicode.h"

#if defined(HAS_CLONES)
#include <immintrin.h>
#elif defined(__SSE2__)
#include <emmintrin.h>
#endif

/* Scalars that the compiler would else gather into vectors, at twice the cost of storing them. */
#ifdef __GNUC__
#define ONE_BY_ONE __asm__ volatile("" ::: "memory")
#else
#define ONE_BY_ONE ((void)0)
#endif

enum {
    CHUNK = 1 << 16,
    BLOCK = 64,
    PAD = 2 * BLOCK, /* what the loops may write beyond what they count */
    KEPT = WIDTH_SINGLES - 1
};

enum { NO_WORD, IN_RUN, IN_SINGLE };

static const uint64_t SEED = 0x9E3779B97F4A7C15, LOW = 0xA0761D6478BD642F, HIGH = 0xE7037ED1A0B428DB,
                      MIX = 0x8EBC6AF09C88C6E3;

INLINED uint64_t load64(const uint8_t *at)
{
    uint64_t value;
    memcpy(&value, at, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    value = __builtin_bswap64(value);
#endif
    return value;
}

INLINED uint32_t load32(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

INLINED void store32(uint8_t *to, uint32_t value)
{
    to[0] = (uint8_t)value;
    to[1] = (uint8_t)(value >> 8);
    to[2] = (uint8_t)(value >> 16);
    to[3] = (uint8_t)(value >> 24);
}

INLINED uint64_t round_of(uint64_t hash, uint64_t low, uint64_t high)
{
    uint64_t x = high * HIGH;
    x = (hash ^ low) * LOW + (x << 32 | x >> 32);
    x ^= x >> 32;
    x *= MIX;
    return x ^ x >> 29;
}

/* Bit i: bit 7 - `place` of byte i. */
INLINED uint64_t bits_of(const uint8_t *bytes, int place)
{
    uint64_t bits = 0;
#if defined(__SSE2__)
    for (int i = 0; i < BLOCK; i += 16) {
        __m128i vector = _mm_loadu_si128((const __m128i *)(const void *)(bytes + i));
        bits |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_slli_epi16(vector, place)) << i;
    }
#else
    for (int i = 0; i < BLOCK; i += 8) /* the product brings bit 8j to bit 56 + j */
        bits |= ((load64(bytes + i) >> (7 - place) & 0x0101010101010101) * 0x0102040810204080 >> 56) << i;
#endif
    return bits;
}

/* Writes base + i for each bit i, ascending; may write up to BLOCK entries more than it counts. */
INLINED size_t put_bits(uint64_t bits, uint32_t base, uint32_t *to)
{
    int n = __builtin_popcountll(bits);
    for (int done = 0; done < n; done += 12) {
        for (int i = 0; i < 12; i++) {
            to[done + i] = base + (uint32_t)__builtin_ctzll(bits | (uint64_t)1 << 63);
            bits &= bits - 1;
            ONE_BY_ONE;
        }
    }
    return (size_t)n;
}

#ifdef HAS_CLONES
/* The same two with AVX-512, which has instructions for just this: a mask of 64 bytes, and the places of its bits. */
WIDEST static inline uint64_t widest_bits_of(const uint8_t *bytes, int place)
{
    return _mm512_test_epi8_mask(_mm512_loadu_si512(bytes), _mm512_set1_epi8((char)(0x80 >> place)));
}

WIDEST static inline size_t widest_put_bits(uint64_t bits, uint32_t base, uint32_t *to)
{
    static const uint8_t places[BLOCK] = {
        0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
        32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63,
    };
    size_t n = (size_t)__builtin_popcountll(bits);
    __m512i found = _mm512_maskz_compress_epi8(bits, _mm512_loadu_si512(places)), bases = _mm512_set1_epi32((int)base);
    _mm512_storeu_si512(to, _mm512_add_epi32(_mm512_cvtepu8_epi32(_mm512_castsi512_si128(found)), bases));
    if (n > 16)
        _mm512_storeu_si512(to + 16, _mm512_add_epi32(_mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(found, 1)), bases));
    if (n > 32) {
        _mm512_storeu_si512(to + 32, _mm512_add_epi32(_mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(found, 2)), bases));
        _mm512_storeu_si512(to + 48, _mm512_add_epi32(_mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(found, 3)), bases));
    }
    return n;
}

/* For each byte the places of its bits, a byte each, from the lowest on. */
#define PLACE(byte, i) ((uint64_t)((byte) >> (i) & 1) * (i) << 8 * __builtin_popcount((byte) & ((1 << (i)) - 1)))
#define PLACES(byte)                                                                                              \
    (PLACE(byte, 1) | PLACE(byte, 2) | PLACE(byte, 3) | PLACE(byte, 4) | PLACE(byte, 5) | PLACE(byte, 6) | PLACE(byte, 7))
#define PLACES_4(byte) PLACES(byte), PLACES((byte) + 1), PLACES((byte) + 2), PLACES((byte) + 3)
#define PLACES_16(byte) PLACES_4(byte), PLACES_4((byte) + 4), PLACES_4((byte) + 8), PLACES_4((byte) + 12)
#define PLACES_64(byte) PLACES_16(byte), PLACES_16((byte) + 16), PLACES_16((byte) + 32), PLACES_16((byte) + 48)
static const uint64_t places_in[256] = {PLACES_64(0), PLACES_64(64), PLACES_64(128), PLACES_64(192)};

/* The same with AVX2, where a table says the places in a byte: half the time of finding them one by one. */
WIDER static inline size_t wider_put_bits(uint64_t bits, uint32_t base, uint32_t *to)
{
    __m256i bases = _mm256_set1_epi32((int)base), eight = _mm256_set1_epi32(8);
    uint32_t *at = to;
    for (int i = 0; i < BLOCK; i += 8) {
        uint8_t byte = (uint8_t)(bits >> i);
        __m256i found = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)&places_in[byte]));
        _mm256_storeu_si256((__m256i *)(void *)at, _mm256_add_epi32(found, bases));
        at += __builtin_popcount(byte);
        bases = _mm256_add_epi32(bases, eight);
    }
    return (size_t)(at - to);
}
#define BITS_OF(bytes, place) (vector_bytes == 64 ? widest_bits_of(bytes, place) : bits_of(bytes, place))
#define PUT_BITS(bits, base, to)                                                                                  \
    (vector_bytes == 64 ? widest_put_bits(bits, base, to) : vector_bytes == 32 ? wider_put_bits(bits, base, to)     \
                                                                            : put_bits(bits, base, to))
#else
#define BITS_OF(bytes, place) bits_of(bytes, place)
#define PUT_BITS(bits, base, to) put_bits(bits, base, to)
#endif

/* What the loops below keep between each other. */
typedef struct {
    const uint8_t *begin; /* of the raw text */
    uint8_t *to;          /* in `folded` */
    size_t n_starts, n_ends, n_singles;
    int state;
} Cutting;

/* The families of characters whose blocks are cut by masks.  A family knows its most common characters,
 * those that NFC leaves alone and that fold to as many bytes; at any other its block ends. */
enum { ASCII, LATIN, CYRILLIC, ARABIC, EASTERN, NO_FAMILY };

/* What begins at a byte, for bits_of: a known character of two or of three bytes; one that belongs to
 * a run (a whole ASCII letter or digit too); one that is a word by itself. */
enum { TWO = 0x80, THREE = 0x40, RUN = 0x20, SINGLE = 0x10 };

#define GLUE_(one, other) one##other
#define GLUE(one, other) GLUE_(one, other)
#define VECTOR 16
#include "classify.h"
#define VECTOR 32
#include "classify.h"
#define VECTOR 64
#include "classify.h"

/* Cuts a block, or less, that begins at a character's first byte; gives how many bytes, 0 where the first
 * character is not the family's. */
INLINED size_t cut_block(int vector_bytes, Words *words, Cutting *cut, const uint8_t *at, const uint8_t *end, int family)
{
    uint8_t copy[1 + BLOCK + 2], codes[BLOCK];
    size_t n = (size_t)(end - at), n_cut = BLOCK;
    const uint8_t *block = at;
    if (n < BLOCK + 2 || ((family == LATIN || family == CYRILLIC) && at == cut->begin)) { /* zeros continue nothing */
        memset(copy, 0, sizeof copy);
        memcpy(copy + 1, at, n < BLOCK + 2 ? n : BLOCK + 2);
        block = copy + 1;
    }
    uint8_t *to = cut->to;
    if (vector_bytes >= 64)
        classify_64(block, to, codes, family);
    else if (vector_bytes == 32)
        classify_32(block, to, codes, family);
    else
        classify_16(block, to, codes, family);
    uint64_t unknown = BITS_OF(block, 0), run = BITS_OF(codes, 2), single = 0, in_single = 0;
    if (family != ASCII) {
        uint64_t two = BITS_OF(codes, 0), three = BITS_OF(codes, 1);
        unknown &= ~(two | two << 1 | three | three << 1 | three << 2);
        if (three >> 62 & 1)
            n_cut = BLOCK - 2;
        else if ((two | three) >> 63)
            n_cut = BLOCK - 1;
        run |= (run & (two | three)) << 1 | (run & three) << 2;
        if (family == EASTERN) {
            single = BITS_OF(codes, 3);
            in_single = single | single << 1 | single << 2;
        }
    }
    if (unknown) {
        size_t first = (size_t)__builtin_ctzll(unknown);
        n_cut = first < n_cut ? first : n_cut;
    }
    n_cut = n < n_cut ? n : n_cut;
    if (!n_cut)
        return 0;

    uint64_t within = ~(uint64_t)0 >> (BLOCK - n_cut);
    run &= within;
    single &= within;
    in_single &= within;
    uint64_t in_word = run | in_single;
    uint64_t starts = (run & ~(run << 1 | (cut->state == IN_RUN))) | single;
    uint64_t ends = (in_word << 1 | (cut->state != NO_WORD)) & (~in_word | starts) & within;
    uint32_t base = (uint32_t)(to - words->folded);
    cut->n_starts += PUT_BITS(starts, base, words->starts + cut->n_starts);
    cut->n_ends += PUT_BITS(ends, base, words->ends + cut->n_ends);
    cut->n_singles += (size_t)__builtin_popcountll(single);
    cut->state = run >> (n_cut - 1) & 1 ? IN_RUN : in_single >> (n_cut - 1) & 1 ? IN_SINGLE : NO_WORD;
    cut->to += n_cut;
    return n_cut;
}

/* By state and by the low bits of a code point's properties (WORD 1, SINGLE 2, MARK 4): the next state << 1
 * | whether a word begins here; three bits each, six to a state. */
#define NEXT(state, begins) ((uint64_t)((state) << 1 | (begins)))
#define ROW(state, none, letter, single, mark) \
    ((none) << 18 * (state) | (letter) << (18 * (state) + 3) | (single) << (18 * (state) + 9) | (mark) << (18 * (state) + 15))
static const uint64_t TRANSITIONS =
    ROW(NO_WORD, NEXT(NO_WORD, 0), NEXT(IN_RUN, 1), NEXT(IN_SINGLE, 1), NEXT(IN_RUN, 1)) |
    ROW(IN_RUN, NEXT(NO_WORD, 0), NEXT(IN_RUN, 0), NEXT(IN_SINGLE, 1), NEXT(IN_RUN, 0)) |
    ROW(IN_SINGLE, NEXT(NO_WORD, 0), NEXT(IN_RUN, 1), NEXT(IN_SINGLE, 1), NEXT(IN_SINGLE, 0));

/* Notes the code point whose `size` folded bytes have just been written at cut->to. */
static void note(Words *words, Cutting *cut, uint32_t properties, ptrdiff_t size)
{
    uint32_t base = (uint32_t)(cut->to - words->folded);
    uint32_t next = (uint32_t)(TRANSITIONS >> (18 * cut->state + 3 * (int)(properties & 7))) & 7;
    if (cut->state != NO_WORD && (next & 1 || next == NO_WORD << 1))
        words->ends[cut->n_ends++] = base;
    if (next & 1)
        words->starts[cut->n_starts++] = base;
    cut->n_singles += properties >> 1 & 1;
    cut->state = (int)(next >> 1);
    cut->to += size;
}

/* Takes back what was noted for folded text from `to` on. */
static void forget(Words *words, Cutting *cut, uint8_t *to)
{
    uint32_t base = (uint32_t)(to - words->folded);
    int length;
    while (cut->n_ends && words->ends[cut->n_ends - 1] >= base)
        cut->n_ends--;
    for (; cut->n_starts && words->starts[cut->n_starts - 1] >= base; cut->n_starts--) {
        const uint8_t *word = words->folded + words->starts[cut->n_starts - 1];
        cut->n_singles -= unicode_properties(unicode_decode(word, cut->to, &length)) >> 1 & 1;
    }
    cut->state = NO_WORD;
    if (cut->n_starts > cut->n_ends) {
        const uint8_t *word = words->folded + words->starts[cut->n_starts - 1];
        int is_single = unicode_properties(unicode_decode(word, cut->to, &length)) & UNICODE_SINGLE;
        cut->state = is_single ? IN_SINGLE : IN_RUN;
    }
    cut->to = to;
}

/* The code point before `at`, which is not before `begin`; its bytes' number in *length. */
static inline uint32_t code_point_before(const uint8_t *begin, const uint8_t *at, int *length)
{
    ptrdiff_t back = 1;
    while (back < 4 && back < at - begin && (at[-back] & 0xC0) == 0x80)
        back++;
    uint32_t code_point = unicode_decode(at - back, at, length);
    return *length == back ? code_point : unicode_decode(at - 1, at, length);
}

/* Notes [at, end), which is in normal form and folded already. */
static void note_all(Words *words, Cutting *cut, const uint8_t *at, const uint8_t *end)
{
    int length;
    for (; at < end; at += length) {
        uint32_t code_point = unicode_decode(at, end, &length);
        note(words, cut, unicode_properties(code_point), unicode_encode(code_point, cut->to));
    }
}

static inline ptrdiff_t write_one(uint32_t code_point, uint32_t properties, uint8_t *to)
{
    return properties & UNICODE_FOLD ? unicode_write_folded(code_point, to) : unicode_encode(code_point, to);
}

/* Cuts the code point at `at`, whatever it is, and the NFC suspects after it; of these, from the last code
 * point on that is no suspect.  Gives where it ended, or NULL for want of memory. */
static const uint8_t *cut_stretch(Words *words, Cutting *cut, const uint8_t *at, const uint8_t *end)
{
    enum { KIND = UNICODE_WORD | UNICODE_SINGLE | UNICODE_MARK };
    int length;
    uint32_t code_point = unicode_decode(at, end, &length), properties = unicode_properties(code_point);
    if (!(properties & UNICODE_NFC_SUSPECT)) {
        note(words, cut, properties, write_one(code_point, properties, cut->to));
        return at + length;
    }
    const uint8_t *stop = at + length, *safe = at;
    int n_suspects = 1;
    for (; stop < end; stop += length, n_suspects++)
        if (!(unicode_properties(unicode_decode(stop, end, &length)) & UNICODE_NFC_SUSPECT))
            break;
    uint8_t unused[8], *safe_to = cut->to;
    uint32_t starter = 0, starter_properties = 0;
    while (safe > cut->begin) {
        starter = code_point_before(cut->begin, safe, &length);
        starter_properties = unicode_properties(starter);
        safe -= length;
        safe_to -= write_one(starter, starter_properties, unused);
        if (!(starter_properties & UNICODE_NFC_SUSPECT))
            break;
        n_suspects++;
    }

    const uint8_t *made = words->plain, *made_end;
    uint32_t joined;
    if (n_suspects == 1 && safe < at && !(properties & UNICODE_FOLD) && unicode_pair(starter, code_point, &joined)) {
        if (!joined) { /* stays as it is */
            note(words, cut, properties, write_one(code_point, properties, cut->to));
            return stop;
        }
        made_end = made + write_one(joined, unicode_properties(joined), words->plain);
    } else {
        made_end = unicode_fold_stretch(safe, stop, words->plain);
        if (!made_end)
            return NULL;
    }
    /* Nearly always a letter with its marks has become another: the words stay as they were noted. */
    const uint8_t *mark = made;
    uint32_t kind = made < made_end ? unicode_properties(unicode_decode(made, made_end, &length)) & KIND : 0;
    int is_same = kind == (starter_properties & KIND) && kind & UNICODE_WORD && cut->to > safe_to
        && !(kind & UNICODE_MARK);
    for (mark += length; is_same && mark < made_end; mark += length)
        is_same = unicode_properties(unicode_decode(mark, made_end, &length)) & UNICODE_MARK;
    if (is_same) {
        memcpy(safe_to, made, (size_t)(made_end - made));
        cut->to = safe_to + (made_end - made);
    } else {
        forget(words, cut, safe_to);
        note_all(words, cut, made, made_end);
    }
    return stop;
}

/* Cuts code point by code point from `at` to `until` or where ASCII takes over, without branches on what
 * the code points are; gives where it ended, or NULL for want of memory. */
INLINED const uint8_t *cut_code_points(Words *words, Cutting *cut, const uint8_t *at, const uint8_t *until,
                                       const uint8_t *end)
{
    const uint8_t *folded = words->folded;
    for (;;) {
        uint8_t *to = cut->to;
        uint32_t *starts = words->starts + cut->n_starts, *ends = words->ends + cut->n_ends;
        uint32_t state = (uint32_t)cut->state, before = UNICODE_NFC_SUSPECT;
        size_t n_singles = 0;
        int is_over = 1;
        while (at < until && end - at >= 8) {
            uint64_t bytes = load64(at);
            if (!(bytes & 0x8080808080808080))
                break;
            uint32_t lead = bytes & 0xFF, code_point;
            ptrdiff_t length;
            is_over = 0;
            if (lead < 0xE0) { /* one branch for one byte and two: Arabic and Cyrillic mix them */
                uint32_t is_two = lead >= 0xC2 && (bytes & 0xC000) == 0x8000;
                if (lead >= 0x80 && !is_two)
                    break;
                uint32_t two = (uint32_t)((bytes & 0x1F) << 6 | (bytes >> 8 & 0x3F));
                code_point = lead ^ ((lead ^ two) & (0 - is_two));
                length = 1 + (ptrdiff_t)is_two;
            } else {
                if ((bytes & 0xC0C0F0) != 0x8080E0 || !(bytes & 0x200F))
                    break;
                code_point = (uint32_t)((bytes & 0x0F) << 12 | (bytes >> 2 & 0xFC0) | (bytes >> 16 & 0x3F));
                length = 3;
            }
            uint32_t properties = unicode_properties(code_point);
            if (properties & UNICODE_NFC_SUSPECT
                && (!(properties & UNICODE_NFC_ORDERED) || before & UNICODE_NFC_SUSPECT))
                break;
            is_over = 1;
            before = properties;
            uint32_t base = (uint32_t)(to - folded);
            ptrdiff_t size = length;
            if (properties & UNICODE_FOLD)
                size = unicode_write_folded(code_point, to);
            else
                store32(to, (uint32_t)bytes);
            at += length;
            to += size;

            uint32_t next = (uint32_t)(TRANSITIONS >> (18 * state + 3 * (properties & 7))) & 7;
            uint32_t begins = next & 1;
            *starts = base;
            *ends = base;
            starts += begins;
            ends += (state != NO_WORD) & (begins | (next == NO_WORD << 1));
            n_singles += properties >> 1 & 1;
            state = next >> 1;
        }
        cut->to = to;
        cut->n_starts = (size_t)(starts - words->starts);
        cut->n_ends = (size_t)(ends - words->ends);
        cut->n_singles += n_singles;
        cut->state = (int)state;
        if (at >= until || at == end || (is_over && end - at >= 8))
            return at;
        at = cut_stretch(words, cut, at, end);
        if (!at)
            return NULL;
    }
}

static int family_of(uint8_t lead)
{
    return lead == 0xC2 || lead == 0xC3 ? LATIN
        : lead == 0xD0 || lead == 0xD1  ? CYRILLIC
        : lead >= 0xD8 && lead <= 0xDB  ? ARABIC
        : lead >= 0xE2 && lead <= 0xEF && lead != 0xEE ? EASTERN : NO_FAMILY;
}

/* Fills folded, starts and ends from [at, end); -1: no memory. */
INLINED int cut_words_body(int vector_bytes, Words *words, Cutting *cut, const uint8_t *at, const uint8_t *end)
{
    enum { SHORT = 24, LONG = 64 }; /* where blocks end soon, single code points are cheaper */
    int family = ASCII;
    while (at < end) {
        size_t n;
        switch (family) {
        case ASCII:    n = cut_block(vector_bytes, words, cut, at, end, ASCII); break;
        case LATIN:    n = cut_block(vector_bytes, words, cut, at, end, LATIN); break;
        case CYRILLIC: n = cut_block(vector_bytes, words, cut, at, end, CYRILLIC); break;
        case ARABIC:   n = cut_block(vector_bytes, words, cut, at, end, ARABIC); break;
        default:       n = cut_block(vector_bytes, words, cut, at, end, EASTERN); break;
        }
        at += n;
        if (at == end || *at < 0x80 || n >= BLOCK - 2)
            continue;
        int met = family_of(*at);
        if (met != NO_FAMILY && met != family) {
            family = met;
            continue;
        }
        at = cut_code_points(words, cut, at, n < SHORT ? at + LONG : at + 1, end);
        if (!at)
            return -1;
    }
    return 0;
}
CLONES_TO_WIDEST(int, cut_words, (Words *words, Cutting *cut, const uint8_t *at, const uint8_t *end),
       (words, cut, at, end))

/* Masks for the first n of 16 bytes. */
#define FIRST(n) ((n) >= 8 ? ~(uint64_t)0 : ((uint64_t)1 << 8 * ((n) & 7)) - 1)
#define MASKS(n) {FIRST(n), (n) > 8 ? FIRST((n) - 8) : 0}
static const uint64_t MASK[16][2] = {
    MASKS(16), MASKS(1), MASKS(2),  MASKS(3),  MASKS(4),  MASKS(5),  MASKS(6),  MASKS(7),
    MASKS(8),  MASKS(9), MASKS(10), MASKS(11), MASKS(12), MASKS(13), MASKS(14), MASKS(15),
};

/* The hash of n > 0 bytes that may be read beyond. */
INLINED uint64_t hash_word(uint64_t hash, const uint8_t *at, size_t n)
{
    for (; n > 16; at += 16, n -= 16)
        hash = round_of(hash, load64(at), load64(at + 8));
    return round_of(hash, load64(at) & MASK[n & 15][0], load64(at + 8) & MASK[n & 15][1]);
}

/* Hashes all words as if they had at most 16 bytes, and lists those that have more in `longs`; gives their number. */
INLINED size_t hash_short(const uint8_t *folded, const uint32_t *starts, const uint32_t *ends, size_t n,
                          uint64_t *restrict low, uint64_t *restrict high, uint64_t *restrict hashes, uint32_t *longs)
{
    size_t n_long = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t size = ends[i] - starts[i];
        const uint8_t *word = folded + starts[i];
        low[i] = load64(word) & MASK[size & 15][0];
        high[i] = load64(word + 8) & MASK[size & 15][1];
        longs[n_long] = (uint32_t)i;
        n_long += size > 16;
    }
    for (size_t i = 0; i < n; i++)
        hashes[i] = round_of(SEED, low[i], high[i]);
    return n_long;
}

#ifdef HAS_CLONES
/* The 16 bytes at a word, without what lies beyond it. */
WIDER static inline __m128i load_word(const uint8_t *folded, uint32_t start, uint32_t size)
{
    return _mm_and_si128(_mm_loadu_si128((const __m128i *)(const void *)(folded + start)),
                         _mm_loadu_si128((const __m128i *)(const void *)MASK[size & 15]));
}

WIDER static inline __m256i load_words(const uint8_t *folded, const uint32_t *starts, const uint32_t *ends)
{
    __m128i one = load_word(folded, starts[0], ends[0] - starts[0]), other = load_word(folded, starts[2], ends[2] - starts[2]);
    return _mm256_inserti128_si256(_mm256_castsi128_si256(one), other, 1);
}

/* The low half of each product: there is an instruction for halves of the factors alone. */
WIDER static inline __m256i multiply(__m256i values, uint64_t factor)
{
    __m256i low = _mm256_set1_epi64x((long long)factor), high = _mm256_set1_epi64x((long long)(factor >> 32));
    __m256i crossed = _mm256_add_epi64(_mm256_mul_epu32(_mm256_srli_epi64(values, 32), low), _mm256_mul_epu32(values, high));
    return _mm256_add_epi64(_mm256_mul_epu32(values, low), _mm256_slli_epi64(crossed, 32));
}

/* The same, four words at a time without a store on the way.  Writes up to three hashes beyond n. */
WIDER static inline size_t wider_hash_short(const uint8_t *folded, const uint32_t *starts, const uint32_t *ends, size_t n,
                                            uint64_t *restrict hashes, uint32_t *longs)
{
    size_t n_long = 0;
    uint32_t last_starts[4] = {0}, last_ends[4] = {0};
    for (size_t i = 0; i < n; i += 4, starts += 4, ends += 4) {
        if (n - i < 4) {
            memcpy(last_starts, starts, (n - i) * sizeof *starts);
            memcpy(last_ends, ends, (n - i) * sizeof *ends);
            starts = last_starts;
            ends = last_ends;
        }
        __m256i evens = load_words(folded, starts, ends), odds = load_words(folded, starts + 1, ends + 1);
        __m256i low = _mm256_unpacklo_epi64(evens, odds), high = _mm256_unpackhi_epi64(evens, odds);

        __m256i x = _mm256_shuffle_epi32(multiply(high, HIGH), 0xB1); /* turned by 32 bits */
        x = _mm256_add_epi64(multiply(_mm256_xor_si256(low, _mm256_set1_epi64x((long long)SEED)), LOW), x);
        x = multiply(_mm256_xor_si256(x, _mm256_srli_epi64(x, 32)), MIX);
        _mm256_storeu_si256((__m256i *)(void *)(hashes + i), _mm256_xor_si256(x, _mm256_srli_epi64(x, 29)));

        __m128i sizes = _mm_sub_epi32(_mm_loadu_si128((const __m128i *)(const void *)ends),
                                      _mm_loadu_si128((const __m128i *)(const void *)starts));
        int are_long = _mm_movemask_ps(_mm_castsi128_ps(_mm_cmpgt_epi32(sizes, _mm_set1_epi32(16))));
        for (; are_long; are_long &= are_long - 1)
            longs[n_long++] = (uint32_t)i + (uint32_t)__builtin_ctz((unsigned)are_long);
    }
    return n_long;
}

/* The 16 bytes at each of four words, side by side. */
WIDEST static inline __m512i gather_words(const uint8_t *folded, const uint32_t *starts)
{
    __m512i words = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)(const void *)(folded + starts[0])));
    words = _mm512_mask_broadcast_i32x4(words, 0x00F0, _mm_loadu_si128((const __m128i *)(const void *)(folded + starts[1])));
    words = _mm512_mask_broadcast_i32x4(words, 0x0F00, _mm_loadu_si128((const __m128i *)(const void *)(folded + starts[2])));
    return _mm512_mask_broadcast_i32x4(words, 0xF000, _mm_loadu_si128((const __m128i *)(const void *)(folded + starts[3])));
}

/* The same with AVX-512, eight words at a time.  Writes up to seven hashes beyond n. */
WIDEST static inline size_t widest_hash_short(const uint8_t *folded, const uint32_t *starts, const uint32_t *ends, size_t n,
                                            uint64_t *restrict hashes, uint32_t *longs)
{
    const __m512i evens = _mm512_set_epi64(14, 12, 10, 8, 6, 4, 2, 0), odds = _mm512_set_epi64(15, 13, 11, 9, 7, 5, 3, 1);
    const __m512i all = _mm512_set1_epi64(64), half = _mm512_set1_epi64(128), none = _mm512_setzero_si512();
    size_t n_long = 0;
    uint32_t last_starts[8] = {0}, last_ends[8] = {0};
    for (size_t i = 0; i < n; i += 8, starts += 8, ends += 8) {
        if (n - i < 8) {
            memcpy(last_starts, starts, (n - i) * sizeof *starts);
            memcpy(last_ends, ends, (n - i) * sizeof *ends);
            starts = last_starts;
            ends = last_ends;
        }
        __m512i first = gather_words(folded, starts), second = gather_words(folded, starts + 4);
        __m256i sizes = _mm256_sub_epi32(_mm256_loadu_si256((const __m256i *)(const void *)ends),
                                         _mm256_loadu_si256((const __m256i *)(const void *)starts));
        __m512i bits = _mm512_slli_epi64(_mm512_cvtepu32_epi64(sizes), 3);
        /* What lies beyond a word is shifted out and back; a count of 64 leaves nothing. */
        __m512i beyond_low = _mm512_max_epi64(_mm512_sub_epi64(all, bits), none);
        __m512i beyond_high = _mm512_min_epi64(_mm512_max_epi64(_mm512_sub_epi64(half, bits), none), all);
        __m512i low = _mm512_permutex2var_epi64(first, evens, second), high = _mm512_permutex2var_epi64(first, odds, second);
        low = _mm512_srlv_epi64(_mm512_sllv_epi64(low, beyond_low), beyond_low);
        high = _mm512_srlv_epi64(_mm512_sllv_epi64(high, beyond_high), beyond_high);

        __m512i x = _mm512_mullo_epi64(high, _mm512_set1_epi64((long long)HIGH));
        __m512i hash = _mm512_xor_si512(low, _mm512_set1_epi64((long long)SEED));
        x = _mm512_add_epi64(_mm512_mullo_epi64(hash, _mm512_set1_epi64((long long)LOW)), _mm512_rol_epi64(x, 32));
        x = _mm512_xor_si512(x, _mm512_srli_epi64(x, 32));
        x = _mm512_mullo_epi64(x, _mm512_set1_epi64((long long)MIX));
        _mm512_storeu_si512(hashes + i, _mm512_xor_si512(x, _mm512_srli_epi64(x, 29)));

        for (unsigned are_long = _mm256_cmpgt_epu32_mask(sizes, _mm256_set1_epi32(16)); are_long; are_long &= are_long - 1)
            longs[n_long++] = (uint32_t)i + (uint32_t)__builtin_ctz(are_long);
    }
    return n_long;
}
#endif

INLINED void hash_words_body(int vector_bytes, Words *words)
{
    size_t n = words->n_words, n_long;
    const uint8_t *folded = words->folded;
    const uint32_t *starts = words->starts, *ends = words->ends;
    uint32_t *longs = words->longs;
    uint64_t *hashes = words->hashes;
    (void)vector_bytes;
#ifdef HAS_CLONES
    if (vector_bytes == 64)
        n_long = widest_hash_short(folded, starts, ends, n, hashes, longs);
    else if (vector_bytes == 32)
        n_long = wider_hash_short(folded, starts, ends, n, hashes, longs);
    else
#endif
        n_long = hash_short(folded, starts, ends, n, words->low, words->high, hashes, longs);
    for (size_t i = 0; i < n_long; i++)
        hashes[longs[i]] = hash_word(SEED, folded + starts[longs[i]], ends[longs[i]] - starts[longs[i]]);
    if (words->is_carried && n)
        hashes[0] = hash_word(words->carried_hash, folded + starts[0], ends[0] - starts[0]);
}
CLONES_TO_WIDEST(void, hash_words, (Words *words), (words))

/* Buffers for chunks of n bytes, in one piece.  A word takes two bytes of text: itself, and what parts it
 * from the next; a word of one code point takes three. */
static int make_room(Words *words, size_t n)
{
    if (n <= words->room)
        return 0;
    if (n > UINT32_MAX / UNICODE_FOLD_GROWTH - PAD - 16)
        return -1;
    size_t n_words = (n / 2 + 16 + PAD) / 8 * 8, folded = (UNICODE_FOLD_GROWTH * n + 16 + PAD) / 8 * 8;
    uint8_t *memory = malloc(2 * folded + n_words * (3 * sizeof(uint32_t) + 3 * sizeof(uint64_t)) + KEPT * sizeof(uint64_t));
    if (!memory)
        return -1;
    uint64_t kept[KEPT];
    if (words->hashes)
        memcpy(kept, words->hashes - KEPT, sizeof kept);
    free(words->memory);
    words->memory = memory;
    words->room = n;
    words->low = (uint64_t *)(void *)memory;
    words->high = words->low + n_words;
    words->hashes = words->high + n_words + KEPT;
    words->starts = (uint32_t *)(void *)(words->hashes + n_words);
    words->ends = words->starts + n_words;
    words->longs = words->ends + n_words;
    words->folded = (uint8_t *)(words->longs + n_words);
    words->plain = words->folded + folded;
    if (words->room > CHUNK)
        memcpy(words->hashes - KEPT, kept, sizeof kept);
    return 0;
}

int words_open(Words *words)
{
    memset(words, 0, sizeof *words);
    return make_room(words, CHUNK);
}

void words_close(Words *words)
{
    free(words->memory);
    words->memory = NULL;
}

/* The properties of the code point that begins at `cut`, or UNICODE_MARK where none may begin. */
static uint32_t properties_after(const uint8_t *cut, const uint8_t *end)
{
    int length;
    if ((*cut & 0xC0) == 0x80 && ((cut[-1] & 0xC0) != 0x80 || (cut[-2] & 0xC0) != 0x80 || (cut[-3] & 0xC0) != 0x80))
        return UNICODE_MARK;
    return unicode_properties(unicode_decode(cut, end, &length));
}

/* Where the chunk ends that begins at `at`: before a code point that no mark's order or composition and,
 * where there is one near, no word reaches across. */
static const uint8_t *chunk_end(const uint8_t *at, const uint8_t *end, int *cuts_word)
{
    *cuts_word = 0;
    if (end - at <= CHUNK)
        return end;
    const uint8_t *limit = at + CHUNK, *in_word = NULL;
    for (const uint8_t *cut = limit; cut > at + CHUNK / 2; cut--) {
        uint32_t properties = properties_after(cut, end);
        if (properties & (UNICODE_NFC_SUSPECT | UNICODE_MARK))
            continue;
        if (!(properties & UNICODE_WORD) || properties & UNICODE_SINGLE)
            return cut;
        if (!in_word)
            in_word = cut;
    }
    for (const uint8_t *cut = limit; !in_word && cut < end; cut++)
        if (!(properties_after(cut, end) & (UNICODE_NFC_SUSPECT | UNICODE_MARK)))
            in_word = cut;
    *cuts_word = 1;
    return in_word ? in_word : end;
}

/* Cuts [at, stop) into starts and ends; leaves the last word open. */
static int cut_chunk(Words *words, Cutting *cut, const uint8_t *stop)
{
    memset(cut, 0, sizeof *cut);
    cut->begin = words->at;
    cut->to = words->folded;
    if (words->is_carried) {
        memcpy(cut->to, words->carried, words->n_carried);
        cut->to += words->n_carried;
        cut->state = IN_RUN;
        words->starts[cut->n_starts++] = 0;
    }
    return cut_words(words, cut, words->at, stop);
}

int words_next(Words *words)
{
    if (words->at == words->end)
        return 0;
    int cuts_word;
    const uint8_t *stop = chunk_end(words->at, words->end, &cuts_word);
    Cutting cut;
    if (make_room(words, (size_t)(stop - words->at)) < 0 || cut_chunk(words, &cut, stop) < 0)
        return -1;
    words->at = stop;
    size_t last = cut.n_starts - 1, size = (size_t)(cut.to - words->folded);
    int carries = cuts_word && stop < words->end && cut.state == IN_RUN;
    if (cut.state != NO_WORD && !carries)
        words->ends[cut.n_ends++] = (uint32_t)size;
    words->n_words = cut.n_ends;
    words->n_singles = cut.n_singles;
    if (!words->width && stop == words->end)
        words->width = cut.n_singles * 2 > cut.n_ends ? WIDTH_SINGLES : WIDTH;
    if (!words->counts_only)
        hash_words(words);

    uint64_t hash = words->is_carried && last == 0 ? words->carried_hash : SEED;
    words->is_carried = carries;
    if (carries) { /* all rounds but the last are hashed now; its bytes go to the front of the next chunk */
        const uint8_t *word = words->folded + words->starts[last];
        for (; cut.to - word > 16; word += 16)
            hash = round_of(hash, load64(word), load64(word + 8));
        words->carried_hash = hash;
        words->n_carried = (size_t)(cut.to - word);
        memcpy(words->carried, word, words->n_carried);
    }
    return 1;
}

static int has_three_byte_lead(const uint8_t *text, size_t n)
{
    uint8_t highest = 0;
    for (size_t i = 0; i < n; i++)
        highest = text[i] > highest ? text[i] : highest;
    return highest >= 0xE0;
}

int words_read(Words *words, const uint8_t *text, size_t n_bytes)
{
    words->at = text;
    words->end = text + n_bytes;
    words->is_carried = 0;
    words->width = n_bytes <= CHUNK ? 0 : WIDTH;
    if (n_bytes <= CHUNK || !has_three_byte_lead(text, n_bytes))
        return 0;
    size_t n_words = 0, n_singles = 0;
    int more;
    words->counts_only = 1;
    while ((more = words_next(words)) > 0) {
        n_words += words->n_words;
        n_singles += words->n_singles;
    }
    words->counts_only = 0;
    words->at = text;
    words->is_carried = 0;
    words->width = n_singles * 2 > n_words ? WIDTH_SINGLES : WIDTH;
    return more;
}
