/*
 * What a certificate needs of blst (Supranational, Apache-2.0), in one unit as blst's own `server.c` is, with products and sums
 * of the field from `field.h`. blst's sources are taken from its crate, unchanged.
 */
#include <stddef.h>
#include <wasm_simd128.h>
#include "vect.h"
#include "bytes.h"

/* blst's portable form of what is replaced keeps another name, and is dropped by the linker. */
#define mul_mont_384 portable_mul_mont_384
#define sqr_mont_384 portable_sqr_mont_384
#define mul_mont_384x portable_mul_mont_384x
#define sqr_n_mul_mont_383 portable_sqr_n_mul_mont_383
#define add_mod_384 portable_add_mod_384
#define sub_mod_384 portable_sub_mod_384
#define mul_by_3_mod_384 portable_mul_by_3_mod_384
#define lshift_mod_384 portable_lshift_mod_384
#include "no_asm.h"
#undef mul_mont_384
#undef sqr_mont_384
#undef mul_mont_384x
#undef sqr_mont_384x
#undef sqr_n_mul_mont_383
#undef add_mod_384
#undef sub_mod_384
#undef mul_by_3_mod_384
#undef lshift_mod_384

#include "field.h"
#include "field2.h"
#include "sum.h"

#include "hash_to_field.c"
#include "e1.c"
#include "map_to_g1.c"
#include "e2.c"
#include "map_to_g2.c"
#include "fp12_tower.c"
#include "pairing.c"
#include "exp.c"
#include "sqrt.c"
#include "recip.c"
#include "consts.c"
/* `vect.c` includes the portable code once more where this is defined. */
#undef __BLST_NO_ASM__
#include "vect.c"

#include "limbs2.h"
#include "points.h"
#include "tower.h"
#include "miller.h"
#include "final.h"
#include "certificate.h"
