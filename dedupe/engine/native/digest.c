/* A 128-bit hash of bytes: two chains of folded 64 x 64 bit products, each over all of a short text.
 *
 * Of a long text, whole blocks of 64 bytes go into eight lanes first, as xxHash64 does it (Collet, 2012), which
 * the compiler makes vectors of: 40 bytes a cycle against 2.  The lanes then go through the chains, and what is left
 * of the text behind them.  Not cryptographic: who knows the constants can make two texts collide.  Texts that were
 * not made for it do so once in 2^64 pairs at worst, where they differ in one lane only; equal ones are compared.
 */
#include "digest.h"

#include <string.h>

#include "clones.h"

static const uint64_t KEY[6] = {0xA0761D6478BD642F, 0xE7037ED1A0B428DB, 0x8EBC6AF09C88C6E3,
                                0x589965CC75374CC3, 0x1D8E4E27C47D124F, 0xEB44ACCAB455D165};

static inline uint64_t load64(const uint8_t *at)
{
    uint64_t value;
    memcpy(&value, at, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    value = __builtin_bswap64(value);
#endif
    return value;
}

static inline void store64(uint8_t *to, uint64_t value)
{
    for (int i = 0; i < 8; i++)
        to[i] = (uint8_t)(value >> 8 * i);
}

static inline uint64_t folded_product(uint64_t one, uint64_t other)
{
    __extension__ unsigned __int128 product = (unsigned __int128)one * other;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t mixed(uint64_t x)
{
    x = (x ^ x >> 32) * KEY[4];
    x = (x ^ x >> 29) * KEY[5];
    return x ^ x >> 32;
}

typedef struct {
    uint64_t one, other;
} Chains;

static inline void absorb(Chains *chains, const uint8_t *block)
{
    uint64_t low = load64(block), high = load64(block + 8);
    chains->one = folded_product(chains->one ^ low ^ KEY[0], high ^ KEY[1]) + low;
    chains->other = folded_product(chains->other ^ high ^ KEY[2], low ^ KEY[3]) + high;
}

enum { LANES = 8, BLOCK = 8 * LANES };

/* Each step of a lane can be undone, so that two texts that differ in one place differ in its lane. */
INLINED void fill_lanes_body(int vector_bytes, const uint8_t *text, size_t n_blocks, uint64_t *lanes)
{
    (void)vector_bytes;
    uint64_t sums[LANES];
    for (int lane = 0; lane < LANES; lane++)
        sums[lane] = KEY[0] + (uint64_t)lane;
    for (; n_blocks; n_blocks--, text += BLOCK)
        for (int lane = 0; lane < LANES; lane++) {
            uint64_t sum = sums[lane] + load64(text + 8 * lane) * KEY[4];
            sums[lane] = (sum << 31 | sum >> 33) * KEY[5];
        }
    memcpy(lanes, sums, sizeof sums);
}
CLONES(void, fill_lanes, (const uint8_t *text, size_t n_blocks, uint64_t *lanes), (text, n_blocks, lanes))

void digest_document(const uint8_t *text, size_t n_bytes, uint8_t digest[16])
{
    Chains chains = {n_bytes, ~(uint64_t)n_bytes};
    size_t at = 0;
    if (n_bytes >= BLOCK) {
        uint64_t lanes[LANES];
        uint8_t bytes[BLOCK];
        fill_lanes(text, n_bytes / BLOCK, lanes);
        for (int lane = 0; lane < LANES; lane++)
            store64(bytes + 8 * lane, lanes[lane]);
        for (; at < BLOCK; at += 16)
            absorb(&chains, bytes + at);
        at = n_bytes / BLOCK * BLOCK;
    }
    for (; n_bytes - at >= 16; at += 16)
        absorb(&chains, text + at);
    if (at < n_bytes) {
        uint8_t last[16] = {0};
        memcpy(last, text + at, n_bytes - at);
        absorb(&chains, last);
    }
    chains.one += mixed(chains.other); /* one to one, so that nothing of the 128 bits is lost */
    chains.other += mixed(chains.one);
    store64(digest, chains.one);
    store64(digest + 8, chains.other);
}
