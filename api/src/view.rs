//! From rows to what is shown of them.

use latchkey_gate::Gate;
use latchkey_keys::verdict;
use latchkey_store::{
    keys::{StoredKey, StoredSecret},
    projects::StoredProject,
    sessions::StoredSession,
};
use latchkey_types::{
    SessionId, Timestamp,
    key::{Key, SecretInfo, Via},
    member::Role,
    project::{Backend, Project},
    session::Session,
};

/// A session, safe to show.
#[must_use]
pub fn session(row: StoredSession, current: Option<SessionId>) -> Session {
    Session {
        id: row.id,
        is_current: Some(row.id) == current,
        created_at: row.created_at,
        last_seen_at: row.last_seen_at,
        expires_at: row.expires_at,
        ip: row.ip,
        user_agent: row.user_agent,
    }
}

/// Where the clients of a project connect.
#[must_use]
pub fn endpoint_url(public_url: &str, slug: &str) -> String {
    format!("{public_url}/{slug}/mcp/v1")
}

/// A project, as one with this role sees it.
#[must_use]
pub fn project(row: StoredProject, role: Role, public_url: &str) -> Project {
    Project {
        id: row.id,
        endpoint_url: endpoint_url(public_url, row.slug.as_str()),
        slug: row.slug,
        name: row.name,
        description: row.description,
        // What can't be read was written by a newer version, which the start would have refused.
        backend: serde_json::from_str(&row.backend).unwrap_or(Backend::Memory {}),
        allow_key_in_url: row.allow_key_in_url,
        allowed_origins: row.allowed_origins,
        role,
        created_at: row.created_at,
        updated_at: row.updated_at,
        archived_at: row.archived_at,
        version: row.version,
    }
}

/// The last use of a secret: what the database has, or what the gate has counted since.
struct LastUse {
    at: Timestamp,
    via: Via,
    client: Option<String>,
    ip: Option<String>,
}

fn last_use(secret: &StoredSecret, gate: &Gate) -> Option<LastUse> {
    let in_memory = gate.last_use(&secret.digest).map(|used| LastUse {
        at: used.at,
        via: used.via,
        client: used.client,
        ip: used.ip.map(|ip| ip.to_string()),
    });
    let written = secret.activity.as_ref().map(|activity| LastUse {
        at: activity.last_used_at,
        via: activity.last_via,
        client: activity.last_client.clone(),
        ip: activity.last_ip.clone(),
    });
    match (in_memory, written) {
        (Some(memory), Some(written)) if written.at > memory.at => Some(written),
        (Some(memory), _) => Some(memory),
        (None, written) => written,
    }
}

/// A key, safe to show.
#[must_use]
pub fn key(row: StoredKey, gate: &Gate, now: Timestamp) -> Key {
    let status = verdict::status(
        row.revoked_at.is_some(),
        row.disabled_at.is_some(),
        row.expires_at,
        now,
    );
    let mut newest_use: Option<LastUse> = None;
    let mut secrets = Vec::with_capacity(row.secrets.len());
    for secret in &row.secrets {
        let used = last_use(secret, gate);
        let is_over = secret.ends_at().is_some_and(|ends| ends <= now);
        if !is_over {
            secrets.push(SecretInfo {
                id: secret.id,
                hint: secret.hint.clone(),
                created_at: secret.created_at,
                retires_at: secret.ends_at(),
                last_used_at: used.as_ref().map(|used| used.at),
            });
        }
        if let Some(used) = used
            && newest_use.as_ref().is_none_or(|newest| used.at > newest.at)
        {
            newest_use = Some(used);
        }
    }
    let hint = row
        .newest_secret()
        .map(|secret| secret.hint.clone())
        .unwrap_or_default();
    let (at, via, client, ip) = newest_use.map_or((None, None, None, None), |used| {
        (Some(used.at), Some(used.via), used.client, used.ip)
    });
    Key {
        id: row.id,
        project_id: row.project_id,
        description: row.description,
        environment: row.environment,
        hint,
        status,
        created_by: row.created_by,
        created_at: row.created_at,
        expires_at: row.expires_at,
        disabled_at: row.disabled_at,
        revoked_at: row.revoked_at,
        revoked_by: row.revoked_by,
        revoke_reason: row.revoke_reason,
        last_used_at: at,
        last_used_via: via,
        last_used_client: client,
        last_used_ip: ip,
        secrets,
        version: row.version,
    }
}
