//! Sealed bytes open where they belong, as they are, and nothing else does.

use latchkey_fuzz::{Dice, Outcome, agree, hold, run};

use super::*;

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/sealed");

#[test]
fn sealed_bytes() {
    run("sealed", CORPUS, check);
}

fn check(input: &[u8]) -> Outcome {
    let mut dice = Dice::of(input);
    let sealer = Sealer::of(&[7; 32]);
    hold(
        sealer.open(input, &[]).is_none(),
        "what was never sealed opens",
    )?;
    // The input in three: where it belongs, in two parts, and what is sealed.
    let (first, rest) = input.split_at(dice.below(input.len() + 1));
    let (second, plain) = rest.split_at(dice.below(rest.len() + 1));
    let fill = |bytes: &mut [u8]| {
        bytes.fill_with(|| dice.byte());
        Ok::<_, ()>(())
    };
    let sealed = sealer
        .seal(plain, &[first, second], fill)
        .map_err(|error| format!("it was not sealed: {error:?}"))?;
    let open = |sealed: &[u8], place: &[&[u8]]| sealer.open(sealed, place).map(|p| p.to_vec());
    agree(
        "what was opened",
        &open(&sealed, &[first, second]),
        &Some(plain.to_vec()),
    )?;

    let joined = [first, second].concat();
    let (left, right) = joined.split_at(dice.below(joined.len() + 1));
    let elsewhere: [&[&[u8]]; 4] = [
        &[joined.as_slice()],
        &[first, second, b""],
        &[b"", first, second],
        &[],
    ];
    for place in elsewhere {
        hold(open(&sealed, place).is_none(), "it opens elsewhere")?;
    }
    hold(
        left == first || open(&sealed, &[left, right]).is_none(),
        "it opens where the parts are cut elsewhere",
    )?;
    hold(
        Sealer::of(&[8; 32])
            .open(&sealed, &[first, second])
            .is_none(),
        "it opens with another key",
    )?;

    let mut changed = sealed.clone();
    let at = dice.below(changed.len());
    changed[at] ^= dice.byte() | 1 << dice.below(8);
    hold(
        changed == sealed || open(&changed, &[first, second]).is_none(),
        "a changed byte is not noticed",
    )?;
    let cut = &sealed[..dice.below(sealed.len())];
    hold(
        open(cut, &[first, second]).is_none(),
        "a missing end is not noticed",
    )?;
    let longer = [sealed.as_slice(), &[dice.byte()]].concat();
    hold(
        open(&longer, &[first, second]).is_none(),
        "a byte more is not noticed",
    )
}
