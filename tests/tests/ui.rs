//! What the derives accept, and what the compiler says about mistakes: each program of `ui/pass` compiles and runs, each
//! of `ui/fail` fails with the text beside it. `TRYBUILD=overwrite cargo nextest run -p orm-tests --test ui` writes
//! the texts anew; they belong to the toolchain of `rust-version`.

/// What the guide says that this library says is in the messages of the compiler that are tested here, or in the library.
#[test]
fn the_messages_of_the_guide_are_those_of_the_library() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let guide = std::fs::read_to_string(format!("{root}/docs/guide/src/mistakes.md")).unwrap();
    let quoted = guide.lines().filter_map(|line| line.strip_suffix("” |")?.split_once("| “"));
    let quoted: Vec<_> = quoted.map(|(_, message)| message.replace("\\|", "|")).collect();
    assert!(quoted.len() >= 37, "{} messages", quoted.len());
    let read = |folder: &str, ending: &str| {
        let files = std::fs::read_dir(format!("{root}/{folder}")).unwrap().map(|file| file.unwrap().path());
        let files = files.filter(|path| path.to_string_lossy().ends_with(ending));
        files.map(|path| std::fs::read_to_string(path).unwrap()).collect::<String>()
    };
    let folders = ["orm/src/transaction", "orm-sqlite/src", "orm-core/src/relation", "orm-core/src/value"];
    let said = read("tests/tests/ui/fail", ".stderr") + &folders.map(|folder| read(folder, ".rs")).concat();
    // Text of the library is broken into lines, and put together at run time.
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ").replace("\\ ", "");
    for message in quoted {
        let message = message.trim_start_matches("the text is not ");
        assert!(said.contains(message), "no test and no code says: {message}");
    }
}

#[test]
fn programs() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/pass/*.rs");
    cases.compile_fail("tests/ui/fail/*.rs");
}
