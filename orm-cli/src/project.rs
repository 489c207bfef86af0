//! The project's own binary: the same command line with the models inside. The installed `orm` builds it when a command needs
//! models, and gives it the arguments.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::config::Config;
use crate::failure::{Failure, Outcome};

/// The variable that says to the project's binary that it was called by another `orm`, and of which version.
pub(crate) const CALLER: &str = "ORM_CLI_VERSION";

/// The models that are part of this program.
///
/// # Errors
/// When there are none.
pub(crate) fn models() -> Outcome<orm::Models> {
    let models = orm::models();
    if models.is_empty() {
        return Err(Failure::new("this program has no models").hint(
            "the project's own `orm` has them: `orm init` writes src/bin/orm.rs, which says `use your_crate as _;`",
        ));
    }
    Ok(models)
}

/// Whether the project has a binary of its own: its file, and the library in its manifest.
pub(crate) fn has_binary(config: &Config) -> bool {
    let file = config.root.join("src/bin").join(format!("{}.rs", config.bin));
    let manifest = std::fs::read_to_string(config.root.join("Cargo.toml")).unwrap_or_default();
    file.is_file() && manifest.contains("orm-cli")
}

/// Builds the project's binary and gives its path.
///
/// # Errors
/// When it does not compile; the compiler has said why.
pub(crate) fn build(config: &Config) -> Outcome<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(&config.root).args(["build", "--quiet", "--message-format", "json-render-diagnostics"]);
    command.args(["--bin", &config.bin]);
    if has_feature(&config.root.join("Cargo.toml")) {
        command.args(["--features", "cli"]);
    }
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| {
        Failure::new(format!("cargo cannot be run: {error}"))
            .hint("the models are in the project's own `orm`, which cargo builds")
    })?;
    if !output.status.success() {
        return Err(Failure::new(format!("the project's own `{}` does not compile", config.bin)).hint(
            "mend what the compiler says; commands that need no models, such as `orm migrate up`, work meanwhile",
        ));
    }
    executable(&String::from_utf8_lossy(&output.stdout), &config.bin)
        .ok_or_else(|| Failure::new(format!("cargo built no `{}`", config.bin)))
}

/// Whether the project has the feature `cli`, by which its binary is built.
fn has_feature(manifest: &Path) -> bool {
    let text = std::fs::read_to_string(manifest).unwrap_or_default();
    let table: toml::Table = text.parse().unwrap_or_default();
    table.get("features").and_then(|features| features.get("cli")).is_some()
}

/// The executable that cargo's messages name.
fn executable(messages: &str, bin: &str) -> Option<PathBuf> {
    messages.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok()).find_map(|message| {
        let name = message.get("target")?.get("name")?.as_str()?;
        let path = message.get("executable")?.as_str()?;
        (name == bin).then(|| PathBuf::from(path))
    })
}

/// Runs the project's binary in place of this program, and gives its exit code.
///
/// # Errors
/// When it cannot be built or run.
pub(crate) fn run_instead(config: &Config, args: &[String]) -> Outcome<u8> {
    let program = build(config)?;
    let status = Command::new(program).args(args).env(CALLER, env!("CARGO_PKG_VERSION")).status();
    let status =
        status.map_err(|error| Failure::new(format!("the project's own `{}` cannot be run: {error}", config.bin)))?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargos_messages_name_the_executable() {
        let messages = "{\"reason\":\"compiler-artifact\",\"target\":{\"name\":\"app\"},\"executable\":null}\nwarning\n\
            {\"reason\":\"compiler-artifact\",\"target\":{\"name\":\"orm\"},\"executable\":\"/t/debug/orm\"}\n";
        assert_eq!(executable(messages, "orm"), Some(PathBuf::from("/t/debug/orm")));
        assert_eq!(executable(messages, "app"), None);
    }
}
