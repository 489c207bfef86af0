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
