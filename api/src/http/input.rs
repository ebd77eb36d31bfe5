//! What the caller sent: JSON bodies and queries, read strictly, with errors that name the field.

mod explain;

use std::time::Duration;

use actix_web::{
    dev::Payload,
    http::header::{self, HeaderMap},
    web,
};
use futures_util::StreamExt as _;
use latchkey_types::{FieldError, ProblemCode};
use serde::de::{DeserializeOwned, IgnoredAny};

use self::explain::{explain, shown};
use super::{
    guard::Call,
    headers::{Headers, text},
};
use crate::error::{ApiError, ApiResult};

/// Something that can be read from a request once its caller may come in.
pub trait Input: Sized + 'static {
    /// Reads it.
    ///
    /// # Errors
    /// 400, 413, 415 or 422.
    fn read(call: &Call, payload: &mut Payload) -> impl Future<Output = ApiResult<Self>>;
}

/// A JSON body.
pub struct Json<T> {
    /// What the body says.
    pub value: T,
    /// The body as it came, for recognising a repeated request.
    pub bytes: web::Bytes,
}

/// A JSON body that may be left out where every field of it may.
pub struct JsonOrEmpty<T> {
    /// What the body says.
    pub value: T,
    /// The body as it came, for recognising a repeated request.
    pub bytes: web::Bytes,
}

/// The query of the URL.
pub struct Query<T>(
    /// What the query says.
    pub T,
);

impl Input for () {
    async fn read(_: &Call, _: &mut Payload) -> ApiResult<Self> {
        Ok(())
    }
}

impl<T: DeserializeOwned + 'static> Input for Json<T> {
    async fn read(call: &Call, payload: &mut Payload) -> ApiResult<Self> {
        let (limit, headers) = (call.app.config.body_limit, call.request.headers());
        let bytes = body(limit, headers, payload).await?;
        let value = json(headers, &bytes)?;
        Ok(Self { value, bytes })
    }
}

/// What a JSON body says that has arrived as a whole.
///
/// # Errors
/// 400, 415 or 422.
pub fn json<T: DeserializeOwned>(headers: &(impl Headers + ?Sized), bytes: &[u8]) -> ApiResult<T> {
    check_media_type(headers)?;
    parse(bytes)
}

impl<T: DeserializeOwned + Default + 'static> Input for JsonOrEmpty<T> {
    async fn read(call: &Call, payload: &mut Payload) -> ApiResult<Self> {
        let (limit, headers) = (call.app.config.body_limit, call.request.headers());
        let bytes = body(limit, headers, payload).await?;
        if bytes.is_empty() {
            return Ok(Self {
                value: T::default(),
                bytes,
            });
        }
        let value = json(headers, &bytes)?;
        Ok(Self { value, bytes })
    }
}

impl<T: DeserializeOwned + 'static> Input for Query<T> {
    async fn read(call: &Call, _: &mut Payload) -> ApiResult<Self> {
        parse_query(call.request.query_string()).map(Self)
    }
}

/// How long a body may take to arrive; a caller that is slower only holds a connection.
const BODY_PATIENCE: Duration = Duration::from_secs(30);

/// The whole body, up to the limit, in time.
///
/// # Errors
/// 400 and 413.
pub async fn body(
    limit: usize,
    headers: &HeaderMap,
    payload: &mut Payload,
) -> ApiResult<web::Bytes> {
    tokio::time::timeout(BODY_PATIENCE, whole_body(limit, headers, payload))
        .await
        .unwrap_or_else(|_| {
            let detail = format!(
                "The body did not arrive within {} seconds.",
                BODY_PATIENCE.as_secs()
            );
            Err(ApiError::new(ProblemCode::InvalidRequest, detail))
        })
}

async fn whole_body(
    limit: usize,
    headers: &HeaderMap,
    payload: &mut Payload,
) -> ApiResult<web::Bytes> {
    let too_large = || {
        ApiError::new(
            ProblemCode::PayloadTooLarge,
            format!("The body may have at most {limit} bytes."),
        )
    };
    let announced = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limit as u64) {
        return Err(too_large());
    }
    let mut bytes = web::BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|e| {
            ApiError::new(
                ProblemCode::InvalidRequest,
                format!("The body broke off: {e}."),
            )
        })?;
        if bytes.len() + chunk.len() > limit {
            return Err(too_large());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

fn check_media_type(headers: &(impl Headers + ?Sized)) -> ApiResult<()> {
    let given = headers.value_of(&header::CONTENT_TYPE);
    if given.is_some_and(|value| value == b"application/json") {
        return Ok(());
    }
    let essence = given
        .and_then(text)
        .and_then(|value| value.split(';').next())
        .unwrap_or_default()
        .trim();
    if essence.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    let detail = if given.is_none() {
        "The request has no Content-Type; send application/json.".to_owned()
    } else {
        "The Content-Type must be application/json.".to_owned()
    };
    Err(ApiError::new(ProblemCode::UnsupportedMediaType, detail))
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> ApiResult<T> {
    // What follows is for finding out what is wrong, and where.
    if bytes.first() == Some(&b'{')
        && let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(value) = serde_json::from_str(text)
    {
        return Ok(value);
    }
    if std::str::from_utf8(bytes).is_err() {
        return Err(ApiError::new(
            ProblemCode::InvalidJson,
            "The body is not UTF-8.",
        ));
    }
    // Read once for its syntax alone: in the second reading serde calls some wrong types bad syntax.
    serde_json::from_slice::<IgnoredAny>(bytes).map_err(|e| syntax_error(&e))?;
    // serde would take a list for an object, its fields by position. The contract does not.
    if bytes.iter().find(|b| !b.is_ascii_whitespace()) != Some(&b'{') {
        return Err(ApiError::field("", "must be a JSON object"));
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    serde_path_to_error::deserialize(&mut json).map_err(|e| body_error(e.path(), e.inner()))
}

fn body_error(path: &serde_path_to_error::Path, error: &serde_json::Error) -> ApiError {
    let mut pointer = String::new();
    for segment in path {
        use serde_path_to_error::Segment;
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } | Segment::Enum { variant: key } => push_token(&mut pointer, key),
            Segment::Unknown => {}
        }
    }
    let (name, detail) = explain(&error.to_string());
    // The path ends at the object that lacks a field; of every other error it holds the field itself.
    if let Some(name) = name
        && !pointer.ends_with(&escaped(&name))
    {
        push_token(&mut pointer, &name);
    }
    ApiError::field(&pointer, detail)
}

/// One reference token of a JSON pointer (RFC 6901 §3).
fn push_token(pointer: &mut String, token: &str) {
    pointer.push_str(&escaped(token));
}

fn escaped(token: &str) -> String {
    format!("/{}", shown(token).replace('~', "~0").replace('/', "~1"))
}

fn syntax_error(error: &serde_json::Error) -> ApiError {
    let what = match error.classify() {
        serde_json::error::Category::Eof => "ends too early",
        _ => "is not JSON",
    };
    ApiError::new(
        ProblemCode::InvalidJson,
        format!(
            "The body {what}, at line {}, column {}.",
            error.line(),
            error.column()
        ),
    )
}

fn parse_query<T: DeserializeOwned>(query: &str) -> ApiResult<T> {
    let pairs = serde_urlencoded::Deserializer::new(form_pairs(query));
    serde_path_to_error::deserialize(pairs).map_err(|e| {
        let path = e.path().to_string();
        let (name, detail) = explain(&e.inner().to_string());
        let name = shown(&name.unwrap_or(if path == "." { String::new() } else { path }));
        ApiError::with_errors(
            ProblemCode::InvalidRequest,
            vec![FieldError::new(format!("#query/{name}"), detail)],
        )
    })
}

fn form_pairs(query: &str) -> url::form_urlencoded::Parse<'_> {
    url::form_urlencoded::parse(query.as_bytes())
}

#[cfg(test)]
mod fuzz;

#[cfg(test)]
mod tests {
    use latchkey_types::{Timestamp, key::Environment};
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only reading is tested")]
    struct Body {
        name: String,
        #[serde(default)]
        environment: Option<Environment>,
        #[serde(default)]
        expires_at: Option<Timestamp>,
        #[serde(default)]
        kind: Environment,
        #[serde(default)]
        tags: Vec<String>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only reading is tested")]
    struct Page {
        limit: Option<u32>,
    }

    fn problem(body: &[u8]) -> (ProblemCode, Vec<String>, String) {
        let error = parse::<Body>(body).unwrap_err();
        let inner = error.inner();
        let pointers = inner.errors.iter().map(|e| e.pointer.clone()).collect();
        (inner.code, pointers, inner.detail.clone())
    }

    #[test]
    fn errors_name_the_field() {
        for (body, pointer) in [
            (&br#"{}"#[..], "/name"),
            (br#"{"name":1}"#, "/name"),
            (br#"{"name":"a","nmae":"b"}"#, "/nmae"),
            (br#"{"name":"a","name":"b"}"#, "/name"),
            (br#"{"name":"a","environment":"moon"}"#, "/environment"),
            (br#"{"name":"a","kind":null}"#, "/kind"),
            (br#"{"name":"a","expires_at":"tomorrow"}"#, "/expires_at"),
            (br#"{"name":"a","tags":["x",2]}"#, "/tags/1"),
            (br#"{"name":"a","a/b~c":1}"#, "/a~1b~0c"),
            (br#"[]"#, ""),
            (br#" ["a"]"#, ""),
            (br#""text""#, ""),
            (b"null", ""),
        ] {
            let (code, pointers, detail) = problem(body);
            let shown = String::from_utf8_lossy(body);
            assert_eq!(code, ProblemCode::InvalidField, "{shown}");
            assert_eq!(pointers, [pointer], "{shown}: {detail}");
        }
    }

    #[test]
    fn what_is_not_json_is_400() {
        for body in [
            &b""[..],
            b"{",
            b"{\"name\":\"a\"} x",
            b"\xff\xfe",
            b"name=a",
            b"{'name':'a'}",
        ] {
            assert_eq!(problem(body).0, ProblemCode::InvalidJson, "{body:?}");
        }
    }

    #[test]
    fn values_are_not_repeated() {
        let (_, _, detail) = problem(br#"{"name":"a","environment":"lk_secret"}"#);
        assert!(!detail.contains("lk_secret"), "{detail}");
        let (_, _, detail) = problem(br#"{"name":["lk_secret"]}"#);
        assert!(!detail.contains("lk_secret"), "{detail}");
        let (_, _, detail) = problem(br#"{"name":"a","tags":"lk_secret"}"#);
        assert!(!detail.contains("lk_secret"), "{detail}");
    }

    #[test]
    fn a_name_that_may_be_a_secret_is_cut() {
        let secret = "lk_EXAMPLEexampleEXAMPLEexample00000000";
        let (_, pointers, detail) = problem(format!(r#"{{"name":"a","{secret}":1}}"#).as_bytes());
        assert_eq!(pointers, ["/lk_E…"], "{detail}");
        let error = parse_query::<Page>(secret).unwrap_err();
        assert_eq!(error.inner().errors[0].pointer, "#query/lk_E…");
        assert!(!error.inner().detail.contains(secret) && !detail.contains(secret));
    }

    #[test]
    fn queries_name_the_parameter() {
        for (query, pointer) in [
            ("limit=x", "#query/limit"),
            ("limti=1", "#query/limti"),
            ("limit=-1", "#query/limit"),
        ] {
            let error = parse_query::<Page>(query).unwrap_err();
            assert_eq!(error.inner().errors[0].pointer, pointer, "{query}");
        }
        assert!(parse_query::<Page>("").is_ok());
        assert!(parse_query::<Page>("limit=5").is_ok());
    }
}
