/* The final exponentiation, to three times (p^12 - 1) / r as in blst's `pairing.c`. */

/* a^(z / 2) */
static void raise_to_half_z(fp12 *out, const fp12 *a) {
    fp12 power;
    cyclotomic_sqr12(&power, a);
    for (size_t run = 0; run < sizeof(Z_DOUBLINGS); run++) {
        mul12(&power, &power, a);
        for (int left = Z_DOUBLINGS[run] - (run == sizeof(Z_DOUBLINGS) - 1); left > 0; left--) cyclotomic_sqr12(&power, &power);
    }
    conjugate12(&power);
    *out = power;
}

static void raise_to_z2(fp12 *out, const fp12 *a) {
    raise_to_half_z(out, a);
    cyclotomic_sqr12(out, out);
}

static void frobenius12(fp12 *out, const fp12 *a, size_t n) {
    vec384fp12 t;
    to_blst12(t, a);
    frobenius_map_fp12(t, t, n);
    from_blst12(out, t);
}

static int is_one_after_final_exponentiation(const fp12 *f) {
    vec384fp12 inverse;
    fp12 y0, y1, y2, y3, a;
    to_blst12(inverse, f);
    inverse_fp12(inverse, inverse);
    from_blst12(&y2, inverse);
    y1 = *f;
    conjugate12(&y1);
    mul12(&a, &y1, &y2);
    frobenius12(&y2, &a, 2);
    mul12(&a, &a, &y2);

    cyclotomic_sqr12(&y0, &a);
    raise_to_z2(&y1, &y0);
    raise_to_half_z(&y2, &y1);
    y3 = a;
    conjugate12(&y3);
    mul12(&y1, &y1, &y3);
    conjugate12(&y1);
    mul12(&y1, &y1, &y2);
    raise_to_z2(&y2, &y1);
    raise_to_z2(&y3, &y2);
    conjugate12(&y1);
    mul12(&y3, &y3, &y1);
    conjugate12(&y1);
    frobenius12(&y1, &y1, 3);
    frobenius12(&y2, &y2, 2);
    mul12(&y1, &y1, &y2);
    raise_to_z2(&y2, &y3);
    mul12(&y2, &y2, &y0);
    mul12(&y2, &y2, &a);
    mul12(&y1, &y1, &y2);
    frobenius12(&y2, &y3, 1);
    mul12(&a, &y1, &y2);
    to_blst12(inverse, &a);
    return blst_fp12_is_one(inverse);
}
