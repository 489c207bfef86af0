//! What a command says: text for people, one JSON document for programs. Everything is said on stdout at the end, but for
//! progress, notes and errors, which are on stderr.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use serde_json::{Value, json};

use crate::failure::{Code, Failure};

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const DIM: Style = Style::new().dimmed();

/// What a command that ended has to say.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Report {
    /// For people, in lines.
    pub(crate) text: String,
    /// For programs.
    pub(crate) json: Value,
    /// The exit code, when it is not 0.
    pub(crate) code: Option<Code>,
}

impl Report {
    /// A report.
    pub(crate) fn new(text: impl Into<String>, json: Value) -> Self {
        Self { text: text.into(), json, code: None }
    }

    /// With an exit code.
    #[must_use]
    pub(crate) fn code(mut self, code: Option<Code>) -> Self {
        self.code = code;
        self
    }

    /// Prints the report.
    pub(crate) fn print(&self, json: bool) {
        let mut out = anstream::stdout();
        // A reader that has gone, as in `orm migrate status | head`, is no failure.
        if json {
            let _ = writeln!(out, "{:#}", self.json);
        } else if !self.text.is_empty() {
            let _ = writeln!(out, "{}", self.text.trim_end());
        }
    }
}

impl Failure {
    /// Prints the failure: on stderr for people, on stdout for programs.
    pub(crate) fn print(&self, json: bool) {
        if json {
            let mut error = json!({ "code": self.code as u8, "message": self.message });
            if !self.hint.is_empty() {
                error["hint"] = self.hint.clone().into();
            }
            let _ = writeln!(anstream::stdout(), "{:#}", json!({ "error": error }));
            return;
        }
        let mut out = anstream::stderr();
        let _ = writeln!(out, "{BAD}error{BAD:#}: {}", self.message);
        if !self.hint.is_empty() {
            let _ = writeln!(out, "{DIM}hint{DIM:#}: {}", self.hint);
        }
    }
}

/// Says something on stderr that is not what the command was called for.
pub(crate) fn note(message: &str) {
    let _ = writeln!(anstream::stderr(), "{DIM}note{DIM:#}: {message}");
}

/// Asks a question that is answered by yes or no; `None` when there is no terminal.
pub(crate) fn ask(question: &str) -> Option<bool> {
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return None;
    }
    let mut out = anstream::stderr();
    let _ = write!(out, "{question} [y/N] ");
    let _ = out.flush();
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).ok()?;
    Some(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

/// Text in green.
pub(crate) fn good(text: &str) -> String {
    format!("{GOOD}{text}{GOOD:#}")
}

/// Text in red.
pub(crate) fn bad(text: &str) -> String {
    format!("{BAD}{text}{BAD:#}")
}

/// Text that matters less.
pub(crate) fn dim(text: &str) -> String {
    format!("{DIM}{text}{DIM:#}")
}

/// Rows in columns that line up. What colours a cell has takes no room.
pub(crate) fn table(rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let rows: Vec<Vec<String>> = rows.into_iter().collect();
    let width = |cell: &str| anstream::adapter::strip_str(cell).to_string().chars().count();
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let widest =
        |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| width(cell)).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(widest).collect();
    let line = |row: &Vec<String>| {
        let mut line = String::new();
        for (cell, most) in row.iter().zip(&widths).filter(|(_, most)| **most > 0) {
            line.push_str("  ");
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', most - width(cell)));
        }
        line.trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// A time as people read it.
pub(crate) fn shown(took: Duration) -> String {
    let milliseconds = took.as_millis();
    if milliseconds < 1000 { format!("{milliseconds} ms") } else { format!("{:.1} s", took.as_secs_f64()) }
}

/// A number of things, in the singular or the plural.
pub(crate) fn counted(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}
