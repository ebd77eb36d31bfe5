use proptest::prelude::*;

use super::*;

/// A stand-in for the keyed digest that tells parts apart, as the real one does, and spreads every bit.
fn digest(parts: &[&[u8]]) -> [u8; 32] {
    let mut out = [0u8; 32];
    for (lane, slot) in out.iter_mut().enumerate() {
        let mut state =
            0xcbf2_9ce4_8422_2325_u64 ^ (lane as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        for part in parts {
            let length = (part.len() as u64).to_le_bytes();
            for byte in length.iter().chain(part.iter()) {
                state = (state ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
                state ^= state >> 29;
            }
        }
        *slot = state.to_le_bytes()[5];
    }
    out
}

fn seal() -> SessionSeal<impl Fn(&[&[u8]]) -> [u8; 32]> {
    SessionSeal::new(digest)
}

const SCOPE: Scope<'static> = Scope {
    project: "proj_1",
    backend_version: 3,
    key: "key_1",
};

#[test]
fn a_sealed_session_opens_for_its_own_scope_and_no_other() {
    let sealed = seal().seal(&SCOPE, "upstream-1").unwrap();
    assert_eq!(seal().open(&SCOPE, &sealed).as_deref(), Some("upstream-1"));
    assert!(sealed.bytes().all(|byte| byte.is_ascii_graphic()));
    for other in [
        Scope {
            project: "proj_2",
            ..SCOPE
        },
        Scope {
            backend_version: 4,
            ..SCOPE
        },
        Scope {
            key: "key_2",
            ..SCOPE
        },
        Scope {
            project: "",
            ..SCOPE
        },
        // The same letters, cut elsewhere.
        Scope {
            project: "proj_1k",
            key: "ey_1",
            ..SCOPE
        },
    ] {
        assert_eq!(seal().open(&other, &sealed), None, "{other:?}");
    }
    let elsewhere = SessionSeal::new(|parts: &[&[u8]]| {
        let mut out = digest(parts);
        out[0] ^= 1;
        out
    });
    assert_eq!(elsewhere.open(&SCOPE, &sealed), None);
}

#[test]
fn the_digest_is_over_the_form_the_scope_and_the_id_apart_from_each_other() {
    let seen = std::cell::RefCell::new(Vec::new());
    let spy = SessionSeal::new(|parts: &[&[u8]]| {
        *seen.borrow_mut() = parts.iter().map(|part| part.to_vec()).collect();
        [0; 32]
    });
    spy.seal(&SCOPE, "u").unwrap();
    let expected: [&[u8]; 5] = [&[1], b"proj_1", &[0, 0, 0, 0, 0, 0, 0, 3], b"key_1", b"u"];
    assert_eq!(*seen.borrow(), expected);
}

#[test]
fn an_odd_session_id_is_not_sealed() {
    let longest = "x".repeat(MAX_SESSION_BYTES);
    let sealed = seal().seal(&SCOPE, &longest).unwrap();
    assert_eq!(sealed.len(), MAX_SEALED_CHARS);
    assert_eq!(seal().open(&SCOPE, &sealed), Some(longest.clone()));
    for odd in [
        "",
        "a b",
        "a\nb",
        "a\r\nSet-Cookie: x",
        "é",
        "\u{7f}",
        &(longest + "x"),
    ] {
        assert_eq!(seal().seal(&SCOPE, odd), Err(OddSessionId), "{odd:?}");
    }
}

#[test]
fn what_was_not_sealed_here_does_not_open() {
    let sealed = seal().seal(&SCOPE, "upstream-1").unwrap();
    let mut bytes = URL_SAFE_NO_PAD.decode(&sealed).unwrap();
    bytes[0] = 2;
    let other_form = URL_SAFE_NO_PAD.encode(&bytes);
    let bare = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    for text in [
        "",
        "upstream-1",
        "AA",
        &format!("{sealed}="),
        &format!("{sealed}A"),
        &format!(" {sealed}"),
        &sealed[1..],
        &sealed[..sealed.len() - 1],
        &other_form,
        &bare(&[1]),
        &bare(&[1; 32]),
        &bare(&[1; 33]),
        &"A".repeat(MAX_SEALED_CHARS + 1),
        &"A".repeat(1_000_000),
    ] {
        assert_eq!(seal().open(&SCOPE, text), None);
    }
    // An empty or odd id does not open, even under the right digest.
    for odd in [&b""[..], b"a\nb", b"\xFF"] {
        let mut bytes = vec![1];
        bytes.extend_from_slice(odd);
        bytes.extend_from_slice(&seal().digest(&SCOPE, odd));
        assert_eq!(seal().open(&SCOPE, &bare(&bytes)), None);
    }
}

proptest! {
    #[test]
    fn any_session_comes_back(session in "[!-~]{1,200}", project in ".{0,20}", key in ".{0,20}", version in any::<i64>()) {
        let scope = Scope { project: &project, backend_version: version, key: &key };
        let sealed = seal().seal(&scope, &session).unwrap();
        prop_assert_eq!(seal().open(&scope, &sealed), Some(session));
    }

    #[test]
    fn one_changed_character_closes_it(session in "[!-~]{1,60}", at in any::<prop::sample::Index>(), new in "[A-Za-z0-9_-]") {
        let sealed = seal().seal(&SCOPE, &session).unwrap();
        let at = at.index(sealed.len());
        let mut changed = sealed.clone();
        changed.replace_range(at..=at, &new);
        prop_assume!(changed != sealed);
        prop_assert_eq!(seal().open(&SCOPE, &changed), None);
    }

    #[test]
    fn no_text_makes_it_panic_or_opens(text in any::<String>(), bytes in any::<Vec<u8>>()) {
        prop_assert_eq!(seal().open(&SCOPE, &text), None);
        prop_assert_eq!(seal().open(&SCOPE, &URL_SAFE_NO_PAD.encode(bytes)), None);
    }
}
