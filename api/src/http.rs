//! What every request meets before its handler: who calls, whether they may, what they sent; and after
//! it: the problem document, the headers, the log line.

pub mod access;
pub mod asked;
pub mod caller;
pub mod check;
pub mod cookie;
pub mod cross_site;
pub mod cursor;
pub mod envelope;
pub mod etag;
pub mod guard;
pub mod headers;
pub mod idempotency;
pub mod input;
pub mod key_source;
pub mod limit;
pub mod origin;
pub mod refusals;
pub mod request_id;

pub use access::{
    AdminPerson, AdminReader, Anyone, Confirmed, Early, Entrance, InProject, OnKey, Person,
    Presence, Verifier,
};
pub use caller::{Caller, Credential};
pub use guard::{Access, Call, Guard};
pub use input::{Json, JsonOrEmpty, Query};
pub use limit::{ByInput, Costly, OnlyAsks, TakesAway};
