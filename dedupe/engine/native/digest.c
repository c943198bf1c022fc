/* A 128-bit hash of bytes: two chains of folded 64 x 64 bit products, each over all of the text.
 *
 * Not cryptographic: who knows the constants can make two texts collide.  Texts that were not made for it
 * do so once in 2^128 pairs, as far as the multiplications mix evenly.
 */
#include "digest.h"

#include <string.h>

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

void digest_document(const uint8_t *text, size_t n_bytes, uint8_t digest[16])
{
    Chains chains = {n_bytes, ~(uint64_t)n_bytes};
    size_t at = 0;
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
