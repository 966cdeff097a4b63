/*
 * Products in Fp2 = Fp[i] / (i^2 + 1): the two coordinates in the two lanes of a vector.
 *
 *   (a0 + a1 i)(b0 + b1 i) = (a0 b0 + a1 (2p - b1)) + (a0 b1 + a1 b0) i      lanes [a0, a0] [b0, b1] + [a1, a1] [2p - b1, b0]
 *   (a0 + a1 i)^2          = (a0 + a1)(a0 - a1) + 2 a0 a1 i                 lanes [a0 + a1, 2 a0] [a0 - a1 + 2p, a1]
 *
 * Differences are taken limb by limb from a multiple of p whose limbs are large enough to never borrow: below 2^30, and the
 * columns they take part in below 2^63.
 */

/* Each limb of p four times, behind a pointer the compiler cannot see through: it would turn a product with a constant, or
 * with a limb it knows to be masked, into a full 64-bit product, three times the work. */
#define FOUR(x) x, x, x, x
static const unsigned P_QUADS[4 * LIMBS] __attribute__((aligned(16))) = {
    FOUR(0xfffaaab), FOUR(0xfefffff), FOUR(0x3ffffb9), FOUR(0xfffeb15), FOUR(0x6241eab), FOUR(0xa0f6b0f), FOUR(0xf6730d2),
    FOUR(0xf38512b), FOUR(0x4774b84), FOUR(0x4bacd76), FOUR(0xba7b643), FOUR(0xe69a4b1), FOUR(0x1ea397f), FOUR(0x1a011),
};

#define product_of(a, b) wasm_u64x2_extmul_low_u32x4(a, b)
#define plus(a, b) wasm_i64x2_add(a, b)
/* Limbs i of both numbers, from vectors that hold two limbs each, in the order of the lanes that are named. */
#define lanes_of(limbs, i, x, y)                                                                                        \
    ((i) % 2 == 0 ? wasm_i32x4_shuffle(limbs[(i) / 2], limbs[(i) / 2], x, y, x, y)                                       \
                  : wasm_i32x4_shuffle(limbs[(i) / 2], limbs[(i) / 2], 2 + x, 2 + y, 2 + x, 2 + y))

/* Limbs 2i and 2i + 1 of two numbers times 2^shift: [a 2i, b 2i, a 2i+1, b 2i+1]. */
INLINE void unpack_pair(pair out[LIMBS / 2], const vec384x in, int shift) {
    const pair mask = wasm_i64x2_const_splat(LIMB_MASK);
    pair words[6], limbs[LIMBS];
    UNROLL for (int i = 0; i < 3; i++) {
        const pair a = wasm_v128_load((const char *)in[0] + 16 * i), b = wasm_v128_load((const char *)in[1] + 16 * i);
        words[2 * i] = wasm_i64x2_shuffle(a, b, 0, 2);
        words[2 * i + 1] = wasm_i64x2_shuffle(a, b, 1, 3);
    }
    UNROLL for (int i = 0; i < LIMBS; i++) {
        const int bit = LIMB_BITS * i - shift, at = bit & 63;
        pair value = bit < 0 ? wasm_i64x2_shl(words[0], -bit) : wasm_u64x2_shr(words[bit / 64], at);
        if (bit >= 0 && at + LIMB_BITS > 64 && bit / 64 < 5) {
            value = wasm_v128_or(value, wasm_i64x2_shl(words[bit / 64 + 1], 64 - at));
        }
        limbs[i] = wasm_v128_and(value, mask);
    }
    UNROLL for (int i = 0; i < LIMBS / 2; i++) out[i] = wasm_i32x4_shuffle(limbs[2 * i], limbs[2 * i + 1], 0, 2, 4, 6);
}

INLINE void pack_pair(vec384x out, const pair limbs[LIMBS]) {
    pair words[6];
    u64 lane[6];
    UNROLL for (int i = 0; i < 6; i++) {
        words[i] = wasm_i64x2_const_splat(0);
        UNROLL for (int j = 0; j < LIMBS; j++) {
            const int at = LIMB_BITS * j - 64 * i;
            if (at <= -LIMB_BITS || at >= 64) continue;
            words[i] = wasm_v128_or(words[i], at < 0 ? wasm_u64x2_shr(limbs[j], -at) : wasm_i64x2_shl(limbs[j], at));
        }
    }
    UNROLL for (int i = 0; i < 6; i++) lane[i] = (u64)wasm_i64x2_extract_lane(words[i], 0);
    store_reduced(out[0], lane);
    UNROLL for (int i = 0; i < 6; i++) lane[i] = (u64)wasm_i64x2_extract_lane(words[i], 1);
    store_reduced(out[1], lane);
}

/* REDUCE_COLUMNS in both lanes. */
#define REDUCE_PAIRS(out, COLUMN)                                                                                       \
    const unsigned *quads = P_QUADS;                                                                                    \
    __asm__("" : "+r"(quads));                                                                                          \
    const pair mask = wasm_i64x2_const_splat(LIMB_MASK), inverse = wasm_i32x4_const_splat(MINUS_1_OVER_P);              \
    const pair low_halves = wasm_i8x16_const(0, 1, 2, 3, 8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11);                       \
    pair prime[LIMBS], multiple[LIMBS], sum = wasm_i64x2_const_splat(0);                                                \
    UNROLL for (int i = 0; i < LIMBS; i++) prime[i] = wasm_v128_load(quads + 4 * i);                                    \
    UNROLL for (int k = 0; k < LIMBS; k++) {                                                                            \
        COLUMN(k);                                                                                                      \
        UNROLL for (int i = 0; i < k; i++) sum = plus(sum, product_of(multiple[i], prime[k - i]));                      \
        multiple[k] = wasm_i8x16_swizzle(wasm_v128_and(wasm_i32x4_mul(sum, inverse), mask), low_halves);                \
        sum = wasm_u64x2_shr(plus(sum, product_of(multiple[k], prime[0])), LIMB_BITS);                                  \
    }                                                                                                                   \
    UNROLL for (int k = LIMBS; k < 2 * LIMBS - 1; k++) {                                                                \
        COLUMN(k);                                                                                                      \
        UNROLL for (int i = k - LIMBS + 1; i < LIMBS; i++) sum = plus(sum, product_of(multiple[i], prime[k - i]));      \
        out[k - LIMBS] = wasm_v128_and(sum, mask);                                                                      \
        sum = wasm_u64x2_shr(sum, LIMB_BITS);                                                                           \
    }                                                                                                                   \
    out[LIMBS - 1] = sum

/*
 * Limb i of 2p times 2^shift, with 2^28 borrowed from the limb above: no less than any limb of a reduced number times
 * 2^shift. At the top that holds because p's own limb is subtracted at most, and twice it less one is there.
 */
INLINE int lending_limb(int i, int shift) {
    const u64 twice = 2 * limb_at(P_WORDS, LIMB_BITS * i - shift);
    return (int)(twice + (i < LIMBS - 1 ? 1u << LIMB_BITS : 0) - (i > 0 ? 1 : 0));
}

NOINLINE void mul_mont_384x(vec384x out, const vec384x a, const vec384x b, const vec384 p, limb_t n0) {
    pair left[LIMBS / 2], right[LIMBS / 2], a0[LIMBS], a1[LIMBS], same[LIMBS], crossed[LIMBS], product[LIMBS];
    (void)p, (void)n0;
    unpack_pair(left, a, SHIFT);
    unpack_pair(right, b, 0);
    UNROLL for (int i = 0; i < LIMBS; i++) {
        a0[i] = lanes_of(left, i, 0, 0);
        a1[i] = lanes_of(left, i, 1, 1);
        same[i] = lanes_of(right, i, 0, 1);
        /* the complement of b1, plus one, is its negative */
        const int k = lending_limb(i, 0) + 1;
        const pair swapped = wasm_v128_xor(lanes_of(right, i, 1, 0), wasm_i32x4_const(-1, 0, -1, 0));
        crossed[i] = wasm_i32x4_add(swapped, wasm_i32x4_make(k, 0, k, 0));
    }
#define CROSS_PRODUCTS(k)                                                                                               \
    UNROLL for (int i = FIRST_OF(k); i <= (k) - FIRST_OF(k); i++) {                                                     \
        sum = plus(sum, product_of(a0[i], same[(k) - i]));                                                              \
        sum = plus(sum, product_of(a1[i], crossed[(k) - i]));                                                           \
    }
    REDUCE_PAIRS(product, CROSS_PRODUCTS);
    pack_pair(out, product);
}

NOINLINE void sqr_mont_384x(vec384x out, const vec384x a, const vec384 p, limb_t n0) {
    pair plain[LIMBS / 2], shifted[LIMBS / 2], left[LIMBS], right[LIMBS], product[LIMBS];
    (void)p, (void)n0;
    unpack_pair(plain, a, 0);
    unpack_pair(shifted, a, SHIFT);
    UNROLL for (int i = 0; i < LIMBS; i++) {
        left[i] = wasm_i32x4_add(lanes_of(plain, i, 0, 0), lanes_of(plain, i, 1, 0));
        const int k = lending_limb(i, SHIFT);
        const pair less = wasm_v128_and(lanes_of(shifted, i, 1, 1), wasm_i32x4_const(-1, 0, -1, 0));
        right[i] = wasm_i32x4_sub(wasm_i32x4_add(lanes_of(shifted, i, 0, 1), wasm_i32x4_make(k, 0, k, 0)), less);
    }
#define PAIR_PRODUCTS(k)                                                                                                \
    UNROLL for (int i = FIRST_OF(k); i <= (k) - FIRST_OF(k); i++) sum = plus(sum, product_of(left[i], right[(k) - i]))
    REDUCE_PAIRS(product, PAIR_PRODUCTS);
    pack_pair(out, product);
}
