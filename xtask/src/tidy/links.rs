//! Relative links in Markdown files lead to a file, and to a heading of it where they name one (`a.md#heading`). Links to
//! the web are not followed.

use std::fs;
use std::path::Path;

use super::Finding;

/// Links of the file at `path` (relative to `root`) whose target does not exist.
pub(super) fn broken(root: &Path, path: &str, text: &str) -> Vec<Finding> {
    let dir = root.join(path).parent().map_or_else(|| root.to_owned(), Path::to_path_buf);
    let place = |target: &str| match target.strip_prefix('/') {
        Some(from_root) => root.join(from_root),
        None => dir.join(target),
    };
    let mut findings = Vec::new();
    for (line, link) in relative_links(text) {
        let (target, fragment) = link.split_once('#').unwrap_or((&link, ""));
        if !target.is_empty() && !place(target).exists() {
            findings.push(Finding::new(line, format!("no `{target}`: correct the link or add the file")));
            continue;
        }
        let elsewhere = target.ends_with(".md").then(|| fs::read_to_string(place(target)).unwrap_or_default());
        let Some(pointed_at) = elsewhere.as_deref().or(target.is_empty().then_some(text)) else { continue };
        if !fragment.is_empty() && !anchors(pointed_at).iter().any(|anchor| anchor == fragment) {
            findings.push(Finding::new(line, format!("no heading `#{fragment}` there: correct the link")));
        }
    }
    findings
}

/// What a link writes after `#` for each heading: small letters, hyphens for spaces, no punctuation.
fn anchors(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in outside_code(text).map(|(_, line)| line) {
        let Some(heading) = line.strip_prefix('#').map(|rest| rest.trim_start_matches('#')) else { continue };
        let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        found.push(kept.map(|c| if c == ' ' { '-' } else { c }).collect::<String>().to_lowercase());
    }
    found
}

/// The lines that are not in code blocks, counted from one.
fn outside_code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fence: Option<&str> = None;
    text.lines().enumerate().filter_map(move |(index, line)| {
        let mark = ["```", "~~~"].into_iter().find(|mark| line.trim_start().starts_with(mark));
        match (fence, mark) {
            (None, None) => Some((index + 1, line)),
            (None, Some(mark)) => {
                fence = Some(mark);
                None
            }
            (Some(open), mark) => {
                if mark == Some(open) {
                    fence = None;
                }
                None
            }
        }
    })
}

/// The relative targets of inline links, images and reference definitions, with their fragments and lines.
fn relative_links(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in outside_code(text) {
        let prose = without_code(line);
        let inline = prose.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        let definition = prose.trim_start().strip_prefix('[').and_then(|rest| Some(rest.split_once("]: ")?.1));
        for link in inline.chain(definition) {
            let target = link.trim().trim_start_matches('<');
            let target = target.split([' ', '>']).next().unwrap_or("");
            if !target.is_empty() && !target.contains(':') {
                found.push((number, target.to_owned()));
            }
        }
    }
    found
}

/// A line without its `code`; a backtick nobody closes is text.
fn without_code(line: &str) -> String {
    let parts: Vec<&str> = line.split('`').collect();
    let last = parts.len() - 1;
    let is_text = |index: usize| index.is_multiple_of(2) || index == last;
    parts.iter().enumerate().filter(|(index, _)| is_text(*index)).map(|(_, part)| *part).collect::<Vec<_>>().join("`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found() {
        let text = "[a](b.md) and ![c](d/e.png \"title\")\n[f]: g.md#h\n[web](https://example.com) [here](#i)\n";
        let found = relative_links(text);
        let expected = [(1, "b.md"), (1, "d/e.png"), (2, "g.md#h"), (3, "#i")];
        assert_eq!(found, expected.map(|(line, target)| (line, target.to_owned())));
        assert_eq!(relative_links("[`code`](x.md)"), [(1, "x.md".to_owned())]);
    }

    #[test]
    fn headings_have_anchors() {
        let text = "# One, two & three\n```sh\n# no heading\n```\n## Find N+1 queries\n### `code` in it";
        assert_eq!(anchors(text), ["one-two--three", "find-n1-queries", "code-in-it"]);
    }

    #[test]
    fn fragments_are_looked_up() {
        let links = "# Here\n[a](#here)\n[b](#there)\n[c](Cargo.toml#x)\n";
        let found = broken(&crate::process::workspace_root(), "README.md", links);
        assert_eq!(found.iter().map(|finding| finding.line).collect::<Vec<_>>(), [3]);
    }

    #[test]
    fn code_has_no_links() {
        assert_eq!(relative_links("`a[0](b)`\n```rust\nc[1](d)\n```\n"), []);
    }
}
