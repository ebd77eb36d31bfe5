//! Whose certificates upstreams may show: those the system trusts, and the CA that the operator names.

use std::{path::Path, sync::Arc};

use rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::CertificateDer};

use crate::tls;

/// The certificates in a PEM file; at least one.
///
/// # Errors
/// A sentence that says what is wrong with the file, to follow the setting's name.
pub(super) fn read_certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let certificates = tls::certificates(file)?;
    let mut store = RootCertStore::empty();
    for certificate in &certificates {
        store.add(certificate.clone()).map_err(|e| {
            let file = file.display();
            format!("{file} holds a certificate that can't be used ({e})")
        })?;
    }
    Ok(certificates)
}

/// TLS 1.2 and 1.3 as a client that trusts the system's roots and these.
///
/// # Errors
/// A sentence, when the library refuses its own defaults.
pub(super) fn client(more: &[CertificateDer<'static>]) -> Result<Arc<ClientConfig>, String> {
    let mut store = RootCertStore::empty();
    let system = rustls_native_certs::load_native_certs();
    let (_, ignored) = store.add_parsable_certificates(system.certs);
    if store.is_empty() {
        tracing::warn!(
            ignored,
            faults = system.errors.len(),
            "the system has no root certificates: upstreams with https need upstream_ca_file"
        );
    }
    store.add_parsable_certificates(more.iter().cloned());
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|e| format!("TLS can't be set up ({e})"))?
        .with_root_certificates(store)
        .with_no_client_auth();
    // The one protocol that the client on top speaks.
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
