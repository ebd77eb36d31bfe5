//! The machine: what it is, and whether it was doing something else.

use std::{fs, process::Command, thread, time::Duration};

use crate::Outcome;

/// Above this share of all cores' time the figures beside it are to be doubted.
pub const BUSY_PERCENT: f64 = 5.0;

/// How busy all cores are over the next second, in per cent.
///
/// # Errors
/// When the system doesn't say.
pub fn busy_percent() -> Outcome<f64> {
    let before = Times::now()?;
    thread::sleep(Duration::from_secs(1));
    Ok(Times::now()?.busy_since(before))
}

/// Keeps this process, and what it starts, on one core. Call it before there are threads.
///
/// # Errors
/// When the core isn't there.
pub fn pin_this_process(core: &str) -> Outcome {
    let pid = std::process::id().to_string();
    let done = Command::new("taskset").args(["-cp", core, &pid]).output()?;
    if done.status.success() {
        return Ok(());
    }
    Err(format!(
        "core {core} can't be used: {}",
        String::from_utf8_lossy(&done.stderr).trim()
    )
    .into())
}

/// The resident memory of a process, in MiB.
///
/// # Errors
/// When it has ended.
pub fn resident_mib(pid: u32) -> Outcome<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let kib = parse_rss(&status).ok_or("the system doesn't say how much memory a process has")?;
    Ok(kib / 1024.0)
}

/// Cores of the machine, whichever of them this process may use.
pub fn cores() -> usize {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    text.lines()
        .filter(|line| line.starts_with("processor"))
        .count()
}

/// The processor's name.
pub fn processor() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = text
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    name.map_or("unknown", |(_, name)| name).to_owned()
}

/// The first line that a program prints about itself; `None` where it isn't there.
pub fn version(program: &str, arguments: &[&str]) -> Option<String> {
    let program = crate::ground::find(program)?;
    let output = Command::new(program).args(arguments).output().ok()?;
    // wrk and nginx say it on stderr or end with a failure.
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    Some(text.lines().next()?.trim().to_owned())
}

/// Cores' time since the machine's start, in ticks.
#[derive(Clone, Copy)]
struct Times {
    idle: u64,
    all: u64,
}

impl Times {
    fn now() -> Outcome<Self> {
        let text = fs::read_to_string("/proc/stat")?;
        Self::parse(&text).ok_or_else(|| "/proc/stat can't be read".into())
    }

    /// proc_stat(5): user, nice, system, idle, iowait, irq, softirq, steal; guests are part of user.
    fn parse(text: &str) -> Option<Self> {
        let line = text.lines().find_map(|line| line.strip_prefix("cpu "))?;
        let ticks: Vec<u64> = line
            .split_whitespace()
            .take(8)
            .map_while(|word| word.parse().ok())
            .collect();
        Some(Self {
            idle: ticks.get(3)? + ticks.get(4)?,
            all: ticks.iter().sum(),
        })
    }

    fn busy_since(self, before: Self) -> f64 {
        let all = self.all.saturating_sub(before.all).max(1) as f64;
        let idle = self.idle.saturating_sub(before.idle) as f64;
        (100.0 * (1.0 - idle / all)).max(0.0)
    }
}

fn parse_rss(status: &str) -> Option<f64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_of_busy_time_counts_waiting_for_the_disk_as_idle() {
        let times = |text: &str| Times::parse(text).expect("it can be read");
        let before = times("cpu  100 0 100 800 0 0 0 0 0 0\ncpu0 1 2 3 4\n");
        let after = times("cpu  130 0 107 850 10 1 1 1 0 0\n");
        assert!((after.busy_since(before) - 40.0).abs() < 1e-9);
        assert!(Times::parse("intr 1\n").is_none());
    }

    #[test]
    fn resident_memory_is_read_in_kib() {
        assert_eq!(
            parse_rss("Name:\tx\nVmRSS:\t  123456 kB\n"),
            Some(123_456.0)
        );
        assert_eq!(parse_rss("Name:\tx\n"), None);
    }
}
