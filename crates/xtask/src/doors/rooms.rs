//! The rooms and what each may use: the one-way arrows of ARCHITECTURE.md as a table.

/// One package's rule.
pub struct Room {
    pub package: &'static str,
    /// What is broken when the rule is: the start of the message.
    pub promise: &'static str,
    pub features: Feature,
    /// Latchkey's other packages that it may reach, directly or not.
    pub rooms: &'static [&'static str],
    /// Families of packages that it never reaches, however far away.
    pub never: &'static [&'static str],
    /// Families that it may reach through another room, but never uses itself.
    pub never_itself: &'static [&'static str],
}

/// Which of a package's features are looked at.
#[derive(Clone, Copy)]
pub enum Feature {
    /// Those that are on unless asked for: what the browser compiles of `types`.
    Default,
    All,
}

/// One entry for each package of the workspace; one that does not exist yet is no error.
pub const ROOMS: &[Room] = &[
    Room {
        package: "latchkey-types",
        promise: "types is what server and browser both speak: no I/O, no database, no web server",
        features: Feature::Default,
        rooms: &[],
        never: &[
            "actix",
            "async",
            "diesel",
            "futures",
            "getrandom",
            "hyper",
            "mio",
            "rand",
            "reqwest",
            "tokio",
            "utoipa",
        ],
        never_itself: &[],
    },
    Room {
        package: "latchkey-keys",
        promise: "keys is pure: no async, no I/O, no clock, no randomness of its own",
        features: Feature::All,
        rooms: &["latchkey-types"],
        never: &[
            "actix",
            "async",
            "diesel",
            "futures",
            "getrandom",
            "hyper",
            "mio",
            "rand",
            "reqwest",
            "tokio",
            "utoipa",
        ],
        never_itself: &[],
    },
    Room {
        package: "latchkey-store",
        promise: "store knows SQL and no HTTP",
        features: Feature::All,
        rooms: &["latchkey-keys", "latchkey-types"],
        never: &[
            "actix", "awc", "axum", "http", "hyper", "reqwest", "rmcp", "utoipa",
        ],
        never_itself: &[],
    },
    Room {
        package: "latchkey-gate",
        promise: "gate answers from memory: no HTTP, and SQL only through store",
        features: Feature::All,
        rooms: &["latchkey-store", "latchkey-keys", "latchkey-types"],
        never: &[
            "actix", "awc", "axum", "http", "hyper", "reqwest", "rmcp", "utoipa",
        ],
        never_itself: &["diesel", "libsqlite3", "pq", "rusqlite", "sqlx"],
    },
    Room {
        package: "latchkey-mcp",
        promise: "mcp is the protocol without a web server or a database",
        features: Feature::All,
        rooms: &["latchkey-types"],
        never: &[
            "actix",
            "awc",
            "diesel",
            "libsqlite3",
            "pq",
            "rusqlite",
            "sqlx",
            "utoipa",
        ],
        never_itself: &[],
    },
    Room {
        package: "latchkey-api",
        promise: "api speaks HTTP and leaves SQL to store",
        features: Feature::All,
        rooms: &[
            "latchkey-gate",
            "latchkey-store",
            "latchkey-keys",
            "latchkey-mcp",
            "latchkey-types",
        ],
        // actix-governor is GPL-3.0; the licences' check would say so too, later and less clearly.
        never: &["actix-governor"],
        never_itself: &["diesel", "libsqlite3", "pq", "rusqlite", "sqlx"],
    },
    Room {
        package: "latchkey-frontend",
        promise: "the browser app knows the server only by types",
        features: Feature::All,
        rooms: &["latchkey-types", "latchkey-view"],
        never: &["actix", "chrono", "diesel", "hyper", "utoipa"],
        // wasm-bindgen-futures names it for a configuration that nobody sets: it is not in the bundle.
        never_itself: &["regex", "tokio"],
    },
    Room {
        package: "latchkey-view",
        promise: "view shows things in a browser, and knows nothing of Latchkey",
        features: Feature::All,
        rooms: &[],
        never: &["actix", "chrono", "diesel", "hyper", "serde_json", "utoipa"],
        never_itself: &["regex", "tokio"],
    },
    Room {
        package: "latchkey-bundle",
        promise: "bundle makes files of files, and links nothing of Latchkey",
        features: Feature::All,
        rooms: &[],
        never: &["actix", "diesel", "hyper", "reqwest", "tokio"],
        never_itself: &[],
    },
    Room {
        package: "latchkey-cluster",
        promise: "cluster starts PostgreSQL for tests, and knows nothing of Latchkey",
        features: Feature::All,
        rooms: &[],
        never: &["actix", "diesel", "hyper", "reqwest", "tokio"],
        never_itself: &[],
    },
    Room {
        package: "latchkey-fuzz",
        promise: "fuzz feeds tests, and knows nothing of Latchkey",
        features: Feature::All,
        rooms: &[],
        never: &["actix", "diesel", "hyper", "reqwest", "tokio"],
        never_itself: &[],
    },
    Room {
        package: "latchkey-bench",
        promise: "bench starts Latchkey as a process, and links only what fills a database for it",
        features: Feature::All,
        rooms: &["latchkey-store", "latchkey-keys", "latchkey-types"],
        never: &["reqwest", "rusqlite", "sqlx", "utoipa"],
        never_itself: &[],
    },
    Room {
        package: "latchkey-xtask",
        promise: "xtask builds and starts Latchkey, and links nothing of it",
        features: Feature::All,
        rooms: &["latchkey-cluster"],
        never: &[],
        never_itself: &[],
    },
];
