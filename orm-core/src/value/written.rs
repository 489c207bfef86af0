//! Dates, times, instants and UUIDs that are written as text: ISO 8601 and RFC 9562, read from the first character to the
//! last. What has one character too many, a day that no month has or more digits than a nanosecond is `None`.

use chrono::{FixedOffset, NaiveDate, NaiveDateTime, NaiveTime};

/// `2026-11-23`.
pub fn date(text: &str) -> Option<NaiveDate> {
    date_of(text.as_bytes())
}

fn date_of(text: &[u8]) -> Option<NaiveDate> {
    let [a, b, c, d, b'-', e, f, b'-', g, h] = *text else { return None };
    let year = two(a, b)? * 100 + two(c, d)?;
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, two(e, f)?, two(g, h)?)
}

/// `10:11`, `10:11:12` or `10:11:12.123456789`, with one to nine digits after the point.
pub fn time(text: &str) -> Option<NaiveTime> {
    time_of(text.as_bytes())
}

fn time_of(text: &[u8]) -> Option<NaiveTime> {
    let [a, b, b':', c, d, rest @ ..] = text else { return None };
    let (hour, minute) = (two(*a, *b)?, two(*c, *d)?);
    let (second, nanoseconds) = match rest {
        [] => (0, 0),
        [b':', e, f] => (two(*e, *f)?, 0),
        [b':', e, f, b'.', fraction @ ..] => (two(*e, *f)?, nanoseconds(fraction)?),
        _ => return None,
    };
    NaiveTime::from_hms_nano_opt(hour, minute, second, nanoseconds)
}

/// One to nine digits after a point.
fn nanoseconds(fraction: &[u8]) -> Option<u32> {
    if fraction.is_empty() || fraction.len() > 9 {
        return None;
    }
    let digits = fraction.iter().chain(std::iter::repeat(&b'0')).take(9);
    digits.into_iter().try_fold(0, |number, byte| Some(number * 10 + digit(*byte)?))
}

/// A date with a time, and the zone where there is one: `2026-11-23 10:11:12.345 +00:00`, `2026-11-23T10:11:12Z`; a date
/// alone is its midnight.
pub fn date_time(text: &str) -> Option<(NaiveDateTime, Option<FixedOffset>)> {
    let bytes = text.as_bytes();
    let (date, rest) = bytes.split_at_checked(10)?;
    let date = date_of(date)?;
    let rest = match rest {
        [] => return Some((date.and_time(NaiveTime::MIN), None)),
        [b' ' | b'T' | b't', rest @ ..] => rest,
        _ => return None,
    };
    let end = rest.iter().position(|byte| !matches!(byte, b'0'..=b'9' | b':' | b'.')).unwrap_or(rest.len());
    let (time, offset) = rest.split_at(end);
    let offset = match offset {
        [] => None,
        [b' ', offset @ ..] | offset => Some(offset_of(offset)?),
    };
    Some((date.and_time(time_of(time)?), offset))
}

/// `Z`, `+05:30`, `+0530` or `+05`.
fn offset_of(text: &[u8]) -> Option<FixedOffset> {
    let (sign, hours, minutes) = match *text {
        [b'Z' | b'z'] => return FixedOffset::east_opt(0),
        [sign, a, b] => (sign, two(a, b)?, 0),
        [sign, a, b, c, d] | [sign, a, b, b':', c, d] => (sign, two(a, b)?, two(c, d)?),
        _ => return None,
    };
    if minutes > 59 {
        return None;
    }
    let seconds = i32::try_from(hours * 3600 + minutes * 60).ok()?;
    match sign {
        b'+' => FixedOffset::east_opt(seconds),
        b'-' => FixedOffset::west_opt(seconds),
        _ => None,
    }
}

/// Whether a time is written as databases without a type for times keep it, so that equal times are equal texts and texts have
/// the order of times: `10:11:12`, `10:11:12.345`, and after the third digit of a second no zero at the end.
pub fn is_kept_time(text: &str) -> bool {
    matches!(text.as_bytes(), [_, _, b':', _, _, b':', _, _]) || has_kept_fraction(text) && !text.ends_with(".000")
}

/// Whether a time has at least three digits of a second, and after them no zero at the end.
fn has_kept_fraction(text: &str) -> bool {
    match text.as_bytes() {
        [_, _, b':', _, _, b':', _, _, b'.', fraction @ ..] => match fraction {
            [_, _, _] => true,
            [_, _, _, .., last] => *last != b'0',
            _ => false,
        },
        _ => false,
    }
}

/// As [`is_kept_time`], of a date with a time, which always has three digits of a second: `2026-11-23 10:11:12.345`.
pub fn is_kept_date_time(text: &str) -> bool {
    text.as_bytes().get(10) == Some(&b' ') && text.get(11..).is_some_and(has_kept_fraction)
}

/// As [`is_kept_date_time`], of an instant: `2026-11-23 10:11:12.345 +00:00`.
pub fn is_kept_instant(text: &str) -> bool {
    text.strip_suffix(" +00:00").is_some_and(is_kept_date_time)
}

/// Whether a UUID is written as databases without a type for UUIDs keep it: in small letters.
pub fn is_kept_uuid(text: &str) -> bool {
    !text.bytes().any(|byte| byte.is_ascii_uppercase())
}

/// 32 hexadecimal digits with the hyphens of RFC 9562, section 4.
pub fn uuid(text: &str) -> Option<[u8; 16]> {
    let bytes: &[u8; 36] = text.as_bytes().try_into().ok()?;
    let mut out = [0; 16];
    let mut at = 0;
    for (place, byte) in out.iter_mut().enumerate() {
        if matches!(place, 4 | 6 | 8 | 10) {
            if bytes[at] != b'-' {
                return None;
            }
            at += 1;
        }
        *byte = hex(bytes[at])? << 4 | hex(bytes[at + 1])?;
        at += 2;
    }
    Some(out)
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

fn two(tens: u8, ones: u8) -> Option<u32> {
    Some(digit(tens)? * 10 + digit(ones)?)
}

fn digit(byte: u8) -> Option<u32> {
    byte.is_ascii_digit().then(|| u32::from(byte - b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_to_their_last_character() {
        assert_eq!(date("2024-02-29"), NaiveDate::from_ymd_opt(2024, 2, 29));
        assert_eq!(date("0000-01-01"), NaiveDate::from_ymd_opt(0, 1, 1));
        for text in [
            "",
            "2024-02-30",
            "2024-2-29",
            "2024-02-29 ",
            " 2024-02-29",
            "2024-02-29garbage",
            "2024-02-29 00:00",
            "+2024-02-29",
            "12024-02-29",
            "2024/02/29",
            "20240229",
            "２024-02-29",
        ] {
            assert_eq!(date(text), None, "{text}");
        }
    }

    #[test]
    fn times_are_read_to_their_last_character() {
        for (text, expected) in [
            ("10:11", (10, 11, 0, 0)),
            ("10:11:12", (10, 11, 12, 0)),
            ("10:11:12.5", (10, 11, 12, 500_000_000)),
            ("23:59:59.999999999", (23, 59, 59, 999_999_999)),
        ] {
            let (hour, minute, second, nano) = expected;
            assert_eq!(time(text), NaiveTime::from_hms_nano_opt(hour, minute, second, nano), "{text}");
        }
        for text in [
            "",
            "10",
            "1:02",
            "10:11:",
            "10:11:12.",
            "10:11:60",
            "24:00",
            "10:11:12.1234567890",
            "10:11:12x",
            "10:11 ",
            "10:11:12 AM",
            "-10:11",
            "10:+1",
        ] {
            assert_eq!(time(text), None, "{text}");
        }
    }

    #[test]
    fn dates_with_times_are_read_to_their_last_character() {
        let local: NaiveDateTime = "2026-11-23T10:11:12.5".parse().unwrap();
        let east = |minutes: i32| FixedOffset::east_opt(minutes * 60);
        for (text, zone) in [
            ("2026-11-23 10:11:12.500", None),
            ("2026-11-23T10:11:12.5", None),
            ("2026-11-23 10:11:12.500 +00:00", east(0)),
            ("2026-11-23T10:11:12.5Z", east(0)),
            ("2026-11-23T10:11:12.5+0530", east(330)),
            ("2026-11-23 10:11:12.5-04:30", east(-270)),
            ("2026-11-23 10:11:12.5+02", east(120)),
        ] {
            assert_eq!(date_time(text), Some((local, zone)), "{text}");
        }
        assert_eq!(date_time("2026-11-23"), Some((local.date().and_time(NaiveTime::MIN), None)));
        for text in [
            "yesterday",
            "😀😀😀😀😀",
            "2026-11-23 ",
            "2026-11-23x10:11",
            "2026-11-23 10:11:12garbage",
            "2026-11-23 10:11:12 +0",
            "2026-11-23 10:11:12 +00:0",
            "2026-11-23 10:11:12 +0:00:0",
            "2026-11-23 10:11:12  +00:00",
            "2026-11-23 10:11:12+99:00",
            "2026-11-23 10:11:12+05:60",
            "2026-11-23 10:11:12 Z ",
            "2026-11-23  10:11:12",
            " 2026-11-23 10:11:12",
            "2026-11-23 10:11:12 UTC",
        ] {
            assert_eq!(date_time(text), None, "{text}");
        }
    }

    #[test]
    fn kept_times_have_one_form() {
        for kept in ["10:11:12.000", "10:11:12.345", "10:11:12.3456", "10:11:12.000000001"] {
            assert_eq!(is_kept_time(kept), !kept.ends_with(".000"), "{kept}");
            assert!(is_kept_date_time(&format!("2026-11-23 {kept}")));
            assert!(!is_kept_date_time(&format!("2026-11-23T{kept}")));
            assert!(is_kept_instant(&format!("2026-11-23 {kept} +00:00")));
            for other in ["", "Z", " +00", "+00:00", " +01:00", " -00:00"] {
                assert!(!is_kept_instant(&format!("2026-11-23 {kept}{other}")));
            }
        }
        assert!(is_kept_time("10:11:12"));
        for other in ["10:11", "10:11:12.5", "10:11:12.50", "10:11:12.3450", "10:11:12.345600"] {
            assert!(!is_kept_time(other), "{other}");
        }
    }

    #[test]
    fn uuids_have_one_form() {
        let bytes = 0x0199_b2ee_7f11_7abc_8def_0123_4567_89ab_u128.to_be_bytes();
        assert_eq!(uuid("0199b2ee-7f11-7abc-8def-0123456789ab"), Some(bytes));
        assert_eq!(uuid("0199B2EE-7F11-7ABC-8DEF-0123456789AB"), Some(bytes));
        for text in [
            "",
            "0199b2ee7f117abc8def0123456789ab",
            "{0199b2ee-7f11-7abc-8def-0123456789ab}",
            "0199b2ee-7f11-7abc-8def-0123456789a",
            "0199b2ee-7f11-7abc-8def-0123456789abc",
            "0199b2ee-7f117-abc-8def-0123456789ab",
            "0199b2ee-7f11-7abc-8def-0123456789ag",
            "urn:uuid:0199b2ee-7f11-7abc-8def-0123456789ab",
        ] {
            assert_eq!(uuid(text), None, "{text}");
        }
    }

    /// Numbers that differ, the same on every run.
    fn numbers() -> impl Iterator<Item = u64> {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        std::iter::repeat_with(move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        })
        .take(5000)
    }

    #[test]
    fn every_time_is_read_as_it_is_written_and_nothing_is_left_unread() {
        for number in numbers() {
            let seconds = u32::try_from(number % 86_400).unwrap();
            let nanos = u32::try_from(number / 86_400 % 1_000_000_000).unwrap();
            let clock = NaiveTime::from_num_seconds_from_midnight_opt(seconds, nanos).unwrap();
            let day = NaiveDate::from_num_days_from_ce_opt(i32::try_from(number % 3_652_059).unwrap() + 1).unwrap();
            assert_eq!((time(&clock.to_string()), date(&day.to_string())), (Some(clock), Some(day)));
            let (local, utc) = (format!("{day} {clock}"), format!("{day}T{clock}Z"));
            assert_eq!(date_time(&local), Some((day.and_time(clock), None)));
            assert_eq!(date_time(&utc), Some((day.and_time(clock), FixedOffset::east_opt(0))));
            for more in [" ", "x", "\0", ":", "-"] {
                assert_eq!((time(&format!("{clock}{more}")), date(&format!("{day}{more}"))), (None, None));
                assert_eq!((date_time(&format!("{local}{more}")), date_time(&format!("{utc}{more}"))), (None, None));
            }
        }
    }

    #[test]
    fn no_text_makes_reading_panic() {
        let pieces = ["2024-02-29", "10:11:12", ".5", "T", " ", "Z", "+", "-", "05", ":", "", "ü", "\0"];
        for number in numbers() {
            let mut text = String::new();
            let mut left = number;
            while left > 0 && text.len() < 40 {
                text.push_str(pieces[usize::try_from(left % pieces.len() as u64).unwrap()]);
                left /= pieces.len() as u64;
            }
            let _ = (date(&text), time(&text), date_time(&text), uuid(&text));
        }
    }
}
