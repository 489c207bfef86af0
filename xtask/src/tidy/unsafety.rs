//! `unsafe` is written in one file only, and each use says why it is sound.

use super::Finding;
use super::source::Source;

/// The one file.
const ALLOWED: &str = "orm-sqlite/src/handle.rs";

/// The benchmarks are a workspace of their own, which counts allocations with an allocator: nothing of it is shipped.
const APART: &str = "benches/";

/// Finds `unsafe` outside the allowed file, and in it `unsafe` without a `// SAFETY:` line above.
pub(super) fn check(path: &str, source: &Source, text: &str) -> Vec<Finding> {
    let raw: Vec<&str> = text.lines().collect();
    let code = source.lines_with_tests();
    let mut findings = Vec::new();
    if path.starts_with(APART) {
        return findings;
    }
    let tokens = source.tokens_with_tests();
    for (at, token) in tokens.iter().enumerate().filter(|(_, token)| token.text == "unsafe") {
        let next = tokens.get(at + 1).map_or("", |token| token.text);
        if path != ALLOWED {
            findings.push(Finding::new(token.line, format!("no `unsafe` here: it belongs into `{ALLOWED}`, or away")));
        } else if matches!(next, "{" | "impl") && !explained(&raw, &code, token.line) {
            findings.push(Finding::new(token.line, "say above this `unsafe` why it is sound: `// SAFETY: …`"));
        }
    }
    findings
}

/// Whether a comment directly above the statement that the line is part of contains `SAFETY:`.
fn explained(raw: &[&str], code: &[&str], line: usize) -> bool {
    let mut at = line - 1;
    // To the statement's first line: the one before it ends a statement or opens a block, or is a comment.
    while at > 0 {
        let before = code[at - 1].trim_end();
        if raw[at - 1].trim_start().starts_with("//") || before.is_empty() || before.ends_with([';', '{', '}', ',']) {
            break;
        }
        at -= 1;
    }
    let comment = raw[..at].iter().rev().take_while(|line| line.trim_start().starts_with("//"));
    comment.into_iter().any(|line| line.contains("SAFETY:"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(path: &str, file: &str) -> Vec<usize> {
        check(path, &Source::new(file), file).iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn outside_the_file() {
        assert_eq!(lines("orm/src/pool.rs", "#![deny(unsafe_code)]\n// unsafe\nlet a = \"unsafe\";"), []);
        assert_eq!(lines("orm/src/pool.rs", "\nunsafe { a() }"), [2]);
        assert_eq!(lines("benches/src/lib.rs", "\nunsafe { a() }"), []);
        assert_eq!(lines("orm/src/pool.rs", "#[cfg(test)]\nmod tests { fn f() { unsafe { a() } } }"), [2]);
    }

    #[test]
    fn inside_the_file() {
        assert_eq!(lines(ALLOWED, "// SAFETY: the handle is open\n// while this lives.\nunsafe { a() }"), []);
        assert_eq!(lines(ALLOWED, "f();\n// SAFETY: open.\nlet code =\n    unsafe { a() };"), []);
        assert_eq!(lines(ALLOWED, "// SAFETY: one for both is not enough.\nunsafe { a() };\nunsafe { b() };"), [3]);
        assert_eq!(lines(ALLOWED, "unsafe impl Send for Handle {}"), [1]);
        assert_eq!(lines(ALLOWED, "unsafe extern \"C\" fn callback() {}"), []);
    }
}
