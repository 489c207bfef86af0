//! Relations that are chains of others, over tables that occur twice, filters and soft deletion.

use orm::prelude::*;

#[derive(Debug, Clone, PartialEq, Model)]
pub struct Worker {
    #[orm(primary_key)]
    pub id: i64,
    pub name: String,
    #[orm(default = true)]
    pub active: bool,
    pub crews: BelongsToMany<Crew, Seat>,
    #[orm(key = author_id)]
    pub written: HasMany<Task>,
    #[orm(through(Worker::CREWS, Crew::PROJECTS, Project::TASKS))]
    pub tasks: HasMany<Task>,
    #[orm(through(Self::CREWS, Crew::WORKERS), filter = Worker::ACTIVE.eq(true))]
    pub colleagues: HasMany<Worker>,
    #[orm(through(Worker::COLLEAGUES, Worker::WRITTEN))]
    pub written_by_colleagues: HasMany<Task>,
    #[orm(through(Worker::CREWS, Crew::OPEN_PROJECTS, Project::TASKS), filter = Task::DONE.eq(false))]
    pub open_tasks: HasMany<Task>,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[orm(paranoid)]
pub struct Crew {
    #[orm(primary_key)]
    pub id: i64,
    pub name: String,
    pub deleted_at: Option<DateTime<Utc>>,
    pub workers: BelongsToMany<Worker, Seat>,
    pub projects: HasMany<Project>,
    #[orm(filter = Project::OPEN.eq(true))]
    pub open_projects: HasMany<Project>,
    #[orm(through(Crew::PROJECTS, Project::TASKS, Task::AUTHOR))]
    pub authors: HasMany<Worker>,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[orm(primary_key(worker_id, crew_id))]
pub struct Seat {
    pub worker_id: i64,
    pub crew_id: i64,
}

#[derive(Debug, Clone, PartialEq, Model)]
pub struct Project {
    #[orm(primary_key)]
    pub id: i64,
    pub crew_id: i64,
    pub title: String,
    #[orm(default = true)]
    pub open: bool,
    pub crew: BelongsTo<Crew>,
    pub tasks: HasMany<Task>,
}

#[derive(Debug, Clone, PartialEq, Model)]
pub struct Task {
    #[orm(primary_key)]
    pub id: i64,
    pub project_id: i64,
    pub author_id: i64,
    pub text: String,
    #[orm(default = false)]
    pub done: bool,
    pub project: BelongsTo<Project>,
    pub author: BelongsTo<Worker>,
    #[orm(through(Task::PROJECT, Project::CREW))]
    pub crew: HasOne<Crew>,
}

/// All tables.
pub type Crews = (Worker, Crew, Seat, Project, Task);
