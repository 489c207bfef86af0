//! How many tests ran in which binary, read from nextest's JUnit report or from the lines of `cargo test`.
//! What the numbers mean for a backend is the summary's business.

use std::collections::BTreeMap;

/// The tests of one test binary, or of several.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Binary {
    pub(super) passed: u32,
    pub(super) failed: u32,
    pub(super) skipped: u32,
}

impl Binary {
    pub(super) fn run(self) -> u32 {
        self.passed + self.failed
    }
}

/// Counts by group: a backend, `doc` (examples in the documentation), or `common` (everything else).
#[derive(Debug, Default)]
pub(super) struct Count(BTreeMap<&'static str, Binary>);

impl Count {
    pub(super) fn of(&self, group: &str) -> Binary {
        self.0.get(group).copied().unwrap_or_default()
    }

    /// Whether nothing ran and nothing was left out.
    pub(super) fn is_empty(&self) -> bool {
        self.0.values().all(|binary| *binary == Binary::default())
    }

    pub(super) fn add_all(&mut self, other: Self) {
        for (group, binary) in other.0 {
            self.add(group, binary);
        }
    }

    fn add(&mut self, group: &'static str, more: Binary) {
        let binary = self.0.entry(group).or_default();
        binary.passed += more.passed;
        binary.failed += more.failed;
        binary.skipped += more.skipped;
    }

    /// Adds a JUnit report, which has one `<testsuite>` per test binary with its totals as attributes.
    pub(super) fn add_junit(&mut self, report: &str) {
        for tag in report.split("<testsuite ").skip(1).filter_map(|rest| rest.split('>').next()) {
            let number = |name| attribute(tag, name).and_then(|text| text.parse().ok()).unwrap_or(0);
            let (tests, skipped) = (number("tests"), number("disabled") + number("skipped"));
            let failed: u32 = number("failures") + number("errors");
            let group = match attribute(tag, "name").unwrap_or_default().split_once("::") {
                Some(("orm-tests" | "orm-auth-tests", binary)) => group(binary),
                _ => "common",
            };
            self.add(group, Binary { passed: tests.saturating_sub(failed + skipped), failed, skipped });
        }
    }
}

/// The group of a test binary of the crates that test every backend.
fn group(binary: &str) -> &'static str {
    ["sqlite", "postgres", "mariadb", "mysql"].into_iter().find(|name| *name == binary).unwrap_or("common")
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = tag.split_once(&format!("{name}=\""))?;
    rest.split('"').next()
}

/// Reads the output of `cargo test` line by line.
#[derive(Debug, Default)]
pub(super) struct CargoTest {
    count: Count,
    /// The group of the binary that was announced and has not given its result.
    current: Option<&'static str>,
}

impl CargoTest {
    pub(super) fn read(&mut self, line: &str) {
        let line = without_colours(line);
        let line = line.trim();
        if let Some(binary) = line.strip_prefix("Running ") {
            // `Running tests/mysql.rs (target/debug/deps/mysql-0123456789abcdef)`
            self.crashed();
            let source = binary.split(" (").next().unwrap_or(binary);
            let name = source.strip_prefix("tests/").and_then(|file| file.strip_suffix(".rs"));
            self.current = Some(name.map_or("common", group));
        } else if line.starts_with("Doc-tests ") {
            self.crashed();
            self.current = Some("doc");
        } else if let Some(result) = line.strip_prefix("test result: ") {
            // `test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; 2 filtered out; finished in 0.00s`
            let number = |what: &str| {
                let words = result.split([' ', ';', '.']).filter(|word| !word.is_empty()).collect::<Vec<_>>();
                let at = words.iter().position(|word| *word == what)?;
                words.get(at.checked_sub(1)?)?.parse().ok()
            };
            let [passed, failed, skipped] = ["passed", "failed", "ignored"].map(|what| number(what).unwrap_or(0));
            // A binary may give several: the documentation's examples are built in groups.
            self.count.add(self.current.unwrap_or("common"), Binary { passed, failed, skipped });
            self.current = self.current.filter(|group| *group == "doc");
        }
    }

    pub(super) fn finish(mut self) -> Count {
        self.crashed();
        self.count
    }

    /// A binary without a result ended in the middle: that is one failure.
    fn crashed(&mut self) {
        if let Some(group) = self.current.take().filter(|group| *group != "doc") {
            self.count.add(group, Binary { failed: 1, ..Binary::default() });
        }
    }
}

/// A line without terminal control sequences (`ESC [ … letter`).
fn without_colours(line: &str) -> String {
    let mut parts = line.split("\u{1b}[");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text += part.split_once(|c: char| c.is_ascii_alphabetic()).map_or("", |(_, rest)| rest);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binary(passed: u32, failed: u32, skipped: u32) -> Binary {
        Binary { passed, failed, skipped }
    }

    #[test]
    fn junit() {
        let mut count = Count::default();
        count.add_junit(
            r#"<testsuites name="nextest-run" tests="6" failures="1" errors="0">
               <testsuite name="orm-core" tests="2" disabled="0" errors="0" failures="0"></testsuite>
               <testsuite name="orm-tests::postgres" tests="3" disabled="0" errors="0" failures="1">
               <testcase name="a" classname="orm-tests::postgres"></testcase></testsuite>
               <testsuite name="orm-core::mysql" tests="1" disabled="0" errors="0" failures="0"></testsuite>"#,
        );
        assert_eq!(count.of("postgres"), binary(2, 1, 0));
        assert_eq!(count.of("common"), binary(3, 0, 0));
        assert_eq!(count.of("mysql"), binary(0, 0, 0));
    }

    #[test]
    fn a_filter_that_names_no_test_leaves_nothing() {
        let mut count = Count::default();
        count.add_junit(r#"<testsuites name="nextest-run" tests="0"></testsuites>"#);
        let mut lines = CargoTest::default();
        lines.read("     Running unittests src/lib.rs (target/debug/deps/orm_core-1)");
        lines.read("test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 9 filtered out; finished in 0.00s");
        count.add_all(lines.finish());
        assert!(count.is_empty());
        count.add_junit(r#"<testsuite name="orm-core" tests="1" disabled="0" errors="0" failures="1"></testsuite>"#);
        assert!(!count.is_empty());
    }

    #[test]
    fn cargo_test_lines() {
        let mut lines = CargoTest::default();
        for line in [
            "     Running unittests src/lib.rs (target/debug/deps/orm_core-1)",
            "test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; 2 filtered out; finished in 0.00s",
            "\u{1b}[1m\u{1b}[32m     Running\u{1b}[0m tests/mysql.rs (target/debug/deps/mysql-2)",
            "test result: \u{1b}[31mFAILED\u{1b}[m. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out",
            "     Running tests/sqlite.rs (target/debug/deps/sqlite-3)",
            "error: test failed (signal: 11, SIGSEGV: invalid memory reference)",
            "   Doc-tests orm",
            "test result: ok. 7 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out",
            "test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out",
        ] {
            lines.read(line);
        }
        let count = lines.finish();
        assert_eq!(count.of("common"), binary(5, 0, 1));
        assert_eq!(count.of("mysql"), binary(1, 2, 0));
        assert_eq!(count.of("sqlite"), binary(0, 1, 0));
        assert_eq!(count.of("doc"), binary(8, 0, 0));
    }
}
