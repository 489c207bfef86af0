//! `numeric` between its binary form and plain decimal text, exact at any size. The form is that of `numeric_send` and
//! `numeric_recv` in the server's `numeric.c`: count of base-10000 digits, weight of the first, sign, digits shown
//! after the point, then the digits.

use std::fmt::Write;

use orm_core::{Error, Result};

const POSITIVE: u16 = 0x0000;
const NEGATIVE: u16 = 0x4000;
const NAN: u16 = 0xC000;
const INFINITY: u16 = 0xD000;
const NEGATIVE_INFINITY: u16 = 0xF000;

/// Digits before and after the point that the server stores (manual, 8.1.2).
const MAX_WHOLE: usize = 131_072;
const MAX_FRACTION: usize = 16_383;

/// The parts of a plain decimal number.
struct Plain<'t> {
    negative: bool,
    /// Digits before the point, without leading zeros.
    whole: &'t [u8],
    /// Digits after the point.
    fraction: &'t [u8],
}

fn parse(text: &str) -> Option<Plain<'_>> {
    let (negative, digits) = match text.as_bytes() {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let (whole, fraction) = match digits.iter().position(|b| *b == b'.') {
        Some(at) => (&digits[..at], &digits[at + 1..]),
        None => (digits, &[][..]),
    };
    if (whole.is_empty() && fraction.is_empty()) || !whole.iter().chain(fraction).all(u8::is_ascii_digit) {
        return None;
    }
    let zeros = whole.iter().take_while(|b| **b == b'0').count();
    Some(Plain { negative, whole: &whole[zeros..], fraction })
}

/// The sign word of the values that are no numbers.
fn special(text: &str) -> Option<u16> {
    match text {
        "NaN" => Some(NAN),
        "Infinity" => Some(INFINITY),
        "-Infinity" => Some(NEGATIVE_INFINITY),
        _ => None,
    }
}

/// Whether a text can be stored.
pub(crate) fn check(text: &str) -> Result<()> {
    if special(text).is_some() {
        return Ok(());
    }
    accepted(text).map(|_| ())
}

fn accepted(text: &str) -> Result<Plain<'_>> {
    let plain = parse(text).ok_or_else(|| {
        Error::encode("a decimal must be plain digits with an optional sign and point, such as -12.50")
    })?;
    if plain.whole.len() > MAX_WHOLE || plain.fraction.len() > MAX_FRACTION {
        return Err(Error::encode(format!(
            "a numeric of PostgreSQL has at most {MAX_WHOLE} digits before the point and {MAX_FRACTION} after it"
        )));
    }
    Ok(plain)
}

/// Appends the binary form of a decimal text.
pub(crate) fn write(out: &mut Vec<u8>, text: &str) -> Result<()> {
    if let Some(sign) = special(text) {
        for word in [0, 0, sign, 0] {
            out.extend_from_slice(&word.to_be_bytes());
        }
        return Ok(());
    }
    let Plain { negative, whole, fraction } = accepted(text)?;
    let header = out.len();
    out.extend_from_slice(&[0; 8]);
    // Groups of four, aligned at the point; zeros at both ends are not stored.
    let mut weight = whole.len().div_ceil(4) as i64 - 1;
    let first = match whole.len() % 4 {
        0 => 4,
        rest => rest,
    };
    let (head, tail) = whole.split_at(first.min(whole.len()));
    let mut started = false;
    let groups = std::iter::once(head).filter(|g| !g.is_empty()).chain(tail.chunks(4)).map(|g| (g, 0));
    for (group, pad) in groups.chain(fraction.chunks(4).map(|g| (g, 4 - g.len()))) {
        let mut digit: u16 = group.iter().fold(0, |sum, b| sum * 10 + u16::from(b - b'0'));
        for _ in 0..pad {
            digit *= 10;
        }
        if !started && digit == 0 {
            weight -= 1;
            continue;
        }
        started = true;
        out.extend_from_slice(&digit.to_be_bytes());
    }
    while out.len() > header + 8 && out[out.len() - 2..] == [0, 0] {
        out.truncate(out.len() - 2);
    }
    let count = (out.len() - header - 8) / 2;
    let (weight, sign) = match (count, negative) {
        (0, _) => (0, POSITIVE),
        (_, true) => (weight, NEGATIVE),
        (_, false) => (weight, POSITIVE),
    };
    // All four fit: the bounds above are the server's own.
    let words = [count as u16, (weight as i16).cast_unsigned(), sign, fraction.len() as u16];
    for (at, word) in words.into_iter().enumerate() {
        out[header + at * 2..][..2].copy_from_slice(&word.to_be_bytes());
    }
    Ok(())
}

/// Appends the decimal text of a binary form. Infinities and NaN are written as the server writes them.
pub(crate) fn read(bytes: &[u8], out: &mut String) -> Result<()> {
    let malformed = || Error::decode("numeric", "malformed bytes");
    let (header, digits) = bytes.split_first_chunk::<8>().ok_or_else(malformed)?;
    let word = |at: usize| u16::from_be_bytes([header[at], header[at + 1]]);
    let (count, weight, sign, scale) = (word(0), word(2).cast_signed(), word(4), usize::from(word(6)));
    match sign {
        NAN => out.push_str("NaN"),
        INFINITY => out.push_str("Infinity"),
        NEGATIVE_INFINITY => out.push_str("-Infinity"),
        POSITIVE | NEGATIVE => {
            if digits.len() != usize::from(count) * 2 || scale > MAX_FRACTION {
                return Err(malformed());
            }
            let digit = |at: i32| -> u16 {
                usize::try_from(at)
                    .ok()
                    .and_then(|at| digits.get(at * 2..at * 2 + 2))
                    .map_or(0, |pair| u16::from_be_bytes([pair[0], pair[1]]))
            };
            if digits.chunks_exact(2).any(|pair| u16::from_be_bytes([pair[0], pair[1]]) > 9999) {
                return Err(malformed());
            }
            let weight = i32::from(weight);
            out.reserve(usize::try_from(weight.max(0)).unwrap_or(0) * 4 + scale + 8);
            if sign == NEGATIVE {
                out.push('-');
            }
            if weight < 0 {
                out.push('0');
            }
            for at in 0..=weight {
                let _ = if at == 0 { write!(out, "{}", digit(at)) } else { write!(out, "{:04}", digit(at)) };
            }
            if scale > 0 {
                out.push('.');
                let end = out.len() + scale;
                let mut at = weight + 1;
                while out.len() < end {
                    // Before the first digit, indexes are negative: zeros between the point and it.
                    let _ = write!(out, "{:04}", digit(at));
                    at += 1;
                }
                out.truncate(end);
            }
        }
        _ => return Err(malformed()),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back(text: &str) -> String {
        let mut bytes = Vec::new();
        write(&mut bytes, text).unwrap();
        let mut out = String::new();
        read(&bytes, &mut out).unwrap();
        out
    }

    #[test]
    fn every_digit_survives() {
        for text in [
            "0",
            "0.00",
            "1",
            "-1",
            "10",
            "9999",
            "10000",
            "99990000",
            "0.1",
            "0.0001",
            "0.00001",
            "-0.00000000000001",
            "123456789012345678901234567890.123456789012345678901234567890",
            "1000000000000",
            "-12.50",
            "NaN",
            "Infinity",
            "-Infinity",
            "100000000.000000001",
        ] {
            assert_eq!(there_and_back(text), text);
        }
        assert_eq!(there_and_back("+007.50"), "7.50");
        assert_eq!(there_and_back("-0.0"), "0.0");
        assert_eq!(there_and_back(".5"), "0.5");
        assert_eq!(there_and_back("5."), "5");
        let long = format!("{}.{}", "9".repeat(MAX_WHOLE), "1".repeat(MAX_FRACTION));
        assert_eq!(there_and_back(&long), long);
    }

    #[test]
    fn every_length_of_both_sides_survives() {
        for whole in 1..14 {
            for fraction in 0..14 {
                for pattern in ["1234567890123", "1000000000000", "9000900090009", "5000000000005"] {
                    let mut text = pattern[..whole].to_owned();
                    if fraction > 0 {
                        text.push('.');
                        text.extend(pattern[..fraction].chars().rev());
                    }
                    assert_eq!(there_and_back(&text), text);
                }
            }
        }
    }

    #[test]
    fn what_is_no_plain_decimal_is_refused() {
        let long = "9".repeat(MAX_WHOLE + 1);
        let fine = format!("0.{}", "1".repeat(MAX_FRACTION + 1));
        for text in ["", ".", "-", "1e5", "1,5", " 1", "0x1", "nan", "1.2.3", "--1", &long, &fine] {
            assert!(check(text).is_err(), "{text:.20}");
            assert!(write(&mut Vec::new(), text).is_err(), "{text:.20}");
        }
    }

    #[test]
    fn malformed_bytes_are_refused() {
        for bytes in [&[][..], &[0; 7], &[0, 1, 0, 0, 0, 0, 0, 0], &[0, 1, 0, 0, 0, 0, 0, 0, 0xff, 0xff]] {
            assert!(read(bytes, &mut String::new()).is_err());
        }
    }
}
