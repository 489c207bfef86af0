//! The terminal session that the guide and the README show: each `$` line of it is run, and must say what stands below it. So the
//! two show what happens, and nothing else.

use std::path::Path;

use super::{Project, said};

/// A step of the session.
enum Step {
    /// A command, and what stands below it.
    Command(String, Vec<String>),
    /// A file that is written.
    File(String, String),
}

/// The steps of a page: blocks marked `console`, and blocks of SQL that name a file.
fn steps(page: &str) -> Vec<Step> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(page);
    let text = std::fs::read_to_string(&path).unwrap();
    let mut steps: Vec<Step> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        match (inside, line, steps.last_mut()) {
            (false, "```console", _) => inside = true,
            (false, line, _) if line.starts_with("```sql ") => {
                steps.push(Step::File(line["```sql ".len()..].to_owned(), String::new()));
                inside = true;
            }
            (false, ..) => {}
            (true, "```", _) => inside = false,
            (true, line, _) if line.starts_with("$ ") => steps.push(Step::Command(line[2..].to_owned(), Vec::new())),
            (true, line, Some(Step::Command(_, expected))) => expected.push(line.to_owned()),
            (true, line, Some(Step::File(_, text))) => {
                text.push_str(line);
                text.push('\n');
            }
            (true, line, None) => panic!("{line}"),
        }
    }
    steps
}

/// The words of a command, as a shell divides them.
fn words(command: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
    for c in command.chars().chain([' ']) {
        match c {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(std::mem::take(&mut word)),
            c => word.push(c),
        }
    }
    words
}

/// A path of the page. The versions of folders are the time at which they were made: `*_demo`.
fn place(project: &Project, path: &str) -> std::path::PathBuf {
    let mut place = project.root.clone();
    for part in path.split('/') {
        place = match part.strip_prefix('*') {
            Some(end) => project.find(&place.strip_prefix(&project.root).unwrap().to_string_lossy(), end),
            None => place.join(part),
        };
    }
    place
}

/// A line without what differs from run to run: versions, times, how long it took, the folder.
fn plain(line: &str, root: &Path) -> String {
    let line = line.replace(&root.display().to_string(), "/shop");
    let mut plain = String::new();
    let mut digits = String::new();
    for c in line.chars().chain(['\n']) {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        plain.push_str(if digits.len() >= 2 { "#" } else { &digits });
        digits.clear();
        plain.push(c);
    }
    // One digit of milliseconds is as good as two.
    let words: Vec<&str> = plain.split_whitespace().collect();
    let words = words.iter().enumerate().map(|(at, word)| {
        let is_time = words.get(at + 1).is_some_and(|unit| *unit == "ms" || *unit == "s");
        if is_time { "#" } else { word }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Runs the steps in a project.
fn run(project: &Project, steps: &[Step]) {
    for step in steps {
        let (command, expected) = match step {
            Step::File(path, text) => {
                std::fs::write(place(project, path), text).unwrap();
                continue;
            }
            Step::Command(command, expected) => (command, expected),
        };
        let words = words(command);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let output = match words.as_slice() {
            ["cat", file] => std::fs::read_to_string(place(project, file)).unwrap(),
            ["orm", args @ ..] => {
                let said = said(project.command(args).output().unwrap());
                assert_eq!(said.code, 0, "$ {command}\n{}{}", said.out, said.err);
                said.out + &said.err
            }
            _ => panic!("no way to run `{command}`"),
        };
        let found: Vec<String> = output.trim_end().lines().map(|line| plain(line, &project.root)).collect();
        let expected: Vec<String> =
            expected.join("\n").trim_end().lines().map(|line| plain(line, &project.root)).collect();
        assert_eq!(found, expected, "$ {command}\n{output}");
    }
}

#[test]
fn the_session_of_the_guide_is_what_happens() {
    let steps = steps("docs/guide/src/first-project.md");
    assert!(steps.len() > 8);
    run(&Project::library("guide-session"), &steps);
}

#[test]
fn the_session_of_the_readme_is_what_happens() {
    let steps = steps("README.md");
    assert!(steps.len() > 3);
    run(&Project::library("readme-session"), &steps);
}
