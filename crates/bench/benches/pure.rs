//! What a check of a key is made of, each part by itself, in this process: parsing, digest, verdict, index, counting.
//!
//! An argument behind `--` chooses parts by their names, as in `cargo bench --package latchkey-bench -- verify`.

use std::{
    convert::Infallible,
    error::Error,
    hint::black_box,
    io::{self, Write as _},
    sync::Arc,
};

use allocation_counter::measure;
use criterion::Criterion;
use latchkey_gate::{Gate, Use, Verdict, Wanted};
use latchkey_keys::{KeyRing, MasterKey, Presented, Secret, SecretKind, Standing, judge};
use latchkey_store::{Change, KeyState, Observer as _, ProjectState, SecretState, new_id};
use latchkey_types::{
    ProjectId, Timestamp,
    key::{Environment, Via},
    verify::VerifyCode,
};

/// An error is one sentence for a person.
type Outcome<T = ()> = Result<T, Box<dyn Error>>;

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// Keys that the gate accepts.
const KEYS: u32 = 100_000;

/// From one key to the next where they are asked for in turn. It has no factor in common with [`KEYS`], so each has its
/// turn, and it is so large that the processor can't guess what comes next.
const STEP: usize = 38_317;

/// What is asked of the gate.
struct Scene {
    gate: Arc<Gate>,
    accepted: Vec<String>,
    revoked: String,
    unknown: String,
}

fn main() -> Outcome {
    let mut criterion = Criterion::default().without_plots().configure_from_args();
    let ring = Arc::new(KeyRing::derive(&MasterKey::from_bytes([7; 32])));
    time_keys(&mut criterion, &ring)?;
    time_gate(&mut criterion, &Scene::new(&ring)?)
}

/// The parts that know one secret and no other.
fn time_keys(criterion: &mut Criterion, ring: &KeyRing) -> Outcome {
    let made = secret(0);
    let good = made.expose();
    let misspelt = misspelt(good);
    let misspelt = misspelt.as_str();
    time(
        criterion,
        "parse, good",
        || Presented::parse(black_box(good)),
        Option::is_some,
    )?;
    time(
        criterion,
        "parse, misspelt",
        || Presented::parse(black_box(misspelt)),
        Option::is_none,
    )?;

    let presented = Presented::parse(good).ok_or("a secret that was just made has no shape")?;
    let kept = ring.secret_digest(&made);
    time(
        criterion,
        "digest",
        || ring.secret_digest(black_box(&presented)),
        |digest| *digest == kept,
    )?;

    // With an end, so that everything there is to ask is asked.
    let standing = Standing {
        revoked: false,
        disabled: false,
        expires_at: Some(NOW.plus_seconds(3_600)),
        project_archived: false,
        retires_at: Some(NOW.plus_seconds(60)),
        project_matches: true,
    };
    time(
        criterion,
        "verdict",
        || judge(black_box(&standing), black_box(NOW)),
        |code| *code == VerifyCode::Valid,
    )
}

/// Whole checks, which have the parts above in them, and what follows an accepted one.
fn time_gate(criterion: &mut Criterion, scene: &Scene) -> Outcome {
    let gate = &scene.gate;
    let verify = |text: &str| gate.verify(black_box(text), Wanted::Any, black_box(NOW));
    let first = scene.accepted.first().ok_or("there is no key")?.as_str();
    time(
        criterion,
        "verify, accepted, always the same key",
        || verify(first),
        |verdict| code(verdict) == Some(VerifyCode::Valid),
    )?;
    // The next key is in none of the processor's nearer caches: neither its place in the index nor the text itself.
    let count = scene.accepted.len();
    let in_turn: Vec<&str> = (0..count)
        .map(|n| scene.accepted[n * STEP % count].as_str())
        .collect();
    let mut next = in_turn.iter().copied().cycle();
    time(
        criterion,
        "verify, accepted, each key in turn",
        || verify(next.next().unwrap_or_default()),
        |verdict| code(verdict) == Some(VerifyCode::Valid),
    )?;
    time(
        criterion,
        "verify, unknown",
        || verify(&scene.unknown),
        |verdict| code(verdict) == Some(VerifyCode::Invalid),
    )?;
    time(
        criterion,
        "verify, revoked",
        || verify(&scene.revoked),
        |verdict| code(verdict) == Some(VerifyCode::Revoked),
    )?;

    let Verdict::Accepted(pass) = verify(first) else {
        return Err("count a use: the key was not accepted".into());
    };
    let used = Use {
        at: NOW,
        via: Via::Verify,
        client: Some("claude-code/2.1.0"),
        ip: Some([192, 0, 2, 7].into()),
    };
    let digest = pass.digest();
    time(
        criterion,
        "count a use",
        || gate.note(black_box(&pass), black_box(used)),
        |()| gate.last_use(&digest).is_some_and(|last| last.at == NOW),
    )
}

/// Asks a part whether it is right, says what once more of it allocates, and times it.
///
/// # Errors
/// When it is wrong: then its time means nothing.
fn time<T>(
    criterion: &mut Criterion,
    name: &str,
    mut part: impl FnMut() -> T,
    is_right: impl FnOnce(&T) -> bool,
) -> Outcome {
    // The first time may make what is made once: the counters of a secret, a thread's own.
    if !is_right(&part()) {
        return Err(format!("{name}: the wrong answer").into());
    }
    let counted = measure(|| {
        black_box(part());
    });
    say(&format!("{name}: {} allocations", counted.count_total));
    criterion.bench_function(name, |bencher| bencher.iter(&mut part));
    Ok(())
}

impl Scene {
    /// A serving gate with [`KEYS`] live keys and a revoked one, all of one project. There is no database: the gate is
    /// told what the store would tell it.
    fn new(ring: &Arc<KeyRing>) -> Outcome<Self> {
        let gate = Gate::new(Arc::clone(ring));
        let project_id: ProjectId = new_id();
        gate.changed(&[Change::Project(ProjectState {
            id: project_id,
            slug: "memorylake".parse()?,
            name: "MemoryLake".to_owned(),
            archived: false,
            allow_key_in_url: true,
            allowed_origins: Vec::new(),
            backend: r#"{"kind":"memory"}"#.to_owned(),
            upstream_headers: None,
            version: 1,
        })]);
        let add = |n: u32, revoked: bool| {
            let secret = secret(n);
            let state = key(ring, project_id, &secret, revoked);
            gate.changed(&[Change::Key(state)]);
            secret.into_exposed()
        };
        let accepted = (0..KEYS).map(|n| add(n, false)).collect();
        let revoked = add(KEYS, true);
        let unknown = secret(KEYS + 1).into_exposed();
        gate.serving(true);
        Ok(Self {
            gate,
            accepted,
            revoked,
            unknown,
        })
    }
}

/// A key with this secret, as the store would tell of it.
fn key(ring: &KeyRing, project_id: ProjectId, secret: &Secret, revoked: bool) -> KeyState {
    KeyState {
        id: new_id(),
        project_id,
        description: "Production - Client".to_owned(),
        environment: Environment::Production,
        expires_at: None,
        disabled: false,
        revoked,
        secrets: vec![SecretState {
            id: new_id(),
            digest: ring.secret_digest(secret),
            retires_at: None,
            is_newest: true,
        }],
    }
}

/// Secret `n`, the same at every run: then two runs put the same into the index.
fn secret(n: u32) -> Secret {
    let mut seed = u64::from(n);
    let Ok(made) = Secret::generate::<Infallible>(SecretKind::Key, |bytes| {
        for byte in bytes {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            *byte = (seed >> 33) as u8;
        }
        Ok(())
    });
    made
}

/// This secret with another last character, so that its checksum is wrong and everything else right.
fn misspelt(secret: &str) -> String {
    let (start, last) = secret.split_at(secret.len().saturating_sub(1));
    format!("{start}{}", if last == "0" { "1" } else { "0" })
}

/// `None` when there was no answer.
fn code(verdict: &Verdict) -> Option<VerifyCode> {
    match verdict {
        Verdict::Accepted(_) => Some(VerifyCode::Valid),
        Verdict::Refused { code, .. } => Some(*code),
        Verdict::NotServing => None,
    }
}

/// On stderr: stdout is criterion's.
fn say(text: &str) {
    // Nobody is left to be told when stderr itself is gone.
    let _ = writeln!(io::stderr(), "{text}");
}
