//! Relative links in Markdown files lead somewhere. Links to the web are not followed, nor fragments (`#…`) looked up.

use std::path::Path;

use super::Finding;

/// Links of the file at `path` (relative to `root`) whose target does not exist.
pub(super) fn broken(root: &Path, path: &str, text: &str) -> Vec<Finding> {
    let dir = root.join(path).parent().map_or_else(|| root.to_owned(), Path::to_path_buf);
    let exists = |target: &str| match target.strip_prefix('/') {
        Some(from_root) => root.join(from_root).exists(),
        None => dir.join(target).exists(),
    };
    let missing = relative_links(text).into_iter().filter(|(_, target)| !exists(target));
    missing
        .map(|(line, target)| Finding::new(line, format!("no `{target}`: correct the link or add the file")))
        .collect()
}

/// The relative targets of inline links, images and reference definitions, with their lines.
fn relative_links(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut fence: Option<&str> = None;
    for (index, line) in text.lines().enumerate() {
        let start = line.trim_start();
        let mark = ["```", "~~~"].into_iter().find(|mark| start.starts_with(mark));
        match (fence, mark) {
            (None, Some(mark)) => fence = Some(mark),
            (Some(open), Some(mark)) if open == mark => fence = None,
            (Some(_), _) => {}
            (None, None) => {
                let prose = without_code(line);
                let inline = prose.split("](").skip(1).filter_map(|rest| rest.split(')').next());
                let definition = prose.trim_start().strip_prefix('[').and_then(|rest| Some(rest.split_once("]: ")?.1));
                for link in inline.chain(definition) {
                    let target = link.trim().trim_start_matches('<');
                    let target = target.split([' ', '>', '#']).next().unwrap_or("");
                    if !target.is_empty() && !target.contains(':') {
                        found.push((index + 1, target.to_owned()));
                    }
                }
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
        assert_eq!(found, [(1, "b.md".to_owned()), (1, "d/e.png".to_owned()), (2, "g.md".to_owned())]);
        assert_eq!(relative_links("[`code`](x.md)"), [(1, "x.md".to_owned())]);
    }

    #[test]
    fn code_has_no_links() {
        assert_eq!(relative_links("`a[0](b)`\n```rust\nc[1](d)\n```\n"), []);
    }
}
