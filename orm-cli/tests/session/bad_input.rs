//! Empty folders, half a project, wrong URLs, folders that cannot be read, databases that went away: every command says what to
//! do, ends with the right code, and never shows a password.

use super::Project;

/// Commands that want a database.
const WANT_A_DATABASE: [&[&str]; 12] = [
    &["migrate", "up"],
    &["migrate", "down"],
    &["migrate", "redo"],
    &["migrate", "status"],
    &["migrate", "verify"],
    &["seed", "run"],
    &["seed", "undo"],
    &["schema", "dump"],
    &["pull"],
    &["erd"],
    &["doctor"],
    &["explain", "SELECT 1"],
];

#[test]
fn an_empty_folder_says_how_to_begin() {
    let project = Project::empty("empty");
    for args in WANT_A_DATABASE {
        let error = project.fails(args, 1);
        assert!(error.contains("orm init") || error.contains("orm migrate new"), "{args:?}: {error}");
    }
    for args in [&["db", "create"][..], &["db", "drop", "--yes"], &["generate", "model", "User", "a:int"]] {
        assert!(project.fails(args, 1).contains("no database is named"), "{args:?}");
    }
}

#[test]
fn half_a_project_says_what_is_missing() {
    let project = Project::empty("half");
    project.write("orm.toml", "[env.development]\nurl = \"sqlite:dev.db\"\n");
    assert!(project.fails(&["migrate", "up"], 1).contains("there is no folder `migrations`"));
    assert!(project.fails(&["seed", "run"], 1).contains("there is no folder `seeds`"));
    for args in [&["pull"][..], &["erd"], &["doctor"], &["schema", "dump"], &["explain", "SELECT 1"]] {
        let error = project.fails(args, 1);
        assert!(error.contains("there is no database `dev.db`"), "{args:?}: {error}");
    }
    // Looking made no file.
    assert!(!project.path("dev.db").exists());
    project.ok(&["db", "create"]);
    assert!(project.fails(&["pull"], 1).contains("has no tables"));
    assert!(project.fails(&["erd"], 1).contains("no tables to draw"));
    assert!(project.ok(&["doctor"]).contains("nothing to do"));
    project.write("migrations/1_a/up.txt", "");
    assert!(project.fails(&["migrate", "up"], 1).contains("has no file `up.sql`"));
    project.write("migrations/1_a/up.sql", "");
    project.write("migrations/no_version/up.sql", "");
    assert!(project.fails(&["migrate", "status"], 1).contains("is not the name of a migration"));
}

#[test]
fn an_environment_that_is_not_there_is_an_error() {
    let project = Project::ready("environment");
    let error = project.fails(&["migrate", "status", "--env", "staging"], 1);
    assert!(error.contains("no environment `staging`; it has development, production"), "{error}");
    let error = project.fails(&["migrate", "status", "--env", "production"], 1);
    assert!(error.contains("the variable DATABASE_URL, which is not set"), "{error}");
    let error = project.fails(&["migrate", "status", "--config", "nowhere.toml"], 1);
    assert!(error.contains("nowhere.toml"), "{error}");
}

#[test]
fn a_wrong_url_is_not_shown() {
    let project = Project::ready("url");
    project.migration("1_a", "SELECT 1;", None);
    for url in [
        "nonsense",
        "oracle://user:secret@host/db",
        "postgres://user:secret@127.0.0.1:1/db?connect_timeout=2",
        "mysql://user:secret@127.0.0.1:1/db?connect_timeout=2",
        "postgres://user:secret@127.0.0.1:port/db",
        "postgres://user:secret@127.0.0.1:1",
        "sqlite:no/such/folder/a.db",
        "sqlite:?",
    ] {
        for args in [&["migrate", "up"][..], &["pull", "--print"], &["db", "drop", "--yes"], &["db", "create"]] {
            if url.starts_with("sqlite:no") && args[0] != "migrate" {
                continue;
            }
            let args: Vec<&str> = args.iter().copied().chain(["--url", url]).collect();
            let said = project.run(&args);
            assert_eq!(said.code, 1, "{args:?} {}{}", said.out, said.err);
            let all = said.out + &said.err;
            assert!(!all.contains("secret"), "{args:?}: {all}");
            assert!(all.contains("error"), "{args:?}: {all}");
        }
    }
}

#[test]
fn a_wrong_command_line_has_a_code_of_its_own() {
    let project = Project::ready("usage");
    for args in [
        &["migrat"][..],
        &["migrate", "sideways"],
        &["migrate", "up", "--nonsense"],
        &["migrate", "up", "--lock-wait", "soon"],
        &["migrate", "down", "--all", "--step", "2"],
        &["generate", "model", "User", "a:number"],
        &["generate", "model", "Option", "a:int"],
        &[],
    ] {
        assert_eq!(project.run(args).code, 64, "{args:?}");
    }
    assert_eq!(project.run(&["--help"]).code, 0);
    assert_eq!(project.run(&["migrate", "up", "--help"]).code, 0);
    assert_eq!(project.run(&["--version"]).code, 0);
}

#[test]
fn failures_are_json_when_that_is_asked_for() {
    let project = Project::ready("json");
    let said = project.json(&["migrate", "baseline", "7"]);
    assert_eq!(said["error"]["code"].as_u64(), Some(1));
    assert!(said["error"]["message"].as_str().unwrap().contains("there is no database"));
    assert!(said["error"]["hint"].as_str().unwrap().contains("orm migrate up"));
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_read_or_written_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let project = Project::ready("unreadable");
    std::fs::remove_dir_all(project.path("migrations")).unwrap();
    project.write("migrations", "a file, no folder");
    assert!(project.fails(&["migrate", "up"], 1).contains("there is no folder `migrations`"));
    assert!(project.fails(&["migrate", "new", "a"], 1).contains("migrations"));
    std::fs::remove_file(project.path("migrations")).unwrap();
    std::fs::create_dir(project.path("migrations")).unwrap();
    std::fs::set_permissions(project.path("migrations"), std::fs::Permissions::from_mode(0o000)).unwrap();
    let said = project.run(&["migrate", "up"]);
    std::fs::set_permissions(project.path("migrations"), std::fs::Permissions::from_mode(0o755)).unwrap();
    // Who may do anything reads it all the same.
    assert!(said.code == 0 || said.code == 1 && said.err.contains("migrations"), "{said:?}");
}

#[test]
fn a_file_that_is_no_database_is_told_of() {
    let project = Project::ready("garbage");
    project.migration("1_a", "SELECT 1;", None);
    project.write(
        "dev.db",
        "this is no database, and longer than a header of a hundred bytes would have to be: ".repeat(4).as_str(),
    );
    for args in [&["migrate", "up"][..], &["migrate", "status"], &["pull"], &["doctor"]] {
        let error = project.fails(args, 1);
        assert!(error.contains("dev.db") || error.contains("not a database"), "{args:?}: {error}");
    }
}

#[test]
fn init_changes_nothing_that_is_there() {
    let project = Project::ready("idempotent");
    project.write("orm.toml", "# mine\n[env.development]\nurl = \"sqlite:mine.db\"\n");
    let before = (project.read("src/lib.rs"), project.read(".gitignore"), project.read("src/bin/orm.rs"));
    let said = project.ok(&["init"]);
    assert!(said.contains("is there"), "{said}");
    assert!(project.read("orm.toml").starts_with("# mine"));
    assert_eq!((project.read("src/lib.rs"), project.read(".gitignore"), project.read("src/bin/orm.rs")), before);
    assert!(before.0.contains("pub mod models;") && before.1.contains(".env"), "{before:?}");
    assert!(before.2.contains("use shop as _;"), "{before:?}");
}
