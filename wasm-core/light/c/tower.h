/*
 * Fp6 = Fp2[v] / (v^3 - 1 - i) and Fp12 = Fp6[w] / (w^2 - v), as blst has them (`fp12_tower.c`), over `limbs2.h`. All
 * arguments and results are tight.
 */
typedef struct {
    fp2 c[3];
} fp6;
typedef struct {
    fp6 c[2];
} fp12;

INLINE void add6(fp6 *out, const fp6 *a, const fp6 *b) {
    for (int i = 0; i < 3; i++) {
        add2(&out->c[i], &a->c[i], &b->c[i]);
        tighten(&out->c[i]);
    }
}

/* out = s0 + (1 + i) (s1 - s2 - s3) */
INLINE void reduce_with_1_plus_i(fp2 *out, const wide2 *s0, const wide2 *s1, const wide2 *s2, const wide2 *s3) {
    wide2 sum;
    EACH(wide2, i) {
        const pair inner = wasm_i32x4_sub(wasm_i32x4_sub(s1->v[i], s2->v[i]), s3->v[i]);
        sum.v[i] = wasm_i32x4_add(s0->v[i], times_1_plus_i(inner));
    }
    reduce2(out, &sum);
}

/* Karatsuba's six products, three reductions. */
static NOINLINE void mul6(fp6 *out, const fp6 *a, const fp6 *b) {
    wide2 t0, t1, t2, s0, s1, s2;
    fp2 aa, bb;
    mul_wide2(&t0, &a->c[0], &b->c[0]);
    mul_wide2(&t1, &a->c[1], &b->c[1]);
    mul_wide2(&t2, &a->c[2], &b->c[2]);
    add2(&aa, &a->c[1], &a->c[2]);
    add2(&bb, &b->c[1], &b->c[2]);
    mul_wide2(&s0, &aa, &bb);
    add2(&aa, &a->c[0], &a->c[1]);
    add2(&bb, &b->c[0], &b->c[1]);
    mul_wide2(&s1, &aa, &bb);
    add2(&aa, &a->c[0], &a->c[2]);
    add2(&bb, &b->c[0], &b->c[2]);
    mul_wide2(&s2, &aa, &bb);
    /* a0 b0 + (1 + i)(a1 b2 + a2 b1) */
    reduce_with_1_plus_i(&out->c[0], &t0, &s0, &t1, &t2);
    /* a0 b1 + a1 b0 + (1 + i) a2 b2 */
    EACH(wide2, i) {
        const pair sum = wasm_i32x4_sub(wasm_i32x4_sub(s1.v[i], t0.v[i]), t1.v[i]);
        s1.v[i] = wasm_i32x4_add(sum, times_1_plus_i(t2.v[i]));
    }
    reduce2(&out->c[1], &s1);
    /* a0 b2 + a2 b0 + a1 b1 */
    EACH(wide2, i) {
        const pair sum = wasm_i32x4_sub(wasm_i32x4_sub(s2.v[i], t0.v[i]), t2.v[i]);
        s2.v[i] = wasm_i32x4_add(sum, t1.v[i]);
    }
    reduce2(&out->c[2], &s2);
}

/* b = x + y v */
static NOINLINE void mul_by_xy06(fp6 *out, const fp6 *a, const fp2 *x, const fp2 *y) {
    wide2 t0, t1, s;
    fp2 aa, bb, c0;
    mul_wide2(&t0, &a->c[0], x);
    mul_wide2(&t1, &a->c[1], y);
    mul_wide2(&s, &a->c[2], y);
    EACH(wide2, i) s.v[i] = wasm_i32x4_add(t0.v[i], times_1_plus_i(s.v[i]));
    reduce2(&c0, &s);
    add2(&aa, &a->c[0], &a->c[1]);
    add2(&bb, x, y);
    mul_wide2(&s, &aa, &bb);
    EACH(wide2, i) s.v[i] = wasm_i32x4_sub(wasm_i32x4_sub(s.v[i], t0.v[i]), t1.v[i]);
    reduce2(&out->c[1], &s);
    mul_wide2(&s, &a->c[2], x);
    add_wide2(&s, &s, &t1);
    reduce2(&out->c[2], &s);
    out->c[0] = c0;
}

/* b = y v */
static NOINLINE void mul_by_0y06(fp6 *out, const fp6 *a, const fp2 *y) {
    fp2 t;
    mul2(&t, &a->c[2], y);
    mul2(&out->c[2], &a->c[1], y);
    mul2(&out->c[1], &a->c[0], y);
    times_1_plus_i2(&out->c[0], &t);
    tighten(&out->c[0]);
    shrink(&out->c[0]);
}

/* From t0 = a0 b0, t1 = a1 b1 and s = (a0 + a1)(b0 + b1): out = t0 + v t1 + (s - t0 - t1) w */
INLINE void join12(fp12 *out, const fp6 *t0, const fp6 *t1, const fp6 *s) {
    for (int i = 0; i < 3; i++) {
        sub2(&out->c[1].c[i], &s->c[i], &t0->c[i]);
        sub2(&out->c[1].c[i], &out->c[1].c[i], &t1->c[i]);
        tighten(&out->c[1].c[i]);
    }
    times_1_plus_i2(&out->c[0].c[0], &t1->c[2]);
    add2(&out->c[0].c[0], &out->c[0].c[0], &t0->c[0]);
    add2(&out->c[0].c[1], &t0->c[1], &t1->c[0]);
    add2(&out->c[0].c[2], &t0->c[2], &t1->c[1]);
    for (int i = 0; i < 3; i++) tighten(&out->c[0].c[i]);
}

static NOINLINE void mul12(fp12 *out, const fp12 *a, const fp12 *b) {
    fp6 t0, t1, s, sum;
    mul6(&t0, &a->c[0], &b->c[0]);
    mul6(&t1, &a->c[1], &b->c[1]);
    add6(&s, &a->c[0], &a->c[1]);
    add6(&sum, &b->c[0], &b->c[1]);
    mul6(&s, &s, &sum);
    join12(out, &t0, &t1, &s);
}

/* b = x + y v + z v w, which a line is. */
static NOINLINE void mul_by_line12(fp12 *out, const fp12 *a, const fp2 line[3]) {
    fp6 t0, t1, s;
    fp2 sum;
    mul_by_xy06(&t0, &a->c[0], &line[0], &line[1]);
    mul_by_0y06(&t1, &a->c[1], &line[2]);
    add2(&sum, &line[1], &line[2]);
    tighten(&sum);
    add6(&s, &a->c[0], &a->c[1]);
    mul_by_xy06(&s, &s, &line[0], &sum);
    join12(out, &t0, &t1, &s);
}

static NOINLINE void sqr12(fp12 *out, const fp12 *a) {
    fp6 t0, t1;
    fp2 above;
    /* a0 + v a1 */
    times_1_plus_i2(&above, &a->c[1].c[2]);
    add2(&t1.c[0], &a->c[0].c[0], &above);
    add2(&t1.c[1], &a->c[0].c[1], &a->c[1].c[0]);
    add2(&t1.c[2], &a->c[0].c[2], &a->c[1].c[1]);
    for (int i = 0; i < 3; i++) tighten(&t1.c[i]);
    add6(&t0, &a->c[0], &a->c[1]);
    mul6(&t0, &t0, &t1);
    mul6(&t1, &a->c[0], &a->c[1]);
    add6(&out->c[1], &t1, &t1);
    /* (a0 + a1)(a0 + v a1) - a0 a1 - v a0 a1 */
    times_1_plus_i2(&above, &t1.c[2]);
    for (int i = 0; i < 3; i++) {
        sub2(&out->c[0].c[i], &t0.c[i], &t1.c[i]);
        sub2(&out->c[0].c[i], &out->c[0].c[i], i == 0 ? &above : &t1.c[i - 1]);
        tighten(&out->c[0].c[i]);
    }
}

INLINE void conjugate12(fp12 *a) {
    for (int i = 0; i < 3; i++) {
        neg2(&a->c[1].c[i], &a->c[1].c[i]);
        tighten(&a->c[1].c[i]);
    }
}

static void from_blst12(fp12 *out, const vec384fp12 in) {
    for (int i = 0; i < 6; i++) from_blst2(&out->c[i / 3].c[i % 3], in[i / 3][i % 3]);
}

static void to_blst12(vec384fp12 out, const fp12 *in) {
    for (int i = 0; i < 6; i++) to_blst2(out[i / 3][i % 3], &in->c[i / 3].c[i % 3]);
}

/* ------------------------------------------------------------------------------------------- the cyclotomic subgroup */

/* (a + b t)^2 in Fp4 = Fp2[t] / (t^2 - 1 - i) */
static NOINLINE void sqr4(fp2 *out0, fp2 *out1, const fp2 *a, const fp2 *b) {
    wide2 t0, t1, s;
    fp2 sum;
    sqr_wide2(&t0, a);
    sqr_wide2(&t1, b);
    add2(&sum, a, b);
    tighten(&sum);
    sqr_wide2(&s, &sum);
    EACH(wide2, i) s.v[i] = wasm_i32x4_sub(wasm_i32x4_sub(s.v[i], t0.v[i]), t1.v[i]);
    EACH(wide2, i) t0.v[i] = wasm_i32x4_add(t0.v[i], times_1_plus_i(t1.v[i]));
    reduce2(out0, &t0);
    reduce2(out1, &s);
}

/* 2 (t - a) + t, or with the other sign */
INLINE void thrice_less_twice(fp2 *out, const fp2 *t, const fp2 *a) {
    fp2 difference;
    sub2(&difference, t, a);
    tighten(&difference);
    shrink(&difference);
    add2(&difference, &difference, &difference);
    add2(out, &difference, t);
    tighten(out);
}
INLINE void thrice_and_twice(fp2 *out, const fp2 *t, const fp2 *a) {
    fp2 minus;
    neg2(&minus, a);
    thrice_less_twice(out, t, &minus);
}

/* Granger and Scott, eprint 2009/565. */
static NOINLINE void cyclotomic_sqr12(fp12 *out, const fp12 *a) {
    fp2 t0[2], t1[2], t2[2];
    sqr4(&t0[0], &t0[1], &a->c[0].c[0], &a->c[1].c[1]);
    sqr4(&t1[0], &t1[1], &a->c[1].c[0], &a->c[0].c[2]);
    sqr4(&t2[0], &t2[1], &a->c[0].c[1], &a->c[1].c[2]);
    thrice_less_twice(&out->c[0].c[0], &t0[0], &a->c[0].c[0]);
    thrice_less_twice(&out->c[0].c[1], &t1[0], &a->c[0].c[1]);
    thrice_less_twice(&out->c[0].c[2], &t2[0], &a->c[0].c[2]);
    times_1_plus_i2(&t2[1], &t2[1]);
    tighten(&t2[1]);
    thrice_and_twice(&out->c[1].c[0], &t2[1], &a->c[1].c[0]);
    thrice_and_twice(&out->c[1].c[1], &t0[1], &a->c[1].c[1]);
    thrice_and_twice(&out->c[1].c[2], &t1[1], &a->c[1].c[2]);
}
