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

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "clones.h"
#include "unicode.h"

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

static uint64_t hash_bytes(uint64_t hash, const uint8_t *at, size_t n)
{
    for (; n >= 16; at += 16, n -= 16)
        hash = round_of(hash, load64(at), load64(at + 8));
    if (n) {
        uint8_t last[16] = {0};
        memcpy(last, at, n);
        hash = round_of(hash, load64(last), load64(last + 8));
    }
    return hash;
}

/* Bit i: the top bit of byte i. */
INLINED uint64_t top_bits(const uint8_t *bytes)
{
    uint64_t bits = 0;
#if defined(__SSE2__)
    for (int i = 0; i < BLOCK; i += 16) {
        __m128i vector = _mm_loadu_si128((const __m128i *)(const void *)(bytes + i));
        bits |= (uint64_t)(uint32_t)_mm_movemask_epi8(vector) << i;
    }
#else
    for (int i = 0; i < BLOCK; i += 8) /* the product brings bit 8j + 7 to bit 56 + j */
        bits |= ((load64(bytes + i) >> 7 & 0x0101010101010101) * 0x0102040810204080 >> 56) << i;
#endif
    return bits;
}

/* Writes base + i for each bit i, ascending; may write up to BLOCK entries more than it counts. */
INLINED size_t put_bits(uint64_t bits, uint32_t base, uint32_t *to)
{
    int n = __builtin_popcountll(bits);
    for (int done = 0; done < n; done += 8) {
        for (int i = 0; i < 8; i++) {
            to[done + i] = base + (uint32_t)__builtin_ctzll(bits | (uint64_t)1 << 63);
            bits &= bits - 1;
            ONE_BY_ONE;
        }
    }
    return (size_t)n;
}

/* What the loops below keep between blocks. */
typedef struct {
    uint8_t *to; /* in `folded` */
    size_t n_starts, n_ends, n_singles;
    int state;
    uint32_t starter, last_class; /* for unicode_stays */
} Cutting;

/* Cuts the ASCII that [at, end) begins with, at most a block of it; gives its length. */
INLINED size_t cut_ascii(Words *words, Cutting *cut, const uint8_t *at, const uint8_t *end)
{
    uint8_t copy[BLOCK], is_word[BLOCK];
    size_t n = (size_t)(end - at);
    const uint8_t *block = at;
    if (n < BLOCK) {
        memset(copy, 0, BLOCK);
        memcpy(copy, at, n);
        block = copy;
    }
    uint8_t *to = cut->to;
    for (int i = 0; i < BLOCK; i++) {
        uint8_t byte = block[i];
        uint8_t lower = (uint8_t)(byte + ((uint8_t)(byte - 'A') < 26 ? 32 : 0));
        to[i] = lower;
        is_word[i] = (uint8_t)(lower - 'a') < 26 || (uint8_t)(byte - '0') < 10 ? 0x80 : 0;
    }
    uint64_t high = top_bits(block);
    size_t n_ascii = high ? (size_t)__builtin_ctzll(high) : BLOCK;
    if (n_ascii > n)
        n_ascii = n;
    if (!n_ascii)
        return 0;

    uint64_t within = ~(uint64_t)0 >> (BLOCK - n_ascii);
    uint64_t in_word = top_bits(is_word) & within;
    uint64_t before = in_word << 1 | (cut->state == IN_RUN);
    uint32_t base = (uint32_t)(to - words->folded);
    if (cut->state == IN_SINGLE)
        words->ends[cut->n_ends++] = base;
    cut->n_starts += put_bits(in_word & ~before, base, words->starts + cut->n_starts);
    cut->n_ends += put_bits(~in_word & before & within, base, words->ends + cut->n_ends);
    cut->state = in_word >> (n_ascii - 1) & 1 ? IN_RUN : NO_WORD;
    cut->to += n_ascii;
    cut->starter = at[n_ascii - 1];
    cut->last_class = 0;
    return n_ascii;
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

/* Cuts code points from `at` up to where ASCII takes over; gives where, or NULL at one that NFC changes. */
INLINED const uint8_t *cut_code_points(Words *words, Cutting *cut, const uint8_t *at, const uint8_t *end, int is_nfc)
{
    uint8_t *to = cut->to;
    size_t n_starts = cut->n_starts, n_ends = cut->n_ends, n_singles = cut->n_singles;
    uint32_t state = (uint32_t)cut->state, starter = cut->starter, last_class = cut->last_class;
    const uint8_t *stopped = NULL;
    for (;;) {
        ptrdiff_t left = end - at;
        if (left == 0 || (*at < 0x80 && (left < 8 || !(load64(at) & 0x8080808080808080)))) {
            stopped = at;
            break;
        }
        uint32_t bytes = 0;
        if (left >= 4)
            bytes = load32(at);
        else /* the zeros continue nothing */
            for (ptrdiff_t i = 0; i < left; i++)
                bytes |= (uint32_t)at[i] << 8 * i;
        uint32_t lead = bytes & 0xFF, code_point;
        uint32_t is_two = (bytes & 0xC0E0) == 0x80C0 && lead >= 0xC2;
        int length, size;
        if (lead < 0x80 || is_two) { /* one branch for both: Arabic and Cyrillic mix them */
            code_point = is_two ? (bytes & 0x1F) << 6 | (bytes >> 8 & 0x3F) : lead;
            length = 1 + (int)is_two;
        } else if (left >= 3 && (bytes & 0xC0C0F0) == 0x8080E0 && (bytes & 0x200F) != 0) {
            code_point = (bytes & 0x0F) << 12 | (bytes >> 2 & 0xFC0) | (bytes >> 16 & 0x3F);
            length = 3;
        } else {
            code_point = unicode_decode(at, end, &length);
        }
        size = length;
        uint32_t properties = unicode_properties(code_point);
        if (!is_nfc) {
            if (properties & (UNICODE_NFC_SUSPECT | UNICODE_FOLD)) {
                if (!unicode_stays(starter, code_point, properties, &last_class))
                    break;
            } else {
                last_class = 0;
            }
            starter = last_class ? starter : code_point;
        }
        uint32_t base = (uint32_t)(to - words->folded);
        if (properties & UNICODE_FOLD) {
            size = (int)unicode_write_folded(code_point, to); /* of U+0345 alone it is another kind, and
                                                                 NFC never leaves that here */
        } else if (code_point == 0xFFFD) {
            size = unicode_encode(code_point, to);
        } else {
            store32(to, bytes);
        }
        at += length;
        to += size;

        uint32_t next = (uint32_t)(TRANSITIONS >> (18 * state + 3 * (properties & 7))) & 7;
        uint32_t begins = next & 1;
        words->starts[n_starts] = base;
        words->ends[n_ends] = base;
        n_starts += begins;
        n_ends += state != NO_WORD && (begins || next == NO_WORD << 1);
        n_singles += properties >> 1 & 1;
        state = next >> 1;
    }
    cut->to = to;
    cut->n_starts = n_starts;
    cut->n_ends = n_ends;
    cut->n_singles = n_singles;
    cut->state = (int)state;
    cut->starter = starter;
    cut->last_class = last_class;
    return stopped;
}

/* Fills folded, starts and ends from [at, end); -1 where NFC changes something and `is_nfc` is not said. */
INLINED int cut_words_body(Words *words, Cutting *cut, const uint8_t *at, const uint8_t *end, int is_nfc)
{
    while (at < end) {
        at += cut_ascii(words, cut, at, end);
        if (at < end && *at >= 0x80) {
            at = cut_code_points(words, cut, at, end, is_nfc);
            if (!at)
                return -1;
        }
    }
    return 0;
}
CLONES(int, cut_words, (Words *words, Cutting *cut, const uint8_t *at, const uint8_t *end, int is_nfc),
       (words, cut, at, end, is_nfc))

/* Masks for the first n of 16 bytes. */
#define FIRST(n) ((n) >= 8 ? ~(uint64_t)0 : ((uint64_t)1 << 8 * ((n) & 7)) - 1)
#define MASKS(n) {FIRST(n), (n) > 8 ? FIRST((n) - 8) : 0}
static const uint64_t MASK[17][2] = {
    MASKS(0), MASKS(1), MASKS(2), MASKS(3), MASKS(4), MASKS(5), MASKS(6), MASKS(7), MASKS(8),
    MASKS(9), MASKS(10), MASKS(11), MASKS(12), MASKS(13), MASKS(14), MASKS(15), MASKS(16),
};

INLINED void hash_words_body(Words *words)
{
    size_t n = words->n_words;
    const uint8_t *folded = words->folded;
    const uint32_t *starts = words->starts, *ends = words->ends;
    uint64_t *low = words->low, *high = words->high, *hashes = words->hashes;
    size_t n_long = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t start = starts[i], size = ends[i] - start;
        uint32_t fits = size <= 16 ? size : 16;
        low[i] = load64(folded + start) & MASK[fits][0];
        high[i] = load64(folded + start + 8) & MASK[fits][1];
        n_long += size > 16;
    }
    for (size_t i = 0; i < n; i++)
        hashes[i] = round_of(SEED, low[i], high[i]);
    for (size_t i = 0; n_long && i < n; i++) {
        if (ends[i] - starts[i] > 16) {
            hashes[i] = hash_bytes(SEED, folded + starts[i], ends[i] - starts[i]);
            n_long--;
        }
    }
    if (words->is_carried && n)
        hashes[0] = hash_bytes(words->carried_hash, folded + starts[0], ends[0] - starts[0]);
}
CLONES(void, hash_words, (Words *words), (words))

/* Buffers for chunks of n bytes, in one piece.  A word takes two bytes of text: itself, and what parts it
 * from the next; a word of one code point takes three. */
static int make_room(Words *words, size_t n)
{
    if (n <= words->room)
        return 0;
    if (n > UINT32_MAX / UNICODE_FOLD_GROWTH - PAD - 16)
        return -1;
    size_t n_words = (n / 2 + 16 + PAD) / 8 * 8, folded = (UNICODE_FOLD_GROWTH * n + 16 + PAD) / 8 * 8;
    uint8_t *memory = malloc(2 * folded + n_words * (2 * sizeof(uint32_t) + 3 * sizeof(uint64_t)) + KEPT * sizeof(uint64_t));
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
    words->folded = (uint8_t *)(words->ends + n_words);
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

/* Cuts [at, stop) into starts and ends; gives where the folded text ends and leaves a word open. */
static int cut_chunk(Words *words, Cutting *cut, const uint8_t *stop)
{
    for (int is_nfc = 0;; is_nfc = 1) {
        const uint8_t *at = words->at, *end = stop;
        if (is_nfc) {
            ptrdiff_t size = unicode_fold(at, stop - at, words->plain);
            if (size < 0)
                return -1;
            at = words->plain;
            end = at + size;
        }
        memset(cut, 0, sizeof *cut);
        cut->to = words->folded;
        if (words->is_carried) {
            memcpy(cut->to, words->carried, words->n_carried);
            cut->to += words->n_carried;
            cut->state = IN_RUN;
            words->starts[cut->n_starts++] = 0;
        }
        if (cut_words(words, cut, at, end, is_nfc) == 0)
            return 0;
    }
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
    if (carries) { /* whole rounds are hashed now, the rest goes to the front of the next chunk */
        const uint8_t *word = words->folded + words->starts[last];
        size_t n = (size_t)(cut.to - word), n_hashed = n / 16 * 16;
        words->carried_hash = hash_bytes(hash, word, n_hashed);
        words->n_carried = n - n_hashed;
        memcpy(words->carried, word + n_hashed, words->n_carried);
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
