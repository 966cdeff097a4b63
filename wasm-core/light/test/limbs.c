/*
 * What `c/` calculates with below its interface, for `wasm-core/test/light-limbs.node.test.ts`: operations on limbs that the
 * test writes as they are, up to the bounds `limbs2.h` names, and what is built on them beside blst's own.
 */
#include "../c/bls.c"

#define EXPORT(name) __attribute__((export_name(#name)))

static fp2 a, b, out;
static wide2 wide;

EXPORT(address) void *address(int which) {
    void *const all[] = {&a, &b, &out, &wide};
    return all[which];
}
EXPORT(mul) void run_mul(void) { mul2(&out, &a, &b); }
EXPORT(sqr) void run_sqr(void) { sqr2(&out, &a); }
EXPORT(sqr_wide) void run_sqr_wide(void) {
    sqr_wide2(&wide, &a);
    reduce2(&out, &wide);
}
EXPORT(mul_by_fp) void run_mul_by_fp(void) { mul_by_fp2(&out, &a, &b); }
EXPORT(reduce) void run_reduce(void) { reduce2(&out, &wide); }
EXPORT(tighten) void run_tighten(void) {
    out = a;
    tighten(&out);
}
EXPORT(shrink) void run_shrink(void) {
    out = a;
    shrink(&out);
}

/* Element `seed` of Fp12 and point `seed` of the twist, not in the subgroup. */
static byte seed_bytes[2];
static const byte DOMAIN[] = "limbs";

static void point_of(POINTonE2 *point, int seed) {
    vec384x u[2];
    seed_bytes[0] = (byte)seed, seed_bytes[1] = (byte)(seed >> 8);
    hash_to_field(u[0], 4, NULL, 0, seed_bytes, sizeof(seed_bytes), DOMAIN, sizeof(DOMAIN));
    map_to_isogenous_E2(point, u[0]);
    isogeny_map_to_E2(point, point);
}

static void element_of(vec384fp12 element, int seed) {
    for (int i = 0; i < 2; i++) {
        POINTonE2 point;
        point_of(&point, 2 * seed + i);
        vec_copy(element[i], &point, sizeof(point));
    }
    /* the edges of the field are among the coefficients */
    if (seed % 3 == 0) vec_zero(element[0][1], sizeof(element[0][1]));
    if (seed % 3 == 1) neg_fp2(element[1][0], BLS12_381_Rx.p2);
}

#define SAME12(ours, theirs)                                                                                            \
    vec384fp12 x, y, expected, got;                                                                                     \
    fp12 p, q;                                                                                                          \
    element_of(x, seed);                                                                                                \
    element_of(y, seed + 1000);                                                                                         \
    from_blst12(&p, x);                                                                                                 \
    from_blst12(&q, y);                                                                                                 \
    ours;                                                                                                               \
    theirs;                                                                                                             \
    to_blst12(got, &p);                                                                                                 \
    return vec_is_equal(got, expected, sizeof(got))

EXPORT(same_as_blst_product) int same_product(int seed) { SAME12(mul12(&p, &p, &q), mul_fp12(expected, x, y)); }
EXPORT(same_as_blst_square) int same_square(int seed) {
    SAME12((sqr12(&p, &p), sqr12(&p, &p)), (sqr_fp12(expected, x), sqr_fp12(expected, expected)));
}
EXPORT(same_as_blst_line) int same_line(int seed) {
    SAME12(mul_by_line12(&p, &p, q.c[0].c), mul_by_xy00z0_fp12(expected, x, y[0]));
}
/* The formulas agree outside the cyclotomic subgroup too. */
EXPORT(same_as_blst_power) int same_power(int seed) {
    SAME12(raise_to_z2(&p, &p), raise_to_z(expected, x));
}
EXPORT(same_as_blst_cofactor) int same_cofactor(int seed) {
    POINTonE2 point, ours, theirs;
    point_of(&point, seed);
    clear_cofactor_in_limbs(&ours, &point);
    clear_cofactor(&theirs, &point);
    return POINTonE2_is_equal(&ours, &theirs) && POINTonE2_in_G2(&ours) && !vec_is_zero(ours.Z, sizeof(ours.Z));
}
/* Sums fail on the way from a point at infinity. */
EXPORT(infinity_stays) int infinity_stays(void) {
    POINTonE2 point;
    point_of(&point, 0);
    vec_zero(point.Z, sizeof(point.Z));
    clear_cofactor_in_limbs(&point, &point);
    return vec_is_zero(point.Z, sizeof(point.Z));
}
