//! Models from a database, as files: new ones, and those that people have changed since.

use super::{Project, rows};

fn shop(name: &str) -> Project {
    let project = Project::ready(name);
    project.migration(
        "1_shop",
        "CREATE TABLE users (id INTEGER PRIMARY KEY, email VARCHAR(80) NOT NULL UNIQUE, nick TEXT);\n\
         CREATE TABLE posts (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE, \
         title TEXT NOT NULL DEFAULT 'untitled', old TEXT);",
        None,
    );
    project.ok(&["migrate", "up"]);
    project
}

const USER: &str = r#"use orm::prelude::*;

use super::Post;

#[derive(Debug, Clone, Model)]
pub struct User {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(length = 80, unique)]
    pub email: String,
    pub nick: Option<String>,
    pub posts: HasMany<Post>,
}
"#;

#[test]
fn a_second_pull_changes_nothing_and_keeps_what_people_wrote() {
    let project = shop("pull");
    let said = project.ok(&["pull"]);
    assert!(said.contains("src/models/user.rs") && said.contains("2 models"), "{said}");
    assert_eq!(project.read("src/models/user.rs"), USER);
    assert!(project.ok(&["pull"]).contains("nothing to change"));
    assert_eq!(project.run(&["pull", "--check"]).code, 0);

    // What people do to a model.
    let mine = r#"//! Who signs in.
use orm::prelude::*;
use super::Post;

/// People.
#[derive(Debug, Clone, Model)]
#[orm(table = "users")] // ours
pub struct Person {
    /// The key.
    #[orm(primary_key)]
    pub id: i64,
    #[orm(column = "email", length = 80, unique)]
    pub mail: Email,   // a type of ours
    pub nick : Option< String >, // short
    #[orm(skip)]
    pub seen: bool,

    /// What they wrote.
    #[orm(key = user_id)]
    pub writings: HasMany<Post>,
}

#[derive(Debug, Clone, PartialEq, Value)]
pub struct Email(pub String);

impl Person {
    pub fn is_new(&self) -> bool { self.id > 100 } // kept
}
"#;
    project.write("src/models/user.rs", mine);
    let post = project.read("src/models/post.rs").replace("super::User", "super::Person").replace("<User>", "<Person>");
    project.write("src/models/post.rs", &post);
    assert!(project.ok(&["pull"]).contains("nothing to change"));
    assert_eq!(project.read("src/models/user.rs"), mine);

    project.migration(
        "2_change",
        "ALTER TABLE users ADD COLUMN age INTEGER NOT NULL DEFAULT 0;\n\
         ALTER TABLE posts DROP COLUMN old;\n\
         CREATE TABLE likes (user_id INTEGER NOT NULL REFERENCES users (id), post_id INTEGER NOT NULL REFERENCES posts (id), \
         PRIMARY KEY (user_id, post_id));",
        None,
    );
    project.ok(&["migrate", "up"]);
    assert_eq!(project.run(&["pull", "--check"]).code, 2);
    let said = project.run(&["pull"]);
    assert!(said.err.contains("Post.old: the table has no such column"), "{said:?}");
    let changed = project.read("src/models/user.rs");
    let expected = mine
        .replace("// short\n", "// short\n    #[orm(type = \"INTEGER\", default = 0)]\n    pub age: i64,\n")
        .replace(
            "HasMany<Post>,\n}",
            "HasMany<Post>,\n    #[orm(key = user_id)]\n    pub likes: HasMany<Like>,\n    \
             #[orm(key = user_id)]\n    pub posts_through_likes: BelongsToMany<Post, Like>,\n}",
        )
        .replace("use super::Post;\n", "use super::Post;\nuse super::Like;\n");
    assert_eq!(changed, expected);
    assert!(project.read("src/models/post.rs").contains("pub old:"));
    project.ok(&["pull", "--delete"]);
    assert!(!project.read("src/models/post.rs").contains("pub old:"));
    assert!(project.ok(&["pull"]).contains("nothing to change"));
    assert_eq!(rows(&project.path("dev.db"), "SELECT count(*) || '' FROM likes"), ["0"]);
}

#[test]
fn tables_can_be_chosen_and_printed() {
    let project = shop("pull-some");
    let text = project.ok(&["pull", "users", "--print"]);
    assert!(text.contains("pub struct User") && !text.contains("Post"), "{text}");
    assert!(!project.path("src/models/user.rs").exists());
    assert!(!project.ok(&["pull", "--except", "posts", "--print"]).contains("Post"));
    assert!(project.fails(&["pull", "nobody"], 1).contains("there is no table `nobody`"));
}

#[test]
fn a_file_that_is_no_rust_stops_before_anything_is_written() {
    let project = shop("pull-broken");
    project.write("src/models/user.rs", "pub struct {");
    assert!(project.fails(&["pull"], 1).contains("user.rs`, line 1"));
    assert!(!project.path("src/models/post.rs").exists());
}
