//! Models whose rows belong to tenants.

use orm::prelude::*;
use orm::{Policy, Rule};

#[derive(Debug, Clone, PartialEq, Model)]
pub struct Project {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(tenant)]
    pub company: i64,
    #[orm(length = 40, unique)]
    pub name: String,
    #[orm(default = 0)]
    pub stars: i32,
    pub tasks: HasMany<Task>,
    #[orm(through = Assignment)]
    pub people: BelongsToMany<Person>,
}

#[derive(Debug, Clone, PartialEq, Model)]
pub struct Task {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(tenant)]
    pub company: i64,
    pub project_id: i64,
    #[orm(length = 40)]
    pub title: String,
    #[orm(on_delete = cascade)]
    pub project: BelongsTo<Project>,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[orm(paranoid)]
pub struct Person {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(tenant)]
    pub company: i64,
    #[orm(length = 40, unique)]
    pub email: String,
    pub deleted_at: Option<DateTime<Utc>>,
    #[orm(through = Assignment)]
    pub projects: BelongsToMany<Project>,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[orm(primary_key(project_id, person_id))]
pub struct Assignment {
    pub project_id: i64,
    pub person_id: i64,
    #[orm(tenant)]
    pub company: i64,
    pub project: BelongsTo<Project>,
    pub person: BelongsTo<Person>,
}

/// Who the tenants are.
#[derive(Debug, Clone, PartialEq, Model)]
#[orm(table = "tenant_companies")]
pub struct Company {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(length = 40)]
    pub name: String,
    pub seats: HasMany<Seat>,
}

/// A row of which the tenant is a row as well.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct Seat {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(tenant)]
    pub company_id: i64,
    #[orm(length = 40)]
    pub label: Option<String>,
    pub company: BelongsTo<Company>,
}

/// Of no tenant, about rows that are.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct Visit {
    #[orm(primary_key)]
    pub id: i64,
    pub project_id: Option<i64>,
    pub project: BelongsTo<Project>,
}

/// Of no tenant, about a row of one of two models, both with tenants.
#[derive(Debug, Clone, PartialEq, Model)]
pub struct Pin {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(length = 20)]
    pub about_type: Option<String>,
    pub about_id: Option<i64>,
    #[orm(key = about_id, when(about_type = "Project"))]
    pub project: BelongsTo<Project>,
    #[orm(key = about_id, when(about_type = "Person"))]
    pub person: BelongsTo<Person>,
}

/// Who is looking at [`Memo`]s.
#[derive(Debug, Clone)]
pub struct Reader {
    pub id: i64,
}

/// With a policy as well.
#[derive(Debug, Clone, PartialEq, Model)]
#[orm(policy = Reader)]
pub struct Memo {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(tenant)]
    pub company: i64,
    pub author: i64,
    #[orm(length = 40)]
    pub text: String,
}

impl Policy<Memo> for Reader {
    fn read(&self) -> Rule<Memo> {
        // A rule may ask about other tables; whose their rows are holds there as well.
        Rule::from(Memo::AUTHOR.eq(self.id)).or(Memo::TEXT.in_(Project::find_all().select(Project::NAME)))
    }
    fn create(&self) -> Rule<Memo> {
        Memo::AUTHOR.eq(self.id).into()
    }
    fn update(&self) -> Rule<Memo> {
        self.create()
    }
}

/// The tables.
pub type Tenants = (Project, Task, Person, Assignment, Visit, Pin, Memo, Company, Seat);
