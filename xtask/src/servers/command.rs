//! The commands `servers` and `server`: servers for a person, and one server for a test that kills it.

use std::fs;
use std::io::{Write, stdout};
use std::net::TcpListener;
use std::path::{Path, absolute};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::cluster::{Cluster, Kind};
use super::{Backend, Starting, log_of, pgbouncer, start};
use crate::process::{Outcome, interrupted, tail};

/// `servers [--install] [--backend NAME]...`
pub(crate) fn all(args: &[String]) -> Outcome<()> {
    let (mut install, mut wanted) = (false, Vec::new());
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--install" => install = true,
            "--backend" => wanted.push(backend(args.next())?),
            other => return Err(format!("`servers` does not know `{other}`")),
        }
    }
    if wanted.is_empty() {
        wanted.extend(Backend::ALL);
    }
    let mut fleet = start(&wanted, install)?;
    for running in &fleet.running {
        println!("# {} {}", running.backend, running.version);
        for (name, value) in &running.variables {
            println!("export {name}='{value}'");
        }
    }
    match &fleet.pooler {
        Some(Ok(pooler)) => println!("# pgbouncer\nexport {}='{}'", pgbouncer::VARIABLE, pooler.url),
        Some(Err(why)) => println!("# no pgbouncer: {why}\n#   get it: {}", pgbouncer::HOW_TO_GET),
        None => {}
    }
    for missing in &fleet.missing {
        println!("# no {}: {}\n#   get it: {}", missing.backend, missing.why, missing.backend.how_to_get());
    }
    if fleet.running.is_empty() {
        return Err("there is no server to start".to_owned());
    }
    println!("# Ctrl-C stops them.");
    while !interrupted() {
        fleet.all_alive()?;
        sleep(Duration::from_millis(100));
    }
    Ok(())
}

/// `cluster NAME [--install]`
pub(crate) fn cluster(args: &[String]) -> Outcome<()> {
    let names: Vec<&String> = args.iter().filter(|arg| *arg != "--install").collect();
    let known = || Kind::ALL.map(Kind::name).join(", ");
    let [name] = names.as_slice() else { return Err(format!("usage: cluster NAME, one of {}", known())) };
    let kind = Kind::from_name(name).ok_or_else(|| format!("`{name}` is no cluster: {}", known()))?;
    let mut cluster = Cluster::start(kind, names.len() < args.len())?;
    for (name, value) in &cluster.variables {
        println!("export {name}='{value}'");
    }
    println!("# Ctrl-C stops them.");
    while !interrupted() {
        cluster.all_alive()?;
        sleep(Duration::from_millis(100));
    }
    Ok(())
}

/// `server NAME DIR PORT`
pub(crate) fn one(args: &[String]) -> Outcome<()> {
    let [name, dir, port] = args else { return Err("usage: server NAME DIR PORT".to_owned()) };
    let backend = backend(Some(name))?;
    let port: u16 = port.parse().map_err(|_| format!("`{port}` is no port"))?;
    let dir = absolute(dir).map_err(|e| format!("{dir}: {e}"))?;
    let server = backend.find().ok_or(format!("there is no {backend} server program on this machine"))?;
    let marker = dir.join("initialised");
    if !marker.is_file() {
        fs::create_dir_all(&dir).map_err(|e| format!("cannot make {}: {e}", dir.display()))?;
        server.initialise(&dir)?;
        fs::write(&marker, "").map_err(|e| format!("cannot write {}: {e}", marker.display()))?;
    }
    wait_for_port(port)?;
    // MySQL believes the lock of a killed server for as long as nobody has waited for that process.
    let _ = fs::remove_file(dir.join("s.sock.lock"));
    let starting = Starting::new(backend, server, dir.clone(), Some(port))?;
    println!("pid={}", starting.process.id());
    let mut running = starting.ready()?;
    println!("url={}\nready", running.variables[0].1);
    let _ = stdout().flush();
    while !interrupted() {
        if let Some(status) = running.process.as_mut().and_then(|process| process.exited()) {
            return Err(format!("{backend} ended ({status}); its log ends:\n{}", tail(&log_of(Path::new(&dir)))));
        }
        sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// The server that was killed a moment ago may still hold the port.
fn wait_for_port(port: u16) -> Outcome<()> {
    let start = Instant::now();
    while let Err(error) = TcpListener::bind(("127.0.0.1", port)) {
        if start.elapsed() > Duration::from_secs(10) || interrupted() {
            return Err(format!("port {port} is taken: {error}"));
        }
        sleep(Duration::from_millis(20));
    }
    Ok(())
}

fn backend(name: Option<&String>) -> Outcome<Backend> {
    let name = name.map_or("", String::as_str);
    Backend::from_name(name).ok_or(format!("`{name}` is no server: postgres, mariadb or mysql"))
}
