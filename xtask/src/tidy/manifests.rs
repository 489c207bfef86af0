//! A crate is either not published or ready to be: its manifest says what a registry shows, and its licences are beside
//! it. That the packages hold what they need is for `cargo package` to find.

use std::path::Path;

use super::Finding;

/// What the `[package]` section says, itself or through the workspace.
const KEYS: [&str; 5] = ["description", "license", "keywords", "categories", "include"];

/// Files beside the manifest.
const FILES: [&str; 2] = ["LICENSE-APACHE", "LICENSE-MIT"];

/// What is missing in the manifest at `path` (relative to `root`).
pub(super) fn incomplete(root: &Path, path: &str, manifest: &str) -> Vec<Finding> {
    let directory = root.join(path).parent().map_or_else(|| root.to_owned(), Path::to_path_buf);
    missing(manifest, |file| directory.join(file).exists())
        .into_iter()
        .map(|what| Finding::new(1, format!("a published crate has {what}: add it, or say `publish = false`")))
        .collect()
}

fn missing(manifest: &str, exists: impl Fn(&str) -> bool) -> Vec<String> {
    let Some(package) = section(manifest, "package") else { return Vec::new() };
    let says = |key: &str| package.iter().any(|line| line.split(['=', '.', ' ']).next() == Some(key));
    if package.contains(&"publish = false") {
        return Vec::new();
    }
    let keys = KEYS.into_iter().filter(|key| !says(key)).map(|key| format!("a key `{key}` in `[package]`"));
    let files = FILES.into_iter().filter(|file| !exists(file)).map(|file| format!("a file `{file}`"));
    let readme = (!says("readme") && !exists("README.md")).then(|| "a file `README.md`".to_owned());
    let all_features =
        section(manifest, "package.metadata.docs.rs").is_some_and(|it| it.contains(&"all-features = true"));
    let documented = (!all_features).then(|| "`[package.metadata.docs.rs]` with `all-features = true`".to_owned());
    keys.chain(files).chain(readme).chain(documented).collect()
}

/// The lines below `[name]`, up to the next section.
fn section<'a>(manifest: &'a str, name: &str) -> Option<Vec<&'a str>> {
    let mut lines = manifest.lines().map(str::trim);
    lines.find(|line| line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) == Some(name))?;
    Some(lines.take_while(|line| !line.starts_with('[')).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPLETE: &str = "[package]\ndescription = \"..\"\nlicense.workspace = true\nkeywords = [\"a\"]\n\
        categories.workspace = true\ninclude = [\"/src\"]\n\n[package.metadata.docs.rs]\nall-features = true\n";

    #[test]
    fn a_complete_manifest_has_no_findings() {
        assert_eq!(missing(COMPLETE, |_| true), [""; 0]);
    }

    #[test]
    fn what_is_missing_is_named() {
        let without = COMPLETE.replace("keywords = [\"a\"]\n", "").replace("all-features = true", "");
        assert_eq!(
            missing(&without, |file| file != "README.md"),
            [
                "a key `keywords` in `[package]`",
                "a file `README.md`",
                "`[package.metadata.docs.rs]` with `all-features = true`"
            ]
        );
        assert_eq!(missing(COMPLETE, |file| file != "LICENSE-MIT"), ["a file `LICENSE-MIT`"]);
        assert_eq!(missing(&COMPLETE.replace("include", "readme"), |file| file != "README.md").len(), 1);
    }

    #[test]
    fn what_is_not_published_may_be_bare() {
        assert_eq!(missing("[package]\nname = \"a\"\npublish = false\n", |_| false), [""; 0]);
        assert_eq!(missing("[workspace]\nmembers = []\n", |_| false), [""; 0]);
    }
}
