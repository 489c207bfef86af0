//! `tidy`: the rules of the house that no compiler checks. Here: which files are looked at and by which rules. A rule is
//! a function from a file to findings, in the module for its subject; `source` tells code from comments and tests.

mod circles;
mod files;
mod layers;
mod links;
mod manifests;
mod map;
mod names;
mod source;
mod unsafety;

use std::fs;
use std::path::Path;

use crate::process::{Outcome, output_of, program, workspace_root};
use source::Source;

/// A place that breaks a rule.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    /// Counted from one.
    line: usize,
    /// What is wrong, and what to do.
    message: String,
}

impl Finding {
    fn new(line: usize, message: impl Into<String>) -> Self {
        Self { line, message: message.into() }
    }
}

/// `tidy`
pub(crate) fn run(args: &[String]) -> Outcome<()> {
    if let Some(arg) = args.first() {
        return Err(format!("`tidy` does not know `{arg}`"));
    }
    let root = workspace_root();
    let (mut files, mut findings) = (0, 0);
    let mut sources = Vec::new();
    let paths = project_files(&root)?;
    if let Ok(text) = fs::read_to_string(root.join(map::FILE)) {
        for finding in map::broken(&root, &text).into_iter().chain(map::missing(&text, &paths)) {
            println!("{}:{}: {}", map::FILE, finding.line, finding.message);
            findings += 1;
        }
    }
    for path in paths {
        // What is not text, or was deleted and not yet committed, has no lines to check.
        let Ok(text) = fs::read_to_string(root.join(&path)) else { continue };
        files += 1;
        for finding in check(&root, &path, &text) {
            println!("{path}:{}: {}", finding.line, finding.message);
            findings += 1;
        }
        if path.ends_with(".rs") {
            sources.push((path, Source::new(&text)));
        }
    }
    for (path, finding) in circles::circles(&sources) {
        println!("{path}:{}: {}", finding.line, finding.message);
        findings += 1;
    }
    if findings > 0 {
        return Err(format!("tidy: {findings} findings in {files} files"));
    }
    println!("tidy: {files} files, no findings");
    Ok(())
}

/// All findings in one file; `path` is relative to `root` and uses `/`.
fn check(root: &Path, path: &str, text: &str) -> Vec<Finding> {
    let mut findings = files::machine_paths(text);
    if path.ends_with(".md") {
        findings.extend(links::broken(root, path, text));
    }
    if path.ends_with("Cargo.toml") {
        findings.extend(layers::dependencies(path, text));
        findings.extend(manifests::incomplete(root, path, text));
    }
    // The cases of the derive's UI tests are inputs, and some are wrong on purpose.
    if path.ends_with(".rs") && !path.contains("/ui/") {
        let source = Source::new(text);
        findings.extend(files::opening(text));
        findings.extend(files::name(path));
        findings.extend(files::ignored_examples(text));
        findings.extend(layers::modules(path, &source));
        findings.extend(layers::crates(path, &source));
        findings.extend(names::of_databases(path, &source));
        findings.extend(unsafety::check(path, &source, text));
    }
    findings.sort_by_key(|finding| finding.line);
    findings
}

/// Every file that is tracked, or would be with `git add .`; without git, every file outside `target` and `.git`.
fn project_files(root: &Path) -> Outcome<Vec<String>> {
    let mut git = program("git");
    git.current_dir(root).args(["ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate"]);
    if let Some(list) = output_of(&mut git).filter(|list| !list.is_empty()) {
        return Ok(list.lines().map(str::to_owned).collect());
    }
    let mut found = Vec::new();
    let mut open = vec![root.to_owned()];
    while let Some(dir) = open.pop() {
        let entries = fs::read_dir(&dir).map_err(|e| format!("cannot list {}: {e}", dir.display()))?;
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                open.extend(Some(path).filter(|p| !p.ends_with("target") && !p.ends_with(".git")));
            } else if let Ok(relative) = path.strip_prefix(root) {
                found.push(relative.to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    Ok(found)
}
