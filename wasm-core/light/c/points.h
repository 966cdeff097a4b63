/* Points of the twist over `limbs2.h`. Sums are not complete: where one is of equal or opposite points, or of infinity, z is zero from then on. */
typedef struct {
    fp2 x, y, z;
} jacobian2;

/* Bits of -z below the highest, z = -0xd201000000010000: after each addition so many doublings. */
static const byte Z_DOUBLINGS[] = {2, 3, 9, 32, 16};

/* a - times b, tight. */
INLINE void less(fp2 *out, const fp2 *a, const fp2 *b, int times) {
    sub2(out, a, b);
    for (int i = 1; i < times; i++) sub2(out, out, b);
    tighten(out);
}

/* (a + b)^2 - c - d */
INLINE void square_of_sum_less(fp2 *out, const fp2 *a, const fp2 *b, const fp2 *c, const fp2 *d) {
    fp2 sum;
    add2(&sum, a, b);
    tighten(&sum);
    sqr2(&sum, &sum);
    sub2(&sum, &sum, c);
    less(out, &sum, d, 1);
}

INLINE void twice(fp2 *out, const fp2 *a) {
    add2(out, a, a);
    tighten(out);
}

/* https://hyperelliptic.org/EFD/g1p/auto-shortw-jacobian-0.html#doubling-dbl-2009-l */
static NOINLINE void double_point(jacobian2 *out, const jacobian2 *p) {
    fp2 a, b, c, d, e, f;
    sqr2(&a, &p->x);
    sqr2(&b, &p->y);
    sqr2(&c, &b);
    square_of_sum_less(&d, &p->x, &b, &a, &c);
    shrink(&d);
    twice(&d, &d);
    add2(&e, &a, &a);
    add2(&e, &e, &a);
    tighten(&e);
    sqr2(&f, &e);
    mul2(&out->z, &p->y, &p->z);
    twice(&out->z, &out->z);
    less(&out->x, &f, &d, 2);
    sub2(&d, &d, &out->x);
    mul2(&d, &d, &e);
    shift2(&c, &c, 2);
    tighten(&c);
    shrink(&c);
    less(&out->y, &d, &c, 2);
}

/* https://hyperelliptic.org/EFD/g1p/auto-shortw-jacobian-0.html#addition-add-2007-bl */
static NOINLINE void add_points(jacobian2 *out, const jacobian2 *p, const jacobian2 *q) {
    fp2 zz1, zz2, u1, s1, h, i, j, r, v;
    sqr2(&zz1, &p->z);
    sqr2(&zz2, &q->z);
    mul2(&u1, &p->x, &zz2);
    mul2(&h, &q->x, &zz1);
    mul2(&s1, &p->y, &q->z);
    mul2(&s1, &s1, &zz2);
    mul2(&r, &q->y, &p->z);
    mul2(&r, &r, &zz1);
    less(&h, &h, &u1, 1);
    less(&r, &r, &s1, 1);
    twice(&r, &r);
    twice(&i, &h);
    sqr2(&i, &i);
    mul2(&j, &h, &i);
    mul2(&v, &u1, &i);
    square_of_sum_less(&i, &p->z, &q->z, &zz1, &zz2);
    mul2(&out->z, &i, &h);
    sqr2(&i, &r);
    sub2(&i, &i, &j);
    less(&out->x, &i, &v, 2);
    mul2(&s1, &s1, &j);
    sub2(&v, &v, &out->x);
    mul2(&v, &v, &r);
    less(&out->y, &v, &s1, 2);
}

/* -z p */
static void times_minus_z(jacobian2 *out, const jacobian2 *p) {
    double_point(out, p);
    for (size_t run = 0; run < sizeof(Z_DOUBLINGS); run++) {
        add_points(out, out, p);
        for (int left = Z_DOUBLINGS[run]; left > 0; left--) double_point(out, out);
    }
}

static void from_blst_point(jacobian2 *out, const POINTonE2 *in) {
    from_blst2(&out->x, in->X);
    from_blst2(&out->y, in->Y);
    from_blst2(&out->z, in->Z);
}

static void to_blst_point(POINTonE2 *out, const jacobian2 *in) {
    to_blst2(out->X, &in->x);
    to_blst2(out->Y, &in->y);
    to_blst2(out->Z, &in->z);
}

/* [z^2 - z - 1] p + [z - 1] psi(p) + psi^2(2p), as blst's `clear_cofactor`, which does it where a sum here failed. */
static void clear_cofactor_in_limbs(POINTonE2 *out, const POINTonE2 *p) {
    POINTonE2 image, minus;
    jacobian2 point, minus_point, minus_image, sum, multiple;
    vec_copy(&minus, p, sizeof(minus));
    POINTonE2_cneg(&minus, 1);
    psi(&image, &minus);
    from_blst_point(&point, p);
    from_blst_point(&minus_point, &minus);
    from_blst_point(&minus_image, &image);
    psi(&image, &image);
    POINTonE2_cneg(&image, 1);
    from_blst_point(&sum, &image);

    double_point(&sum, &sum);
    add_points(&sum, &sum, &minus_point);
    add_points(&sum, &sum, &minus_image);
    times_minus_z(&multiple, &point);
    add_points(&multiple, &multiple, &point);
    add_points(&multiple, &multiple, &minus_image);
    times_minus_z(&point, &multiple);
    add_points(&sum, &sum, &point);
    to_blst_point(out, &sum);
    if (vec_is_zero(out->Z, sizeof(out->Z))) clear_cofactor(out, p);
}

/* As blst's `Hash_to_G2`. */
static void hash_to_g2(POINTonE2 *out, const byte *message, size_t message_bytes, const byte *domain, size_t domain_bytes) {
    vec384x u[2];
    POINTonE2 p, q;
    hash_to_field(u[0], 4, NULL, 0, message, message_bytes, domain, domain_bytes);
    map_to_isogenous_E2(&p, u[0]);
    map_to_isogenous_E2(&q, u[1]);
    POINTonE2_dadd(&p, &p, &q, Aprime_E2);
    isogeny_map_to_E2(&p, &p);
    clear_cofactor_in_limbs(out, &p);
}
