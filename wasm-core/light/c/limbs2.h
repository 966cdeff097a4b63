/*
 * Fp2 kept in limbs from one operation to the next, for the pairing and what leads to it: without packing, without the carries
 * and conditional subtractions of a reduced sum, and with products whose reduction waits until they are added up.
 *
 * Two limbs of both coordinates are in one vector: [a 2i, b 2i, a 2i+1, b 2i+1]. Montgomery form has R' = 2^392 here.
 *
 * Limbs are signed. A *tight* number has them between -2^4 and 2^28 + 2^4; results of products, `tighten` and `shrink` are
 * tight. A product's factors may be sums of two tight numbers: its columns stay below 28 * 2^58 * (1 + 2^-23) < 0.876 * 2^63.
 * A square wants a tight number; its columns with those of its reduction stay below 0.55 * 2^63. `tighten` takes what 32 bits
 * hold, which is seven tight numbers added up.
 *
 * Values are not reduced: R' is 2520 p. A result (T + q p) / R' with q < R' is between -p/4 and 5p/4 where |T| <= 630 p^2, and
 * T is that small in all that follows: the most is 619 p^2, in `sqr12` of coefficients that are below 15p/4. What would grow
 * from step to step without a product in between is held by `shrink`.
 */
typedef struct {
    pair v[LIMBS / 2];
} fp2;

/* A product before its reduction, 28 limbs. Its sums may have seven terms: 32-bit lanes. */
typedef struct {
    pair v[LIMBS];
} wide2;

/* A multiple of p that is -1 modulo 2^28, in 15 limbs, as P_QUADS: the multiple of it that clears a limb is the limb. */
static const unsigned SMOOTH_QUADS[4 * (LIMBS + 1)] __attribute__((aligned(16))) = {
    FOUR(0xfffffff), FOUR(0x2faaba), FOUR(0x4c203d2), FOUR(0x2c07e7a), FOUR(0x18f8f15),
    FOUR(0x6c7b6b8), FOUR(0x961f5b3), FOUR(0xe3a59f5), FOUR(0xf43940d), FOUR(0xde40cc3),
    FOUR(0xef9c7a5), FOUR(0x25598bb), FOUR(0xc2b4463), FOUR(0x1b1fd61), FOUR(0x19fc3),
};

#define signed_product_of(a, b) wasm_i64x2_extmul_low_i32x4(a, b)

/* What makes each column a positive number, to be shifted as one; and what a shift has lost of it. */
#define BIAS wasm_i64x2_const_splat(INT64_MIN)
#define BIAS_LOST wasm_i64x2_const_splat((long long)(0x8000000000000000u - (1ull << (63 - LIMB_BITS))))
#define INT64_MIN (-0x7fffffffffffffffll - 1)

INLINE void put_limbs(pair out[], const pair limbs[], int count) {
    UNROLL for (int i = 0; i < count / 2; i++) out[i] = wasm_i32x4_shuffle(limbs[2 * i], limbs[2 * i + 1], 0, 2, 4, 6);
}

/*
 * 14 limbs of (COLUMNS + multiple of p) / R', tight. The first 12 limbs are cleared with multiples of SMOOTH_QUADS, which is
 * 2^28 p at most and adds less than p / 2^27 there, the last two with p, which keeps the result small.
 */
#define SMOOTH_STEPS (LIMBS - 2)
#define REDUCTION_PRODUCTS(k)                                                                                           \
    UNROLL for (int i = (k) < LIMBS ? 0 : (k) - LIMBS; i < (k) && i < SMOOTH_STEPS; i++) {                              \
        sum = plus(sum, signed_product_of(multiple[i], wasm_v128_load(smooth + 4 * ((k) - i))));                        \
    }                                                                                                                   \
    UNROLL for (int i = SMOOTH_STEPS; i < (k) && i < LIMBS; i++) {                                                      \
        if ((k) - i < LIMBS) sum = plus(sum, signed_product_of(multiple[i], wasm_v128_load(quads + 4 * ((k) - i))));    \
    }
#define REDUCE_SIGNED(out, COLUMN, LAST)                                                                                \
    const unsigned *quads = P_QUADS, *smooth = SMOOTH_QUADS;                                                            \
    __asm__("" : "+r"(quads), "+r"(smooth));                                                                            \
    const pair mask = wasm_i64x2_const_splat(LIMB_MASK), inverse = wasm_i32x4_const_splat(MINUS_1_OVER_P);              \
    const pair low_halves = wasm_i8x16_const(0, 1, 2, 3, 8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11);                       \
    pair multiple[LIMBS], limbs[LIMBS], sum = BIAS;                                                                     \
    UNROLL for (int k = 0; k < LIMBS; k++) {                                                                            \
        COLUMN(k);                                                                                                      \
        REDUCTION_PRODUCTS(k)                                                                                           \
        if (k < SMOOTH_STEPS) {                                                                                         \
            const pair low = wasm_v128_and(sum, mask);                                                                  \
            multiple[k] = wasm_i8x16_swizzle(low, low_halves);                                                          \
            sum = plus(plus(low, BIAS_LOST), wasm_u64x2_shr(sum, LIMB_BITS));                                           \
        } else {                                                                                                        \
            multiple[k] = wasm_i8x16_swizzle(wasm_v128_and(wasm_i32x4_mul(sum, inverse), mask), low_halves);            \
            sum = plus(sum, signed_product_of(multiple[k], wasm_v128_load(quads)));                                     \
            sum = plus(wasm_u64x2_shr(sum, LIMB_BITS), BIAS_LOST);                                                      \
        }                                                                                                               \
    }                                                                                                                   \
    UNROLL for (int k = LIMBS; k < 2 * LIMBS - 1; k++) {                                                                \
        COLUMN(k);                                                                                                      \
        REDUCTION_PRODUCTS(k)                                                                                           \
        limbs[k - LIMBS] = wasm_v128_and(sum, mask);                                                                    \
        sum = plus(wasm_u64x2_shr(sum, LIMB_BITS), BIAS_LOST);                                                          \
    }                                                                                                                   \
    limbs[LIMBS - 1] = plus(sum, LAST);                                                                                 \
    put_limbs((out)->v, limbs, LIMBS)

/* The columns, carried. */
#define CARRY_COLUMNS(out, COLUMN)                                                                                      \
    const pair mask = wasm_i64x2_const_splat(LIMB_MASK);                                                                \
    pair limbs[2 * LIMBS], sum = BIAS;                                                                                  \
    UNROLL for (int k = 0; k < 2 * LIMBS - 1; k++) {                                                                    \
        COLUMN(k);                                                                                                      \
        limbs[k] = wasm_v128_and(sum, mask);                                                                            \
        sum = plus(wasm_u64x2_shr(sum, LIMB_BITS), BIAS_LOST);                                                          \
    }                                                                                                                   \
    limbs[2 * LIMBS - 1] = sum;                                                                                         \
    put_limbs((out)->v, limbs, 2 * LIMBS)

#define NO_LIMB wasm_i64x2_const_splat(0)

/* (a0 + a1 i)(b0 + b1 i): lanes [a0, a0] [b0, b1] + [a1, a1] [-b1, b0] */
#define FACTORS(a, b)                                                                                                   \
    pair a0[LIMBS], a1[LIMBS], same[LIMBS], crossed[LIMBS];                                                             \
    const pair first = wasm_i32x4_const(-1, 0, -1, 0);                                                                  \
    UNROLL for (int i = 0; i < LIMBS; i++) {                                                                            \
        a0[i] = lanes_of((a)->v, i, 0, 0);                                                                              \
        a1[i] = lanes_of((a)->v, i, 1, 1);                                                                              \
        same[i] = lanes_of((b)->v, i, 0, 1);                                                                            \
        crossed[i] = wasm_i32x4_sub(wasm_v128_xor(lanes_of((b)->v, i, 1, 0), first), first);                            \
    }
#define SIGNED_CROSS_PRODUCTS(k)                                                                                        \
    UNROLL for (int i = FIRST_OF(k); i <= (k) - FIRST_OF(k); i++) {                                                     \
        sum = plus(sum, signed_product_of(a0[i], same[(k) - i]));                                                       \
        sum = plus(sum, signed_product_of(a1[i], crossed[(k) - i]));                                                    \
    }

/* (a0 + a1 i)^2: lanes [a0 + a1, 2 a0] [a0 - a1, a1] */
#define SQUARE_FACTORS(a)                                                                                               \
    pair left[LIMBS], right[LIMBS];                                                                                     \
    UNROLL for (int i = 0; i < LIMBS; i++) {                                                                            \
        left[i] = wasm_i32x4_add(lanes_of((a)->v, i, 0, 0), lanes_of((a)->v, i, 1, 0));                                 \
        const pair less = wasm_v128_and(lanes_of((a)->v, i, 1, 1), wasm_i32x4_const(-1, 0, -1, 0));                     \
        right[i] = wasm_i32x4_sub(lanes_of((a)->v, i, 0, 1), less);                                                     \
    }
#define SIGNED_PAIR_PRODUCTS(k)                                                                                         \
    UNROLL for (int i = FIRST_OF(k); i <= (k) - FIRST_OF(k); i++) {                                                     \
        sum = plus(sum, signed_product_of(left[i], right[(k) - i]));                                                    \
    }

static NOINLINE void mul_wide2(wide2 *out, const fp2 *a, const fp2 *b) {
    FACTORS(a, b)
    CARRY_COLUMNS(out, SIGNED_CROSS_PRODUCTS);
}

static NOINLINE void sqr_wide2(wide2 *out, const fp2 *a) {
    SQUARE_FACTORS(a)
    CARRY_COLUMNS(out, SIGNED_PAIR_PRODUCTS);
}

static NOINLINE void reduce2(fp2 *out, const wide2 *a) {
#define WIDE_LIMB(k) ((k) % 2 == 0 ? wasm_i64x2_extend_low_i32x4(a->v[(k) / 2]) : wasm_i64x2_extend_high_i32x4(a->v[(k) / 2]))
#define WIDE_COLUMN(k) sum = plus(sum, WIDE_LIMB(k))
    REDUCE_SIGNED(out, WIDE_COLUMN, WIDE_LIMB(2 * LIMBS - 1));
}

static NOINLINE void mul2(fp2 *out, const fp2 *a, const fp2 *b) {
    wide2 product;
    mul_wide2(&product, a, b);
    reduce2(out, &product);
}

static NOINLINE void sqr2(fp2 *out, const fp2 *a) {
    SQUARE_FACTORS(a)
    REDUCE_SIGNED(out, SIGNED_PAIR_PRODUCTS, NO_LIMB);
}

/* Times a number of Fp, which stands in both coordinates of `b`. */
static NOINLINE void mul_by_fp2(fp2 *out, const fp2 *a, const fp2 *b) {
    pair left[LIMBS], right[LIMBS];
    UNROLL for (int i = 0; i < LIMBS; i++) {
        left[i] = lanes_of(a->v, i, 0, 1);
        right[i] = lanes_of(b->v, i, 0, 1);
    }
    REDUCE_SIGNED(out, SIGNED_PAIR_PRODUCTS, NO_LIMB);
}

/* ----------------------------------------------------------------------------------------------------------- sums */

#define EACH(type, i) UNROLL for (size_t i = 0; i < sizeof(type) / sizeof(pair); i++)

INLINE void add2(fp2 *out, const fp2 *a, const fp2 *b) { EACH(fp2, i) out->v[i] = wasm_i32x4_add(a->v[i], b->v[i]); }
INLINE void sub2(fp2 *out, const fp2 *a, const fp2 *b) { EACH(fp2, i) out->v[i] = wasm_i32x4_sub(a->v[i], b->v[i]); }
INLINE void neg2(fp2 *out, const fp2 *a) { EACH(fp2, i) out->v[i] = wasm_i32x4_neg(a->v[i]); }
INLINE void shift2(fp2 *out, const fp2 *a, int count) { EACH(fp2, i) out->v[i] = wasm_i32x4_shl(a->v[i], count); }
INLINE void conjugate2(fp2 *out, const fp2 *a) {
    const pair second = wasm_i32x4_const(0, -1, 0, -1);
    EACH(fp2, i) out->v[i] = wasm_i32x4_sub(wasm_v128_xor(a->v[i], second), second);
}

INLINE void add_wide2(wide2 *out, const wide2 *a, const wide2 *b) {
    EACH(wide2, i) out->v[i] = wasm_i32x4_add(a->v[i], b->v[i]);
}
INLINE void sub_wide2(wide2 *out, const wide2 *a, const wide2 *b) {
    EACH(wide2, i) out->v[i] = wasm_i32x4_sub(a->v[i], b->v[i]);
}

/* (1 + i)(x + y i) = (x - y) + (x + y) i */
INLINE pair times_1_plus_i(pair a) {
    const pair first = wasm_i32x4_const(-1, 0, -1, 0);
    return wasm_i32x4_add(a, wasm_i32x4_sub(wasm_v128_xor(wasm_i32x4_shuffle(a, a, 1, 0, 3, 2), first), first));
}
INLINE void times_1_plus_i2(fp2 *out, const fp2 *a) { EACH(fp2, i) out->v[i] = times_1_plus_i(a->v[i]); }
INLINE void times_1_plus_i_wide2(wide2 *out, const wide2 *a) { EACH(wide2, i) out->v[i] = times_1_plus_i(a->v[i]); }

/* Each limb's carry to the one above it, at once: what comes in from below may leave a limb a few too large. */
INLINE void tighten(fp2 *a) {
    const pair mask = wasm_i32x4_const_splat(LIMB_MASK), last_mask = wasm_i32x4_const(LIMB_MASK, LIMB_MASK, -1, -1);
    pair below = wasm_i64x2_const_splat(0);
    EACH(fp2, i) {
        const pair carry = wasm_i32x4_shr(a->v[i], LIMB_BITS);
        const pair rest = wasm_v128_and(a->v[i], i < LIMBS / 2 - 1 ? mask : last_mask);
        a->v[i] = wasm_i32x4_add(rest, wasm_i32x4_shuffle(below, carry, 2, 3, 4, 5));
        below = carry;
    }
}

/* Of a tight number below 6p in magnitude: less the multiple of p that is nearest, hence below 0.6p, and tight. */
INLINE void shrink(fp2 *a) {
    const unsigned *quads = P_QUADS;
    __asm__("" : "+r"(quads));
    /* 2^22 / 39 is 1.01 times p's top limb */
    const pair top = wasm_i32x4_shuffle(a->v[LIMBS / 2 - 1], a->v[LIMBS / 2 - 1], 2, 3, 2, 3);
    const pair scaled = wasm_i32x4_add(wasm_i32x4_mul(top, wasm_i32x4_const_splat(39)), wasm_i32x4_const_splat(1 << 21));
    const pair multiple = wasm_i32x4_shr(scaled, 22);
    EACH(fp2, i) {
        const pair p = wasm_i64x2_shuffle(wasm_v128_load(quads + 8 * i), wasm_v128_load(quads + 8 * i + 4), 0, 2);
        a->v[i] = wasm_i32x4_sub(a->v[i], wasm_i32x4_mul(multiple, p));
    }
    tighten(a);
}

/* --------------------------------------------------------------------------------------------------------- borders */

/* A product with 2^400 modulo p turns R into R', one with 2^384 turns it back. */
static const unsigned TO_LIMBS[4 * (LIMBS / 2)] __attribute__((aligned(16))) = {
    0x80e6299, 0, 0x3500034, 0, 0xeb12856, 0, 0xdeb2699, 0,
    0xc988670, 0, 0x4ef6697, 0, 0x70983e8, 0, 0xa4e6fe9, 0,
    0x3e8a053, 0, 0xecf271e, 0, 0xc20d323, 0, 0x6eb6385, 0,
    0x47f1286, 0, 0x156da, 0,
};

/* From blst's form. */
static void from_blst2(fp2 *out, const vec384x in) {
    fp2 scale;
    EACH(fp2, i) scale.v[i] = wasm_v128_load(TO_LIMBS + 4 * i);
    unpack_pair(out->v, in, 0);
    mul2(out, out, &scale);
}

/* a R' to a R, reduced. */
static void to_blst2(vec384x out, const fp2 *in) {
    fp2 a;
    pair limbs[LIMBS], carry = wasm_i64x2_const_splat(0);
    /* a R' / R' * 2^384 */
    fp2 scale;
    EACH(fp2, i) scale.v[i] = wasm_i64x2_const_splat(0);
    scale.v[LIMBS / 2 - 1] = wasm_i32x4_const(0, 0, 1 << (384 - LIMB_BITS * (LIMBS - 1)), 0);
    mul2(&a, in, &scale);
    /* plus p it is positive and below 3p */
    UNROLL for (int i = 0; i < LIMBS; i++) {
        const pair p = wasm_i64x2_splat((long long)limb_at(P_WORDS, LIMB_BITS * i));
        const pair limb = i % 2 == 0 ? wasm_i64x2_extend_low_i32x4(a.v[i / 2]) : wasm_i64x2_extend_high_i32x4(a.v[i / 2]);
        const pair sum = plus(plus(limb, carry), p);
        limbs[i] = i < LIMBS - 1 ? wasm_v128_and(sum, wasm_i64x2_const_splat(LIMB_MASK)) : sum;
        carry = wasm_i64x2_shr(sum, LIMB_BITS);
    }
    pack_pair(out, limbs);
    /* `pack_pair` reduces what is below 2p; once more for what is below 3p */
    vec384 zero;
    vec_zero(zero, sizeof(zero));
    add_mod_384(out[0], out[0], zero, BLS12_381_P);
    add_mod_384(out[1], out[1], zero, BLS12_381_P);
}
