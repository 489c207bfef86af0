//! Relations that are chains of others: each related row once, whichever way it is asked for.

use orm::Result;
use orm::prelude::*;

use crate::Test;
use crate::cases::cases;
use crate::models::crew::{Crew, Crews, Project, Task, Worker};

/// Ann and Bo are in crews 1 and 2, Cy is in crew 2, Dee (not active) in crew 1, Eve in none. Crew 1 has the projects "roof"
/// (tasks "a" by Ann, "b" by Ann) and "yard" (closed; task "c" by Bo); crew 2 has "wall" (task "d", done, by Eve).
async fn filled(test: &Test) -> Result<Database> {
    let db = test.with::<Crews>().await?;
    for name in ["Ann", "Bo", "Cy", "Dee", "Eve"] {
        Worker::create().name(name).active(name != "Dee").exec(&db).await?;
    }
    let (one, two) = (Crew::create().name("one").exec(&db).await?, Crew::create().name("two").exec(&db).await?);
    one.workers().add([1, 2, 4]).exec(&db).await?;
    two.workers().add([1, 2, 3]).exec(&db).await?;
    let roof = Project::create().crew_id(one.id).title("roof").exec(&db).await?;
    let yard = Project::create().crew_id(one.id).title("yard").open(false).exec(&db).await?;
    let wall = Project::create().crew_id(two.id).title("wall").exec(&db).await?;
    for (project, author, text) in [(&roof, 1, "a"), (&roof, 1, "b"), (&yard, 2, "c"), (&wall, 5, "d")] {
        Task::create().project_id(project.id).author_id(author).text(text).done(text == "d").exec(&db).await?;
    }
    Ok(db)
}

fn texts(tasks: &[Task]) -> Vec<&str> {
    tasks.iter().map(|task| task.text.as_str()).collect()
}

fn names(workers: &[Worker]) -> Vec<&str> {
    workers.iter().map(|worker| worker.name.as_str()).collect()
}

async fn a_chain_is_included_over_several_models(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let log = db.watch();
    let workers = Worker::find_all().include(Worker::TASKS).order_by(Worker::ID).exec(&db).await?;
    assert_eq!(log.count(), 2);
    let found: Vec<_> = workers.iter().map(|worker| texts(worker.tasks.get().unwrap())).collect();
    assert_eq!(found, [vec!["a", "b", "c", "d"], vec!["a", "b", "c", "d"], vec!["d"], vec!["a", "b", "c"], vec![]]);
    Ok(())
}

async fn a_row_that_several_ways_lead_to_is_related_once(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let ann = Worker::find_by_pk(1).include(Worker::COLLEAGUES).required(&db).await?;
    assert_eq!(names(ann.colleagues.get()?), ["Ann", "Bo", "Cy"]);
    assert_eq!(names(&ann.colleagues().find().order_by(Worker::ID).exec(&db).await?), ["Ann", "Bo", "Cy"]);
    assert_eq!(ann.colleagues().count(&db).await?, 3);
    let crews = Crew::find_all().include(Crew::AUTHORS).order_by(Crew::ID).exec(&db).await?;
    assert_eq!(names(crews[0].authors.get()?), ["Ann", "Bo"]);
    assert_eq!(names(crews[1].authors.get()?), ["Eve"]);
    let counted = Crew::find_all().select((Crew::NAME, Crew::AUTHORS.count())).order_by(Crew::ID).exec(&db).await?;
    assert_eq!(counted, [("one".to_owned(), 2), ("two".to_owned(), 1)]);
    Ok(())
}

async fn chains_filter_and_order_their_parents(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let ids =
        async |condition| Worker::find_all().filter(condition).order_by(Worker::ID).select(Worker::ID).exec(&db).await;
    assert_eq!(ids(Worker::TASKS.any(Task::TEXT.eq("a"))).await?, [1, 2, 4]);
    assert_eq!(ids(Worker::TASKS.is_empty()).await?, [5]);
    assert_eq!(ids(Worker::TASKS.none(Task::TEXT.eq("d"))).await?, [4, 5]);
    assert_eq!(ids(Worker::TASKS.all(Task::DONE.eq(true))).await?, [3, 5]);
    assert_eq!(ids(Worker::COLLEAGUES.any(Worker::NAME.eq("Cy"))).await?, [1, 2, 3]);
    let ordered = Worker::find_all()
        .order_by((Worker::TASKS.count().desc(), Worker::ID))
        .select((Worker::ID, Worker::TASKS.count_where(Task::AUTHOR_ID.eq(1))))
        .exec(&db)
        .await?;
    assert_eq!(ordered, [(1, 2), (2, 2), (4, 2), (3, 0), (5, 0)]);
    let longest =
        Worker::find_all().select(Worker::TASKS.aggregate(Task::TEXT.max())).order_by(Worker::ID).exec(&db).await?;
    assert_eq!(longest, [Some("d".to_owned()), Some("d".into()), Some("d".into()), Some("c".into()), None]);
    Ok(())
}

async fn filters_of_every_relation_of_a_chain_hold(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let workers = Worker::find_all().include(Worker::OPEN_TASKS).order_by(Worker::ID).exec(&db).await?;
    let found: Vec<_> = workers.iter().map(|worker| texts(worker.open_tasks.get().unwrap())).collect();
    assert_eq!(found, [vec!["a", "b"], vec!["a", "b"], vec![], vec!["a", "b"], vec![]]);
    for worker in &workers {
        let handled = worker.open_tasks().find().order_by(Task::ID).exec(&db).await?;
        assert_eq!(handled, *worker.open_tasks.get()?);
    }
    let counts = Worker::find_all().select(Worker::OPEN_TASKS.count()).order_by(Worker::ID).exec(&db).await?;
    assert_eq!(counts, [2, 2, 0, 2, 0]);
    Ok(())
}

async fn soft_deleted_rows_in_between_end_a_chain(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    Crew::find_by_pk(1).required(&db).await?.destroy().exec(&db).await?;
    let workers = Worker::find_all().include(Worker::TASKS).order_by(Worker::ID).exec(&db).await?;
    let found: Vec<_> = workers.iter().map(|worker| texts(worker.tasks.get().unwrap())).collect();
    assert_eq!(found, [vec!["d"], vec!["d"], vec!["d"], vec![], vec![]]);
    assert_eq!(workers[0].tasks().count(&db).await?, 1);
    assert_eq!(Worker::count().filter(Worker::TASKS.exists()).exec(&db).await?, 3);
    let task = Task::find_by_pk(1).include(Task::CREW).required(&db).await?;
    assert!(task.crew.get()?.is_none());
    Ok(())
}

async fn a_chain_has_limits_and_an_order_per_parent(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let include = Worker::TASKS.order_by(Task::TEXT.desc()).limit(2).offset(1);
    let workers = Worker::find_all().include(include).order_by(Worker::ID).exec(&db).await?;
    let found: Vec<_> = workers.iter().map(|worker| texts(worker.tasks.get().unwrap())).collect();
    assert_eq!(found, [vec!["c", "b"], vec!["c", "b"], vec![], vec!["b", "a"], vec![]]);
    Ok(())
}

async fn a_chain_of_belongs_to_leads_to_one_row(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let tasks = Task::find_all().include(Task::CREW).order_by(Task::ID).exec(&db).await?;
    let crews: Vec<_> = tasks.iter().map(|task| task.crew.get().unwrap().map(|crew| crew.name.clone())).collect();
    assert_eq!(crews, ["one", "one", "one", "two"].map(|name| Some(name.to_owned())));
    assert_eq!(tasks[3].crew().required(&db).await?.name, "two");
    let names =
        Task::find_all().select(Task::CREW.col(Crew::NAME)).order_by(Task::ID.desc()).limit(1).exec(&db).await?;
    assert_eq!(names, [Some("two".to_owned())]);
    Ok(())
}

async fn a_chain_of_chains_is_a_chain(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let workers = Worker::find_all().include(Worker::WRITTEN_BY_COLLEAGUES).order_by(Worker::ID).exec(&db).await?;
    let found: Vec<_> = workers.iter().map(|worker| texts(worker.written_by_colleagues.get().unwrap())).collect();
    assert_eq!(found, [vec!["a", "b", "c"], vec!["a", "b", "c"], vec!["a", "b", "c"], vec!["a", "b", "c"], vec![]]);
    assert_eq!(workers[3].written_by_colleagues().find().filter(Task::TEXT.eq("c")).count(&db).await?, 1);
    Ok(())
}

async fn relations_of_rows_at_the_end_of_a_chain_are_included(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let include = Worker::TASKS.filter(Task::AUTHOR.col(Worker::NAME).eq("Bo")).include((Task::AUTHOR, Task::PROJECT));
    let ann = Worker::find_by_pk(1).include(include).required(&db).await?;
    let [task] = ann.tasks.get()? else { panic!("one task") };
    let (author, project) = (task.author.get()?.unwrap(), task.project.get()?.unwrap());
    assert_eq!((author.name.as_str(), project.title.as_str()), ("Bo", "yard"));
    Ok(())
}

async fn joins_follow_a_chain(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    let pairs = Worker::find_all()
        .join(Worker::TASKS)
        .filter(Task::TEXT.free().eq("a"))
        .order_by(Worker::ID)
        .select((Worker::NAME, Task::TEXT.free()))
        .exec(&db)
        .await?;
    assert_eq!(pairs.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["Ann", "Bo", "Dee"]);
    Ok(())
}

async fn random_chains_agree_with_their_parts(test: Test) -> Result<()> {
    let db = test.with::<Crews>().await?;
    // The numbers are the same in each run: a linear congruential generator.
    let mut state = 9_u32;
    let mut below = move |limit: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) % limit
    };
    for id in 0..12 {
        Worker::create().name(format!("w{id}")).active(below(10) < 7).exec(&db).await?;
    }
    for id in 0..6 {
        let crew = Crew::create().name(format!("c{id}")).exec(&db).await?;
        let workers: Vec<i64> = (1..=12).filter(|_| below(10) < 3).collect();
        crew.workers().add(workers).exec(&db).await?;
        for project in 0..below(3) {
            let title = format!("p{project}");
            let project = Project::create().crew_id(crew.id).title(title).open(below(10) < 6).exec(&db).await?;
            for text in 0..below(4) {
                let author = i64::from(below(12)) + 1;
                let done = below(2) == 0;
                let task = Task::create().project_id(project.id).author_id(author).text(format!("t{text}")).done(done);
                task.exec(&db).await?;
            }
        }
    }
    Crew::find_by_pk(3).required(&db).await?.destroy().exec(&db).await?;
    let parts = Worker::CREWS.include((Crew::WORKERS, Crew::PROJECTS.include(Project::TASKS)));
    let chains = (Worker::TASKS, Worker::COLLEAGUES, Worker::OPEN_TASKS);
    let workers = Worker::find_all().include((parts, chains)).order_by(Worker::ID).exec(&db).await?;
    for worker in &workers {
        let crews = worker.crews.get()?;
        let projects: Vec<_> = crews.iter().flat_map(|crew| crew.projects.get().unwrap()).collect();
        let ids = |only: &dyn Fn(&Project, &Task) -> bool| {
            let tasks = projects.iter().flat_map(|p| p.tasks.get().unwrap().iter().filter(|task| only(p, task)));
            tasks.map(|task| task.id).collect::<std::collections::BTreeSet<_>>()
        };
        let got = |tasks: &[Task]| tasks.iter().map(|task| task.id).collect::<Vec<_>>();
        assert_eq!(got(worker.tasks.get()?), ids(&|_, _| true).into_iter().collect::<Vec<_>>());
        assert_eq!(got(worker.open_tasks.get()?), ids(&|p, t| p.open && !t.done).into_iter().collect::<Vec<_>>());
        let colleagues: std::collections::BTreeSet<i64> = crews
            .iter()
            .flat_map(|crew| crew.workers.get().unwrap())
            .filter(|other| other.active)
            .map(|other| other.id)
            .collect();
        let found: Vec<i64> = worker.colleagues.get()?.iter().map(|other| other.id).collect();
        assert_eq!(found, colleagues.into_iter().collect::<Vec<_>>());
        assert_eq!(worker.colleagues().count(&db).await?, found.len() as u64);
    }
    Ok(())
}

cases! { $ chain:
    a_chain_is_included_over_several_models,
    a_row_that_several_ways_lead_to_is_related_once,
    chains_filter_and_order_their_parents,
    filters_of_every_relation_of_a_chain_hold,
    soft_deleted_rows_in_between_end_a_chain,
    a_chain_has_limits_and_an_order_per_parent,
    a_chain_of_belongs_to_leads_to_one_row,
    a_chain_of_chains_is_a_chain,
    relations_of_rows_at_the_end_of_a_chain_are_included,
    joins_follow_a_chain,
    random_chains_agree_with_their_parts,
}
