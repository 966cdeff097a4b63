/* The Miller loop of two pairings at once, with blst's lines (`pairing.c`), over `limbs2.h`. */

/* -2x and 2y of a point in G1, in both coordinates. */
typedef struct {
    fp2 x, y;
} line_point;

static NOINLINE void line_of_double(fp2 line[3], jacobian2 *t, const line_point *at) {
    fp2 a, b, zz, c, d, e, f;
    sqr2(&a, &t->x);
    sqr2(&b, &t->y);
    sqr2(&zz, &t->z);
    sqr2(&c, &b);
    square_of_sum_less(&d, &t->x, &b, &a, &c);
    shrink(&d);
    twice(&d, &d);
    add2(&e, &a, &a);
    add2(&e, &e, &a);
    tighten(&e);
    sqr2(&f, &e);
    /* (3A + X)^2 - A - F - 4B */
    square_of_sum_less(&line[0], &e, &t->x, &a, &f);
    less(&line[0], &line[0], &b, 4);
    less(&t->x, &f, &d, 2);
    square_of_sum_less(&t->z, &t->y, &t->z, &b, &zz);
    shift2(&c, &c, 2);
    tighten(&c);
    shrink(&c);
    sub2(&d, &d, &t->x);
    mul2(&t->y, &d, &e);
    less(&t->y, &t->y, &c, 2);
    mul2(&line[1], &e, &zz);
    mul2(&line[2], &t->z, &zz);
    mul_by_fp2(&line[1], &line[1], &at->x);
    mul_by_fp2(&line[2], &line[2], &at->y);
}

/* t + q, q affine */
static NOINLINE void line_of_sum(fp2 line[3], jacobian2 *t, const fp2 q[2], const line_point *at) {
    fp2 zz, u, s, h, hh, i, j, r, v;
    sqr2(&zz, &t->z);
    mul2(&u, &q[0], &zz);
    mul2(&s, &q[1], &t->z);
    mul2(&s, &s, &zz);
    less(&h, &u, &t->x, 1);
    sqr2(&hh, &h);
    shift2(&i, &hh, 2);
    tighten(&i);
    mul2(&j, &h, &i);
    sub2(&r, &s, &t->y);
    add2(&r, &r, &r);
    tighten(&r);
    mul2(&v, &t->x, &i);
    sqr2(&u, &r);
    sub2(&u, &u, &j);
    less(&t->x, &u, &v, 2);
    mul2(&j, &j, &t->y);
    sub2(&v, &v, &t->x);
    mul2(&t->y, &v, &r);
    less(&t->y, &t->y, &j, 2);
    square_of_sum_less(&t->z, &t->z, &h, &zz, &hh);
    mul2(&i, &r, &q[0]);
    mul2(&j, &q[1], &t->z);
    sub2(&i, &i, &j);
    add2(&line[0], &i, &i);
    tighten(&line[0]);
    mul_by_fp2(&line[1], &r, &at->x);
    mul_by_fp2(&line[2], &t->z, &at->y);
}

/* t = -z q; product of the lines at `at` */
static void miller_loop2(fp12 *out, jacobian2 t[2], const fp2 q[2][2], const line_point at[2]) {
    fp2 line[3];
    line_of_double(line, &t[0], &at[0]);
    for (int i = 0; i < 6; i++) EACH(fp2, k) out->c[i / 3].c[i % 3].v[k] = wasm_i64x2_const_splat(0);
    out->c[0].c[0] = line[0];
    out->c[0].c[1] = line[1];
    out->c[1].c[1] = line[2];
    line_of_double(line, &t[1], &at[1]);
    mul_by_line12(out, out, line);
    for (size_t run = 0; run < sizeof(Z_DOUBLINGS); run++) {
        for (int i = 0; i < 2; i++) {
            line_of_sum(line, &t[i], q[i], &at[i]);
            mul_by_line12(out, out, line);
        }
        for (int left = Z_DOUBLINGS[run]; left > 0; left--) {
            sqr12(out, out);
            for (int i = 0; i < 2; i++) {
                line_of_double(line, &t[i], &at[i]);
                mul_by_line12(out, out, line);
            }
        }
    }
    conjugate12(out);
}
