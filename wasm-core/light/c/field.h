/*
 * Arithmetic modulo p of BLS12-381 for WebAssembly, in the place of blst's portable C (`no_asm.h`), whose 32-bit limbs carry
 * after each product. Values stay blst's own at every border: 384 bits in Montgomery form with R = 2^384, fully reduced.
 *
 * Inside, a number has 14 limbs of 28 bits. A product of two limbs has 56 bits, so a column of 14 products, of 14 more of the
 * reduction and of a carry stays below 2^61 (2^63 in products of Fp2): 64-bit columns need no carry until they are complete.
 * 14 limbs make R' = 2^392; one factor of each product is taken times 2^8, which turns R' into R.
 *
 * Fp is scalar. Fp2 calculates its two coordinates in the two lanes of a 128-bit vector. Nothing branches on values.
 */
typedef unsigned long long u64;
typedef u64 __attribute__((may_alias)) word;
typedef v128_t pair; /* one limb, or one column, of two numbers */

#define LIMBS 14
#define LIMB_BITS 28
#define LIMB_MASK 0xfffffffu
#define SHIFT (LIMBS * LIMB_BITS - 384)
/* -1/p modulo 2^28 */
#define MINUS_1_OVER_P 0xffcfffdu
#define UNROLL _Pragma("clang loop unroll(full)")
/* A function of the field once, not at each of its calls: they are most of the module. */
#define NOINLINE __attribute__((noinline))
#define INLINE static inline __attribute__((always_inline))

static const u64 P_WORDS[6] = {
    0xb9feffffffffaaab, 0x1eabfffeb153ffff, 0x6730d2a0f6b0f624,
    0x64774b84f38512bf, 0x4b1ba7b6434bacd7, 0x1a0111ea397fe69a,
};

/* 28 bits of six words from `bit` on; below bit 0 there are zeros. */
INLINE u64 limb_at(const u64 words[6], int bit) {
    if (bit < 0) return (words[0] << -bit) & LIMB_MASK;
    const int word = bit / 64, at = bit % 64;
    u64 value = words[word] >> at;
    if (at + LIMB_BITS > 64 && word < 5) value |= words[word + 1] << (64 - at);
    return value & LIMB_MASK;
}

/* ------------------------------------------------------------------------------------------------ borders of Fp */

/* Limbs of `in` times 2^shift. */
INLINE void unpack(u64 out[LIMBS], const limb_t *in, int shift) {
    u64 words[6];
    UNROLL for (int i = 0; i < 6; i++) words[i] = ((const word *)in)[i];
    UNROLL for (int i = 0; i < LIMBS; i++) out[i] = limb_at(words, LIMB_BITS * i - shift);
}

/* `words`, below 2p, reduced. */
INLINE void store_reduced(limb_t *out, const u64 words[6]) {
    u64 less_p[6], borrow = 0;
    UNROLL for (int i = 0; i < 6; i++) {
        const u64 difference = words[i] - P_WORDS[i];
        less_p[i] = difference - borrow;
        borrow = (words[i] < P_WORDS[i]) | (difference < borrow);
    }
    const u64 mask = 0 - borrow;
    UNROLL for (int i = 0; i < 6; i++) ((word *)out)[i] = less_p[i] ^ ((less_p[i] ^ words[i]) & mask);
}

INLINE void pack(limb_t *out, const u64 limbs[LIMBS]) {
    u64 words[6];
    UNROLL for (int i = 0; i < 6; i++) {
        words[i] = 0;
        UNROLL for (int j = 0; j < LIMBS; j++) {
            const int at = LIMB_BITS * j - 64 * i;
            if (at > -LIMB_BITS && at < 64) words[i] |= at >= 0 ? limbs[j] << at : limbs[j] >> -at;
        }
    }
    store_reduced(out, words);
}

/* ------------------------------------------------------------------------------------------------ products in Fp */

/*
 * Montgomery's reduction, column by column: COLUMN(k) adds the products of column k to `sum`, the multiple of p that clears
 * the lowest 28 bits is added, and the column leaves. The result is below 2p, its limbs are carried.
 */
#define REDUCE_COLUMNS(out, COLUMN)                                                                                     \
    u64 multiple[LIMBS], sum = 0;                                                                                       \
    UNROLL for (int k = 0; k < LIMBS; k++) {                                                                            \
        COLUMN(k);                                                                                                      \
        UNROLL for (int i = 0; i < k; i++) sum += multiple[i] * limb_at(P_WORDS, LIMB_BITS * (k - i));                  \
        multiple[k] = ((unsigned)sum * MINUS_1_OVER_P) & LIMB_MASK;                                                     \
        sum = (sum + multiple[k] * limb_at(P_WORDS, 0)) >> LIMB_BITS;                                                   \
    }                                                                                                                   \
    UNROLL for (int k = LIMBS; k < 2 * LIMBS - 1; k++) {                                                                \
        COLUMN(k);                                                                                                      \
        UNROLL for (int i = k - LIMBS + 1; i < LIMBS; i++) sum += multiple[i] * limb_at(P_WORDS, LIMB_BITS * (k - i));  \
        out[k - LIMBS] = sum & LIMB_MASK;                                                                               \
        sum >>= LIMB_BITS;                                                                                              \
    }                                                                                                                   \
    out[LIMBS - 1] = sum

#define FIRST_OF(k) ((k) < LIMBS ? 0 : (k) - LIMBS + 1)

INLINE void multiply_limbs(u64 out[LIMBS], const u64 a[LIMBS], const u64 b[LIMBS]) {
#define PRODUCTS(k) UNROLL for (int i = FIRST_OF(k); i <= (k) - FIRST_OF(k); i++) sum += a[i] * b[(k) - i]
    REDUCE_COLUMNS(out, PRODUCTS);
}

INLINE void square_limbs(u64 out[LIMBS], const u64 a[LIMBS]) {
    u64 twice[LIMBS];
    UNROLL for (int i = 0; i < LIMBS; i++) twice[i] = 2 * a[i];
#define SQUARES(k)                                                                                                      \
    UNROLL for (int i = FIRST_OF(k); 2 * i < (k); i++) sum += twice[i] * a[(k) - i];                                    \
    if ((k) % 2 == 0) sum += a[(k) / 2] * a[(k) / 2]
    REDUCE_COLUMNS(out, SQUARES);
}

NOINLINE void mul_mont_384(vec384 out, const vec384 a, const vec384 b, const vec384 p, limb_t n0) {
    u64 x[LIMBS], y[LIMBS], product[LIMBS];
    (void)p, (void)n0;
    unpack(x, a, SHIFT);
    unpack(y, b, 0);
    multiply_limbs(product, x, y);
    pack(out, product);
}

NOINLINE void sqr_mont_384(vec384 out, const vec384 a, const vec384 p, limb_t n0) {
    u64 x[LIMBS], product[LIMBS];
    (void)p, (void)n0;
    unpack(x, a, SHIFT / 2);
    square_limbs(product, x);
    pack(out, product);
}

/* A run of squarings keeps its limbs: (2^4 a)^2 / R' = a^2 / R has to be multiplied by 2^4 again, which a shift does. */
NOINLINE void sqr_n_mul_mont_383(vec384 out, const vec384 a, size_t count, const vec384 p, limb_t n0, const vec384 b) {
    u64 x[LIMBS], y[LIMBS], product[LIMBS];
    (void)p, (void)n0;
    unpack(x, a, SHIFT / 2);
    square_limbs(product, x);
    while (--count > 0) {
        u64 carry = 0;
        UNROLL for (int i = 0; i < LIMBS; i++) {
            const u64 shifted = (product[i] << (SHIFT / 2)) + carry;
            x[i] = shifted & LIMB_MASK;
            carry = shifted >> LIMB_BITS;
        }
        square_limbs(product, x);
    }
    unpack(y, b, SHIFT);
    multiply_limbs(x, product, y);
    pack(out, x);
}
