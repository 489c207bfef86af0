//! Who may import whom: modules of `orm-core` only leftwards, drivers only `orm-core`, and `orm-core` no database
//! client and no async runtime.

use super::Finding;
use super::source::{Source, Token};

/// The modules of `orm-core`; each may import those before it.
const ORDER: [&str; 14] = [
    "error", "value", "row", "model", "ast", "schema", "dialect", "driver", "expr", "run", "write", "relation",
    "query", "handle",
];

/// Modules that share a place: trees name columns, and the filters of relations are trees.
const TOGETHER: [&str; 2] = ["model", "ast"];

/// Files of `orm-core` that gather what others define: the crate's root, and what generated code calls.
const GATHERING: [&str; 2] = ["lib", "__private"];

/// A crate, and crates it must not use.
const FORBIDDEN: [(&str, &[&str]); 7] = [
    ("orm-core", &["orm", "orm_sqlite", "orm_server", "orm_mysql", "orm_postgres", "sqlx", "tokio"]),
    ("orm-migrate", &["orm", "orm_sqlite", "orm_server", "orm_mysql", "orm_postgres", "sqlx"]),
    ("orm-sqlite", &["orm", "orm_mysql", "orm_postgres"]),
    ("orm-server", &["orm", "orm_sqlite", "orm_mysql", "orm_postgres"]),
    ("orm-mysql", &["orm", "orm_sqlite", "orm_postgres"]),
    ("orm-postgres", &["orm", "orm_sqlite", "orm_mysql"]),
    ("tests/toy-driver", &["orm", "orm_sqlite", "orm_mysql", "orm_postgres"]),
];

/// Whether two modules of `orm-core` are one layer.
pub(super) fn together(one: &str, other: &str) -> bool {
    TOGETHER.contains(&one) && TOGETHER.contains(&other)
}

/// The module path of a file of `orm-core` that is not for tests: `src/ast/expr.rs` is `["ast", "expr"]`.
pub(super) fn core_module(path: &str) -> Option<Vec<&str>> {
    let inside = path.strip_prefix("orm-core/src/")?.strip_suffix(".rs")?;
    let module: Vec<_> = inside.split('/').collect();
    (!module.contains(&"tests")).then_some(module)
}

/// The modules of `orm-core` import only leftwards.
pub(super) fn modules(path: &str, source: &Source) -> Vec<Finding> {
    let Some(module) = core_module(path).filter(|module| !GATHERING.contains(&module[0])) else { return Vec::new() };
    let place = |name: &str| ORDER.iter().position(|known| *known == name);
    let Some(own) = place(module[0]) else {
        let message = format!("module `{}` has no place in the order: {}", module[0], ORDER.join(" → "));
        return vec![Finding::new(
            1,
            message + "; put it below one of these, or into `ORDER` of `xtask/src/tidy/layers.rs`",
        )];
    };
    let mut findings = Vec::new();
    for target in from_the_root(&source.tokens(), module.len()) {
        let name = target.text;
        if place(name).is_some_and(|target| target > own) && !together(module[0], name) {
            let message =
                format!("`{}` must not import `{name}`, which is to its right in {}", module[0], ORDER.join(" → "));
            findings.push(Finding::new(target.line, message + "; move what both need to the left"));
        } else if name.starts_with(char::is_uppercase) {
            let message = format!("`crate::{name}` hides which module it comes from: write `crate::<module>::{name}`");
            findings.push(Finding::new(target.line, message));
        }
    }
    findings
}

/// The first names after `crate::`, and after as many `super::` as lead from a module of this depth to the root.
fn from_the_root<'a>(tokens: &[Token<'a>], depth: usize) -> Vec<Token<'a>> {
    let is = |at: usize, text: &str| tokens.get(at).is_some_and(|token| token.text == text);
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let mut supers = 0;
        while is(at, "super") && is(at + 1, ":") && is(at + 2, ":") {
            (supers, at) = (supers + 1, at + 3);
        }
        let from_crate = is(at, "crate") && is(at + 1, ":") && is(at + 2, ":") && !(at > 0 && is(at - 1, "$"));
        if from_crate {
            at += 3;
        }
        if from_crate || (supers > 0 && supers == depth) {
            found.extend(first_names(&tokens[at..]));
        }
        at += 1;
    }
    found
}

/// `a` of `a::b`, and `a`, `c` of `{a::b, c::{d, e}}`.
fn first_names<'a>(tokens: &[Token<'a>]) -> Vec<Token<'a>> {
    if tokens.first().is_none_or(|token| token.text != "{") {
        return tokens.first().copied().into_iter().collect();
    }
    let (mut depth, mut names, mut expected) = (0, Vec::new(), false);
    for token in tokens {
        match token.text {
            "{" => (depth, expected) = (depth + 1, depth == 0),
            "}" => depth -= 1,
            "," => expected = depth == 1,
            _ if expected => {
                names.push(*token);
                expected = false;
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    names
}

fn forbidden(path: &str) -> Option<(&'static str, &'static [&'static str])> {
    FORBIDDEN.into_iter().find(|(name, _)| path.strip_prefix(name).is_some_and(|rest| rest.starts_with('/')))
}

/// The library code of a crate names no crate it must not use.
pub(super) fn crates(path: &str, source: &Source) -> Vec<Finding> {
    let Some((name, forbidden)) = forbidden(path).filter(|_| path.contains("/src/")) else { return Vec::new() };
    let tokens = source.tokens();
    let mut findings = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let before = at.checked_sub(1).map_or("", |at| tokens[at].text);
        let after = tokens.get(at + 1).map_or("", |token| token.text);
        // `x::tokio` is something else of that name.
        let is_crate = (after == ":" && tokens.get(at + 2).is_some_and(|t| t.text == ":")) || before == "use";
        if is_crate && before != ":" && forbidden.contains(&token.text) {
            findings.push(Finding::new(token.line, explain(name, token.text)));
        } else if token.text == "__private" && name != "orm-core" {
            let message = "a driver can be written with documented items: `__private` is for generated code";
            findings.push(Finding::new(token.line, message.to_owned()));
        }
    }
    findings
}

/// The manifest of a crate lists none either, except for its tests.
pub(super) fn dependencies(path: &str, manifest: &str) -> Vec<Finding> {
    let Some((name, forbidden)) = forbidden(path) else { return Vec::new() };
    let mut findings = Vec::new();
    let mut relevant = false;
    for (index, line) in manifest.lines().enumerate() {
        if let Some(section) = line.strip_prefix('[') {
            relevant = section.trim_end().ends_with("dependencies]") && !section.contains("dev-dependencies");
        } else if relevant {
            let key = line.split(['=', '.', ' ']).next().unwrap_or("").replace('-', "_");
            if forbidden.contains(&key.as_str()) {
                findings.push(Finding::new(index + 1, explain(name, &key)));
            }
        }
    }
    findings
}

fn explain(name: &str, used: &str) -> String {
    let rule = match name {
        "orm-core" => "`orm-core` depends on no database client, no async runtime and no crate above it",
        _ => "a driver depends on `orm-core` only",
    };
    format!("{rule}, so not on `{used}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(path: &str, file: &str) -> Vec<usize> {
        modules(path, &Source::new(file)).iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn leftwards_is_fine() {
        let file = "use crate::error::Error;\nuse crate::{ast::{handle, Expr}, value};\npub(crate) fn f() {}";
        assert_eq!(lines("orm-core/src/query.rs", file), []);
        assert_eq!(lines("orm-core/src/query/select.rs", "use super::handle;\nuse crate::query::Query;"), []);
    }

    #[test]
    fn rightwards_is_found() {
        assert_eq!(lines("orm-core/src/ast.rs", "fn f() -> crate::driver::Row {}"), [1]);
        assert_eq!(lines("orm-core/src/ast/expr.rs", "\nuse crate::{\n error::Error,\n dialect::Dialect,\n};"), [4]);
        assert_eq!(lines("orm-core/src/ast/expr.rs", "use super::super::query::Query;"), [1]);
        assert_eq!(lines("orm-core/src/ast.rs", "use super::{error, handle};"), [1]);
    }

    #[test]
    fn tests_comments_macros_and_gathering_files_are_free() {
        assert_eq!(lines("orm-core/src/ast.rs", "#[cfg(test)]\nmod tests { use crate::handle::x; }"), []);
        assert_eq!(lines("orm-core/src/ast/tests.rs", "use crate::handle::x;"), []);
        assert_eq!(
            lines(
                "orm-core/src/ast.rs",
                "/// See [`crate::handle::x`].\nmacro_rules! m { () => { $crate::handle::x } }"
            ),
            []
        );
        assert_eq!(lines("orm-core/src/lib.rs", "pub use crate::handle::x;"), []);
        assert_eq!(lines("orm-sqlite/src/row.rs", "use crate::handle::x;"), []);
    }

    #[test]
    fn the_module_must_be_known_and_named() {
        assert_eq!(lines("orm-core/src/misc.rs", ""), [1]);
        assert_eq!(lines("orm-core/src/ast.rs", "use crate::Error;"), [1]);
    }

    #[test]
    fn crates_below_do_not_use_those_above() {
        let found = |path, file| crates(path, &Source::new(file)).len();
        assert_eq!(found("orm-core/src/row.rs", "use sqlx::Row;\nfn f() { tokio::spawn() }"), 2);
        assert_eq!(found("orm-core/src/row.rs", "#[orm(skip)]\nuse crate::sqlx;\n// tokio::spawn\n"), 0);
        assert_eq!(found("orm-mysql/src/row.rs", "use sqlx::Row;\nuse orm_core::Row;\nuse orm_mysql::x;"), 0);
        assert_eq!(found("orm-mysql/src/row.rs", "use orm_sqlite::Row;\nuse orm::Row;"), 2);
        assert_eq!(found("orm/src/lib.rs", "use orm_sqlite::Row;"), 0);
        assert_eq!(found("tests/toy-driver/src/row.rs", "use orm::Row;\nuse orm_core::__private::row;"), 2);
        assert_eq!(found("tests/toy-driver/tests/row.rs", "use orm::Row;"), 0);
    }

    #[test]
    fn manifests() {
        let manifest = "[dependencies]\norm-core.workspace = true\nsqlx = \"1\"\n[dev-dependencies]\ntokio = \"1\"\n";
        let found = |path| dependencies(path, manifest).iter().map(|f| f.line).collect::<Vec<_>>();
        assert_eq!(found("orm-core/Cargo.toml"), [3]);
        assert_eq!(found("orm-mysql/Cargo.toml"), []);
        assert_eq!(
            dependencies("orm-mysql/Cargo.toml", "[target.'cfg(unix)'.dependencies]\norm-sqlite = \"1\"").len(),
            1
        );
    }
}
