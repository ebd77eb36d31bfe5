//! Receipts and remembered outcomes.

use latchkey_keys::Digest;
use latchkey_store::{
    StoreError, Unique, idempotency,
    keys::{self},
    new_id,
    receipts::{self, StoredReceipt},
};
use latchkey_types::{
    KeyId, ProjectId, SecretId,
    receipt::{ReceiptKind, RevokeReason},
};

use crate::support::{NOW, a_key, ada_and_project, later, new_secret, on_each, read, write};

fn receipt(project: ProjectId, key: KeyId, secret: Option<SecretId>) -> StoredReceipt {
    StoredReceipt {
        id: new_id(),
        key_id: key,
        project_id: project,
        kind: if secret.is_some() {
            ReceiptKind::OverlapEnd
        } else {
            ReceiptKind::Revoke
        },
        secret_id: secret,
        revoked_at: NOW,
        reason: RevokeReason::ProjectArchived,
        nodes_live: 1,
        nodes_acknowledged: 1,
        streams_closed: None,
    }
}

#[test]
fn a_revoke_has_one_receipt_and_each_overlap_its_own() {
    on_each(|_, store| {
        let (ada, project) = ada_and_project(store);
        let key = a_key(store, project, ada, "");
        let first = key.secrets[0].id;
        let second = new_secret("2222");
        write(store, |tx| {
            keys::add_secret(tx, key.id, &second, NOW)?;
            keys::add_secret(tx, key.id, &new_secret("3333"), NOW)
        });
        let revoke = receipt(project, key.id, None);
        let overlaps = [first, second.id].map(|id| receipt(project, key.id, Some(id)));
        write(store, |tx| {
            receipts::create_receipts(tx, &overlaps)?;
            receipts::create_receipt(tx, &revoke)
        });
        for double in [revoke.clone(), overlaps[0].clone()] {
            let double = StoredReceipt {
                id: new_id(),
                ..double
            };
            let refused = store.write(|tx| receipts::create_receipt(tx, &double));
            assert_eq!(refused, Err(StoreError::Taken(Unique::Other)));
        }
        write(store, |tx| {
            receipts::set_streams_closed(tx, &[(revoke.id, 3)])
        });
        let find = |kind, secret| {
            read(store, |db| receipts::find_receipt(db, key.id, kind, secret)).unwrap()
        };
        let found = find(ReceiptKind::Revoke, None);
        assert_eq!(found.id, revoke.id);
        assert_eq!(found.to_receipt().streams_closed, Some(3));
        assert_eq!(find(ReceiptKind::OverlapEnd, Some(first)), overlaps[0]);
        let archive = read(store, |db| receipts::list_archive_receipts(db, project));
        assert_eq!(archive.len(), 3);
    });
}

#[test]
fn an_outcome_counts_until_it_expires() {
    on_each(|_, store| {
        let outcome = |status, expires_at| idempotency::StoredOutcome {
            principal: "usr_1".to_owned(),
            key: "k".to_owned(),
            request_digest: Digest::from_bytes([7; 32]),
            status,
            body: Some("{}".to_owned()),
            shown_id: None,
            expires_at,
        };
        let first = outcome(201, later(60));
        write(store, |tx| idempotency::create_outcome(tx, &first, NOW));
        let find = |now| read(store, |db| idempotency::find_outcome(db, "usr_1", "k", now));
        assert_eq!(find(later(59)), Some(first));
        assert_eq!(find(later(60)), None);
        let second = outcome(202, later(120));
        let early = store.write(|tx| idempotency::create_outcome(tx, &second, later(59)));
        assert_eq!(early, Err(StoreError::Taken(Unique::Other)));
        write(store, |tx| {
            idempotency::create_outcome(tx, &second, later(60))
        });
        assert_eq!(find(later(61)), Some(second));
        let gone = write(store, |tx| {
            idempotency::delete_expired_outcomes(tx, later(120))
        });
        assert_eq!(gone, 1);
    });
}
