use super::*;

const SECRET: &str = "lk_EXAMPLEexampleEXAMPLEexample00000000";

fn connection(allow_key_in_url: bool) -> Connection<'static> {
    Connection {
        slug: "memorylake",
        endpoint_url: "https://keys.example.com/memorylake/mcp/v1",
        secret: SECRET,
        allow_key_in_url,
    }
}

fn texts(client: Client) -> Vec<String> {
    snippets(client, &connection(true))
        .iter()
        .map(|snippet| snippet.text.to_string())
        .collect()
}

#[test]
fn the_header_form_comes_first_and_the_url_form_last() {
    for client in Client::ALL {
        let forms: Vec<Form> = snippets(client, &connection(true))
            .iter()
            .map(|snippet| snippet.form)
            .collect();
        let first_url = forms.iter().position(|form| *form == Form::Url);
        assert!(!forms.is_empty(), "{client:?}");
        assert!(
            first_url.is_none_or(|at| at == forms.len() - 1),
            "{client:?}"
        );
        if !matches!(client, Client::ClaudeApps) {
            assert_eq!(forms.first(), Some(&Form::Header), "{client:?}");
        }
    }
}

#[test]
fn a_project_without_keys_in_urls_gets_no_url_form() {
    for client in Client::ALL {
        for snippet in snippets(client, &connection(false)) {
            assert_eq!(snippet.form, Form::Header, "{client:?}");
            assert!(!snippet.text.contains("apikey"), "{client:?}");
        }
    }
    assert!(snippets(Client::ClaudeApps, &connection(false)).is_empty());
}

#[test]
fn what_says_that_it_holds_the_secret_holds_it_and_nothing_else_does() {
    for client in Client::ALL {
        for snippet in snippets(client, &connection(true)) {
            assert_eq!(
                snippet.text.contains(SECRET),
                snippet.holds_secret,
                "{client:?}: {}",
                *snippet.text
            );
        }
    }
}

#[test]
fn what_looks_like_json_is_json() {
    for client in Client::ALL {
        for snippet in snippets(client, &connection(true)) {
            if snippet.text.starts_with('{') {
                serde_json::from_str::<serde_json::Value>(&snippet.text)
                    .unwrap_or_else(|error| panic!("{client:?}: {error}\n{}", *snippet.text));
            }
            if let Some((_, body)) = snippet.text.split_once("-d '") {
                serde_json::from_str::<serde_json::Value>(body.trim_end_matches('\''))
                    .unwrap_or_else(|error| panic!("{client:?}: {error}\n{body}"));
            }
        }
    }
}

#[test]
fn each_client_gets_its_own_spelling() {
    assert!(
        texts(Client::ClaudeCode)[0].starts_with("claude mcp add --transport http memorylake \"")
    );
    assert!(texts(Client::ClaudeCode)[1].contains("Bearer ${MEMORYLAKE_KEY}"));
    assert_eq!(
        texts(Client::ClaudeApps),
        [format!(
            "https://keys.example.com/memorylake/mcp/v1?apikey={SECRET}"
        )]
    );
    assert!(texts(Client::McpRemote)[0].contains("\"Authorization:${AUTH_HEADER}\""));
    assert!(texts(Client::VsCode)[0].contains("${input:memorylake-key}"));
    assert!(texts(Client::Codex)[0].contains("bearer_token_env_var = \"MEMORYLAKE_KEY\""));
    assert!(texts(Client::GeminiCli)[1].contains("\"httpUrl\""));
    assert!(texts(Client::Windsurf)[0].contains("\"serverUrl\""));
    assert!(texts(Client::Curl)[0].contains("server/discover"));
    assert!(texts(Client::Curl)[1].contains("initialize"));
}

#[test]
fn mcp_remote_is_told_about_plain_http_beyond_this_machine() {
    let at = |url: &'static str| {
        let connection = Connection {
            endpoint_url: url,
            ..connection(true)
        };
        let found = snippets(Client::McpRemote, &connection);
        assert!(serde_json::from_str::<serde_json::Value>(&found[0].text).is_ok());
        found[0].text.contains("--allow-http")
    };
    assert!(at("http://keys.lan:8080/memorylake/mcp/v1"));
    assert!(at("http://localhost.example.com/memorylake/mcp/v1"));
    assert!(!at("http://127.0.0.1:8080/memorylake/mcp/v1"));
    assert!(!at("http://localhost:8080/memorylake/mcp/v1"));
    assert!(!at("https://keys.example.com/memorylake/mcp/v1"));
}

#[test]
fn a_slug_becomes_a_variable_that_a_shell_takes() {
    assert_eq!(variable("memorylake"), "MEMORYLAKE_KEY");
    assert_eq!(variable("memory-lake-2"), "MEMORY_LAKE_2_KEY");
    assert_eq!(variable("2nd-lake"), "MCP_2ND_LAKE_KEY");
}

#[test]
fn the_env_file_has_the_key_and_the_url() {
    let text = env_file(&connection(true));
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(
        lines,
        [
            format!("MEMORYLAKE_KEY={SECRET}").as_str(),
            "MEMORYLAKE_URL=https://keys.example.com/memorylake/mcp/v1",
        ]
    );
}
