//! What this process has used.

use dripr_tests::Failure;

/// Ticks of a second in which Linux tells processor time.
const TICKS: f64 = 100.0;

/// The memory it has had at most, in bytes.
pub(crate) fn peak() -> Result<u64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes * 1024)
}

/// The processor time of all its threads, in seconds.
pub(crate) fn processor() -> Result<f64, Failure> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    // The name in parentheses may hold anything; the state follows it.
    let (_, rest) = stat.rsplit_once(')').ok_or("no process state")?;
    let mut times = rest.split_whitespace().skip(11);
    let (user, system) = times.next().zip(times.next()).ok_or("no processor time")?;
    Ok((user.parse::<f64>()? + system.parse::<f64>()?) / TICKS)
}
