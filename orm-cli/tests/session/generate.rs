//! Models that the command writes: the struct, the migration, and the other ends of relations.

use super::{Project, rows};

#[test]
fn a_model_is_a_struct_and_a_migration() {
    let project = Project::ready("generate");
    project.ok(&["generate", "model", "Org", "name:string:unique", "--no-timestamps"]);
    let said = project.ok(&[
        "generate",
        "model",
        "User",
        "email:string(120):unique",
        "age:int?",
        "role:enum{admin,so-so}=so-so",
        "visits:int=0",
        "type:text?",
        "org:belongs_to",
        "boss:belongs_to(User)?",
    ]);
    assert!(said.contains("src/models/user.rs") && said.contains("create_users/up.sql"), "{said}");
    assert_eq!(project.read("src/models/user.rs"), USER);
    assert_eq!(project.read("src/models/org.rs"), ORG);
    assert_eq!(project.read("src/models.rs"), MODULE);
    assert!(project.read("src/lib.rs").contains("pub mod models;"));
    assert_eq!(project.json(&["migrate", "up"])["migrations"].as_array().unwrap().len(), 2);
    let columns = rows(&project.path("dev.db"), "SELECT name FROM pragma_table_info('users')");
    let expected = ["id", "email", "age", "role", "visits", "type", "org_id", "boss_id", "created_at", "updated_at"];
    assert_eq!(columns, expected);
    // The same again, and half of it, change nothing.
    assert!(project.fails(&["generate", "model", "User", "a:int"], 1).contains("is there already"));
    let before = project.read("src/models.rs");
    assert!(
        project.fails(&["generate", "model", "Post", "author:belongs_to"], 1).contains("there is no model `Author`")
    );
    assert!(project.fails(&["generate", "model", "Post", "a:int", "A:int"], 64).contains("there is a field"));
    assert_eq!(project.read("src/models.rs"), before);
    assert!(!project.path("src/models/post.rs").exists());
    project.ok(&["migrate", "down", "--all"]);
}

const USER: &str = r#"use orm::prelude::*;

use super::Org;

#[derive(Debug, Clone, Model)]
#[orm(timestamps)]
pub struct User {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(unique, length = 120)]
    pub email: String,
    pub age: Option<i32>,
    #[orm(default = UserRole::SoSo)]
    pub role: UserRole,
    #[orm(default = 0)]
    pub visits: i32,
    pub r#type: Option<String>,
    pub org_id: i64,
    pub boss_id: Option<i64>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub org: BelongsTo<Org>,
    pub boss: BelongsTo<User>,
    #[orm(key = boss_id)]
    pub boss_users: HasMany<User>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum UserRole {
    Admin,
    #[orm(rename = "so-so")]
    SoSo,
}
"#;

const ORG: &str = r"use orm::prelude::*;

use super::User;

#[derive(Debug, Clone, Model)]
pub struct Org {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(unique, length = 255)]
    pub name: String,
    pub users: HasMany<User>,
}
";

const MODULE: &str = r"//! The models.

mod org;
mod user;

pub use org::Org;
pub use user::{User, UserRole};
";

#[test]
fn authentication_is_a_model_and_a_migration() {
    let project = Project::ready("generate-auth");
    let said = project.ok(&["generate", "auth"]);
    assert!(said.contains("src/models/user.rs") && said.contains("add_authentication/up.sql"), "{said}");
    assert!(said.contains("orm-auth = \""), "{said}");
    let text = project.read("src/models/user.rs");
    let (_, expected) = include_str!("../../../docs/guide/accounts.rs").split_once("#[derive").unwrap();
    let (expected, _) = expected.split_once("\n/// The services").unwrap();
    assert_eq!(text, format!("use orm::prelude::*;\n\n#[derive{expected}"));
    assert!(project.read("src/models.rs").contains("mod user;\n\npub use user::User;"));
    project.ok(&["migrate", "up"]);
    let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'auth_%' ORDER BY name";
    let expected = [
        "auth_events",
        "auth_passwords",
        "auth_recovery_codes",
        "auth_sessions",
        "auth_throttles",
        "auth_tokens",
        "auth_totps",
    ];
    assert_eq!(rows(&project.path("dev.db"), tables), expected);
    let target = "SELECT DISTINCT \"table\" || '.' || \"to\" FROM pragma_foreign_key_list('auth_sessions')";
    assert_eq!(rows(&project.path("dev.db"), target), ["users.id"]);
    // Once, and nothing is left of it.
    let before = project.read("src/models/user.rs");
    assert!(project.fails(&["generate", "auth", "Account"], 1).contains("there is authentication already"));
    assert_eq!(project.read("src/models/user.rs"), before);
    project.ok(&["migrate", "down", "--all"]);
    assert!(rows(&project.path("dev.db"), tables).is_empty());
}

#[test]
fn a_model_that_is_there_becomes_that_of_accounts() {
    let project = Project::ready("generate-auth-there");
    project.ok(&["generate", "model", "Member", "email:string:unique", "name:text?", "--no-timestamps"]);
    project.ok(&["migrate", "up"]);
    let said = project.ok(&["generate", "auth", "Member"]);
    assert!(said.contains("Member.email_verified_at is new"), "{said}");
    let text = project.read("src/models/member.rs");
    assert!(
        text.contains("    pub name: Option<String>,\n    pub email_verified_at: Option<DateTime<Utc>>,\n"),
        "{text}"
    );
    assert_eq!(text.matches("impl orm_auth::Account for Member {").count(), 1);
    assert!(text.ends_with("\norm_auth::register!(Member);\n"), "{text}");
    project.ok(&["migrate", "up"]);
    let columns = "SELECT name FROM pragma_table_info('members')";
    assert_eq!(rows(&project.path("dev.db"), columns), ["id", "email", "name", "email_verified_at"]);
    project.ok(&["migrate", "down"]);
    assert_eq!(rows(&project.path("dev.db"), columns), ["id", "email", "name"]);
}

#[test]
fn what_cannot_be_a_model_of_accounts_is_left_alone() {
    let project = Project::ready("generate-auth-wrong");
    project.ok(&["generate", "model", "Tag", "name:string"]);
    project.ok(&["generate", "model", "Person", "email:string?"]);
    project.ok(&["generate", "model", "Guest", "email:string", "email_verified_at:bool"]);
    let before = project.read("src/models/tag.rs");
    assert!(project.fails(&["generate", "auth", "Tag"], 1).contains("it has no column `email`"));
    assert!(project.fails(&["generate", "auth", "Person"], 1).contains("with the type String"));
    assert!(project.fails(&["generate", "auth", "Guest"], 1).contains("Option<DateTime<Utc>>"));
    assert!(project.fails(&["generate", "auth", "1x"], 64).contains("cannot be the name"));
    // A struct of another name for the same table.
    project.write(
        "src/models/tag.rs",
        &before.replace("Tag", "Label").replace("Model)]", "Model)]\n#[orm(table = \"users\")]"),
    );
    assert!(project.fails(&["generate", "auth"], 1).contains("orm generate auth Label"));
    assert!(!project.path("src/models/user.rs").exists());
    assert_eq!(project.read("migrations/.gitkeep"), "");
}
