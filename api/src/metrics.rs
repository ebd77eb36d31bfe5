//! What `/metrics` counts. Plain atomics without labels on the way of a request; the text is made when
//! somebody asks for it.

use std::sync::atomic::AtomicI64;

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::{Registry, Unit},
};

use latchkey_types::verify::VerifyCode;

use crate::{
    app::App,
    error::{ApiError, ApiResult},
};

/// The counters.
pub struct Metrics {
    registry: Registry,
    answers: [Counter; 5],
    checks: [Counter; 7],
    checks_unavailable: Counter,
    keys: Gauge,
    secrets: Gauge,
    tokens: Gauge,
    open_calls: Gauge,
    serving: Gauge,
    flush_failures: Counter,
    revoke_millis: Gauge<i64, AtomicI64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Class {
    class: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    result: &'static str,
}

const CODES: [VerifyCode; 7] = [
    VerifyCode::Valid,
    VerifyCode::Invalid,
    VerifyCode::WrongProject,
    VerifyCode::Revoked,
    VerifyCode::Disabled,
    VerifyCode::Expired,
    VerifyCode::Retired,
];

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("latchkey");
        let answers = Family::<Class, Counter>::default();
        registry.register(
            "http_responses",
            "Answers by class of status",
            answers.clone(),
        );
        let by_class = ["1xx", "2xx", "3xx", "4xx", "5xx"]
            .map(|class| answers.get_or_create_owned(&Class { class }));
        let checks = Family::<Outcome, Counter>::default();
        registry.register(
            "key_checks",
            "Checks of a presented key, by result",
            checks.clone(),
        );
        let by_code = CODES.map(|code| {
            checks.get_or_create_owned(&Outcome {
                result: code.as_str(),
            })
        });
        let checks_unavailable = checks.get_or_create_owned(&Outcome {
            result: "unavailable",
        });
        let mut gauge = |name: &str, help: &str| {
            let gauge = Gauge::default();
            registry.register(name, help, gauge.clone());
            gauge
        };
        let keys = gauge("keys", "Keys in memory, revoked ones included");
        let secrets = gauge("secrets", "Secrets in memory, retired ones included");
        let tokens = gauge(
            "management_tokens",
            "Management tokens in memory, revoked ones included",
        );
        let open_calls = gauge("open_calls", "Calls and streams that a key has open");
        let serving = gauge(
            "serving",
            "1 while keys are accepted, 0 while the database is out of reach",
        );
        let flush_failures = Counter::default();
        registry.register(
            "usage_flush_failures",
            "Times that usage counters could not be written and were kept for later",
            flush_failures.clone(),
        );
        let revoke_millis: Gauge<i64, AtomicI64> = Gauge::default();
        registry.register_with_unit(
            "last_revoke_duration",
            "From a revoke's commit to its answer, the last one",
            Unit::Other("milliseconds".to_owned()),
            revoke_millis.clone(),
        );
        Self {
            registry,
            answers: by_class,
            checks: by_code,
            checks_unavailable,
            keys,
            secrets,
            tokens,
            open_calls,
            serving,
            flush_failures,
            revoke_millis,
        }
    }
}

impl Metrics {
    /// Counts an answer.
    pub fn answered(&self, status: u16) {
        if let Some(counter) = self
            .answers
            .get(usize::from(status / 100).saturating_sub(1))
        {
            counter.inc();
        }
    }

    /// Counts a check of a key; `None` when the gate could not tell.
    pub fn checked(&self, code: Option<VerifyCode>) {
        match code.and_then(|code| CODES.iter().position(|&c| c == code)) {
            Some(at) => self.checks[at].inc(),
            None => self.checks_unavailable.inc(),
        };
    }

    /// Notes how long a revoke took from its commit to its answer.
    pub fn revoked(&self, millis: i64) {
        self.revoke_millis.set(millis);
    }

    /// Counts a flush of usage counters that failed; they are kept for the next one.
    pub fn flush_failed(&self) {
        self.flush_failures.inc();
    }

    /// The OpenMetrics text.
    ///
    /// # Errors
    /// 500 when it can't be written.
    pub fn text(&self, app: &App) -> ApiResult<String> {
        let counts = app.gate.counts();
        let whole = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        self.keys.set(whole(counts.keys));
        self.secrets.set(whole(counts.secrets));
        self.tokens.set(whole(counts.tokens));
        self.open_calls.set(whole(counts.open_calls));
        self.serving.set(i64::from(app.store.is_serving()));
        let mut text = String::new();
        encode(&mut text, &self.registry).map_err(ApiError::internal)?;
        Ok(text)
    }
}
