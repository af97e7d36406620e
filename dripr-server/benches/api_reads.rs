//! What the API takes: the real program on SQLite with a thousand campaigns of one agent, read by sixteen connections of this
//! process, all on the same machine.
//!
//! ```text
//! cargo bench -p dripr-server --features full --bench api_reads
//! ```
//!
//! First a thousand requests a second are made for some seconds, each at its time whatever became of those before, so that waiting
//! counts as slowness; then as many as are answered. Each of the operations is asked for equally often.

#![expect(clippy::disallowed_methods, reason = "what is measured is real time")]

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
    time::sleep_until,
};

type Failure = Box<dyn std::error::Error + Send + Sync>;

const CAMPAIGNS: usize = 1_000;
const CONNECTIONS: usize = 16;
const RATE: u64 = 1_000;
const SECONDS: u64 = 20;

/// What is asked for.
const READS: [&str; 6] = [
    "/agents/ana",
    "/agents/ana/campaigns?limit=50",
    "/agents/ana/contacts?limit=50",
    "/agents/ana/emails?limit=50",
    "/agents/ana/history?limit=50",
    "/agents/ana/statistics",
];

/// The program, which does not outlive the measuring.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn main() -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let key = furnish(folder.path())?;
    let (program, address) = start(folder.path())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        // What the engine does with new campaigns is over by then.
        tokio::time::sleep(Duration::from_secs(15)).await;
        // Once each, so that nothing is measured that happens once.
        for path in READS {
            Connection::open(&address, &key).await?.read(path).await?;
        }
        let took = at_a_rate(&address, &key).await?;
        tell(&format!("{RATE} requests a second"), &took, SECONDS as f64);
        let began = Instant::now();
        let took = as_many_as_are_answered(&address, &key).await?;
        tell("as many as are answered", &took, began.elapsed().as_secs_f64());
        Ok::<(), Failure>(())
    })?;
    let status = fs::read_to_string(format!("/proc/{}/status", program.0.id()))?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("not known");
    println!("memory of the program at its peak: {}", peak.trim());
    Ok(())
}

/// A deployment with an agent and campaigns, and an operator's key.
fn furnish(folder: &Path) -> Result<String, Failure> {
    let config = "[public]\nurl = \"https://reports.example\"\nopt_out_key = \"a key that is long enough\"\n\
                  [data]\nsales = \"sales.csv\"\n[http]\nlisten = \"127.0.0.1:0\"\nrequests_per_minute = 0\n[log]\nfilter = \"info\"\n";
    fs::write(folder.join("dripr.toml"), config)?;
    fs::write(
        folder.join("sales.csv"),
        "id,date,price,bedrooms,bathrooms,sqft_living,sqft_lot,yr_built,zipcode,lat,long\n",
    )?;
    let mut contacts = String::from("first_name,last_name,email,street,city,state,zip_code,fixed_send_day\n");
    for n in 0..CAMPAIGNS {
        contacts.push_str(&format!(
            "Kim,Owner{n},owner{n}@home.example,{n} Elm St,Seattle,WA,98103,{}\n",
            n % 28 + 1
        ));
    }
    fs::write(folder.join("contacts.csv"), contacts)?;
    let name = ["agent", "add", "--id", "ana", "--first-name", "Ana", "--last-name", "Ruiz"];
    let place = ["--email", "ana@brokerage.example", "--postal-address", "1 Sample St, Seattle WA 98101"];
    told(folder, &[&name[..], &place].concat())?;
    told(folder, &["import", "contacts.csv", "--agent", "ana"])?;
    let shown = told(folder, &["keys", "create", "--name", "reads", "--scopes", "read"])?;
    let key = shown.split_whitespace().find(|word| word.starts_with("dripr_"));
    key.map(str::to_owned).ok_or_else(|| "no key was made".into())
}

fn dripr(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dripr"));
    command.args(args).current_dir(folder).stdin(Stdio::null());
    command
}

fn told(folder: &Path, args: &[&str]) -> Result<String, Failure> {
    let output = dripr(folder, args).output()?;
    if !output.status.success() {
        return Err(format!("dripr {args:?}: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Starts the program, and learns from its log where it answers.
fn start(folder: &Path) -> Result<(Program, String), Failure> {
    let mut child = dripr(folder, &["run"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
    let log = child.stderr.take().ok_or("the program has no log")?;
    let program = Program(child);
    let mut lines = BufReader::new(log).lines();
    let line =
        lines.find_map(|line| line.ok().filter(|line| line.contains("links and webhooks are answered")));
    let line = line.ok_or("the program did not start")?;
    let address = line.split("address=").nth(1).unwrap_or_default();
    let plain: String = address.chars().filter(|c| c.is_ascii_digit() || ".:".contains(*c)).collect();
    // Somebody has to read on, or the program would wait.
    std::thread::spawn(move || lines.for_each(drop));
    Ok((program, plain))
}

/// A connection that is kept.
struct Connection {
    stream: TcpStream,
    key: String,
    buffer: Vec<u8>,
}

impl Connection {
    async fn open(address: &str, key: &str) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, key: key.to_owned(), buffer: Vec::new() })
    }

    /// Asks, and reads the answer to its end.
    async fn read(&mut self, path: &str) -> Result<(), Failure> {
        let request = format!(
            "GET /api/v1{path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\r\n",
            self.key
        );
        self.stream.write_all(request.as_bytes()).await?;
        self.buffer.clear();
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err("the connection was closed".into());
            }
            let Some(end) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
            let head = String::from_utf8_lossy(&self.buffer[..end]).to_ascii_lowercase();
            if !head.starts_with("http/1.1 200") {
                return Err(format!("{path}: {head}").into());
            }
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.ok_or("an answer without its length")?.trim().parse()?;
            if self.buffer.len() >= end + 4 + length {
                return Ok(());
            }
        }
    }
}

/// How long each took from when it was to be made.
async fn at_a_rate(address: &str, key: &str) -> Result<Vec<Duration>, Failure> {
    let mut tasks = JoinSet::new();
    let first = tokio::time::Instant::now() + Duration::from_millis(100);
    let every = Duration::from_secs(1) / u32::try_from(RATE)?;
    for place in 0..CONNECTIONS {
        let mut connection = Connection::open(address, key).await?;
        tasks.spawn(async move {
            let mut took = Vec::new();
            for n in (place..usize::try_from(RATE * SECONDS)?).step_by(CONNECTIONS) {
                let at = first + every * u32::try_from(n)?;
                sleep_until(at).await;
                connection.read(READS[n % READS.len()]).await?;
                took.push(at.elapsed());
            }
            Ok::<_, Failure>(took)
        });
    }
    all(tasks).await
}

async fn as_many_as_are_answered(address: &str, key: &str) -> Result<Vec<Duration>, Failure> {
    let mut tasks = JoinSet::new();
    let end = Instant::now() + Duration::from_secs(SECONDS / 2);
    for place in 0..CONNECTIONS {
        let mut connection = Connection::open(address, key).await?;
        tasks.spawn(async move {
            let mut took = Vec::new();
            while Instant::now() < end {
                let began = Instant::now();
                connection.read(READS[(place + took.len()) % READS.len()]).await?;
                took.push(began.elapsed());
            }
            Ok::<_, Failure>(took)
        });
    }
    all(tasks).await
}

async fn all(mut tasks: JoinSet<Result<Vec<Duration>, Failure>>) -> Result<Vec<Duration>, Failure> {
    let mut took = Vec::new();
    while let Some(ended) = tasks.join_next().await {
        took.append(&mut ended??);
    }
    took.sort_unstable();
    Ok(took)
}

fn tell(what: &str, took: &[Duration], seconds: f64) {
    let of = |share: f64| took[((took.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    println!(
        "{what}: {:.0} a second, median {:.1} ms, p99 {:.1} ms, slowest {:.1} ms",
        took.len() as f64 / seconds,
        of(0.5),
        of(0.99),
        of(1.0)
    );
}
