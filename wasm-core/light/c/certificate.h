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
    blst_hash_to_g2(out, t->message, t->message_bytes, t->domain, t->domain_bytes, NULL, 0);
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

/*
 * e(G1, signature) = e(key, H(message)), as one product of two pairings with -G1.
 *
 * The signature's subgroup is not checked before but by the Miller loop itself, which leaves T = [|z|] signature: in the
 * subgroup, and nowhere else, psi(signature) = [z] signature (Scott, eprint 2021/1130; z < 0). The loop's additions are not
 * complete, but where one fails (T infinite, or the signature up to its sign) Z becomes zero and stays so through all that
 * follow, psi(signature) is finite, and the signature is refused, as no point of the subgroup's order can have come there.
 */
int bls_verify(const public_key *key, const byte signature[96], const text *signed_text) {
    POINTonE2_affine q[2];
    POINTonE2 hash, t[2], image;
    POINTonE1_affine twice[2];
    vec384fp12 product;

    if (!decode_signature(&q[0], signature)) return 0;
    hash_text(&hash, signed_text);
    POINTonE2_from_Jacobian(&hash, &hash);
    vec_copy(&q[1], &hash, sizeof(q[1]));

    /* the lines want (-2x, 2y) of the point in G1 */
    for (int i = 0; i < 2; i++) {
        const POINTonE1_affine *p = i == 0 ? (const POINTonE1_affine *)&BLS12_381_NEG_G1 : key;
        add_fp(twice[i].X, p->X, p->X);
        neg_fp(twice[i].X, twice[i].X);
        add_fp(twice[i].Y, p->Y, p->Y);
        vec_copy(t[i].X, &q[i], sizeof(q[i]));
        vec_copy(t[i].Z, BLS12_381_Rx.p2, sizeof(t[i].Z));
    }
    start_dbl_n(product, t, twice, 2);
    static const byte doublings[] = {2, 3, 9, 32, 16}; /* z = -0xd201000000010000 */
    for (size_t i = 0; i < sizeof(doublings); i++) add_n_dbl_n(product, t, q, twice, 2, doublings[i]);
    conjugate_fp12(product);

    vec_copy(image.X, &q[0], sizeof(q[0]));
    vec_copy(image.Z, BLS12_381_Rx.p2, sizeof(image.Z));
    psi(&image, &image);
    POINTonE2_cneg(&t[0], 1);
    if (vec_is_zero(t[0].Z, sizeof(t[0].Z)) || !POINTonE2_is_equal(&image, &t[0])) return 0;

    final_exp(product, product);
    return blst_fp12_is_one(product);
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
