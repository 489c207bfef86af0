//! What runs for longer than a second, and for how long: a line on the terminal that goes away again.

use std::sync::Mutex;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::task::JoinHandle;

/// How long something runs before anything is shown.
const PATIENCE: Duration = Duration::from_secs(1);

/// The line. Nothing is shown unless stderr is a terminal.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: ProgressBar,
    later: Mutex<Option<JoinHandle<()>>>,
}

impl Progress {
    /// A line about so many steps.
    pub(crate) fn new(steps: usize) -> Self {
        let bar = ProgressBar::with_draw_target(u64::try_from(steps).ok(), ProgressDrawTarget::hidden());
        let style = if steps > 1 {
            "{spinner} {pos}/{len} {msg}, {elapsed}, about {eta} left"
        } else {
            "{spinner} {msg}, {elapsed}"
        };
        if let Ok(style) = ProgressStyle::with_template(style) {
            bar.set_style(style);
        }
        let shown = bar.clone();
        let later = tokio::spawn(async move {
            tokio::time::sleep(PATIENCE).await;
            shown.set_draw_target(ProgressDrawTarget::stderr());
            shown.enable_steady_tick(Duration::from_millis(100));
        });
        Self { bar, later: Mutex::new(Some(later)) }
    }

    /// Says what runs now.
    pub(crate) fn says(&self, what: impl Into<String>) {
        self.bar.set_message(what.into());
    }

    /// A step is done.
    pub(crate) fn step(&self) {
        self.bar.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Ok(mut later) = self.later.lock()
            && let Some(later) = later.take()
        {
            later.abort();
        }
        self.bar.finish_and_clear();
    }
}
