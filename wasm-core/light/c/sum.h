/* Sums modulo p in 64-bit words: operands and results are reduced. */
NOINLINE void add_mod_384(vec384 out, const vec384 a, const vec384 b, const vec384 p) {
    const word *x = (const word *)a, *y = (const word *)b;
    u64 sum[6], carry = 0;
    (void)p;
    UNROLL for (int i = 0; i < 6; i++) {
        const u64 part = x[i] + y[i];
        sum[i] = part + carry;
        carry = (part < x[i]) | (sum[i] < carry);
    }
    store_reduced(out, sum);
}

NOINLINE void sub_mod_384(vec384 out, const vec384 a, const vec384 b, const vec384 p) {
    const word *x = (const word *)a, *y = (const word *)b;
    u64 difference[6], borrow = 0, carry = 0;
    (void)p;
    UNROLL for (int i = 0; i < 6; i++) {
        const u64 part = x[i] - y[i];
        difference[i] = part - borrow;
        borrow = (x[i] < y[i]) | (part < borrow);
    }
    const u64 mask = 0 - borrow;
    UNROLL for (int i = 0; i < 6; i++) {
        const u64 part = difference[i] + (P_WORDS[i] & mask), total = part + carry;
        carry = (part < difference[i]) | (total < carry);
        ((word *)out)[i] = total;
    }
}

NOINLINE void mul_by_3_mod_384(vec384 out, const vec384 a, const vec384 p) {
    vec384 twice;
    add_mod_384(twice, a, a, p);
    add_mod_384(out, twice, a, p);
}

NOINLINE void lshift_mod_384(vec384 out, const vec384 a, size_t count, const vec384 p) {
    for (; count > 0; count--, a = out) add_mod_384(out, a, a, p);
}
