#![doc = include_str!("../README.md")]

mod base32;
mod base62;
mod base64;
mod digest;
mod master;
mod masters;
mod opaque;
mod ring;
mod sealer;
mod second_factor;
mod secret;
pub mod verdict;

pub use digest::Digest;
pub use master::{MasterKey, MasterKeyError};
pub use masters::{MasterKeys, MasterKeysError};
pub use opaque::OpaqueToken;
pub use ring::{KeyRing, SecretText, SubKey};
pub use sealer::{SealError, Sealer};
pub use second_factor::{RecoveryCode, TotpSecret};
pub use secret::{Presented, Secret, SecretKind, kind_of_prefix};
pub use verdict::{Standing, judge, status};
