//! [`lint`]: what in the files of migrations may lose data, fail on rows that are there, break the program that still runs,
//! or hold up others. It reads the files alone; no database is asked.
//!
//! The codes are those of Atlas where it has a rule of the kind (<https://atlasgo.io/lint/analyzers>). What locks and what is
//! rewritten is from the manuals: PostgreSQL, "ALTER TABLE" and "CREATE INDEX"; MySQL, "Online DDL Operations"; SQLite,
//! "ALTER TABLE".

mod rules;
mod sentence;

use std::fmt;

use orm_core::Result;
use orm_core::dialect::Dialect;

use crate::migration::{Migration, Migrations, order};
use crate::script::split;
use rules::File;

/// How bad a [`Finding`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Advice,
    /// May hold up others, or break a program that runs.
    Warning,
    /// Loses data, or does not do what it says.
    Danger,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Advice => "advice",
            Self::Warning => "warning",
            Self::Danger => "danger",
        })
    }
}

/// Something in a file that is worth a second look.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The rule, such as `DS103`; [`lint_rules`] lists all.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The folder of the migration.
    pub migration: String,
    /// The line in `up.sql`, counted from 1; 0 for the whole file.
    pub line: usize,
    /// What it does and what to do about it.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, severity, migration, line, message } = self;
        match line {
            0 => write!(f, "{migration}: {severity} {code}: {message}"),
            line => write!(f, "{migration}/up.sql:{line}: {severity} {code}: {message}"),
        }
    }
}

/// What [`lint`] is to look at.
///
/// ```
/// use orm_migrate::LintOptions;
///
/// let options = LintOptions::new().allow("PG9").after("20260101_000000");
/// # let _ = options;
/// ```
#[derive(Debug, Clone, Default)]
pub struct LintOptions {
    allowed: Vec<String>,
    after: Option<String>,
}

impl LintOptions {
    /// Every rule, every migration.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Passes over a rule. In a file, `-- orm:allow DS103` before a statement does so for it, and before the first statement,
    /// with an empty line after it, for the file.
    #[must_use]
    pub fn allow(mut self, code: impl Into<String>) -> Self {
        self.allowed.push(code.into());
        self
    }

    /// Passes over migrations up to a version: those that every database has had.
    #[must_use]
    pub fn after(mut self, version: impl Into<String>) -> Self {
        self.after = Some(version.into());
        self
    }
}

/// The rules: their code, how bad what they find is, and what that is.
pub fn lint_rules() -> &'static [(&'static str, Severity, &'static str)] {
    rules::RULES
}

/// What in the files is worth a second look, in the order of the files. The dialect is that of the database that they are for,
/// in its version.
///
/// ```
/// # fn show(dialect: &dyn orm_core::dialect::Dialect) -> orm_core::Result<()> {
/// use orm_migrate::{LintOptions, Migration, Migrations, lint};
///
/// let up = "ALTER TABLE users DROP COLUMN age";
/// let migrations = Migrations::new([Migration::new("1", "no_age", up, None)?])?;
/// let codes: Vec<&str> = lint(&migrations, dialect, &LintOptions::new())?.iter().map(|found| found.code).collect();
/// assert_eq!(codes, ["GN1", "DS103"]);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`ErrorKind::Syntax`](orm_core::ErrorKind::Syntax) for a file that cannot be divided into statements.
pub fn lint(migrations: &Migrations, dialect: &dyn Dialect, options: &LintOptions) -> Result<Vec<Finding>> {
    let after = options.after.as_deref().map(order);
    let mut findings = Vec::new();
    for migration in
        migrations.iter().filter(|migration| after.as_ref().is_none_or(|after| order(&migration.version) > *after))
    {
        findings.extend(
            of_file(migration, dialect)?
                .into_iter()
                .filter(|found| !options.allowed.iter().any(|code| code.eq_ignore_ascii_case(found.code))),
        );
    }
    Ok(findings)
}

fn of_file(migration: &Migration, dialect: &dyn Dialect) -> Result<Vec<Finding>> {
    let statements = split(&migration.up, dialect).map_err(|error| {
        let message = format!("{}/up.sql: {}", migration.folder(), error.message());
        error.with_message(message)
    })?;
    let (whole, _) = allowances(statements.first().map_or("", |statement| &statement.sql));
    let mut file = File::new(&statements, dialect);
    file.look(migration.down.is_some());
    let mut findings = Vec::new();
    for (at, code, message) in file.found {
        let statement = at.and_then(|at| statements.get(at));
        let own = statement.map(|statement| allowances(&statement.sql).1).unwrap_or_default();
        if whole.iter().chain(&own).any(|allowed| allowed == code) {
            continue;
        }
        let severity = rules::RULES.iter().find(|(other, ..)| *other == code).map_or(Severity::Warning, |rule| rule.1);
        let line = statement.map_or(0, |statement| statement.line);
        findings.push(Finding { code, severity, migration: migration.folder(), line, message });
    }
    Ok(findings)
}

/// The codes that comments before a statement allow: those of the whole file, which an empty line sets apart, and its own.
fn allowances(sql: &str) -> (Vec<String>, Vec<String>) {
    let (mut whole, mut own) = (Vec::new(), Vec::new());
    for line in sql.lines().map(str::trim) {
        if let Some(codes) = line.strip_prefix("-- orm:allow ") {
            let is_code = |word: &&str| {
                word.chars().any(|c| c.is_ascii_digit()) && word.chars().all(|c| c.is_ascii_alphanumeric())
            };
            own.extend(codes.split([' ', ',']).take_while(is_code).map(str::to_ascii_uppercase));
        } else if line.is_empty() {
            whole.append(&mut own);
        } else if !line.starts_with("--") {
            break;
        }
    }
    (whole, own)
}
