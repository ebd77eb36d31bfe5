//! What the front answers, written as bytes.

use std::{cell::Cell, net::IpAddr, time::Duration, time::SystemTime};

use actix_web::{
    http::{
        StatusCode,
        header::{self, HeaderName, HeaderValue},
    },
    web,
};
use latchkey_types::Timestamp;

use super::request::{Kind, ROOM, Request, plain};
use crate::{
    app::App,
    error::{ApiError, ApiResult},
    handlers::{forward_auth, verify},
    http::{
        check::Check,
        envelope::{self, CheckEnvelope, CheckRoute, REQUEST_ID},
        request_id::RequestId,
    },
    lane::{FORWARD_AUTH, VERIFY},
};

/// A date of a header (RFC 9110 §5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`.
type Date = [u8; 29];

/// Answers checks.
pub struct Answers {
    app: web::Data<App>,
    /// Headers of every answer, as bytes.
    accepted: Vec<u8>,
    /// Headers of every problem document.
    refused: Vec<u8>,
    /// The date that was written last, and of which second it is.
    date: Cell<(i64, Date)>,
}

impl Answers {
    /// The answers of this server.
    #[must_use]
    pub fn new(app: web::Data<App>) -> Self {
        let headers = |is_problem| {
            let mut bytes = Vec::new();
            let mut put = |name: HeaderName, value: HeaderValue| {
                header(&mut bytes, &name, value.as_bytes());
            };
            envelope::for_every_check(&app, is_problem, &mut put);
            bytes
        };
        Self {
            accepted: headers(false),
            refused: headers(true),
            date: Cell::new((i64::MIN, [b' '; 29])),
            app,
        }
    }

    /// Writes the answers to the requests that these bytes begin with, as long as they are for the front. Returns how many
    /// bytes of them are answered.
    pub fn answer(&self, bytes: &[u8], peer: Option<IpAddr>, answers: &mut Vec<u8>) -> usize {
        let mut done = 0;
        while done < bytes.len() {
            let mut room = ROOM;
            let longest_body = self.app.config.body_limit;
            let Some(request) = plain(&bytes[done..], &mut room, longest_body) else {
                break;
            };
            self.answer_one(&request, peer, answers);
            done += request.length;
        }
        done
    }

    fn answer_one(&self, request: &Request<'_, '_>, peer: Option<IpAddr>, answers: &mut Vec<u8>) {
        let envelope = CheckEnvelope::open();
        let check = Check::new(&self.app, request.headers, request.query, peer);
        let (id, now) = (envelope.id, check.now);
        let (route, outcome): (&CheckRoute, ApiResult<()>) = match request.kind {
            Kind::ForwardAuth => {
                let decided = forward_auth::decide(&check).map(|pass| {
                    self.begin(answers, StatusCode::OK, &self.accepted, id, now);
                    forward_auth::tell(&pass, |name, text| header(answers, &name, text.as_bytes()));
                    end(answers, b"");
                });
                (&FORWARD_AUTH, decided)
            }
            Kind::Verify => {
                let asked = verify::program(&check);
                let verified = asked.and_then(|asks| verify::verify(&check, asks, request.body));
                let told = verified.map(|json| {
                    self.begin(answers, StatusCode::OK, &self.accepted, id, now);
                    header(answers, &header::CONTENT_TYPE, b"application/json");
                    end(answers, &json);
                });
                (&VERIFY, told)
            }
        };
        let status = match &outcome {
            Ok(()) => StatusCode::OK,
            Err(error) => self.refuse(answers, error, id, now),
        };
        envelope.log(&check, route, status, outcome.err().as_ref());
    }

    fn refuse(
        &self,
        answers: &mut Vec<u8>,
        error: &ApiError,
        id: RequestId,
        now: Timestamp,
    ) -> StatusCode {
        let status = actix_web::ResponseError::status_code(error);
        self.begin(answers, status, &self.refused, id, now);
        envelope::for_problem(error, |name, text| header(answers, &name, text.as_bytes()));
        end(answers, &envelope::problem_document(error, id));
        status
    }

    fn begin(
        &self,
        answers: &mut Vec<u8>,
        status: StatusCode,
        headers: &[u8],
        id: RequestId,
        now: Timestamp,
    ) {
        answers.extend_from_slice(b"HTTP/1.1 ");
        answers.extend_from_slice(status.as_str().as_bytes());
        answers.push(b' ');
        answers.extend_from_slice(status.canonical_reason().unwrap_or_default().as_bytes());
        answers.extend_from_slice(b"\r\n");
        answers.extend_from_slice(headers);
        header(answers, &REQUEST_ID, &id.digits());
        header(answers, &header::DATE, &self.date(now));
    }

    fn date(&self, now: Timestamp) -> Date {
        let second = now.as_millis().div_euclid(1000);
        let (known, date) = self.date.get();
        if known == second {
            return date;
        }
        let since = Duration::from_secs(second.unsigned_abs());
        let text = httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + since);
        let date = text.as_bytes().try_into().unwrap_or(date);
        self.date.set((second, date));
        date
    }
}

fn header(answers: &mut Vec<u8>, name: &HeaderName, value: &[u8]) {
    answers.extend_from_slice(name.as_str().as_bytes());
    answers.extend_from_slice(b": ");
    answers.extend_from_slice(value);
    answers.extend_from_slice(b"\r\n");
}

/// The length of the body, the end of the headers, and the body.
fn end(answers: &mut Vec<u8>, body: &[u8]) {
    header(
        answers,
        &header::CONTENT_LENGTH,
        digits(body.len(), &mut [0; 20]),
    );
    answers.extend_from_slice(b"\r\n");
    answers.extend_from_slice(body);
}

/// A number in decimal, without an allocation.
fn digits(mut number: usize, room: &mut [u8; 20]) -> &[u8] {
    let mut at = room.len();
    loop {
        at -= 1;
        room[at] = b'0' + u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
        if number == 0 {
            return &room[at..];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_in_decimal() {
        for number in [0, 7, 10, 512, 65_536, usize::MAX] {
            assert_eq!(digits(number, &mut [0; 20]), number.to_string().as_bytes());
        }
    }
}
