//! The tables, as both backends have them. The parity test compares the migrations with each other.

diesel::table! {
    instance (id) {
        id -> Integer,
        master_check -> Binary,
        created_at -> BigInt,
        serving -> Nullable<Text>,
    }
}

diesel::table! {
    master_keys (check_value) {
        check_value -> Binary,
        version -> Integer,
        created_at -> BigInt,
        retired_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    users (id) {
        id -> Text,
        email -> Text,
        email_key -> Text,
        name -> Text,
        password_hash -> Nullable<Text>,
        role -> Text,
        created_at -> BigInt,
        disabled_at -> Nullable<BigInt>,
        version -> BigInt,
    }
}

diesel::table! {
    sessions (id) {
        id -> Text,
        digest -> Binary,
        user_id -> Text,
        created_at -> BigInt,
        last_seen_at -> BigInt,
        expires_at -> BigInt,
        ip -> Nullable<Text>,
        user_agent -> Nullable<Text>,
        confirmed_at -> BigInt,
    }
}

diesel::table! {
    sign_in_links (digest) {
        digest -> Binary,
        user_id -> Text,
        created_at -> BigInt,
        expires_at -> BigInt,
        used_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    second_factors (user_id) {
        user_id -> Text,
        sealed_secret -> Binary,
        created_at -> BigInt,
        confirmed_at -> Nullable<BigInt>,
        last_step -> BigInt,
    }
}

diesel::table! {
    recovery_codes (digest) {
        digest -> Binary,
        user_id -> Text,
        used_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    management_tokens (id) {
        id -> Text,
        user_id -> Text,
        name -> Text,
        digest -> Binary,
        pepper_version -> Integer,
        hint -> Text,
        permissions -> Text,
        created_at -> BigInt,
        expires_at -> Nullable<BigInt>,
        revoked_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    projects (id) {
        id -> Text,
        slug -> Text,
        name -> Text,
        description -> Text,
        search -> Text,
        backend -> Text,
        upstream_headers -> Nullable<Binary>,
        allow_key_in_url -> Bool,
        allowed_origins -> Text,
        created_at -> BigInt,
        updated_at -> BigInt,
        archived_at -> Nullable<BigInt>,
        version -> BigInt,
    }
}

diesel::table! {
    project_members (project_id, user_id) {
        project_id -> Text,
        user_id -> Text,
        role -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    keys (id) {
        id -> Text,
        project_id -> Text,
        description -> Text,
        normal_description -> Text,
        search -> Text,
        environment -> Text,
        created_by -> Text,
        created_at -> BigInt,
        expires_at -> Nullable<BigInt>,
        disabled_at -> Nullable<BigInt>,
        revoked_at -> Nullable<BigInt>,
        revoked_by -> Nullable<Text>,
        revoke_reason -> Nullable<Text>,
        version -> BigInt,
    }
}

diesel::table! {
    key_secrets (id) {
        id -> Text,
        key_id -> Text,
        digest -> Binary,
        pepper_version -> Integer,
        hint -> Text,
        created_at -> BigInt,
        retires_at -> Nullable<BigInt>,
        retired_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    key_activity (secret_id) {
        secret_id -> Text,
        key_id -> Text,
        first_used_at -> BigInt,
        first_via -> Text,
        first_client -> Nullable<Text>,
        last_used_at -> BigInt,
        last_via -> Text,
        last_client -> Nullable<Text>,
        last_ip -> Nullable<Text>,
    }
}

diesel::table! {
    key_usage (key_id, hour) {
        key_id -> Text,
        hour -> BigInt,
        project_id -> Text,
        accepted -> BigInt,
        refused -> BigInt,
        via_header -> BigInt,
        via_url -> BigInt,
        via_verify -> BigInt,
    }
}

diesel::table! {
    receipts (id) {
        id -> Text,
        key_id -> Text,
        project_id -> Text,
        kind -> Text,
        secret_id -> Nullable<Text>,
        revoked_at -> BigInt,
        reason -> Text,
        nodes_live -> Integer,
        nodes_acknowledged -> Integer,
        streams_closed -> Nullable<Integer>,
    }
}

diesel::table! {
    idempotency (principal, key) {
        principal -> Text,
        key -> Text,
        request_digest -> Binary,
        status -> Integer,
        body -> Nullable<Text>,
        shown_id -> Nullable<Text>,
        expires_at -> BigInt,
    }
}

diesel::table! {
    audit_events (sequence) {
        sequence -> BigInt,
        id -> Text,
        at -> BigInt,
        actor_kind -> Text,
        actor_id -> Nullable<Text>,
        actor_name -> Text,
        action -> Text,
        target -> Nullable<Text>,
        project_id -> Nullable<Text>,
        details -> Text,
        ip -> Nullable<Text>,
        previous_hash -> Binary,
        hash -> Binary,
        key_version -> Integer,
    }
}

// What finds them by words, a table beside it on SQLite and a column on PostgreSQL, is named in
// memories/search.rs only.
diesel::table! {
    memories (id) {
        id -> Text,
        sequence -> BigInt,
        project_id -> Text,
        key_id -> Text,
        text -> Text,
        tags -> Text,
        words -> Text,
        created_at -> BigInt,
    }
}

diesel::joinable!(key_secrets -> keys (key_id));
diesel::joinable!(memories -> keys (key_id));
diesel::joinable!(project_members -> projects (project_id));
diesel::joinable!(project_members -> users (user_id));
diesel::joinable!(sessions -> users (user_id));

diesel::allow_tables_to_appear_in_same_query!(
    instance,
    master_keys,
    users,
    sessions,
    sign_in_links,
    second_factors,
    recovery_codes,
    management_tokens,
    projects,
    project_members,
    keys,
    key_secrets,
    key_activity,
    key_usage,
    receipts,
    idempotency,
    audit_events,
    memories,
);
