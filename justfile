# The menu over `cargo xtask`, which needs no `just`. `just` alone lists it.

[private]
default:
    @just --list --unsorted

# Build the server and start it on SQLite in ./data; ARGS go to `latchkey serve`
run *ARGS:
    cargo xtask run -- {{ ARGS }}

# Everything: checks, tests on SQLite and PostgreSQL, the API description, the browser
test:
    cargo xtask test

# What needs no database: formatting, clippy, docs, doors, licences, cargo-deny
check:
    cargo xtask check

# Prove that the arrows between the rooms point one way
doors:
    cargo xtask doors

# Write openapi.yaml from the code; `just openapi --check` fails if it is stale
openapi *ARGS:
    cargo xtask openapi {{ ARGS }}

# Format every file
fmt:
    cargo fmt --all

# Hold every dependency's licence against deny.toml
licences:
    cargo xtask licences

# The browser tests alone
browser:
    cargo xtask browser
