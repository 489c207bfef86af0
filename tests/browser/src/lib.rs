//! Chromium without a window, for tests of pages. It is told by `ORM_TEST_CHROMEDRIVER`, the program that drives it, which
//! `cargo xtask test` finds or installs. The pages, and what is asserted of them, are the tests' own.

use std::env;
use std::io::Write;
use std::process::Stdio;
use std::time::Duration;

use thirtyfour::{ChromiumLikeCapabilities, DesiredCapabilities};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

pub use thirtyfour::error::WebDriverResult;
pub use thirtyfour::extensions::query::{ElementQueryable, ElementWaitable};
pub use thirtyfour::{By, WebDriver, WebElement};

const PROGRAM: &str = "ORM_TEST_CHROMEDRIVER";

/// Longer than any test takes.
const LIMIT: Duration = Duration::from_secs(60);

/// Runs a test with a browser of its own, which is closed afterwards, also when the test fails. Without a browser the test is
/// skipped, and says so.
///
/// # Panics
/// When the test fails or takes longer than a minute, and where `CI` is set and there is no browser.
#[allow(clippy::panic)] // a failure of the test
pub async fn run(test: impl AsyncFnOnce(&WebDriver) -> WebDriverResult<()>) {
    let Some(program) = env::var_os(PROGRAM) else {
        let in_ci = env::var("CI").is_ok_and(|ci| ci == "true" || ci == "1");
        assert!(!in_ci, "{PROGRAM} is not set, and in CI all pages are tested");
        let line = "=".repeat(100);
        let text =
            format!("{line}\nSKIPPED: pages, for there is no browser; `cargo xtask test --install` gets it.\n{line}\n");
        // Neither `print!` nor `eprint!`: those are captured.
        let _ = std::io::stderr().write_all(text.as_bytes());
        return;
    };
    let (_process, url) = match started(&program).await {
        Ok(started) => started,
        Err(error) => panic!("{} does not start: {error}", program.display()),
    };
    let page = match opened(&url).await {
        Ok(page) => page,
        Err(error) => panic!("the browser does not open: {error:?}"),
    };
    let run = page.run_and_quit(async |page| match timeout(LIMIT, test(&page)).await {
        Ok(ended) => ended,
        Err(_) => panic!("the test takes longer than {} s", LIMIT.as_secs()),
    });
    if let Err(error) = run.await {
        panic!("{error:?}");
    }
}

/// Starts the driver on a free port; the process ends when it is dropped.
async fn started(program: &std::ffi::OsStr) -> std::io::Result<((Child, Lines<BufReader<ChildStdout>>), String)> {
    let mut command = Command::new(program);
    command.arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    let mut process = command.spawn()?;
    let output = process.stdout.take().ok_or_else(|| std::io::Error::other("it has no output"))?;
    let mut lines = BufReader::new(output).lines();
    while let Some(line) = lines.next_line().await? {
        // `ChromeDriver was started successfully on port 40409.`
        if let Some((_, port)) = line.split_once("successfully on port ") {
            let url = format!("http://127.0.0.1:{}", port.trim_end_matches('.'));
            return Ok(((process, lines), url));
        }
    }
    Err(std::io::Error::other("it says no port"))
}

async fn opened(url: &str) -> WebDriverResult<WebDriver> {
    let mut wanted = DesiredCapabilities::chrome();
    wanted.set_headless()?;
    // Containers run tests as root, where Chromium has no sandbox, and have little shared memory.
    wanted.set_no_sandbox()?;
    wanted.set_disable_dev_shm_usage()?;
    WebDriver::new(url, wanted).await
}
