//! The second factor at sign-in: a code of an authenticator app (TOTP, RFC 6238: SHA-1, 6 digits, 30 seconds).

use serde::{Deserialize, Serialize};

/// The answer to `POST /me/second-factor`: what an authenticator app needs, shown in this answer alone.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BegunSecondFactor {
    /// The secret that the app shares with the server from now on, in Base32, for typing it in.
    #[cfg_attr(
        feature = "openapi",
        schema(examples("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"))
    )]
    pub secret: String,
    /// The same as the address that authenticator apps open.
    #[cfg_attr(
        feature = "openapi",
        schema(examples(
            "otpauth://totp/Latchkey:ada@example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Latchkey"
        ))
    )]
    pub otpauth_uri: String,
    /// The same as a QR code.
    pub qr: QrCode,
}

/// A QR code, to be drawn as SVG: a square of `size` by `size` units, white, with the quiet zone in it, and the `path`
/// filled in black.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QrCode {
    /// Units of a side, for the `viewBox`.
    #[cfg_attr(feature = "openapi", schema(examples(45)))]
    pub size: u32,
    /// The `d` of the path.
    #[cfg_attr(feature = "openapi", schema(examples("M4 4h7v1h-7z")))]
    pub path: String,
}

/// `POST /me/second-factor/confirm`, and `DELETE /me/second-factor`.
#[derive(Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CodeRequest {
    /// The six digits that the app shows. To turn the second factor off, a recovery code is taken, too.
    #[cfg_attr(feature = "openapi", schema(examples("123456")))]
    pub code: String,
}

/// The answer to `POST /me/second-factor/confirm`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecoveryCodes {
    /// Each signs in once in the place of the app's code, should the app be lost. Shown in this answer alone.
    #[cfg_attr(
        feature = "openapi",
        schema(examples(json!(["ABCD-EFGH-IJKL-MNOP-QRST-UVWX"])))
    )]
    pub recovery_codes: Vec<String>,
}
