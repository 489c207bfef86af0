//! What goes wrong: never with a plain text or a key in it.

/// Why a value was not sealed or not opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No key has this id.
    #[error("no key {0:08x}: it was sealed with a key that is not among those given")]
    UnknownKey(u32),
    /// It is not a sealed value.
    #[error("not a sealed value")]
    NotSealed,
    /// It was changed, or sealed for another place.
    #[error("the sealed value was changed, or was not sealed for this place")]
    Refused,
    /// It was sealed by an algorithm that is not known here.
    #[error("sealed by an unknown algorithm, {0}")]
    UnknownAlgorithm(u8),
    /// The keys cannot be read.
    #[error("the keys cannot be read: {0}")]
    Keys(String),
    /// The operating system gives no random bytes, or a file cannot be read or written.
    #[error("{0}")]
    System(String),
}

/// A result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;
