//! ARCHITECTURE.md describes the code as it is: the paths it names exist, and it names every file of `orm-core`.

use std::path::Path;

use super::Finding;

/// The document.
pub(super) const FILE: &str = "ARCHITECTURE.md";

/// Paths in code spans that lead nowhere.
pub(super) fn broken(root: &Path, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let spans = line.split('`').skip(1).step_by(2).filter(|span| is_path(span));
        for span in spans.filter(|span| !exists(root, span)) {
            findings.push(Finding::new(index + 1, format!("there is no `{span}`; name where the code is now")));
        }
    }
    findings
}

/// Whether a code span is a path: it has a folder, and ends as a Rust file or a folder does.
fn is_path(span: &str) -> bool {
    span.contains('/') && (span.ends_with(".rs") || span.ends_with('/')) && !span.contains([' ', ':', '*', '<'])
}

/// A path from the root, or from the sources of `orm-core`.
fn exists(root: &Path, path: &str) -> bool {
    root.join(path).exists() || root.join("orm-core/src").join(path).exists()
}

/// The files of `orm-core` that the document does not name.
pub(super) fn missing(text: &str, files: &[String]) -> Vec<Finding> {
    let inside = files.iter().filter_map(|path| path.strip_prefix("orm-core/src/")?.strip_suffix(".rs"));
    let gathering = ["lib", "__private"];
    let files = inside.filter(|path| !gathering.contains(path) && !path.contains("tests"));
    let unnamed = files.filter(|path| {
        let name = path.rsplit('/').next().unwrap_or(path);
        ![format!("`{name}`"), format!("{name}.rs`")].iter().any(|span| text.contains(span))
    });
    unnamed
        .map(|path| Finding::new(1, format!("`orm-core/src/{path}.rs` is missing in the map of the modules")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_exist_and_other_code_are_fine() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let text = "`xtask/src/main.rs`, `run/text.rs`, `tests/src/suite/`, `User::POSTS`, `a / b`, `Option<T>`";
        assert_eq!(broken(&root, text), []);
    }

    #[test]
    fn paths_that_lead_nowhere_are_found() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let lines: Vec<usize> =
            broken(&root, "fine\nsee `xtask/src/nothing.rs` and `nowhere/`").iter().map(|f| f.line).collect();
        assert_eq!(lines, [2, 2]);
    }

    #[test]
    fn files_that_are_not_named_are_found() {
        let files = ["orm-core/src/run.rs", "orm-core/src/run/text.rs", "orm-core/src/lib.rs", "orm/src/pool.rs"];
        let files = files.map(str::to_owned);
        assert_eq!(missing("`run` has `text`", &files), []);
        assert_eq!(missing("`run/text.rs` of `run`", &files), []);
        assert_eq!(missing("`run`", &files).len(), 1);
    }
}
