//! Rules on a file as such: how it opens, what it is called, and that it names no one's machine.

use super::Finding;

/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 4] = ["utils.rs", "util.rs", "helpers.rs", "common.rs"];

/// Every file says first what is in it.
pub(super) fn opening(text: &str) -> Option<Finding> {
    let opens = text.starts_with("//!");
    (!opens).then(|| Finding::new(1, "open the file with `//!`: what is here, and what is not"))
}

/// `foo.rs` beside `foo/`, and names that mean something.
pub(super) fn name(path: &str) -> Option<Finding> {
    let name = path.rsplit('/').next().unwrap_or(path);
    if name == "mod.rs" {
        return Some(Finding::new(1, "no `mod.rs`: move it beside its directory, as `<directory>.rs`"));
    }
    EMPTY_NAMES
        .contains(&name)
        .then(|| Finding::new(1, format!("`{name}` says nothing: name the file for what it holds, or split it")))
}

/// An example in the documentation is compiled, or marked as another language's.
pub(super) fn ignored_examples(text: &str) -> Vec<Finding> {
    let ignored = |line: &str| {
        let fence = line.trim_start().trim_start_matches(['/', '!']).trim_start().strip_prefix("```");
        fence.is_some_and(|words| words.split(',').any(|word| word.trim() == "ignore"))
    };
    let lines = text.lines().enumerate().filter(|(_, line)| ignored(line));
    lines.map(|(index, _)| Finding::new(index + 1, "nothing compiles this example: make it one that runs")).collect()
}

/// No absolute path of the machine the code was written on.
pub(super) fn machine_paths(text: &str) -> Vec<Finding> {
    // In two parts, so that this file passes its own rule.
    let roots = [["/wo", "rk/"].concat(), ["/ro", "ot/"].concat()];
    let mut findings = Vec::new();
    for (index, line) in text.lines().enumerate() {
        for root in &roots {
            // `example.com/…` and `a/…` are not absolute paths.
            let absolute = |at: usize| !line[..at].ends_with(|c: char| c.is_alphanumeric() || "._-~*}".contains(c));
            if line.match_indices(root.as_str()).any(|(at, _)| absolute(at)) {
                findings
                    .push(Finding::new(index + 1, format!("`{root}` is a path of one machine: use a relative one")));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn openings() {
        assert_eq!(opening("//! This.\nuse a;"), None);
        assert!(opening("// This.\n").is_some());
        assert!(opening("").is_some());
    }

    #[test]
    fn file_names() {
        assert_eq!(name("orm/src/pool.rs"), None);
        assert!(name("orm/src/pool/mod.rs").is_some());
        assert!(name("tests/tests/common.rs").is_some());
    }

    #[test]
    fn examples_that_nothing_compiles() {
        let text = "/// ```\n/// a\n/// ```\n    //! ```ignore\n```rust, ignore\n```no_run\nlet a = \"```ignore\";\n/// ignore";
        let found: Vec<_> = ignored_examples(text).iter().map(|f| f.line).collect();
        assert_eq!(found, [4, 5]);
    }

    #[test]
    fn paths_of_a_machine() {
        let lines =
            ["let a = \"/wo", "rk/main\";\nhttps://example.com/wo", "rk/\n(/ro", "ot/.cargo)\ntests/ro", "ot/x"];
        let found: Vec<_> = machine_paths(&lines.concat()).iter().map(|f| f.line).collect();
        assert_eq!(found, [1, 3]);
    }
}
