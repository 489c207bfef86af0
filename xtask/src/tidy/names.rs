//! Ask for a capability, not for a name: outside `dialect`, the code of `orm-core` knows no database by name.

use super::Finding;
use super::layers::core_module;
use super::source::Source;

const NAMES: [&str; 4] = ["sqlite", "mysql", "mariadb", "postgres"];

/// Identifiers and literals that name a database. Comments may.
pub(super) fn of_databases(path: &str, source: &Source) -> Vec<Finding> {
    let Some(module) = core_module(path) else { return Vec::new() };
    // The crate's root names the dialects to show them to the world.
    if module[0] == "dialect" || module[0] == "lib" {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (index, line) in source.text.lines().enumerate() {
        let line = line.to_lowercase();
        if let Some(name) = NAMES.into_iter().find(|name| line.contains(name)) {
            let message =
                format!("`{name}` outside `dialect`: ask the dialect for a capability, or let it write the SQL");
            findings.push(Finding::new(index + 1, message));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_and_literals_outside_dialect() {
        let file = "// MySQL does this\nif d.name() == \"mysql\" {}\nlet a = Postgres;\nlet b = 1;";
        let lines = |path| of_databases(path, &Source::new(file)).iter().map(|f| f.line).collect::<Vec<_>>();
        assert_eq!(lines("orm-core/src/query.rs"), [2, 3]);
        assert_eq!(lines("orm-core/src/query/select.rs"), [2, 3]);
        assert_eq!(lines("orm-core/src/dialect/mysql.rs"), []);
        assert_eq!(lines("orm-core/src/dialect.rs"), []);
        assert_eq!(lines("orm-mysql/src/lib.rs"), []);
    }
}
