//! New ids.

use latchkey_types::{
    EventId, KeyId, MemoryId, ProjectId, ReceiptId, SecretId, SessionId, TokenId, UserId,
};
use uuid::Uuid;

/// A kind of id that can be made.
pub trait NewId {
    /// The id that this UUID stands for.
    fn of(uuid: Uuid) -> Self;
}

/// A new id, as in `new_id::<KeyId>()`: a UUIDv7, so that later ids of one process sort behind earlier ones.
#[must_use]
pub fn new_id<T: NewId>() -> T {
    T::of(Uuid::now_v7())
}

macro_rules! new_ids {
    ($($name:ty),* $(,)?) => {$(
        impl NewId for $name {
            fn of(uuid: Uuid) -> Self {
                Self::from_uuid(uuid)
            }
        }
    )*};
}

new_ids!(
    EventId, KeyId, MemoryId, ProjectId, ReceiptId, SecretId, SessionId, TokenId, UserId
);
