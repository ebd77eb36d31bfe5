//! What a client takes for an answer, and what it says its body is (RFC 9110 §12.5.1 and §8.3).

/// Which answers a client takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accepts {
    /// application/json.
    pub json: bool,
    /// text/event-stream.
    pub sse: bool,
}

/// Which of JSON and SSE an Accept header takes; its lines joined by commas. Without the header it's both.
///
/// The most specific range decides, and one with `q=0` excludes. Parameters other than `q` are not looked at.
#[must_use]
pub fn accepts(accept: Option<&str>) -> Accepts {
    let Some(accept) = accept else {
        return Accepts {
            json: true,
            sse: true,
        };
    };
    Accepts {
        json: takes(accept, "application", "json"),
        sse: takes(accept, "text", "event-stream"),
    }
}

/// Whether a Content-Type says that the body is JSON. Its parameters don't matter: JSON is UTF-8 (RFC 8259 §8.1),
/// and what is not is refused when it is read.
#[must_use]
pub fn is_json(content_type: Option<&str>) -> bool {
    let essence = content_type.and_then(|value| value.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

fn takes(accept: &str, kind: &str, subtype: &str) -> bool {
    let mut best = (0, false);
    for range in accept.split(',') {
        let mut parts = range.split(';');
        let essence = parts.next().unwrap_or_default().trim();
        let Some((left, right)) = essence.split_once('/') else {
            continue;
        };
        let rank = match (left, right) {
            ("*", "*") => 1,
            (left, "*") if left.eq_ignore_ascii_case(kind) => 2,
            (left, right)
                if left.eq_ignore_ascii_case(kind) && right.eq_ignore_ascii_case(subtype) =>
            {
                3
            }
            _ => continue,
        };
        let is_taken = !parts.any(is_zero);
        // Of two alike, one that takes it is enough.
        if rank > best.0 || (rank == best.0 && is_taken) {
            best = (rank, is_taken);
        }
    }
    best.1
}

/// Whether a parameter is a weight of nothing: `q=0`, `q=0.000`.
fn is_zero(parameter: &str) -> bool {
    let Some((name, value)) = parameter.split_once('=') else {
        return false;
    };
    let value = value.trim();
    name.trim().eq_ignore_ascii_case("q")
        && value.starts_with('0')
        && value.bytes().all(|byte| matches!(byte, b'0' | b'.'))
}
