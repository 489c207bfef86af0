//! Chromium and the program that drives it, for the tests of pages, which learn of it from the environment.

use std::env;
use std::path::PathBuf;

use crate::process::{Outcome, find_program};
use crate::servers::apt_install;

/// Tells the tests where the driver is.
pub(crate) const VARIABLE: &str = "ORM_TEST_CHROMEDRIVER";
/// What brings it to this machine.
pub(crate) const HOW_TO_GET: &str =
    "apt-get install chromium chromium-driver    (or, as root on Debian: cargo xtask test --install)";

/// The driver: the one that the environment names, or the one in `PATH`.
pub(crate) fn find() -> Option<PathBuf> {
    let named = env::var_os(VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from);
    named.or_else(|| find_program("chromedriver", &[])).filter(|path| path.is_file())
}

/// Installs it.
///
/// # Errors
/// It cannot be installed here.
pub(crate) fn install() -> Outcome<()> {
    apt_install(&["chromium", "chromium-driver"])
}
