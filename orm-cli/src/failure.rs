//! How a command ends other than well: what to say, what to do about it, and the exit code.

use std::fmt;

use orm::{Error, ErrorKind};

/// The exit codes, which scripts may rely on. 0 is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code {
    /// The command failed.
    Failed = 1,
    /// There is a difference, or something pending, and the command was asked to say so.
    Differs = 2,
    /// An answer is needed and nobody is there to give it.
    NeedsAnswer = 3,
    /// Another process migrates, and the time to wait for it is over.
    Locked = 4,
    /// Refused: a protected environment, a loss of data, what cannot be undone.
    Refused = 5,
    /// The history of migrations says that one failed, was interrupted or was edited.
    History = 6,
    /// The command line is wrong.
    Usage = 64,
    /// Ctrl-C.
    Interrupted = 130,
}

/// Why a command did not end well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// The exit code.
    pub(crate) code: Code,
    /// What happened.
    pub(crate) message: String,
    /// What to do; empty where the message says it.
    pub(crate) hint: String,
}

/// The result of a part of a command.
pub(crate) type Outcome<T> = Result<T, Failure>;

impl Failure {
    /// A failure without more to say than the message.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { code: Code::Failed, message: message.into(), hint: String::new() }
    }

    /// With another exit code.
    #[must_use]
    pub(crate) fn code(mut self, code: Code) -> Self {
        self.code = code;
        self
    }

    /// With what to do.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// A file or folder that cannot be read or written.
    pub(crate) fn file(what: &str, path: &std::path::Path, error: &std::io::Error) -> Self {
        Self::new(format!("cannot {what} `{}`: {error}", path.display()))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if !self.hint.is_empty() {
            write!(f, "\n{}", self.hint)?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let (code, hint) = match error.kind() {
            ErrorKind::LockTimeout => (Code::Locked, "wait for the other process, or give more time: --lock-wait 5m"),
            ErrorKind::Migration => (Code::History, "`orm migrate status` shows where each migration stands"),
            ErrorKind::UnknownDatabase => (Code::Failed, "`orm db create` creates it"),
            ErrorKind::Auth => (Code::Failed, "check user and password in the URL; they are percent-encoded there"),
            ErrorKind::ConnectionFailed => (Code::Failed, "is the server running, and does the URL name it?"),
            _ => (Code::Failed, ""),
        };
        Self::new(error.to_string()).code(code).hint(hint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_errors_have_codes_of_their_own() {
        let of = |kind| Failure::from(Error::new(kind, "no")).code;
        assert_eq!(of(ErrorKind::LockTimeout), Code::Locked);
        assert_eq!(of(ErrorKind::Migration), Code::History);
        assert_eq!(of(ErrorKind::Syntax), Code::Failed);
    }
}
