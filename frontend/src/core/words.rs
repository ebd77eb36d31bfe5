//! The words for what the server names by codes.

use latchkey_types::{
    key::{Environment, KeyStatus, Via},
    member::Role,
    receipt::{Receipt, RevokeReason},
    token::Permission,
    user::InstanceRole,
};

/// A role in a project.
#[must_use]
pub const fn role(role: Role) -> &'static str {
    match role {
        Role::Viewer => "Viewer",
        Role::Editor => "Editor",
        Role::Owner => "Owner",
    }
}

/// A role on the instance.
#[must_use]
pub const fn instance_role(role: InstanceRole) -> &'static str {
    match role {
        InstanceRole::Admin => "Administrator",
        InstanceRole::Member => "Member",
    }
}

/// A key's environment; nothing where none was said.
#[must_use]
pub const fn environment(environment: Environment) -> &'static str {
    match environment {
        Environment::Production => "Production",
        Environment::Staging => "Staging",
        Environment::Development => "Development",
        Environment::None => "",
    }
}

/// A key's status.
#[must_use]
pub const fn status(status: KeyStatus) -> &'static str {
    match status {
        KeyStatus::Active => "Active",
        KeyStatus::Expired => "Expired",
        KeyStatus::Disabled => "Disabled",
        KeyStatus::Revoked => "Revoked",
    }
}

/// How a key arrived.
#[must_use]
pub const fn via(via: Via) -> &'static str {
    match via {
        Via::Header => "in a header",
        Via::Url => "in the URL",
        Via::Verify => "by a verify call",
    }
}

/// Why a key was revoked.
#[must_use]
pub const fn reason(reason: RevokeReason) -> &'static str {
    match reason {
        RevokeReason::Compromised => "the secret may be known to others",
        RevokeReason::Rotated => "another key took its place",
        RevokeReason::Unused => "no longer needed",
        RevokeReason::Other => "no reason given",
        RevokeReason::ProjectArchived => "its project was archived",
        RevokeReason::UserDisabled => "whoever made it was disabled",
    }
}

/// What a management token may do.
#[must_use]
pub const fn permission(permission: Permission) -> &'static str {
    match permission {
        Permission::Manage => "Manage",
        Permission::Read => "Read",
        Permission::Verify => "Verify",
    }
}

/// What ending access did: "Access ended. 0 open connections closed."
#[must_use]
pub fn receipt(receipt: &Receipt) -> String {
    let mut text = String::from("Access ended.");
    if let Some(count) = receipt.streams_closed {
        let plural = if count == 1 { "" } else { "s" };
        text.push_str(&format!(" {count} open connection{plural} closed."));
    }
    if receipt.nodes.live > 1 {
        text.push_str(&format!(
            " {} of {} nodes have confirmed.",
            receipt.nodes.acknowledged, receipt.nodes.live
        ));
    }
    text
}
