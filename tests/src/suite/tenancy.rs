//! Tenants: whose rows a statement is about, in every place where a table is read or written.

use orm::driver::Executor as _;
use orm::prelude::*;
use orm::{ForTenant, Result};

use crate::Test;
use crate::cases::cases;
use crate::models::tenants::{Assignment, Company, Memo, Person, Pin, Project, Reader, Seat, Task, Tenants, Visit};

/// Two tenants with a project, a task, and a person of the same names each.
async fn filled(test: &Test) -> Result<(Database, ForTenant<i64>, ForTenant<i64>)> {
    let db = test.with::<Tenants>().await?;
    let (one, two) = (db.for_tenant(1_i64), db.for_tenant(2_i64));
    for (id, db) in [(1, &one), (2, &two)] {
        let project = Project::create().name("Apollo").exec(db).await?;
        let task = Task::create().project_id(project.id).title("Plan").exec(db).await?;
        let person = Person::create().email("ada@example.com").exec(db).await?;
        project.people().add(person.id).exec(db).await?;
        assert_eq!((project.id, task.id, person.id, person.company), (id, id, id, id));
    }
    Ok((db, one, two))
}

#[track_caller]
fn denied<T: std::fmt::Debug>(result: Result<T>) {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Permission, "{error}");
}

#[track_caller]
fn points_nowhere<T: std::fmt::Debug>(result: Result<T>) {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignKeyViolation, "{error}");
}

#[track_caller]
fn not_there<T: std::fmt::Debug>(result: Result<T>) {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
}

async fn a_tenant_sees_its_own_rows(test: Test) -> Result<()> {
    let (db, one, two) = filled(&test).await?;
    assert_eq!(Project::find_all().select(Project::ID).exec(&one).await?, [1]);
    assert_eq!(Project::find_all().exec(&two).await?[0].id, 2);
    assert_eq!(Project::count().exec(&one).await?, 1);
    assert_eq!(Project::aggregate(Project::ID.max()).exec(&one).await?, Some(1));
    assert!(Project::find_by_pk(2).exec(&one).await?.is_none());
    assert!(!Project::exists().filter(Project::ID.eq(2)).exec(&one).await?);
    let page = Project::find_and_count_all().limit(5).exec(&two).await?;
    assert_eq!((page.rows.len(), page.count), (1, 1));
    assert_eq!(Project::count().exec(&db.for_tenant(3_i64)).await?, 0);
    let both = Project::find_all().filter(Project::ID.eq(1).or(Project::ID.eq(2))).exec(&one).await?;
    assert_eq!(both.len(), 1);
    Ok(())
}

async fn related_rows_are_the_tenants(test: Test) -> Result<()> {
    let (db, one, _) = filled(&test).await?;
    // As another program might have done.
    let all = db.bypass("a row that points at another tenant's");
    for id in [1, 2] {
        Visit::create().project_id(id).exec(&db).await?;
    }
    let visits = Visit::find_all().include(Visit::PROJECT).order_by(Visit::ID).exec(&one).await?;
    let seen: Vec<bool> = visits.iter().map(|visit| Ok(visit.project.get()?.is_some())).collect::<Result<_>>()?;
    assert_eq!(seen, [true, false]);
    assert_eq!(Visit::count().filter(Visit::PROJECT.any(Project::NAME.eq("Apollo"))).exec(&one).await?, 1);
    assert_eq!(Visit::count().filter(Visit::PROJECT.col(Project::NAME).eq("Apollo")).exec(&one).await?, 1);
    let inside = Visit::PROJECT_ID.in_(Project::find_all().select(Project::ID));
    assert_eq!(Visit::count().filter(inside).exec(&one).await?, 1);
    let joined = Visit::find_all().join(Visit::PROJECT).select((Visit::ID, Project::NAME)).exec(&one).await?;
    assert_eq!(joined.len(), 1);
    let projects = Project::find_all().include(Project::TASKS).include(Project::PEOPLE).exec(&one).await?;
    assert_eq!((projects[0].tasks.get()?.len(), projects[0].people.get()?.len()), (1, 1));
    let counts = Project::find_all().select(Project::TASKS.count()).exec(&one).await?;
    assert_eq!(counts, [1]);
    assert_eq!(projects[0].people().count(&one).await?, 1);
    assert_eq!(Task::find_all().include(Task::PROJECT).exec(&all).await?.len(), 2);
    Ok(())
}

async fn new_rows_get_the_tenant_of_the_handle(test: Test) -> Result<()> {
    let (db, one, two) = filled(&test).await?;
    let rows = [Project::create().name("a"), Project::create().name("b")];
    let made = Project::bulk_create(rows).exec(&two).await?;
    assert!(made.iter().all(|project| project.company == 2));
    let nested = Project::create().name("c").with_tasks(|task| [task.create().title("x")]).exec(&one).await?;
    assert_eq!((nested.company, nested.tasks.get()?[0].company), (1, 1));
    let task = nested.tasks().create().title("y").exec(&one).await?;
    assert_eq!(task.company, 1);
    let find = Project::find_or_create().filter(Project::NAME.eq("b")).defaults(Project::create().name("b"));
    let (found, created) = find.exec(&one).await?;
    assert!(created && found.company == 1);

    denied(Project::create().name("d").company(2).exec(&one).await);
    denied(Project::bulk_create([Project::create().name("d").company(2)]).exec(&one).await);
    assert_eq!(Project::create().name("d").company(1).exec(&one).await?.company, 1);
    let row = Project { id: 50, company: 2, ..found };
    denied(Project::insert(row).exec(&one).await);

    let all = db.bypass("an import");
    let error = Project::create().name("e").exec(&all).await.unwrap_err();
    assert_eq!((error.kind(), error.columns()), (ErrorKind::NotNullViolation, vec!["company"]));
    assert_eq!(Project::create().name("e").company(7).exec(&all).await?.company, 7);
    Ok(())
}

async fn the_tenant_is_a_row_of_another_model(test: Test) -> Result<()> {
    let (db, ..) = filled(&test).await?;
    let company = Company::create().name("Acme").exec(&db).await?;
    let ours = db.for_tenant(company.id);
    let seat = Seat::create().label("a").exec(&ours).await?;
    company.seats().create().label("b").exec(&ours).await?;
    Seat::create().company(&company).label("c").exec(&ours).await?;
    let read = Seat::find_by_pk(seat.id).include(Seat::COMPANY).required(&ours).await?;
    assert_eq!(read.company.get()?.map(|company| &*company.name), Some("Acme"));
    let companies = Company::find_all().include(Company::SEATS).exec(&ours).await?;
    assert_eq!(companies[0].seats.get()?.len(), 3);
    points_nowhere(Seat::create().exec(&db.for_tenant(company.id + 1)).await);
    denied(company.seats().create().exec(&db.for_tenant(company.id + 1)).await);
    Ok(())
}

async fn unique_keys_are_of_one_tenant(test: Test) -> Result<()> {
    let (_, one, two) = filled(&test).await?;
    let error = Project::create().name("Apollo").exec(&one).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UniqueViolation, "{error}");
    Project::create().name("Gemini").exec(&one).await?;
    Project::create().name("Gemini").exec(&two).await?;
    Ok(())
}

async fn a_row_keeps_its_tenant(test: Test) -> Result<()> {
    let (db, one, _) = filled(&test).await?;
    let mut project = Project::find_by_pk(1).required(&one).await?;
    project.company = 2;
    assert_eq!(project.save(&one).await.unwrap_err().kind(), ErrorKind::Validation);
    let all = db.bypass("an administrator");
    let mut project = Project::find_by_pk(1).required(&all).await?;
    project.company = 2;
    assert!(project.save(&all).await.is_err());
    let set = Project::update().set(Project::COMPANY, 2_i64).all_rows().exec(&one).await;
    assert_eq!(set.unwrap_err().kind(), ErrorKind::InvalidStatement);
    assert_eq!(Project::count().filter(Project::COMPANY.eq(1)).exec(&all).await?, 1);
    Ok(())
}

async fn a_tenant_changes_its_own_rows(test: Test) -> Result<()> {
    let (db, one, two) = filled(&test).await?;
    let all = db.bypass("look");
    assert_eq!(Project::update().stars(5).all_rows().exec(&one).await?, 1);
    assert_eq!(Project::update().stars(9).filter(Project::ID.eq(2)).exec(&one).await?, 0);
    assert_eq!(Project::find_by_pk(2).required(&all).await?.stars, 0);
    assert_eq!(Project::update().increment(Project::STARS, 1).filter(Project::ID.ge(1)).exec(&one).await?, 1);

    let mut theirs = Project::find_by_pk(2).required(&two).await?;
    theirs.stars = 7;
    not_there(theirs.save(&one).await);
    not_there(theirs.update().stars(7).exec(&one).await);
    not_there(theirs.reload(&one).await);
    not_there(theirs.destroy().exec(&one).await);
    assert_eq!(Project::bulk_update([(2, Project::update().stars(7))]).exec(&one).await?, 0);
    assert!(Project::bulk_save(std::slice::from_mut(&mut theirs)).exec(&one).await.is_err());
    assert_eq!(Project::find_by_pk(2).required(&all).await?.stars, 0);

    let mut ours = Project::find_by_pk(1).required(&one).await?;
    ours.stars = 8;
    ours.save(&one).await?;
    ours.update().name("Artemis").exec(&one).await?;
    assert_eq!((ours.stars, ours.company), (8, 1));
    assert_eq!(Project::find_by_pk(1).required(&one).await?, ours);
    let given = Project::update().stars(3).all_rows().returning(&one).await?;
    assert_eq!(given.len(), 1);
    Ok(())
}

async fn a_tenant_removes_its_own_rows(test: Test) -> Result<()> {
    let (db, one, two) = filled(&test).await?;
    let all = db.bypass("look");
    assert_eq!(Task::destroy().filter(Task::ID.eq(2)).exec(&one).await?, 0);
    assert_eq!(Task::destroy().all_rows().exec(&one).await?, 1);
    assert_eq!(Task::find_all().select(Task::ID).exec(&all).await?, [2]);
    denied(Task::truncate().exec(&one).await);
    assert_eq!(Person::destroy().all_rows().exec(&two).await?, 1);
    assert_eq!(Person::count().exec(&one).await?, 1);
    assert_eq!(Person::restore().all_rows().exec(&one).await?, 0);
    assert_eq!(Person::count().exec(&two).await?, 0);
    Ok(())
}

async fn no_row_points_at_another_tenants(test: Test) -> Result<()> {
    let (db, one, _) = filled(&test).await?;
    points_nowhere(Task::create().project_id(2).title("x").exec(&one).await);
    points_nowhere(Task::bulk_create([Task::create().project_id(2).title("x")]).exec(&one).await);
    points_nowhere(Task::update().project_id(2).all_rows().exec(&one).await);
    let mut task = Task::find_by_pk(1).required(&one).await?;
    points_nowhere(task.update().project_id(2).exec(&one).await);
    // The database itself refuses it, whoever asks.
    let all = db.bypass("an administrator");
    points_nowhere(Task::create().project_id(2).title("x").company(1).exec(&all).await);
    points_nowhere(Task::update().project_id(2).filter(Task::ID.eq(1)).exec(&all).await);
    Ok(())
}

async fn changes_of_many_rows_point_at_rows_of_the_tenant(test: Test) -> Result<()> {
    let (_, one, _) = filled(&test).await?;
    let visits = Visit::bulk_create([Visit::create(), Visit::create()]).exec(&one).await?;
    let of = |first: i64, second: i64| {
        let changes = [(visits[0].id, first), (visits[1].id, second)];
        Visit::bulk_update(changes.map(|(id, project)| (id, Visit::update().project_id(project))))
    };
    points_nowhere(of(1, 2).exec(&one).await);
    of(1, 1).exec(&one).await?;
    let error = Visit::update().project_id(Visit::PROJECT_ID + 1).all_rows().exec(&one).await.unwrap_err();
    assert_eq!((error.kind(), error.columns()), (ErrorKind::Permission, vec!["project_id"]));
    assert_eq!(Visit::count().filter(Visit::PROJECT_ID.eq(1)).exec(&one).await?, 2);
    Ok(())
}

async fn a_key_is_changed_as_a_whole(test: Test) -> Result<()> {
    let (_, one, _) = filled(&test).await?;
    let mut pin = Pin::create().about_type("Project".to_owned()).about_id(1).exec(&one).await?;
    points_nowhere(pin.update().about_type("Project".to_owned()).about_id(2).exec(&one).await);
    // Of the other half, nobody knows what it is.
    let in_part = |error: orm::Error| {
        assert_eq!((error.kind(), error.columns()), (ErrorKind::Permission, vec!["about_id", "about_type"]));
    };
    in_part(pin.update().about_id(2).exec(&one).await.unwrap_err());
    in_part(Pin::update().about_id(2).all_rows().exec(&one).await.unwrap_err());
    in_part(Pin::update().about_type("Person".to_owned()).all_rows().exec(&one).await.unwrap_err());
    pin.update().about_id(None).exec(&one).await?;
    pin.update().about_type("Person".to_owned()).about_id(1).exec(&one).await?;
    pin.save(&one).await?;
    assert_eq!((pin.about_type.as_deref(), pin.about_id), (Some("Person"), Some(1)));
    Ok(())
}

async fn links_stay_inside_of_a_tenant(test: Test) -> Result<()> {
    let (db, one, two) = filled(&test).await?;
    let (ours, theirs) = (Project::find_by_pk(1).required(&one).await?, Project::find_by_pk(2).required(&two).await?);
    assert!(ours.people().add(2).exec(&one).await.is_err());
    assert!(theirs.people().add(1).exec(&one).await.is_err());
    assert!(theirs.people().remove(2).exec(&one).await.is_err());
    assert!(theirs.people().set([1]).exec(&one).await.is_err());
    assert!(ours.tasks().add(2).exec(&one).await.is_err());
    assert!(theirs.tasks().add(1).exec(&one).await.is_err());
    assert!(Assignment::create().project_id(1).person_id(2).exec(&one).await.is_err());
    let all = db.bypass("look");
    assert_eq!(Assignment::count().exec(&all).await?, 2);
    assert_eq!(theirs.people().count(&one).await?, 0);
    let bob = Person::create().email("bob@example.com").exec(&one).await?;
    ours.people().set([1, bob.id]).exec(&one).await?;
    assert_eq!(ours.people().count(&one).await?, 2);
    ours.people().remove(bob.id).exec(&one).await?;
    assert_eq!(Assignment::count().filter(Assignment::COMPANY.eq(1)).exec(&all).await?, 1);
    Ok(())
}

async fn upserts_meet_rows_of_their_tenant(test: Test) -> Result<()> {
    let (db, one, two) = filled(&test).await?;
    let all = db.bypass("look");
    let row = || Project::create().name("Apollo").stars(4);
    let (ours, created) = Project::upsert(row()).exec(&one).await?;
    assert_eq!((ours.id, ours.stars, created), (1, 4, false));
    assert_eq!(Project::find_by_pk(2).required(&two).await?.stars, 0);
    let rows = [row().stars(5), Project::create().name("Gemini").stars(5)];
    let done = Project::bulk_create(rows.clone()).on_conflict(Project::NAME).update(Project::STARS).exec(&two).await?;
    assert!(done > 0);
    let stars = Project::find_all().order_by(Project::ID).select((Project::COMPANY, Project::STARS)).exec(&all).await?;
    assert_eq!(stars, [(1, 4), (2, 5), (2, 5)]);
    let done = Project::bulk_create(rows).on_conflict(Project::NAME).update_all().returning(&two).await?;
    assert!(done.iter().all(|(project, _)| project.company == 2));

    // By a key that is another tenant's, nothing is changed.
    let theirs = || Project::create().id(2).name("Mine").stars(9);
    denied(Project::upsert(theirs()).on_conflict(Project::ID).exec(&one).await);
    denied(Project::upsert(theirs()).on_conflict(Project::ID).do_nothing().exec(&one).await);
    denied(Project::bulk_create([theirs()]).on_conflict(Project::ID).update_all().exec(&one).await);
    denied(Project::upsert(row().company(2)).on_conflict(Project::NAME).exec(&one).await);
    let kept = Project::find_by_pk(2).required(&two).await?;
    assert_eq!((&*kept.name, kept.stars, kept.company), ("Apollo", 5, 2));
    Ok(())
}

async fn tenants_share_a_statement(test: Test) -> Result<()> {
    let (db, ..) = filled(&test).await?;
    let log = db.watch();
    for tenant in [1_i64, 2] {
        let projects = Project::find_all().filter(Project::ID.le(2)).exec(&db.for_tenant(tenant)).await?;
        assert_eq!(projects.len(), 1);
    }
    let texts = log.texts();
    assert_eq!(texts[0], texts[1]);
    Ok(())
}

async fn raw_sql_is_refused_on_a_tenants_handle(test: Test) -> Result<()> {
    let (db, one, _) = filled(&test).await?;
    denied(Project::find_all().filter(orm::raw::<bool>("1 = 1", ())).exec(&one).await);
    denied(Visit::find_all().filter(orm::raw::<bool>("1 = 1", ())).exec(&one).await);
    assert_eq!(Project::count().filter(orm::raw::<bool>("1 = 1", ())).exec(&db.bypass("look")).await?, 2);
    Ok(())
}

async fn a_model_with_tenants_needs_one(test: Test) -> Result<()> {
    let (db, ..) = filled(&test).await?;
    Visit::create().project_id(1).exec(&db).await?;
    // What the types do not tell.
    denied(Visit::find_all().include(Visit::PROJECT).exec(&db).await);
    denied(Visit::count().filter(Visit::PROJECT.any(Project::ID.gt(0))).exec(&db).await);
    denied(Visit::find_all().include(Visit::PROJECT).exec(&db.for_tenant("1".to_owned())).await);
    assert_eq!(Visit::count().exec(&db).await?, 1);
    Ok(())
}

async fn transactions_and_streams_have_the_tenant(test: Test) -> Result<()> {
    let (db, one, two) = filled(&test).await?;
    let counted = one.transaction(async |tx| {
        Project::create().name("t").exec(tx).await?;
        assert_eq!(tx.tenant(), &1);
        tx.transaction(async |tx| Project::create().name("u").exec(tx).await).await?;
        Project::count().exec(tx).await
    });
    assert_eq!(counted.await?, 3);
    let tx = two.begin().await?;
    Project::create().name("v").exec(&tx).await?;
    tx.commit().await?;
    let tx = two.begin().await?;
    Project::destroy().filter(Project::NAME.eq("v")).exec(&tx).await?;
    tx.rollback().await?;
    assert_eq!(Project::count().exec(&two).await?, 2);
    let inside = db.transaction(async |tx| Project::count().exec(&tx.for_tenant(2_i64)).await);
    assert_eq!(inside.await?, 2);
    let mut rows = Project::find_all().stream(&two);
    let mut seen = 0;
    while let Some(project) = rows.next().await {
        assert_eq!(project?.company, 2);
        seen += 1;
    }
    assert_eq!(seen, 2);
    let secret = db.for_tenant(987_654_321_i64);
    assert!(!format!("{secret:?} {:?}", secret.context()).contains("987654321"));
    Ok(())
}

async fn a_policy_holds_among_the_rows_of_a_tenant(test: Test) -> Result<()> {
    let (db, one, two) = filled(&test).await?;
    let (ada, bob) = (one.as_viewer(Reader { id: 1 }), db.as_viewer(Reader { id: 2 }).for_tenant(1_i64));
    let other = two.as_viewer(Reader { id: 1 });
    let memo = Memo::create().author(1).text("hello").exec(&ada).await?;
    assert_eq!(memo.company, 1);
    denied(Memo::create().author(1).text("hello").exec(&bob).await);
    denied(Memo::create().author(1).company(2).text("hello").exec(&ada).await);
    assert_eq!((Memo::count().exec(&ada).await?, Memo::count().exec(&bob).await?), (1, 0));
    assert_eq!(Memo::count().exec(&other).await?, 0);
    not_there(memo.clone().update().text("x").exec(&other).await);
    assert_eq!(Memo::update().text("x").all_rows().exec(&ada).await?, 1);
    // The rule reads projects: those of the tenant.
    Project::create().name("Secret").exec(&two).await?;
    Memo::update().text("Secret").all_rows().exec(&ada).await?;
    assert_eq!(Memo::count().exec(&bob).await?, 0);
    Project::create().name("Secret").exec(&one).await?;
    assert_eq!(Memo::count().exec(&bob).await?, 1);

    let counted = ada.transaction(async |tx| {
        Memo::create().author(1).text("y").exec(tx).await?;
        Memo::count().exec(tx).await
    });
    assert_eq!(counted.await?, 2);
    // A bypass on a tenant's handle is one of policies alone.
    let export = two.bypass("an export");
    assert_eq!(Memo::count().exec(&export).await?, 0);
    assert_eq!(Project::count().exec(&export).await?, 2);
    assert_eq!(Memo::count().exec(&db.bypass("all")).await?, 2);
    Ok(())
}

async fn the_tables_are_those_that_the_models_declare(test: Test) -> Result<()> {
    let (db, ..) = filled(&test).await?;
    assert_eq!(db.check::<Tenants>().await?, []);
    Ok(())
}

cases! {$ tenancy:
    a_tenant_sees_its_own_rows, related_rows_are_the_tenants, new_rows_get_the_tenant_of_the_handle, the_tenant_is_a_row_of_another_model, unique_keys_are_of_one_tenant,
    a_row_keeps_its_tenant, a_tenant_changes_its_own_rows, a_tenant_removes_its_own_rows, no_row_points_at_another_tenants,
    changes_of_many_rows_point_at_rows_of_the_tenant, a_key_is_changed_as_a_whole, links_stay_inside_of_a_tenant, upserts_meet_rows_of_their_tenant, tenants_share_a_statement,
    raw_sql_is_refused_on_a_tenants_handle, a_model_with_tenants_needs_one, transactions_and_streams_have_the_tenant,
    a_policy_holds_among_the_rows_of_a_tenant, the_tables_are_those_that_the_models_declare,
}
