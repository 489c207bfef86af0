//! Files of one folder import each other one way only. A module and the files below it count as one file here: children
//! use what their parent declares, and a parent calls its children.

use std::collections::{BTreeMap, BTreeSet};

use super::source::{Source, Token};
use super::{Finding, layers};

/// The crates whose files are looked at.
const CRATES: [&str; 9] = [
    "orm",
    "orm-core",
    "orm-derive",
    "orm-migrate",
    "orm-mssql",
    "orm-mysql",
    "orm-postgres",
    "orm-server",
    "orm-sqlite",
];

/// The imports of one folder: from each file, to which others, and on which line.
type Imports = BTreeMap<String, BTreeMap<String, usize>>;

/// The folders whose files import each other in a circle: the file to look at, and the finding.
pub(super) fn circles(files: &[(String, Source)]) -> Vec<(String, Finding)> {
    let mut folders: BTreeMap<String, Imports> = BTreeMap::new();
    for (path, source) in files {
        let Some(module) = module_of(path) else { continue };
        let tokens = source.tokens();
        // From the file's own folder up to the crate's root.
        for depth in 1..module.len() {
            let (folder, own) = (module[..depth].join("/"), &module[depth]);
            let exports = exports(files, &folder);
            let siblings = siblings(files, &folder);
            let imports = folders.entry(folder.clone()).or_default().entry(own.clone()).or_default();
            for (line, name) in names_in(&tokens, &module, depth) {
                let target = if siblings.contains(&name) { Some(&name) } else { exports.get(&name) };
                if let Some(target) = target.filter(|target| *target != own && !layers::together(own, target)) {
                    imports.entry(target.clone()).or_insert(line);
                }
            }
        }
    }
    folders.iter().flat_map(|(folder, imports)| circles_of(folder, imports)).collect()
}

/// The path of a file as a module of its crate: `orm-core/src/run/load.rs` is `orm-core/src`, `run`, `load`.
fn module_of(path: &str) -> Option<Vec<String>> {
    let (krate, inside) = path.split_once("/src/")?;
    if !CRATES.contains(&krate) {
        return None;
    }
    let parts: Vec<&str> = inside.strip_suffix(".rs")?.split('/').collect();
    // The root and the façade of generated code gather what others define; tests are free.
    if parts.iter().any(|part| ["tests", "lib", "main", "__private", "bin"].contains(part)) {
        return None;
    }
    let mut module = vec![format!("{krate}/src")];
    module.extend(parts.into_iter().map(str::to_owned));
    Some(module)
}

/// The names of the files and folders in a folder.
fn siblings(files: &[(String, Source)], folder: &str) -> BTreeSet<String> {
    let prefix = format!("{folder}/");
    let inside = files.iter().filter_map(|(path, _)| path.strip_prefix(&prefix));
    inside.filter_map(|rest| rest.split('/').next()).map(|name| name.trim_end_matches(".rs").to_owned()).collect()
}

/// What the module of a folder exports from the files in it: `pub use column::{A, B}` exports `A` from `column`.
fn exports(files: &[(String, Source)], folder: &str) -> BTreeMap<String, String> {
    let root = format!("{folder}.rs");
    let Some((_, source)) = files.iter().find(|(path, _)| *path == root) else { return BTreeMap::new() };
    let tokens = source.tokens();
    let mut found = BTreeMap::new();
    let starts = tokens.iter().enumerate().filter(|(_, token)| token.text == "use").map(|(at, _)| at);
    for start in starts {
        let Some(file) = tokens.get(start + 1) else { continue };
        let body = tokens[start + 2..].iter().take_while(|token| token.text != ";");
        for token in body.filter(|token| token.text.starts_with(|c: char| c.is_alphabetic() || c == '_')) {
            found.insert(token.text.to_owned(), file.text.to_owned());
        }
    }
    found
}

/// The names of the folder at `depth` that a file in it mentions, by `super::` or `crate::`.
fn names_in(tokens: &[Token<'_>], module: &[String], depth: usize) -> Vec<(usize, String)> {
    let is = |at: usize, text: &str| tokens.get(at).is_some_and(|token| token.text == text);
    let path_sep = |at: usize| is(at, ":") && is(at + 1, ":");
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let mut next = at;
        let mut reached = None;
        if is(at, "super") && path_sep(at + 1) {
            let mut supers = 0;
            while is(next, "super") && path_sep(next + 1) {
                (supers, next) = (supers + 1, next + 3);
            }
            reached = (module.len() - supers == depth).then_some(next);
        } else if is(at, "crate") && path_sep(at + 1) && !(at > 0 && is(at - 1, "$")) {
            next = at + 3;
            let mut place = next;
            let inside = module[1..depth].iter().all(|part| {
                let here = is(place, part) && path_sep(place + 1);
                place += 3;
                here
            });
            reached = inside.then_some(place);
        }
        if let Some(start) = reached {
            found.extend(first_names(&tokens[start..]));
        }
        at = next.max(at + 1);
    }
    found
}

/// `a` of `a::b`, and `a`, `c` of `{a::b, c}`.
fn first_names(tokens: &[Token<'_>]) -> Vec<(usize, String)> {
    let name = |token: &Token<'_>| (token.line, token.text.to_owned());
    if tokens.first().is_none_or(|token| token.text != "{") {
        return tokens.first().map(name).into_iter().collect();
    }
    let (mut depth, mut expected, mut found) = (0, false, Vec::new());
    for token in tokens {
        match token.text {
            "{" => (depth, expected) = (depth + 1, depth == 0),
            "}" => depth -= 1,
            "," => expected = depth == 1,
            _ if expected => {
                found.push(name(token));
                expected = false;
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    found
}

/// A finding for each file from which imports lead back to it; one per circle.
fn circles_of(folder: &str, imports: &Imports) -> Vec<(String, Finding)> {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut findings = Vec::new();
    for file in imports.keys() {
        if seen.contains(file.as_str()) {
            continue;
        }
        let Some(circle) = circle_from(imports, file) else { continue };
        seen.extend(circle.iter().copied());
        let line = circle.get(1).and_then(|next| imports[file].get(*next)).copied().unwrap_or(1);
        let way = circle.join(" → ");
        let message = format!("files of one folder import each other in a circle: {way}; move what both need down");
        let path = format!("{folder}/{file}.rs");
        findings.push((path, Finding::new(line, message)));
    }
    findings
}

/// The shortest way from a file back to itself.
fn circle_from<'a>(imports: &'a Imports, file: &'a str) -> Option<Vec<&'a str>> {
    let mut ways: Vec<Vec<&str>> = vec![vec![file]];
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut at = 0;
    while at < ways.len() {
        let way = ways[at].clone();
        let last = way.last()?;
        for target in imports.get(*last).into_iter().flat_map(|targets| targets.keys()) {
            let longer: Vec<&str> = way.iter().copied().chain([target.as_str()]).collect();
            if target == file {
                return Some(longer);
            }
            if seen.insert(target) {
                ways.push(longer);
            }
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<(String, usize)> {
        let files: Vec<_> = files.iter().map(|(path, text)| ((*path).to_owned(), Source::new(text))).collect();
        circles(&files).into_iter().map(|(path, finding)| (path, finding.line)).collect()
    }

    #[test]
    fn one_way_is_fine() {
        let files = [
            ("orm-core/src/q.rs", "mod x;\nmod y;"),
            ("orm-core/src/q/x.rs", "use super::y::Y;"),
            ("orm-core/src/q/y.rs", ""),
        ];
        assert_eq!(found(&files), []);
    }

    #[test]
    fn both_ways_are_found_through_the_exports_of_their_module() {
        let files = [
            ("orm-core/src/q.rs", "mod x;\nmod y;\npub use x::X;\npub use y::{Y, Z};"),
            ("orm-core/src/q/x.rs", "\nuse super::{Z, w};"),
            ("orm-core/src/q/y.rs", "use crate::q::X;"),
        ];
        assert_eq!(found(&files), [("orm-core/src/q/x.rs".to_owned(), 2)]);
    }

    #[test]
    fn longer_circles_and_files_further_below_are_found() {
        let files = [
            ("orm-core/src/q/x.rs", "use super::y::Y;"),
            ("orm-core/src/q/y/below.rs", "use super::super::z::Z;"),
            ("orm-core/src/q/z.rs", "fn f() { super::x::f() }"),
        ];
        assert_eq!(found(&files), [("orm-core/src/q/x.rs".to_owned(), 1)]);
    }

    #[test]
    fn parents_and_children_are_one_and_tests_are_free() {
        let files = [
            ("orm-core/src/q.rs", "mod x;\nuse x::X;\npub struct Q;"),
            ("orm-core/src/q/x.rs", "use super::Q;\n#[cfg(test)]\nmod tests { use super::super::y::Y; }"),
            ("orm-core/src/q/y.rs", "use super::x::X;"),
        ];
        assert_eq!(found(&files), []);
    }
}
