# The menu over `cargo xtask`, which needs no `just`. `just` alone lists it.

[private]
default:
    @just --list --unsorted

# Build the browser app and the server, and start it on SQLite in ./data; ARGS go to `latchkey serve`
run *ARGS:
    cargo xtask run -- {{ ARGS }}

# The same unoptimised, with the browser app built anew when a source of it changes
dev *ARGS:
    cargo xtask dev -- {{ ARGS }}

# Build the browser app alone, into frontend/dist
frontend:
    cargo xtask frontend

# What the browser app weighs; fails beyond its budget
sizes:
    cargo xtask sizes

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

# The long runs, N of each: `just soak crash 500`, `just soak api 100000`, `just soak fuzz 600`
soak *ARGS:
    cargo xtask soak {{ ARGS }}

# Measure beside alternatives: `just bench all`, `just bench verify --rounds 9`
bench *ARGS:
    cargo xtask bench {{ ARGS }}

# Format every file
fmt:
    cargo fmt --all

# Hold every dependency's licence against deny.toml
licences:
    cargo xtask licences

# The browser tests alone
browser:
    cargo xtask browser

# Every page and dialog into test-output/screenshots, the README's pictures into docs/images
screenshots:
    cargo xtask screenshots
