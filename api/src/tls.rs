//! TLS of our own: a certificate and its key from files, read again on SIGHUP.
//!
//! HTTP/1.1 only, by leaving out actix-web's feature `http2`: a revoke ends a call by closing its connection, and over
//! HTTP/2 that would be the connection of other keys' calls, too.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use parking_lot::RwLock;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, ServerConfig, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{self, CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject as _},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};

/// The files that the settings name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate, then those between it and its CA, as PEM.
    pub cert: PathBuf,
    /// Its private key, as PEM.
    pub key: PathBuf,
}

/// What is shown to clients: the pair that was read last.
#[derive(Debug)]
pub struct Identity {
    files: TlsFiles,
    current: RwLock<Arc<CertifiedKey>>,
}

impl Identity {
    /// Reads both files.
    ///
    /// # Errors
    /// A sentence that begins with the setting's name.
    pub fn read(files: TlsFiles) -> Result<Arc<Self>, String> {
        let current = RwLock::new(Arc::new(certified(&files)?));
        Ok(Arc::new(Self { files, current }))
    }

    /// Reads both files again. Connections from now on get the new pair; on an error the old one stays.
    ///
    /// # Errors
    /// As [`Identity::read`].
    pub fn reload(&self) -> Result<(), String> {
        let fresh = Arc::new(certified(&self.files)?);
        *self.current.write() = fresh;
        Ok(())
    }

    /// TLS 1.2 and 1.3 with this identity.
    ///
    /// # Errors
    /// A sentence, when the library refuses its own defaults.
    pub fn server(self: &Arc<Self>) -> Result<ServerConfig, String> {
        Ok(
            ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
                .with_safe_default_protocol_versions()
                .map_err(|e| format!("tls_cert: TLS can't be set up ({e})"))?
                .with_no_client_auth()
                .with_cert_resolver(self.clone()),
        )
    }
}

impl ResolvesServerCert for Identity {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.current.read()))
    }
}

/// The certificates in a PEM file, in its order; at least one.
///
/// # Errors
/// A sentence that begins with the file, to follow the setting's name.
pub fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let sentence = |what: String| format!("{} {what}", file.display());
    let chain: Vec<_> = CertificateDer::pem_file_iter(file)
        .map_err(|e| sentence(format!("can't be read ({e})")))?
        .collect::<Result<_, _>>()
        .map_err(|e| sentence(format!("is not a PEM file ({e})")))?;
    match chain.is_empty() {
        true => Err(sentence("holds no certificate in PEM".to_owned())),
        false => Ok(chain),
    }
}

/// Those of the setting `tls_cert`.
fn own_certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    certificates(file).map_err(|sentence| format!("tls_cert: {sentence}"))
}

/// A client that takes this file's first certificate and no other, whatever name it is for: for the check that runs
/// beside the server and asks by address.
///
/// # Errors
/// A sentence that begins with the setting's name.
pub fn client_of_one(file: &Path) -> Result<Arc<ClientConfig>, String> {
    let wanted = own_certificates(file)?.swap_remove(0);
    let provider = Arc::new(ring::default_provider());
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|e| format!("tls_cert: TLS can't be set up ({e})"))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(OnlyThis { wanted, provider }))
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// Trusts one certificate. That the other side has its key is proven as ever.
#[derive(Debug)]
struct OnlyThis {
    wanted: CertificateDer<'static>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for OnlyThis {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if end_entity.as_ref() == self.wanted.as_ref() {
            return Ok(ServerCertVerified::assertion());
        }
        Err(CertificateError::ApplicationVerificationFailure.into())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.provider.signature_verification_algorithms;
        crypto::verify_tls12_signature(message, cert, signed, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.provider.signature_verification_algorithms;
        crypto::verify_tls13_signature(message, cert, signed, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let known = &self.provider.signature_verification_algorithms;
        known.supported_schemes()
    }
}

fn certified(files: &TlsFiles) -> Result<CertifiedKey, String> {
    let chain = own_certificates(&files.cert)?;
    // The error of the library never quotes the key.
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|e| {
        format!(
            "tls_key: {} holds no private key in PEM that can be read ({e})",
            files.key.display()
        )
    })?;
    CertifiedKey::from_der(chain, key, &ring::default_provider()).map_err(|e| {
        format!(
            "tls_key: {} does not belong to the certificate in {} ({e})",
            files.key.display(),
            files.cert.display()
        )
    })
}
