use super::*;

const KEY: &str = "x-api-key: lk_a\r\n";
const JSON: &str = "authorization: Bearer lkm_a\r\ncontent-type: application/json\r\n";

/// What the front takes of this: which check, its query, its body, and how many bytes are left.
fn taken(text: &str) -> Option<(Kind, String, String, usize)> {
    let mut room = ROOM;
    let request = plain(text.as_bytes(), &mut room, 100)?;
    Some((
        request.kind,
        request.query.to_owned(),
        String::from_utf8_lossy(request.body).into_owned(),
        text.len() - request.length,
    ))
}

fn get(address: &str, headers: &str) -> String {
    format!("GET {address} HTTP/1.1\r\nhost: a\r\n{headers}\r\n")
}

fn post(headers: &str, body: &str) -> String {
    format!("POST /api/v1/keys/verify HTTP/1.1\r\nhost: a\r\n{headers}\r\n{body}")
}

#[test]
fn plain_checks_are_taken() {
    let asked = |query: &str| Some((Kind::ForwardAuth, query.to_owned(), String::new(), 0));
    let told = |body: &str, left| Some((Kind::Verify, String::new(), body.to_owned(), left));
    let path = "/api/v1/forward-auth";
    for (text, wanted) in [
        (get(path, KEY), asked("")),
        (get(path, ""), asked("")),
        (
            get(&format!("{path}?project=memory-lake&apikey=lk%5Fa"), ""),
            asked("project=memory-lake&apikey=lk%5Fa"),
        ),
        (get(path, "Connection: Keep-Alive\r\n"), asked("")),
        (get(path, "content-length: 0\r\n"), asked("")),
        (
            post(&format!("{JSON}content-length: 2\r\n"), "{}"),
            told("{}", 0),
        ),
        (
            post(&format!("{JSON}content-length: 2\r\n"), "{}GET"),
            told("{}", 3),
        ),
        (post(JSON, ""), told("", 0)),
    ] {
        assert_eq!(taken(&text), wanted, "{text}");
    }
    let two = get(path, KEY) + &get(path, KEY);
    assert_eq!(taken(&two).unwrap().3, two.len() / 2);
}

#[test]
fn all_others_are_the_frameworks() {
    let path = "/api/v1/forward-auth";
    let whole = get(path, KEY);
    for text in [
        String::new(),
        whole[..whole.len() - 1].to_owned(),
        whole[..20].to_owned(),
        format!("\r\n{whole}"),
        whole.replace("GET", "HEAD"),
        whole.replace("GET", "get"),
        whole.replace("HTTP/1.1", "HTTP/1.0"),
        whole.replace("host: a", "host : a"),
        get("/api/v1/forward-auth/", KEY),
        get("/api/v1/forward-authentication", KEY),
        get("/api/v1/%66orward-auth", KEY),
        get("http://a/api/v1/forward-auth", KEY),
        get(&format!("{path}?q=\"a\""), KEY),
        get(&format!("{path}?q=é"), KEY),
        get(&format!("{path}#a"), KEY),
        get(path, "connection: close\r\n"),
        get(path, "connection: keep-alive, close\r\n"),
        get(path, "connection: upgrade\r\nupgrade: websocket\r\n"),
        get(path, "upgrade: h2c\r\n"),
        get(path, "expect: 100-continue\r\n"),
        get(path, "transfer-encoding: chunked\r\n"),
        get(path, "content-length: 3\r\n") + "abc",
        get(path, &"a: b\r\n".repeat(MOST_HEADERS)),
        // Without a token, it is a person.
        post("content-length: 2\r\n", "{}"),
        post(&format!("{JSON}content-length: 3\r\n"), "{}"),
        post(&format!("{JSON}content-length: 101\r\n"), &"a".repeat(101)),
        post(&format!("{JSON}content-length: +2\r\n"), "{}"),
        post(&format!("{JSON}content-length: 2, 2\r\n"), "{}"),
        post(&format!("{JSON}content-length:\r\n"), "{}"),
        post(
            &format!("{JSON}content-length: 2\r\nContent-Length: 2\r\n"),
            "{}",
        ),
        post(
            &format!("{JSON}content-length: 99999999999999999999\r\n"),
            "{}",
        ),
        post(
            &format!("{JSON}content-length: 2\r\ntransfer-encoding: chunked\r\n"),
            "{}",
        ),
        post(
            &format!("{JSON}transfer-encoding: chunked\r\n"),
            "2\r\n{}\r\n0\r\n\r\n",
        ),
        post(&format!("{JSON}content-length: 2\r\n"), "{}").replace("/verify", "/self"),
        post(&format!("{JSON}content-length: 2\r\n"), "{}").replace("POST", "PUT"),
    ] {
        assert_eq!(taken(&text), None, "{text}");
    }
}
