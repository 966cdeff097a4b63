//! Compiles `c/bls.c` with the sources that the crate blst carries.

fn main() {
    let sources = std::env::var("DEP_BLST_C_SRC").expect("the crate blst names its C sources");
    cc::Build::new()
        .file("c/bls.c")
        .include(&sources)
        .include("c")
        .define("__BLST_NO_ASM__", None)
        .opt_level(3)
        .flag("-ffreestanding")
        .flag("-fno-builtin")
        .flag("-msimd128")
        .flag("-mbulk-memory")
        .flag("-Wno-unused-function")
        .compile("cairn_bls");
    println!("cargo:rerun-if-changed=c");
}
