//! Every piece of Rust in the README is a piece of a program here that is compiled and run.

const README: &str = include_str!("../../README.md");
const PROGRAMS: [&str; 2] = [include_str!("../readme.rs"), include_str!("../tour.rs")];

#[test]
fn the_code_of_the_readme_is_code_that_runs() {
    let programs = PROGRAMS.map(bare);
    let blocks: Vec<&str> = README.split("```rust\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(blocks.len() > 5, "the README lost its code");
    for block in blocks {
        for part in block.split("\n\n").map(bare).filter(|part| !part.is_empty()) {
            assert!(programs.iter().any(|program| program.contains(&part)), "in no program:\n{part}");
        }
    }
}

/// The text without white space: the README is indented otherwise.
fn bare(text: &str) -> String {
    text.split_whitespace().collect()
}
