//! Codes of authenticator apps: RFC 6238 with what all apps do. That a code is good once is for `second_factor`.

use chrono::{DateTime, Utc};
use totp_rs::{Algorithm, Builder, Secret as TotpSecret, Totp};
use zeroize::Zeroizing;

use crate::error::{Error, Result};

/// The bytes of a secret: 160 bits.
pub(crate) const SECRET_BYTES: usize = 20;

/// An app's secret, by which it and the server make the same codes.
pub(crate) fn app(secret: &[u8], issuer: &str, account: &str) -> Result<Totp> {
    Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(6)
        .with_step_duration(30)
        .with_skew(1)
        .with_secret(TotpSecret::new(secret.into()))
        .with_issuer(Some(issuer))
        // A colon would end the name of the issuer.
        .with_account_name(account.replace(':', " "))
        .build()
        .map_err(|_| Error::Crypto("the secret of the second factor is damaged"))
}

/// The step whose code this is: the present one, the one before or the one after.
pub(crate) fn step(app: &Totp, code: &str, now: DateTime<Utc>) -> Option<i64> {
    // Apps show the digits in groups.
    let code: Zeroizing<String> = Zeroizing::new(code.chars().filter(|c| !matches!(c, ' ' | '-')).collect());
    let step = app.check(&code, u64::try_from(now.timestamp()).ok()?)?;
    i64::try_from(step).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn rfc_6238() {
        let vectors: [(u64, [&str; 3]); 6] = [
            (59, ["94287082", "46119246", "90693936"]),
            (1_111_111_109, ["07081804", "68084774", "25091201"]),
            (1_111_111_111, ["14050471", "67062674", "99943326"]),
            (1_234_567_890, ["89005924", "91819424", "93441116"]),
            (2_000_000_000, ["69279037", "90698825", "38618901"]),
            (20_000_000_000, ["65353130", "77737706", "47863826"]),
        ];
        let key = |length| "1234567890".chars().cycle().take(length).collect::<String>().into_bytes();
        let algorithms = [(Algorithm::SHA1, 20), (Algorithm::SHA256, 32), (Algorithm::SHA512, 64)];
        for (place, (algorithm, length)) in algorithms.into_iter().enumerate() {
            let secret = TotpSecret::new(key(length).into());
            let app = Builder::new().with_algorithm(algorithm).with_digits(8).with_secret(secret).build().unwrap();
            for (time, codes) in vectors {
                assert_eq!(app.generate(time).to_string(), codes[place], "{time} {algorithm:?}");
            }
        }
    }

    /// The counter of RFC 4226 is the step.
    #[test]
    fn rfc_4226() {
        let codes =
            ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"];
        let app = app(b"12345678901234567890", "Shop", "ada").unwrap();
        for (counter, code) in (0..).zip(codes) {
            assert_eq!(app.generate(counter * 30).to_string(), code);
            assert_eq!(
                step(&app, code, at(30 * i64::try_from(counter).unwrap())),
                Some(i64::try_from(counter).unwrap())
            );
        }
    }

    #[test]
    fn codes_of_the_steps_beside_are_taken_and_no_others() {
        let app = app(b"12345678901234567890", "Shop", "ada").unwrap();
        let code = app.generate(300).to_string(); // step 10
        for (now, found) in [(269, None), (270, Some(10)), (300, Some(10)), (359, Some(10)), (360, None)] {
            assert_eq!(step(&app, &code, at(now)), found, "{now}");
        }
    }

    #[test]
    fn the_first_step_has_none_before_it() {
        let app = app(b"12345678901234567890", "Shop", "ada").unwrap();
        assert_eq!(step(&app, "755224", at(0)), Some(0));
        assert_eq!(step(&app, "287082", at(0)), Some(1));
        assert_eq!(step(&app, "755224", at(-1)), None);
    }

    #[test]
    fn only_six_digits_are_a_code() {
        let app = app(b"12345678901234567890", "Shop", "ada").unwrap();
        for code in ["755224", "755 224", " 755-224 "] {
            assert_eq!(step(&app, code, at(0)), Some(0), "{code}");
        }
        for code in ["", "75522", "7552240", "+55224", "７５５２２４", "755224\0", "75522४", "0x5522"] {
            assert_eq!(step(&app, code, at(0)), None, "{code}");
        }
        // A code that begins with zeros is not the number without them.
        let time = (0..).map(|step| step * 30).find(|time| app.generate(*time).to_string().starts_with('0')).unwrap();
        let code = app.generate(time).to_string();
        let now = at(i64::try_from(time).unwrap());
        assert!(step(&app, &code, now).is_some());
        assert_eq!(step(&app, code.trim_start_matches('0'), now), None);
    }
}
