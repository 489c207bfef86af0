//! [`Guard`]: whether a connection is free, at work, or of no use any more.

use orm_core::{Error, ErrorKind, Result};

/// The state of a connection. An operation [enters](Self::enter) before anything is sent and [leaves](Self::leave) when its
/// answer was read to the end. A future that is dropped before that never leaves, so the connection counts as broken:
/// it is unknown what the server still does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Guard {
    busy: bool,
    broken: bool,
}

impl Guard {
    /// Begins an operation.
    ///
    /// # Errors
    /// [`ErrorKind::ConnectionLost`] when the connection is broken.
    #[inline]
    pub fn enter(&mut self) -> Result<()> {
        if self.is_broken() {
            return Err(lost());
        }
        self.busy = true;
        Ok(())
    }

    /// Ends an operation.
    #[inline]
    pub fn leave(&mut self) {
        self.busy = false;
    }

    /// Marks the connection as broken for good.
    pub fn give_up(&mut self) {
        self.broken = true;
    }

    /// Whether the connection cannot be used.
    #[inline]
    pub fn is_broken(self) -> bool {
        self.busy || self.broken
    }

    /// Whether an operation was cut off, so that the server may still be at work on it.
    pub fn is_cut_off(self) -> bool {
        self.busy && !self.broken
    }

    /// Whether [`give_up`](Self::give_up) was called.
    pub fn is_given_up(self) -> bool {
        self.broken
    }
}

#[cold]
fn lost() -> Error {
    Error::new(ErrorKind::ConnectionLost, "an earlier operation broke this connection or was cut off")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_that_never_leaves_breaks_the_connection() {
        let mut guard = Guard::default();
        guard.enter().unwrap();
        guard.leave();
        assert!(!guard.is_broken() && !guard.is_cut_off());
        guard.enter().unwrap();
        assert!(guard.is_broken() && guard.is_cut_off() && !guard.is_given_up());
        assert_eq!(guard.enter().unwrap_err().kind(), ErrorKind::ConnectionLost);
        guard.leave();
        guard.give_up();
        guard.leave();
        assert!(guard.is_broken());
    }
}
