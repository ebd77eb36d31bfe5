//! Eight threads verify without a pause while one changes everything that can be changed.

use std::{
    sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::SeqCst},
    time::{Duration, Instant},
};

use super::*;

/// What the writer has told the gate about one secret. Even steps mean that nothing is under way.
#[derive(Default)]
struct Told {
    step: AtomicU64,
    accepted: AtomicBool,
    /// How often a verify met a settled state and was compared with it.
    compared: AtomicU64,
}

impl Told {
    fn change(&self, accepted: bool, apply: impl FnOnce()) {
        self.step.fetch_add(1, SeqCst);
        apply();
        self.accepted.store(accepted, SeqCst);
        let seen = self.compared.load(SeqCst);
        self.step.fetch_add(1, SeqCst);
        // Long enough that the readers meet this very state, too, not only the last one of all.
        let patience = Instant::now() + Duration::from_secs(10);
        while self.compared.load(SeqCst) < seen + 4 {
            assert!(Instant::now() < patience, "the readers have stopped");
            std::thread::yield_now();
        }
    }

    /// Verifies once and compares, unless a change was under way at any moment of it.
    fn check(&self, scene: &Scene, n: u32) {
        let before = self.step.load(SeqCst);
        let wanted = self.accepted.load(SeqCst);
        let got = matches!(scene.verify(&secret(n)), Verdict::Accepted(_));
        let after = self.step.load(SeqCst);
        if before == after && before.is_multiple_of(2) {
            assert_eq!(got, wanted, "secret {n} after step {before}");
            self.compared.fetch_add(1, SeqCst);
        }
    }
}

/// Ends the readers however the writer ends: a failure must not hang.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, SeqCst);
    }
}

/// One round of a key's life, from its creation to its end. `newer` is the number of its second secret.
fn live(scene: &Scene, n: u32, newer: u32, old: &Told, new: &Told) {
    let mut key = scene.key(n);
    old.change(true, || scene.apply(&key));
    for _ in 0..3 {
        key.disabled = true;
        old.change(false, || scene.apply(&key));
        key.disabled = false;
        key.expires_at = Some(NOW.plus_seconds(1));
        old.change(true, || scene.apply(&key));
        key.expires_at = Some(NOW);
        old.change(false, || scene.apply(&key));
        key.expires_at = None;
        key.description.push('.');
        old.change(true, || scene.apply(&key));
    }
    key.secrets[0].is_newest = false;
    key.secrets[0].retires_at = Some(NOW.plus_seconds(1));
    key.secrets.push(scene.secret(newer));
    new.change(true, || scene.apply(&key));
    key.secrets[0].retires_at = Some(NOW);
    old.change(false, || scene.apply(&key));

    // The old secret is refused from here on, whatever happens to the new one.
    new.change(false, || {
        scene.gate.in_doubt(&[Change::Key(key.clone())]);
    });
    new.change(true, || scene.apply(&key));
    let mut lake = project(1, "memorylake");
    lake.archived = true;
    new.change(false, || {
        scene.gate.changed(&[Change::Project(lake.clone())]);
    });
    lake.archived = false;
    new.change(true, || scene.gate.changed(&[Change::Project(lake)]));
    new.change(false, || scene.gate.serving(false));
    new.change(true, || scene.gate.serving(true));
    key.revoked = true;
    new.change(false, || scene.apply(&key));
}

#[test]
fn no_verify_that_begins_after_a_change_sees_the_state_before_it() {
    const KEYS: u32 = 200;
    let scene = Scene::new();
    let told: Vec<(Told, Told)> = (0..KEYS).map(|_| Default::default()).collect();
    let current = AtomicU32::new(0);
    let done = AtomicBool::new(false);
    std::thread::scope(|threads| {
        for thread in 0..8 {
            let (scene, told, current, done) = (&scene, &told, &current, &done);
            threads.spawn(move || {
                let mut turn: u32 = thread;
                while !done.load(SeqCst) {
                    // Mostly the key that is being changed, now and then an earlier one, dead for long.
                    let now = current.load(SeqCst);
                    turn = turn.wrapping_add(1);
                    let n = if turn.is_multiple_of(4) {
                        turn % (now + 1)
                    } else {
                        now
                    };
                    let (old, new) = &told[n as usize];
                    old.check(scene, n);
                    new.check(scene, KEYS + n);
                    if turn.is_multiple_of(8) {
                        // On a machine with fewer cores than threads the writer must get its turn.
                        std::thread::yield_now();
                    }
                }
            });
        }
        let _ends = Ends(&done);
        for n in 0..KEYS {
            current.store(n, SeqCst);
            let (old, new) = &told[n as usize];
            live(&scene, n, KEYS + n, old, new);
        }
    });
    for n in 0..KEYS * 2 {
        assert_eq!(scene.code(n), Some(VerifyCode::Revoked));
    }
    for (old, new) in &told {
        assert!(old.compared.load(SeqCst) >= 4 * 15 && new.compared.load(SeqCst) >= 4 * 8);
    }
}
