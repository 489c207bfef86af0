//! What the derives accept, and what the compiler says about mistakes: each program of `ui/pass` compiles and runs, each
//! of `ui/fail` fails with the text beside it. `TRYBUILD=overwrite cargo nextest run -p orm-tests --test ui` writes
//! the texts anew; they belong to the toolchain of `rust-version`.

#[test]
fn programs() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/pass/*.rs");
    cases.compile_fail("tests/ui/fail/*.rs");
}
