/*
 * Keys, signatures and certificates over blst's functions. Points travel as blst stores them: affine, in Montgomery form,
 * 96 bytes in G1. A point at infinity is all zeros; no key and no signature may be one.
 */
typedef POINTonE1_affine public_key;

/* What is signed, and the domain separation tag it is hashed under. */
typedef struct {
    const byte *message;
    size_t message_bytes;
    const byte *domain;
    size_t domain_bytes;
} text;

static void hash_text(POINTonE2 *out, const text *t) {
    hash_to_g2(out, t->message, t->message_bytes, t->domain, t->domain_bytes);
}

/* Compressed, 48 bytes: encoding, curve, subgroup, not infinity. */
int bls_decode_public_key(public_key *out, const byte in[48]) {
    if ((in[0] & 0x80) == 0) return 0;
    if (POINTonE1_Uncompress_Z(out, in) != BLST_SUCCESS || vec_is_zero(out, sizeof(*out))) return 0;
    return blst_p1_affine_in_g1(out);
}

/* All but the subgroup. */
static int decode_signature(POINTonE2_affine *out, const byte in[96]) {
    if ((in[0] & 0x80) == 0) return 0;
    return POINTonE2_Uncompress_Z(out, in) == BLST_SUCCESS && !vec_is_zero(out, sizeof(*out));
}

/* Sum of `added` keys less the sum of the `subtracted` ones after them; 0 for infinity, which no key is. */
int bls_sum_public_keys(public_key *out, const public_key keys[], size_t added, size_t subtracted) {
    POINTonE1 sum, less;
    vec_zero(&sum, sizeof(sum));
    vec_zero(&less, sizeof(less));
    for (size_t i = 0; i < added; i++) POINTonE1_dadd_affine(&sum, &sum, keys + i);
    for (size_t i = 0; i < subtracted; i++) POINTonE1_dadd_affine(&less, &less, keys + added + i);
    POINTonE1_cneg(&less, 1);
    POINTonE1_dadd(&sum, &sum, &less, NULL);
    if (vec_is_zero(sum.Z, sizeof(sum.Z))) return 0;
    POINTonE1_from_Jacobian(&sum, &sum);
    vec_copy(out, &sum, sizeof(*out));
    return 1;
}

/* A point of G2 to start the loop from, and the one of G1 at which its lines are taken. */
static void start_pair(jacobian2 *t, fp2 q[2], line_point *at, const POINTonE2_affine *g2, const public_key *g1) {
    vec384x x, y;
    from_blst2(&q[0], g2->X);
    from_blst2(&q[1], g2->Y);
    from_blst2(&t->z, BLS12_381_Rx.p2);
    t->x = q[0];
    t->y = q[1];
    add_fp(x[0], g1->X, g1->X);
    neg_fp(x[0], x[0]);
    vec_copy(x[1], x[0], sizeof(x[1]));
    add_fp(y[0], g1->Y, g1->Y);
    vec_copy(y[1], y[0], sizeof(y[1]));
    from_blst2(&at->x, x);
    from_blst2(&at->y, y);
}

/*
 * e(G1, signature) = e(key, H(message)), as one product of two pairings with -G1.
 *
 * The signature's subgroup is not checked before but by the Miller loop itself, which leaves T = [|z|] signature: in the
 * subgroup, and nowhere else, psi(signature) = [z] signature (Scott, eprint 2021/1130; z < 0). The loop's additions are not
 * complete, but where one fails (T infinite, or the signature up to its sign) Z becomes zero and stays so through all that
 * follow, psi(signature) is finite, and the signature is refused, as no point of the subgroup's order can have come there.
 */
int bls_verify(const public_key *key, const byte signature[96], const text *signed_text) {
    POINTonE2_affine signature_point, hash_point;
    POINTonE2 hash, multiple, image;
    public_key minus_generator;
    fp2 q[2][2];
    jacobian2 t[2];
    line_point at[2];
    fp12 product;

    if (!decode_signature(&signature_point, signature)) return 0;
    hash_text(&hash, signed_text);
    POINTonE2_from_Jacobian(&hash, &hash);
    vec_copy(&hash_point, &hash, sizeof(hash_point));
    vec_copy(&minus_generator, &BLS12_381_NEG_G1, sizeof(minus_generator));

    start_pair(&t[0], q[0], &at[0], &signature_point, &minus_generator);
    start_pair(&t[1], q[1], &at[1], &hash_point, key);
    miller_loop2(&product, t, q, at);

    to_blst_point(&multiple, &t[0]);
    vec_copy(image.X, &signature_point, sizeof(signature_point));
    vec_copy(image.Z, BLS12_381_Rx.p2, sizeof(image.Z));
    psi(&image, &image);
    POINTonE2_cneg(&multiple, 1);
    if (vec_is_zero(multiple.Z, sizeof(multiple.Z)) || !POINTonE2_is_equal(&image, &multiple)) return 0;

    return is_one_after_final_exponentiation(&product);
}

/* Adds a compressed signature to `sum`, which starts at infinity. */
int bls_add_signature(POINTonE2 *sum, const byte in[96]) {
    POINTonE2 point;
    if (!decode_signature((POINTonE2_affine *)&point, in)) return 0;
    vec_copy(point.Z, BLS12_381_Rx.p2, sizeof(point.Z));
    if (!POINTonE2_in_G2(&point)) return 0;
    POINTonE2_dadd_affine(sum, sum, (const POINTonE2_affine *)&point);
    return 1;
}

void bls_compress_signature(byte out[96], const POINTonE2 *sum) { blst_p2_compress(out, sum); }

/* In constant time, as blst signs. `secret`: little-endian, in 1 ... r - 1. */
void bls_sign(byte out[96], const pow256 secret, const text *signed_text) {
    POINTonE2 hash;
    hash_text(&hash, signed_text);
    POINTonE2_sign(&hash, &hash, secret);
    blst_p2_compress(out, &hash);
}

void bls_public_key(byte out[48], const pow256 secret) {
    POINTonE1 point;
    POINTonE1_sign(&point, &BLS12_381_G1, secret);
    blst_p1_compress(out, &point);
}
