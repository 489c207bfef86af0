//! T-SQL is parsed by Microsoft's own parser (ScriptDom): every statement that the snapshots of `sql.rs` have for SQL Server.
//! The parser is told apart from the rest by `ORM_TEST_SCRIPTDOM`, a folder with Python, its packages and the parser, which
//! `cargo xtask test --install` makes. That a statement does what it says is not known: there is no server.

use std::error::Error;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The snapshots. Each line of them is asserted to be what the dialect writes.
const SNAPSHOTS: &str = include_str!("sql.rs");
/// What a line of the snapshots begins with.
const PREFIX: &str = "mssql: ";

/// What the parser says about each statement, or nothing where there is no parser.
///
/// # Errors
/// When it does not answer.
///
/// # Panics
/// When `CI` is set and there is none.
fn parse(statements: &[&str]) -> Result<Option<Vec<Option<String>>>, Box<dyn Error>> {
    let Some(folder) = std::env::var_os("ORM_TEST_SCRIPTDOM").map(PathBuf::from) else {
        let in_ci = std::env::var("CI").is_ok_and(|ci| ci == "true" || ci == "1");
        assert!(!in_ci, "ORM_TEST_SCRIPTDOM is not set, and in CI all T-SQL is parsed");
        let line = "=".repeat(100);
        let text =
            format!("{line}\nSKIPPED: T-SQL is not parsed; `cargo xtask test --install` gets the parser.\n{line}\n");
        // Neither `print!` nor `eprint!`: those are captured.
        let _ = std::io::stderr().write_all(text.as_bytes());
        return Ok(None);
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tsql/parse.py");
    let mut child = Command::new(folder.join("bin/python"))
        .arg(script)
        .arg(folder.join("Microsoft.SqlServer.TransactSql.ScriptDom.dll"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let input = serde_json::to_string(statements)?;
    // The script reads all of it before it writes.
    child.stdin.take().ok_or("no pipe")?.write_all(input.as_bytes())?;
    let output = child.wait_with_output()?;
    assert!(output.status.success(), "the parser failed: {}", output.status);
    let answers: Vec<Option<String>> = serde_json::from_slice(&output.stdout)?;
    assert_eq!(answers.len(), statements.len());
    Ok(Some(answers))
}

#[test]
fn every_statement_of_the_snapshots_is_tsql_to_microsofts_parser() -> Result<(), Box<dyn Error>> {
    let lines = SNAPSHOTS.lines().filter_map(|line| line.trim_start().strip_prefix(PREFIX));
    // What is not supported is in parentheses.
    let statements: Vec<&str> = lines.filter(|line| !line.starts_with('(')).collect();
    assert!(statements.len() > 40, "there are {} statements", statements.len());
    let Some(answers) = parse(&statements)? else { return Ok(()) };
    let wrong: Vec<String> =
        statements.iter().zip(answers).filter_map(|(sql, answer)| Some(format!("{}\n  {sql}", answer?))).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

#[test]
fn what_is_not_tsql_is_found() -> Result<(), Box<dyn Error>> {
    let wrong = [
        "SELECT [id] FROM [t] LIMIT 1",
        "SELECT [id] FROM [t] OFFSET 1 ROWS",
        "SELECT `id` FROM `t`",
        "SELECT [id] FROM [t] WHERE [a] = ?",
        "SELECT [id] FROM [t] WHERE [active]",
        "SELECT [a] = [b] AND [c] = [d] FROM [t]",
        "SELECT [id] FROM [t] WHERE ([a], [b]) IN ((1, 2))",
        "SELECT [id] FROM (SELECT [id] FROM [t] ORDER BY [id]) AS [x]",
        "INSERT INTO [t] ([a]) VALUES (1) RETURNING [id]",
        "MERGE INTO [t] USING [s] ON [t].[id] = [s].[id] WHEN MATCHED THEN DELETE",
        "CREATE TABLE [t] ([id] INT AUTO_INCREMENT)",
        // The grammar has these, a server does not.
        "SELECT [id] FROM [t] FOR UPDATE",
        "SELECT [id] FROM [t] WHERE [id] = $1",
        "CREATE TABLE [t] ([a] BOOLEAN)",
        "",
    ];
    let Some(answers) = parse(&wrong)? else { return Ok(()) };
    for (sql, answer) in wrong.iter().zip(answers) {
        assert!(answer.is_some(), "{sql}");
    }
    let right = ["SELECT N'FOR UPDATE $1', [BOOLEAN] FROM [t]", "SELECT TOP (1) [id] FROM [t] WITH (UPDLOCK);"];
    assert_eq!(parse(&right)?, Some(vec![None, None]));
    Ok(())
}
