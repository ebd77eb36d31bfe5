//! What to paste into which MCP client. Pure: a connection in, texts out, so that the same function makes
//! the masked text on the screen and the real one for the clipboard.

use zeroize::Zeroizing;

/// A program that speaks MCP, or that shows that a key works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Client {
    /// Anthropic's command line.
    ClaudeCode,
    /// claude.ai and Claude Desktop, as a connector.
    ClaudeApps,
    /// Claude Desktop through the mcp-remote bridge, which can send headers.
    McpRemote,
    /// The editor.
    Cursor,
    /// The editor.
    VsCode,
    /// OpenAI's command line.
    Codex,
    /// Google's command line.
    GeminiCli,
    /// The editor.
    Windsurf,
    /// No MCP client, but it is everywhere and proves the key.
    Curl,
}

impl Client {
    /// Every client, in the order of the tabs.
    pub const ALL: [Self; 9] = [
        Self::ClaudeCode,
        Self::ClaudeApps,
        Self::McpRemote,
        Self::Cursor,
        Self::VsCode,
        Self::Codex,
        Self::GeminiCli,
        Self::Windsurf,
        Self::Curl,
    ];

    /// What its users call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ClaudeCode => "Claude Code",
            Self::ClaudeApps => "claude.ai / Claude Desktop",
            Self::McpRemote => "Claude Desktop via mcp-remote",
            Self::Cursor => "Cursor",
            Self::VsCode => "VS Code",
            Self::Codex => "Codex",
            Self::GeminiCli => "Gemini CLI",
            Self::Windsurf => "Windsurf",
            Self::Curl => "curl",
        }
    }

    /// The same for a URL or an id.
    pub const fn id(self) -> &'static str {
        match self {
            Self::ClaudeCode => "claude-code",
            Self::ClaudeApps => "claude-apps",
            Self::McpRemote => "mcp-remote",
            Self::Cursor => "cursor",
            Self::VsCode => "vs-code",
            Self::Codex => "codex",
            Self::GeminiCli => "gemini-cli",
            Self::Windsurf => "windsurf",
            Self::Curl => "curl",
        }
    }
}

/// How the key travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// In a header: the form to prefer.
    Header,
    /// In the URL, where logs and histories may keep it.
    Url,
}

/// What a client has to know.
#[derive(Clone, Copy)]
pub struct Connection<'a> {
    /// The project's slug; the server's name in the client.
    pub slug: &'a str,
    /// Where to connect.
    pub endpoint_url: &'a str,
    /// The secret, or a mask of it.
    pub secret: &'a str,
    /// Whether the project takes `?apikey=`.
    pub allow_key_in_url: bool,
}

/// One text to paste, and where.
pub struct Snippet {
    /// Where it goes.
    pub place: String,
    /// How the key travels.
    pub form: Form,
    /// The text. Zeroized when it is dropped, because it may hold the secret.
    pub text: Zeroizing<String>,
    /// Whether the text holds the secret. Others ask for it, or read it from the environment.
    pub holds_secret: bool,
    /// One sentence on what else is needed; empty for nothing.
    pub note: &'static str,
}

/// The environment variable that holds the key of this project.
#[must_use]
pub fn variable(slug: &str) -> String {
    let name = slug.to_ascii_uppercase().replace('-', "_");
    // A name that begins with a digit can't be assigned in a shell.
    let prefix = if name.starts_with(|c: char| c.is_ascii_digit()) {
        "MCP_"
    } else {
        ""
    };
    format!("{prefix}{name}_KEY")
}

/// The endpoint URL with the key in it, if the project takes that.
#[must_use]
pub fn url_with_key(connection: &Connection<'_>) -> Option<Zeroizing<String>> {
    connection.allow_key_in_url.then(|| {
        Zeroizing::new(format!(
            "{}?apikey={}",
            connection.endpoint_url, connection.secret
        ))
    })
}

/// The `.env` file for this key.
#[must_use]
pub fn env_file(connection: &Connection<'_>) -> Zeroizing<String> {
    let variable = variable(connection.slug);
    let url_variable = format!("{}_URL", variable.trim_end_matches("_KEY"));
    Zeroizing::new(format!(
        "# Keep this file out of version control: add .env to .gitignore.\n\
         {variable}={}\n{url_variable}={}\n",
        connection.secret, connection.endpoint_url
    ))
}

/// What to paste into this client, the header form first. Empty where the client needs a key in the URL
/// and the project doesn't take one.
#[must_use]
pub fn snippets(client: Client, connection: &Connection<'_>) -> Vec<Snippet> {
    let url = url_with_key(connection);
    let mut found = header_forms(client, connection);
    found.extend(url.and_then(|url| url_form(client, connection.slug, &url)));
    found
}

fn header_forms(client: Client, c: &Connection<'_>) -> Vec<Snippet> {
    let Connection {
        slug,
        endpoint_url: url,
        secret,
        ..
    } = *c;
    let variable = variable(slug);
    match client {
        Client::ClaudeCode => vec![
            header(
                "In a terminal",
                format!(
                    "claude mcp add --transport http {slug} \"{url}\" \
                     --header \"Authorization: Bearer {secret}\" -s user"
                ),
            ),
            Snippet {
                note: "Holds no secret, so it may be committed. Put the key into the environment: \
                       the .env download has it under this name.",
                ..without_secret(
                    ".mcp.json, shared with a team",
                    servers(
                        slug,
                        &[("type", "http"), ("url", url)],
                        Some(&format!("Bearer ${{{variable}}}")),
                    ),
                )
            },
        ],
        // Connectors take a URL and nothing else.
        Client::ClaudeApps => Vec::new(),
        Client::McpRemote => vec![Snippet {
            note: "Needs Node.js. There is no space after “Authorization:” on purpose: on Windows an \
                   argument with a space is cut.",
            ..header("claude_desktop_config.json", mcp_remote(slug, url, secret))
        }],
        Client::Cursor => vec![header(
            "~/.cursor/mcp.json",
            servers(slug, &[("url", url)], Some(&format!("Bearer {secret}"))),
        )],
        Client::VsCode => vec![Snippet {
            note: "VS Code asks for the key once and keeps it in its secret storage: paste the secret there.",
            ..without_secret(".vscode/mcp.json", vs_code(slug, url))
        }],
        Client::Codex => vec![
            without_secret(
                "~/.codex/config.toml",
                format!(
                    "[mcp_servers.{slug}]\nurl = \"{url}\"\nbearer_token_env_var = \"{variable}\"\n"
                ),
            ),
            header(
                "In the shell that starts Codex",
                format!("export {variable}=\"{secret}\""),
            ),
        ],
        Client::GeminiCli => vec![
            header(
                "In a terminal",
                format!(
                    "gemini mcp add --transport http --scope user {slug} \"{url}\" \
                     --header \"Authorization: Bearer {secret}\""
                ),
            ),
            header(
                "Or ~/.gemini/settings.json",
                servers(slug, &[("httpUrl", url)], Some(&format!("Bearer {secret}"))),
            ),
        ],
        Client::Windsurf => vec![header(
            "~/.codeium/windsurf/mcp_config.json",
            servers(
                slug,
                &[("serverUrl", url)],
                Some(&format!("Bearer {secret}")),
            ),
        )],
        Client::Curl => vec![
            header("In a terminal", curl_discover(url, Some(secret))),
            header(
                "The same, for servers of the 2025 protocol",
                curl_initialize(url, secret),
            ),
        ],
    }
}

fn url_form(client: Client, slug: &str, url: &str) -> Option<Snippet> {
    let (place, text) = match client {
        Client::ClaudeCode => (
            "In a terminal",
            format!("claude mcp add --transport http {slug} \"{url}\" -s user"),
        ),
        Client::ClaudeApps => (
            "Settings → Connectors → Add custom connector → URL",
            url.to_owned(),
        ),
        // Its header form works wherever it runs at all.
        Client::McpRemote => return None,
        Client::Cursor => ("~/.cursor/mcp.json", servers(slug, &[("url", url)], None)),
        Client::VsCode => (
            ".vscode/mcp.json",
            format!(
                "{{\n  \"servers\": {{\n    \"{slug}\": {{\n      \"type\": \"http\",\n      \
                 \"url\": \"{url}\"\n    }}\n  }}\n}}"
            ),
        ),
        Client::Codex => (
            "~/.codex/config.toml",
            format!("[mcp_servers.{slug}]\nurl = \"{url}\"\n"),
        ),
        Client::GeminiCli => (
            "~/.gemini/settings.json",
            servers(slug, &[("httpUrl", url)], None),
        ),
        Client::Windsurf => (
            "~/.codeium/windsurf/mcp_config.json",
            servers(slug, &[("serverUrl", url)], None),
        ),
        Client::Curl => ("In a terminal", curl_discover(url, None)),
    };
    let note = match client {
        Client::ClaudeApps => "Leave the OAuth fields empty.",
        Client::VsCode => "This file holds the secret: keep it out of version control.",
        _ => "",
    };
    Some(Snippet {
        place: place.to_owned(),
        form: Form::Url,
        text: Zeroizing::new(text),
        holds_secret: true,
        note,
    })
}

fn header(place: &str, text: String) -> Snippet {
    Snippet {
        place: place.to_owned(),
        form: Form::Header,
        text: Zeroizing::new(text),
        holds_secret: true,
        note: "",
    }
}

fn without_secret(place: &str, text: String) -> Snippet {
    Snippet {
        holds_secret: false,
        ..header(place, text)
    }
}

/// The `mcpServers` file that most clients read. Slugs, secrets and URLs hold nothing that JSON escapes.
fn servers(slug: &str, fields: &[(&str, &str)], authorization: Option<&str>) -> String {
    let mut lines: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("      \"{name}\": \"{value}\""))
        .collect();
    lines.extend(authorization.map(|value| {
        format!("      \"headers\": {{\n        \"Authorization\": \"{value}\"\n      }}")
    }));
    format!(
        "{{\n  \"mcpServers\": {{\n    \"{slug}\": {{\n{}\n    }}\n  }}\n}}",
        lines.join(",\n")
    )
}

fn mcp_remote(slug: &str, url: &str, secret: &str) -> String {
    // mcp-remote refuses plain http but for this machine, unless it is told.
    let allow_http = if url.starts_with("http://") && !is_loopback(url) {
        ",\n        \"--allow-http\""
    } else {
        ""
    };
    format!(
        "{{\n  \"mcpServers\": {{\n    \"{slug}\": {{\n      \"command\": \"npx\",\n      \"args\": [\n        \
         \"-y\",\n        \"mcp-remote\",\n        \"{url}\",\n        \"--header\",\n        \
         \"Authorization:${{AUTH_HEADER}}\"{allow_http}\n      ],\n      \"env\": {{\n        \
         \"AUTH_HEADER\": \"Bearer {secret}\"\n      }}\n    }}\n  }}\n}}"
    )
}

fn vs_code(slug: &str, url: &str) -> String {
    format!(
        "{{\n  \"inputs\": [\n    {{\n      \"type\": \"promptString\",\n      \"id\": \"{slug}-key\",\n      \
         \"description\": \"API key of {slug}\",\n      \"password\": true\n    }}\n  ],\n  \
         \"servers\": {{\n    \"{slug}\": {{\n      \"type\": \"http\",\n      \"url\": \"{url}\",\n      \
         \"headers\": {{\n        \"Authorization\": \"Bearer ${{input:{slug}-key}}\"\n      }}\n    }}\n  }}\n}}"
    )
}

fn curl_discover(url: &str, secret: Option<&str>) -> String {
    let authorization = secret
        .map(|secret| format!("  -H \"Authorization: Bearer {secret}\" \\\n"))
        .unwrap_or_default();
    format!(
        "curl \"{url}\" \\\n{authorization}  -H \"Content-Type: application/json\" \\\n  \
         -H \"Accept: application/json, text/event-stream\" \\\n  \
         -H \"MCP-Protocol-Version: 2026-07-28\" -H \"Mcp-Method: server/discover\" \\\n  \
         -d '{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"server/discover\",\"params\":{{\"_meta\":\
         {{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\",\
         \"io.modelcontextprotocol/clientInfo\":{{\"name\":\"curl\",\"version\":\"1\"}},\
         \"io.modelcontextprotocol/clientCapabilities\":{{}}}}}}}}'"
    )
}

fn curl_initialize(url: &str, secret: &str) -> String {
    format!(
        "curl \"{url}\" \\\n  -H \"Authorization: Bearer {secret}\" \\\n  \
         -H \"Content-Type: application/json\" \\\n  \
         -H \"Accept: application/json, text/event-stream\" \\\n  \
         -d '{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":\
         {{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{{}},\
         \"clientInfo\":{{\"name\":\"curl\",\"version\":\"1\"}}}}}}'"
    )
}

fn is_loopback(url: &str) -> bool {
    let host = url.trim_start_matches("http://");
    ["localhost", "127.0.0.1", "[::1]"].iter().any(|name| {
        host.strip_prefix(name)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
    })
}

#[cfg(test)]
mod tests;
