//! The generator: wrk with one thread, which sends requests in turn and says what came back.

use std::{fmt::Write as _, fs, net::SocketAddr, path::Path, process::Command};

use serde::Deserialize;

use crate::{
    Outcome,
    bench::LOAD_CORE,
    contender::{Answer, Contender},
};

/// Connections, each with one request at a time.
pub const CONNECTIONS: u32 = 64;
/// What stands before the line that the script writes.
const MARK: &str = "latchkey-bench ";

/// What wrk saw in one go.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct Sample {
    /// Answers.
    pub requests: f64,
    /// For so long, in microseconds.
    duration_us: f64,
    /// Half of the answers came sooner than this, in microseconds.
    pub p50_us: f64,
    /// 99 of 100 came sooner than this, in microseconds.
    pub p99_us: f64,
    /// Answers with a status of 400 or more.
    refused: f64,
    /// Connections that failed, and answers that were late or none.
    failed: f64,
}

impl Sample {
    /// Answers a second.
    pub fn per_second(&self) -> f64 {
        self.requests * 1e6 / self.duration_us.max(1.0)
    }

    /// Whether all that came was right.
    fn check(&self, name: &str, answer: Answer) -> Outcome {
        let wanted = match answer {
            Answer::Accepted => 0.0,
            Answer::Refused => self.requests,
        };
        let wrong = (self.refused - wanted).abs();
        if wrong > 0.0 || self.failed > 0.0 || self.requests < 1.0 {
            return Err(format!(
                "{name} answered {wrong} of {} requests wrongly, and {} not at all: its figures don't count",
                self.requests, self.failed
            )
            .into());
        }
        Ok(())
    }
}

/// Loads a contender for so many seconds.
///
/// # Errors
/// When wrk can't be run, or an answer was wrong.
pub fn load(contender: &Contender, seconds: u32, folder: &Path) -> Outcome<Sample> {
    load_over(CONNECTIONS, contender, seconds, folder)
}

/// The same over another number of connections.
///
/// # Errors
/// As [`load`].
pub fn load_over(
    connections: u32,
    contender: &Contender,
    seconds: u32,
    folder: &Path,
) -> Outcome<Sample> {
    // Written each time: it costs a millisecond, and a stale one would time the wrong keys.
    let file = folder.join("wrk.lua");
    fs::write(&file, script(&contender.requests)?)?;
    let sample = run(contender.address, connections, seconds, &file)?;
    sample.check(&contender.name, contender.answer)?;
    Ok(sample)
}

fn run(address: SocketAddr, connections: u32, seconds: u32, script: &Path) -> Outcome<Sample> {
    let output = Command::new("setpriv")
        .args(["--pdeathsig", "TERM", "taskset", "-c", LOAD_CORE, "wrk"])
        .args(["--threads", "1", "--timeout", "30s"])
        .args(["--connections", &connections.to_string()])
        .args(["--duration", &format!("{seconds}s")])
        .arg("--script")
        .arg(script)
        .arg(format!("http://{address}"))
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    parse(&text).map_err(|error| {
        let says = String::from_utf8_lossy(&output.stderr);
        format!("wrk: {error} ({} {})", output.status, says.trim()).into()
    })
}

/// The script: requests that are strings already, sent one after the other, whichever connection is free. So a
/// request costs wrk the same for every contender, and next to nothing.
fn script(requests: &[Vec<u8>]) -> Outcome<String> {
    let mut text = String::from("local requests = {\n");
    for request in requests {
        let request = std::str::from_utf8(request)?;
        writeln!(text, "  \"{}\",", quoted(request))?;
    }
    text.push_str("}\nlocal count, at = #requests, 0\n");
    text.push_str("request = function()\n  at = at % count + 1\n  return requests[at]\nend\n");
    text.push_str("done = function(summary, latency, requests)\n  local e = summary.errors\n");
    writeln!(
        text,
        "  io.write(string.format('{MARK}{{\"requests\":%d,\"duration_us\":%d,\"p50_us\":%d,\"p99_us\":%d,\"refused\":%d,\"failed\":%d}}\\n',"
    )?;
    text.push_str(
        "    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),\n    \
         e.status, e.connect + e.read + e.write + e.timeout))\nend\n",
    );
    Ok(text)
}

/// As it stands between quotation marks in Lua.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '\r' => quoted.push_str("\\r"),
            '\n' => quoted.push_str("\\n"),
            '"' | '\\' => quoted.extend(['\\', character]),
            other => quoted.push(other),
        }
    }
    quoted
}

fn parse(text: &str) -> Outcome<Sample> {
    let line = text.lines().find_map(|line| line.strip_prefix(MARK));
    let line = line.ok_or("the line with its figures is missing")?;
    Ok(serde_json::from_str(line)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "Running 2s test @ http://127.0.0.1:1\n  1 threads and 64 connections\n  \
        Thread Stats   Avg      Stdev     Max   +/- Stdev\n  178000 requests in 2.00s, 20.00MB read\n\
        latchkey-bench {\"requests\":178000,\"duration_us\":2000000,\"p50_us\":700,\"p99_us\":1500,\"refused\":0,\"failed\":0}\n";

    #[test]
    fn figures_are_read_from_the_scripts_line() {
        let sample = parse(OUTPUT).expect("it can be read");
        assert!((sample.per_second() - 89_000.0).abs() < 1e-6);
        assert_eq!((sample.p50_us, sample.p99_us), (700.0, 1500.0));
        assert!(parse("unable to connect to 127.0.0.1:1 Connection refused\n").is_err());
    }

    #[test]
    fn a_wrong_answer_spoils_the_figures() {
        let with = |refused: f64, failed: f64, answer| {
            let mut sample = parse(OUTPUT).expect("it can be read");
            (sample.refused, sample.failed) = (refused, failed);
            sample.check("somebody", answer).is_ok()
        };
        for (refused, failed, answer, is_right) in [
            (0.0, 0.0, Answer::Accepted, true),
            (1.0, 0.0, Answer::Accepted, false),
            (0.0, 1.0, Answer::Accepted, false),
            (178_000.0, 0.0, Answer::Refused, true),
            (177_999.0, 0.0, Answer::Refused, false),
        ] {
            assert_eq!(
                with(refused, failed, answer),
                is_right,
                "{refused} {failed} {answer:?}"
            );
        }
    }

    #[test]
    fn a_request_is_one_string_of_lua() {
        let text =
            script(&[b"POST / HTTP/1.1\r\n\r\n{\"a\":\"\\\"}".to_vec()]).expect("it is text");
        assert!(
            text.contains(r#"  "POST / HTTP/1.1\r\n\r\n{\"a\":\"\\\"}","#),
            "{text}"
        );
    }
}
