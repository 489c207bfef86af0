//! SQL functions that every connection gets: what they compute. Registering them and reading their arguments is in
//! `handle.rs`.

use std::cell::RefCell;

use regex::{Regex, RegexBuilder};

/// What the message of a pattern that cannot be compiled starts with; `error.rs` knows it by this.
pub(crate) const BAD_PATTERN: &str = "invalid regular expression";

/// How many compiled patterns a connection keeps.
const KEPT: usize = 16;
/// The greatest size of a compiled pattern, in bytes.
const MAX_SIZE: usize = 1 << 20;

/// `text REGEXP pattern`, with the syntax of the `regex` crate: its time is linear in the text, whatever the pattern.
#[derive(Debug, Default)]
pub(crate) struct Regexp {
    /// The latest first.
    recent: RefCell<Vec<(Box<str>, Regex)>>,
}

impl Regexp {
    /// Whether the pattern is found in the text.
    pub(crate) fn is_match(&self, pattern: &str, text: &str) -> Result<bool, String> {
        let mut recent = self.recent.borrow_mut();
        match recent.iter().position(|(known, _)| **known == *pattern) {
            Some(0) => {}
            Some(at) => recent[..=at].rotate_right(1),
            None => {
                let compiled = RegexBuilder::new(pattern).size_limit(MAX_SIZE).build();
                // The last line names the fault; those before it repeat the pattern, which may be a user's.
                let compiled = compiled.map_err(|error| {
                    let text = error.to_string();
                    let fault = text.lines().last().unwrap_or_default();
                    format!("{BAD_PATTERN}: {}", fault.strip_prefix("error: ").unwrap_or(fault))
                })?;
                recent.truncate(KEPT - 1);
                recent.insert(0, (pattern.into(), compiled));
            }
        }
        Ok(recent.first().is_some_and(|(_, regex)| regex.is_match(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_kept_and_told_apart() {
        let regexp = Regexp::default();
        for round in 0..3 {
            for n in 0..KEPT + 4 {
                assert!(regexp.is_match(&format!("^a{{{n}}}$"), &"a".repeat(n)).unwrap(), "{round} {n}");
                assert!(!regexp.is_match(&format!("^a{{{n}}}$"), &"a".repeat(n + 1)).unwrap());
            }
        }
        assert_eq!(regexp.recent.borrow().len(), KEPT);
        assert!(regexp.is_match("(?i)^ÄB", "äb").unwrap());
    }

    #[test]
    fn a_bad_pattern_is_a_clear_error() {
        let error = Regexp::default().is_match("secret(", "x").unwrap_err();
        assert_eq!(error, "invalid regular expression: unclosed group");
        let error = Regexp::default().is_match("a{1000}{1000}{1000}", "x").unwrap_err();
        assert!(error.starts_with(BAD_PATTERN), "{error}");
    }
}
