//! One case: where it begins, and how it is changed.

use proptest::{collection::vec, prelude::*, sample::Index};

/// The longest case, in bytes.
pub(crate) const LONGEST: usize = 8 * 1024;

/// What parsers stumble over: quotes and escapes, marks and halves of characters, ends of ranges, words of errors.
const PIECES: &[&[u8]] = &[
    b"\0",
    b"\t",
    b"\n",
    b"\r\n",
    b" ",
    b"\x7f",
    b"\x80",
    b"\xff",
    b"\xc0\xaf",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    b"\xef\xbb\xbf",
    "é".as_bytes(),
    "ſ".as_bytes(),
    "\u{212a}".as_bytes(),
    "\u{2028}".as_bytes(),
    "😀".as_bytes(),
    b"\"",
    b"'",
    b"`",
    b"\\",
    b"\\\"",
    b"\\u",
    b"\\u0000",
    b"\\ud800",
    b"\\udc00",
    b"\\uD83D\\uDE00",
    b"{",
    b"}",
    b"{}",
    b"[",
    b"]",
    b"[]",
    b",",
    b":",
    b"null",
    b"true",
    b"0",
    b"-0",
    b"+1",
    b"007",
    b"1.0",
    b"1e999",
    b"2147483648",
    b"9223372036854775808",
    b"-9223372036854775809",
    b"18446744073709551616",
    b"%",
    b"%00",
    b"%2",
    b"%C3%28",
    b"+",
    b"&",
    b";",
    b"=",
    b"#",
    b"?",
    b"/",
    b"~1",
    b"-",
    b".",
    b"expected ",
    b" at line ",
];

/// One change of an input.
#[derive(Debug, Clone)]
enum Edit {
    /// These bits of one byte are turned round.
    Flip(Index, u8),
    /// One byte more.
    Insert(Index, u8),
    /// A piece of [`PIECES`] more.
    Piece(Index, Index),
    /// A piece in the place of what stood between two places.
    Replace(Index, Index, Index),
    /// What stands between two places is gone.
    Delete(Index, Index),
    /// What stands between two places stands there once more.
    Repeat(Index, Index),
    /// From here on it goes on as another file of the corpus does from some place on.
    Splice(Index, Index, Index),
    /// The end is missing.
    Cut(Index),
}

/// Any case that grows out of these files; arbitrary bytes where there are none.
pub(crate) fn cases(seeds: &[Vec<u8>]) -> impl Strategy<Value = Vec<u8>> {
    let start = prop_oneof![
        12 => any::<Index>().prop_map(move |which| pick(seeds, which)),
        1 => vec(any::<u8>(), 0..128),
        1 => vec(0x20..0x7f_u8, 0..128),
    ];
    (start, vec(edit(), 0..=8)).prop_map(move |(start, edits)| {
        edits
            .iter()
            .fold(start, |input, edit| apply(edit, input, seeds))
    })
}

fn edit() -> impl Strategy<Value = Edit> {
    let at = any::<Index>;
    prop_oneof![
        3 => (at(), 1..=u8::MAX).prop_map(|(at, bits)| Edit::Flip(at, bits)),
        3 => (at(), any::<u8>()).prop_map(|(at, byte)| Edit::Insert(at, byte)),
        4 => (at(), at()).prop_map(|(at, piece)| Edit::Piece(at, piece)),
        3 => (at(), at(), at()).prop_map(|(from, to, piece)| Edit::Replace(from, to, piece)),
        3 => (at(), at()).prop_map(|(from, to)| Edit::Delete(from, to)),
        2 => (at(), at()).prop_map(|(from, to)| Edit::Repeat(from, to)),
        2 => (at(), at(), at()).prop_map(|(at, other, from)| Edit::Splice(at, other, from)),
        1 => at().prop_map(Edit::Cut),
    ]
}

fn apply(edit: &Edit, mut input: Vec<u8>, seeds: &[Vec<u8>]) -> Vec<u8> {
    // One place more than there are bytes: the end is a place, too.
    let place = |at: &Index, input: &[u8]| at.index(input.len() + 1);
    match edit {
        Edit::Flip(at, bits) => {
            let at = place(at, &input);
            if let Some(byte) = input.get_mut(at) {
                *byte ^= bits;
            }
        }
        Edit::Insert(at, byte) => {
            let at = place(at, &input);
            input.insert(at, *byte);
        }
        Edit::Piece(at, which) => {
            let at = place(at, &input);
            input.splice(at..at, piece(which));
        }
        Edit::Replace(from, to, which) => {
            let range = between(place(from, &input), place(to, &input));
            input.splice(range, piece(which));
        }
        Edit::Delete(from, to) => {
            input.drain(between(place(from, &input), place(to, &input)));
        }
        Edit::Repeat(from, to) => {
            let range = between(place(from, &input), place(to, &input));
            let again = input.get(range.clone()).unwrap_or_default().to_vec();
            input.splice(range.end..range.end, again);
        }
        Edit::Splice(at, other, from) => {
            let other = pick(seeds, *other);
            input.truncate(place(at, &input));
            let from = place(from, &other);
            input.extend_from_slice(other.get(from..).unwrap_or_default());
        }
        Edit::Cut(at) => input.truncate(place(at, &input)),
    }
    input.truncate(LONGEST);
    input
}

fn pick(seeds: &[Vec<u8>], which: Index) -> Vec<u8> {
    if seeds.is_empty() {
        Vec::new()
    } else {
        seeds
            .get(which.index(seeds.len()))
            .cloned()
            .unwrap_or_default()
    }
}

fn piece(which: &Index) -> impl Iterator<Item = u8> + use<> {
    let piece = PIECES.get(which.index(PIECES.len())).copied();
    piece.unwrap_or_default().iter().copied()
}

/// The places between two, mostly only the first 16 of them, so that a change leaves the rest of an input alone.
fn between(one: usize, other: usize) -> std::ops::Range<usize> {
    let (from, to) = (one.min(other), one.max(other));
    // The lower bits decide, which are as good as random.
    let long = (one ^ other) & 3 == 0;
    from..if long { to } else { to.min(from + 16) }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest! {
        #[test]
        fn no_edit_panics_or_goes_beyond_the_longest(
            seeds in vec(vec(any::<u8>(), 0..40), 0..3),
            start in vec(any::<u8>(), 0..40),
            edits in vec(edit(), 0..20),
        ) {
            let mut input = start;
            for edit in &edits {
                input = apply(edit, input, &seeds);
                prop_assert!(input.len() <= LONGEST);
            }
        }
    }
}
