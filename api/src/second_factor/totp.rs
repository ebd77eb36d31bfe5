//! Time-based codes (RFC 6238) as authenticator apps make them: SHA-1, six digits, 30 seconds.

use latchkey_keys::TotpSecret;
use latchkey_types::Timestamp;
use totp_rs::{Algorithm, Builder};
use url::Url;

/// The time step whose code this is, if it is the present one or one of its two neighbours: clocks differ, and typing
/// takes time (RFC 6238 §5.2). Blanks within don't count: apps show "123 456". That each works once is the caller's to
/// see to.
#[must_use]
pub fn step_of(secret: &TotpSecret, code: &str, now: Timestamp) -> Option<i64> {
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let totp = Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(6)
        .with_step_duration(30)
        .with_skew(1)
        .with_secret(*secret.expose())
        .build()
        .ok()?;
    let seconds = u64::try_from(now.as_millis() / 1000).ok()?;
    let step = totp.check(&code, seconds)?;
    i64::try_from(step).ok()
}

/// The address that authenticator apps open, as their makers describe it (github.com/google/google-authenticator, Key
/// Uri Format). What is usual is left out of it, because a short one makes a QR code that is easy to read.
#[must_use]
pub fn uri(secret: &str, email: &str, public_url: &str) -> Option<String> {
    let host = Url::parse(public_url).ok()?.host_str()?.to_owned();
    // A colon ends the issuer, and IPv6 addresses have some.
    let issuer = if host.contains(':') {
        "Latchkey".to_owned()
    } else {
        format!("Latchkey {host}")
    };
    let mut uri = Url::parse("otpauth://totp").ok()?;
    uri.path_segments_mut()
        .ok()?
        .push(&format!("{issuer}:{email}"));
    uri.set_query(Some(&format!("secret={secret}&issuer={issuer}")));
    Some(uri.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B, whose codes have eight digits: ours are their last six.
    const VECTORS: [(i64, &str); 6] = [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ];

    fn secret() -> TotpSecret {
        TotpSecret::from_bytes(b"12345678901234567890").unwrap()
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    #[test]
    fn codes_are_those_of_rfc_6238() {
        for (seconds, code) in VECTORS {
            assert_eq!(step_of(&secret(), code, at(seconds)), Some(seconds / 30));
        }
        let other = TotpSecret::from_bytes(b"12345678901234567891").unwrap();
        assert_eq!(step_of(&other, "287082", at(59)), None);
    }

    #[test]
    fn a_code_is_taken_one_step_early_or_late_and_no_more() {
        // The step of 1,111,111,109 is from 1,111,111,080 to 109; its neighbours last from 050 to 139.
        for (seconds, is_taken) in [
            (1_111_111_049, false),
            (1_111_111_050, true),
            (1_111_111_080, true),
            (1_111_111_109, true),
            (1_111_111_110, true),
            (1_111_111_139, true),
            (1_111_111_140, false),
        ] {
            let step = step_of(&secret(), "081804", at(seconds));
            let wanted = is_taken.then_some(1_111_111_109 / 30);
            assert_eq!(step, wanted, "{seconds}");
        }
    }

    #[test]
    fn only_six_digits_are_a_code() {
        for typed in ["287082", "287 082", " 287082\n"] {
            assert!(step_of(&secret(), typed, at(59)).is_some(), "{typed:?}");
        }
        for junk in [
            "",
            "28708",
            "2870822",
            "94287082",
            "+87082",
            "28708a",
            "２８７０８２",
            "-287082",
        ] {
            assert!(step_of(&secret(), junk, at(59)).is_none(), "{junk:?}");
        }
    }

    #[test]
    fn a_uri_names_instance_and_account_and_nothing_breaks_out() {
        for (email, public_url, wanted) in [
            (
                "ada@example.com",
                "https://keys.example.com",
                "otpauth://totp/Latchkey%20keys.example.com:ada@example.com?secret=ABC&issuer=Latchkey%20keys.example.com",
            ),
            (
                "a?b#c&d/e%f@x",
                "http://127.0.0.1:8080",
                "otpauth://totp/Latchkey%20127.0.0.1:a%3Fb%23c&d%2Fe%25f@x?secret=ABC&issuer=Latchkey%20127.0.0.1",
            ),
            (
                "é@x",
                "http://[::1]:8080",
                "otpauth://totp/Latchkey:%C3%A9@x?secret=ABC&issuer=Latchkey",
            ),
        ] {
            assert_eq!(uri("ABC", email, public_url).as_deref(), Some(wanted));
        }
    }
}
