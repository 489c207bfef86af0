//! Who is looking: what the policies of the models ask about.

/// Somebody who is signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Viewer {
    /// The account.
    pub id: i64,
    /// Whether a second factor was proved in the last ten minutes.
    pub sure: bool,
}
