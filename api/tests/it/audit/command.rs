//! `latchkey audit verify`: beside a running server, against an exported head, and after somebody was at the rows.

use crate::support::process::Home;

#[tokio::test]
async fn the_command_finds_each_way_to_tamper_with_the_log() {
    let home = Home::new();
    let server = home.start().await;
    let token = server.set_up().await;
    let client = server.client(&token);
    let project = client.project("Memory Lake").await;
    // Beside the server, which holds the database's lock.
    let early = head(&home.run(&["audit", "verify"]).await.ok());
    for _ in 0..3 {
        client.key(&project, "Claude AI Integration").await;
    }
    let said = home.run(&["audit", "verify", "--head", &early]).await.ok();
    assert!(
        said.contains("6 events, and the given head is in it"),
        "{said}"
    );
    let late = head(&said);
    server.stop().await;
    assert_eq!(head(&home.run(&["audit", "verify"]).await.ok()), late);

    let mut rows = home.place.intrude();
    let columns = "id, at, actor_kind, actor_id, actor_name, action, target, project_id, details, ip, \
                   previous_hash, hash";
    rows.execute("CREATE TABLE kept AS SELECT * FROM audit_events");
    let restore = "DELETE FROM audit_events; INSERT INTO audit_events SELECT * FROM kept";
    let swap = format!(
        "DELETE FROM audit_events WHERE sequence IN (4, 5); \
         INSERT INTO audit_events (sequence, {columns}) SELECT 9 - sequence, {columns} FROM kept \
         WHERE sequence IN (4, 5)"
    );
    for (sabotage, sequence) in [
        (
            "UPDATE audit_events SET details = '{}' WHERE sequence = 4",
            4,
        ),
        ("UPDATE audit_events SET at = at + 1 WHERE sequence = 2", 2),
        ("DELETE FROM audit_events WHERE sequence = 3", 3),
        (swap.as_str(), 4),
    ] {
        rows.execute(sabotage);
        let ended = home.run(&["audit", "verify"]).await;
        let sentence = ended.sentence();
        assert!(
            sentence.contains(&format!("event {sequence} ")),
            "{sabotage}: {sentence}"
        );
        rows.execute(restore);
        home.run(&["audit", "verify"]).await.ok();
    }

    // A tail that was cut off leaves a whole chain; only a head that was kept elsewhere tells.
    rows.execute("DELETE FROM audit_events WHERE sequence > 4");
    home.run(&["audit", "verify"]).await.ok();
    home.run(&["audit", "verify", "--head", &early]).await.ok();
    let ended = home.run(&["audit", "verify", "--head", &late]).await;
    assert!(
        ended.sentence().contains("ends at event 4"),
        "{}",
        ended.stderr
    );
}

#[tokio::test]
async fn what_cant_be_verified_says_why() {
    let home = Home::new();
    let ended = home.run(&["audit", "verify"]).await;
    assert!(!ended.sentence().is_empty());
    let server = home.start().await;
    server.set_up().await;
    let mut command = home.latchkey(&["audit", "verify"]);
    command.env("LATCHKEY_MASTER_KEY", "5eed".repeat(16));
    let ended = home.finish(command).await;
    assert!(ended.sentence().contains("master key"), "{}", ended.stderr);
    for bad in ["", "1", "1:ff", "x:00", &format!("1:{}", "g".repeat(64))] {
        let ended = home.run(&["audit", "verify", "--head", bad]).await;
        assert_eq!(ended.status.code(), Some(2), "{bad:?} was taken");
        assert!(ended.stderr.contains("--head"), "{}", ended.stderr);
    }
}

fn head(said: &str) -> String {
    let line = said.lines().find_map(|line| line.strip_prefix("head "));
    line.unwrap_or_else(|| panic!("no head: {said}")).to_owned()
}
