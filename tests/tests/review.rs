//! What a reviewer tried to break: statements with the wrong scope, rows lost or matched wrongly, writes that undo a soft
//! deletion. On SQLite in memory; where databases differ, by the SQL alone.

use orm::dialect::Rendered;
use orm::mysql::{MysqlDialect, Server};
use orm::postgres::PostgresDialect;
use orm::prelude::*;
use orm::sqlite::SqliteDialect;
use orm::{ErrorKind, Result, connect};
use uuid::Uuid;

type Instant = chrono::DateTime<chrono::Utc>;

#[derive(Debug, Clone, Model)]
struct Writer {
    #[orm(primary_key)]
    id: i64,
    name: String,
    boss_id: Option<i64>,
    #[orm(key = boss_id)]
    boss: BelongsTo<Writer>,
    essays: HasMany<Essay>,
    #[orm(belongs_to_many(through = Membership))]
    clubs: BelongsToMany<Club>,
}

#[derive(Debug, Clone, Model)]
#[orm(paranoid)]
struct Essay {
    #[orm(primary_key)]
    id: i64,
    writer_id: Option<i64>,
    #[orm(unique)]
    title: String,
    meta: orm::Json<serde_json::Value>,
    #[orm(version)]
    version: i32,
    deleted_at: Option<Instant>,
    writer: BelongsTo<Writer>,
    remarks: HasMany<Remark>,
}

#[derive(Debug, Clone, Model)]
#[orm(paranoid)]
struct Remark {
    #[orm(primary_key)]
    id: i64,
    essay_id: i64,
    text: String,
    deleted_at: Option<Instant>,
    essay: BelongsTo<Essay>,
}

#[derive(Debug, Clone, Model)]
struct Club {
    #[orm(primary_key)]
    id: i64,
    name: String,
}

/// A join model with a key made by the client.
#[derive(Debug, Clone, Model)]
#[orm(unique(writer_id, club_id))]
struct Membership {
    #[orm(primary_key)]
    id: Uuid,
    writer_id: i64,
    club_id: i64,
    writer: BelongsTo<Writer>,
    club: BelongsTo<Club>,
}

#[derive(Debug, Clone, Model)]
struct Reader {
    #[orm(primary_key)]
    id: i64,
    #[orm(belongs_to_many(through = Card))]
    clubs: BelongsToMany<Club>,
}

/// A soft-deleting join model with a key of both foreign keys.
#[derive(Debug, Clone, Model)]
#[orm(paranoid)]
struct Card {
    #[orm(primary_key)]
    reader_id: i64,
    #[orm(primary_key)]
    club_id: i64,
    deleted_at: Option<Instant>,
    reader: BelongsTo<Reader>,
    club: BelongsTo<Club>,
}

/// A key and a value made by the database.
#[derive(Debug, Clone, Model)]
struct Token {
    #[orm(primary_key, default_sql = "lower(hex(randomblob(8)))")]
    code: String,
    owner: String,
}

#[derive(Debug, Clone, Model)]
#[orm(no_primary_key)]
struct Line {
    text: String,
    #[orm(default_sql = "abs(random() % 1000000007)")]
    noise: i64,
}

type All = (Writer, Essay, Remark, Club, Membership, Reader, Card, Token, Line);

async fn database() -> Result<Database> {
    let db = connect("sqlite::memory:").await?;
    db.create_tables::<All>().await?;
    Ok(db)
}

fn sqlite() -> SqliteDialect {
    SqliteDialect::linked()
}

fn postgres() -> PostgresDialect {
    PostgresDialect::new((15, 0, 0))
}

fn mysql() -> MysqlDialect {
    MysqlDialect::new(Server::from_version("8.4.2"))
}

#[track_caller]
fn where_of(rendered: Result<Rendered>) -> String {
    let sql = rendered.map_or_else(|error| error.to_string(), |rendered| rendered.sql);
    sql.split_once(" WHERE ").map_or(sql.clone(), |(_, condition)| condition.to_owned())
}

fn empty() -> orm::Json<serde_json::Value> {
    orm::Json(serde_json::json!({"a": "x"}))
}

#[tokio::test]
async fn links_whose_key_the_client_makes_each_get_their_own() -> Result<()> {
    let db = database().await?;
    let writer = Writer::create().name("w").exec(&db).await?;
    let clubs = Club::bulk_create(["a", "b", "c"].map(|name| Club::create().name(name))).exec(&db).await?;
    assert_eq!(writer.clubs().add(&clubs).exec(&db).await?, 3);
    assert_eq!(writer.clubs().count(&db).await?, 3);
    Ok(())
}

#[tokio::test]
async fn a_soft_deleted_link_comes_back_when_it_is_added_again() -> Result<()> {
    let db = database().await?;
    let reader = Reader::create().exec(&db).await?;
    let club = Club::create().name("a").exec(&db).await?;
    reader.clubs().add([&club]).exec(&db).await?;
    reader.clubs().remove([&club]).exec(&db).await?;
    assert_eq!(reader.clubs().count(&db).await?, 0);
    reader.clubs().add([&club]).exec(&db).await?;
    assert_eq!(reader.clubs().count(&db).await?, 1);
    Ok(())
}

#[tokio::test]
async fn saving_a_copy_does_not_undo_a_soft_deletion() -> Result<()> {
    let db = database().await?;
    let mut essay = Essay::create().title("t").meta(empty()).exec(&db).await?;
    essay.destroy().exec(&db).await?;
    essay.title = "u".into();
    assert!(essay.save(&db).await.is_err());
    assert_eq!(Essay::count().exec(&db).await?, 0);
    // A struct that knows it is deleted can be saved, and stays deleted.
    let mut essay = Essay::find_one().with_deleted().required(&db).await?;
    essay.title = "v".into();
    essay.save(&db).await?;
    assert_eq!(Essay::count().only_deleted().filter(Essay::TITLE.eq("v")).exec(&db).await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_stale_row_takes_no_related_rows_along() -> Result<()> {
    let db = database().await?;
    let mut essay = Essay::create().title("t").meta(empty()).exec(&db).await?;
    let stale = essay.clone();
    essay.remarks().create().text("r").exec(&db).await?;
    essay.update().title("u").exec(&db).await?;
    let error = stale.destroy().cascade(Essay::REMARKS).exec(&db).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stale);
    assert_eq!((Essay::count().exec(&db).await?, Remark::count().exec(&db).await?), (1, 1));
    Ok(())
}

#[tokio::test]
async fn paths_may_start_at_a_joined_model() -> Result<()> {
    let db = database().await?;
    let writer = Writer::create().name("w").exec(&db).await?;
    let essay = writer.essays().create().title("t").meta(empty()).exec(&db).await?;
    essay.remarks().create().text("r").exec(&db).await?;
    let names = Remark::find_all()
        .join::<Essay>(Essay::ID.free().eq(Remark::ESSAY_ID))
        .filter(Essay::WRITER.col(Writer::NAME).free().eq("w"))
        .select((Remark::TEXT, Essay::WRITER.col(Writer::NAME).nullable()))
        .exec(&db)
        .await?;
    assert_eq!(names, [("r".to_owned(), Some("w".to_owned()))]);
    // And stand in the condition of the join itself.
    let rows = Remark::find_all()
        .join::<Essay>(Remark::ESSAY.col(Essay::TITLE).free().eq(Essay::TITLE))
        .filter(Remark::ESSAY.col(Essay::TITLE).eq("t"))
        .exec(&db)
        .await?;
    assert_eq!(rows.len(), 1);
    Ok(())
}

#[tokio::test]
async fn json_inside_of_concatenation_is_read_first() -> Result<()> {
    let db = database().await?;
    Essay::create().title("t").meta(empty()).exec(&db).await?;
    let text = Essay::find_all().select(Essay::TITLE.concat(Essay::META.json_text("a"))).exec(&db).await?;
    assert_eq!(text, [Some("tx".to_owned())]);
    let find = Essay::find_all().with_deleted().filter(Essay::TITLE.regexp(Essay::META.json_text("a")));
    assert_eq!(where_of(find.to_sql(&postgres())), r#""title" ~ ("meta" #>> $1)"#);
    Ok(())
}

#[test]
fn negated_questions_are_compared_as_a_whole() {
    let find = Writer::find_all().filter(Writer::ESSAYS.is_empty().is_distinct_from(true));
    assert!(where_of(find.to_sql(&sqlite())).starts_with("NOT ((NOT EXISTS ("));
}

#[tokio::test]
async fn a_stream_gives_the_rows_before_an_error_first() -> Result<()> {
    let db = database().await?;
    let rows = [Some(1), Some(1), None].map(|boss| Writer::create().name("w").boss_id(boss));
    Writer::bulk_create(rows).exec(&db).await?;
    let never_null: orm::Expr<Writer, i64> = orm::Expr::from_node(Writer::BOSS_ID.into_node());
    let mut rows = Writer::find_all().select(never_null).order_by(Writer::ID.asc()).stream(&db);
    let mut seen = Vec::new();
    while let Some(row) = rows.next().await {
        seen.push(row.is_ok());
    }
    assert_eq!(seen, [true, true, false]);
    Ok(())
}

#[tokio::test]
async fn rows_whose_key_the_database_makes_come_back_in_order() -> Result<()> {
    let db = database().await?;
    let rows = ["a", "b", "c"].map(|owner| Token::create().owner(owner));
    let made = Token::bulk_create(rows).exec(&db).await?;
    for (token, owner) in made.iter().zip(["a", "b", "c"]) {
        assert_eq!(token.owner, owner);
        assert_eq!(Token::find_by_pk(&token.code).required(&db).await?.owner, owner);
    }
    let lines = Line::bulk_create(["a", "b", "c"].map(|text| Line::create().text(text))).exec(&db).await?;
    for (line, text) in lines.iter().zip(["a", "b", "c"]) {
        assert_eq!(line.text, text);
        let there = Line::find_one().filter(Line::TEXT.eq(text)).required(&db).await?;
        assert_eq!(line.noise, there.noise);
    }
    Ok(())
}

#[test]
fn changes_that_read_the_table_they_change_take_a_derived_table() {
    let update = Writer::update().set(Writer::NAME, "x").filter(Writer::BOSS.any(Writer::NAME.eq("y")));
    assert_eq!(
        where_of(update.to_sql(&mysql())),
        "`id` IN (SELECT * FROM (SELECT `_t1`.`id` FROM `writers` AS `_t1` WHERE EXISTS (SELECT 1 FROM `writers` AS \
         `_t2` WHERE `_t2`.`id` = `_t1`.`boss_id` AND `_t2`.`name` = ?) LIMIT 18446744073709551615) AS `_d`)"
    );
    assert!(where_of(update.to_sql(&sqlite())).starts_with("EXISTS (SELECT 1"));
    let newest = Writer::find_all().select(Writer::ID.max());
    let destroy = Writer::destroy().filter(Writer::ID.eq(newest));
    assert!(where_of(destroy.to_sql(&mysql())).starts_with("`id` IN (SELECT * FROM (SELECT `_t1`.`id`"));
    // Another table is read in place.
    let update = Writer::update().set(Writer::NAME, "x").filter(Writer::ESSAYS.any(Essay::TITLE.eq("y")));
    assert!(where_of(update.to_sql(&mysql())).starts_with("EXISTS (SELECT 1"));
}

#[test]
fn an_offset_in_a_list_takes_a_derived_table_as_well() {
    let tail = Club::find_all().select(Club::ID).offset(3);
    let sql = where_of(Writer::find_all().filter(Writer::ID.in_(tail)).to_sql(&mysql()));
    assert!(sql.contains("IN (SELECT * FROM (SELECT"), "{sql}");
}

#[test]
fn locks_leave_out_rows_that_only_paths_lead_to() {
    let find = Essay::find_all().filter(Essay::WRITER.col(Writer::NAME).eq("w")).for_update();
    assert!(find.to_sql(&postgres()).unwrap().sql.ends_with(r#" FOR UPDATE OF "essays""#));
    let find = Essay::find_all().for_update();
    assert!(find.to_sql(&postgres()).unwrap().sql.ends_with("FOR UPDATE"));
}

#[test]
fn json_null_is_null_and_json_true_is_true_everywhere() {
    let find = Essay::find_all().with_deleted().filter(Essay::META.json_value::<bool>("a").eq(true));
    let (text, expected) = (
        where_of(find.to_sql(&mysql())),
        "CASE WHEN JSON_TYPE(JSON_EXTRACT(`meta`, ?)) = 'BOOLEAN' THEN JSON_UNQUOTE(JSON_EXTRACT(`meta`, ?)) = 'true' END = ?",
    );
    assert_eq!(text, expected);
}

#[tokio::test]
async fn required_relations_mean_the_rows_that_are_loaded() -> Result<()> {
    let db = database().await?;
    let writer = Writer::create().name("w").exec(&db).await?;
    writer.essays().create().title("t").meta(empty()).exec(&db).await?.destroy().exec(&db).await?;
    let found = Writer::find_all().include(Writer::ESSAYS.with_deleted().required()).exec(&db).await?;
    assert_eq!(found.iter().map(|w| w.essays.get().unwrap().len()).collect::<Vec<_>>(), [1]);
    assert_eq!(Writer::find_all().include(Writer::ESSAYS.required()).exec(&db).await?.len(), 0);
    Ok(())
}

#[tokio::test]
async fn counts_are_of_the_rows_the_query_gives() -> Result<()> {
    let db = database().await?;
    Writer::bulk_create(["a", "a", "b"].map(|name| Writer::create().name(name))).exec(&db).await?;
    assert_eq!(Writer::find_all().select(Writer::NAME).distinct().count(&db).await?, 2);
    let groups = Writer::find_all().select((Writer::NAME, orm::count_all())).group_by(Writer::NAME);
    assert_eq!(groups.count(&db).await?, 2);
    assert_eq!(Writer::count().distinct((Writer::NAME, Writer::BOSS_ID)).exec(&db).await?, 2);
    assert_eq!(Writer::count().distinct(Writer::NAME).exec(&db).await?, 2);
    Ok(())
}

#[tokio::test]
async fn the_last_value_of_a_column_counts() -> Result<()> {
    let db = database().await?;
    let id = Writer::create().name("a").exec(&db).await?.id;
    let update = Writer::update().set(Writer::NAME, "b").set(Writer::NAME, "c").filter(Writer::ID.eq(id));
    assert_eq!(update.to_sql(&postgres())?.sql.matches(r#""name" ="#).count(), 1);
    update.exec(&db).await?;
    assert_eq!(Writer::find_by_pk(id).required(&db).await?.name, "c");
    Ok(())
}

#[tokio::test]
async fn upserts_refuse_what_is_no_column() -> Result<()> {
    let db = database().await?;
    let rows = || [Essay::create().title("t").meta(empty())];
    let error = Essay::bulk_create(rows()).on_conflict(Essay::TITLE.lower()).do_nothing().exec(&db).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidStatement);
    Ok(())
}

/// A key of two columns, one of them a date.
#[derive(Debug, Clone, Model)]
struct Slot {
    #[orm(primary_key)]
    day: chrono::NaiveDate,
    #[orm(primary_key)]
    number: i32,
    #[orm(default_sql = "'made'")]
    note: String,
    #[orm(has_many(key(slot_day, slot_number)))]
    visits: HasMany<Visit>,
}

#[derive(Debug, Clone, Model)]
struct Visit {
    #[orm(primary_key)]
    id: i64,
    slot_day: Option<chrono::NaiveDate>,
    slot_number: Option<i32>,
    host_id: Option<i64>,
    guest_id: Option<i64>,
    #[orm(belongs_to(key(slot_day, slot_number), references(day, number)))]
    slot: BelongsTo<Slot>,
    #[orm(belongs_to(key = host_id))]
    host: BelongsTo<Person>,
    #[orm(belongs_to(key = guest_id))]
    guest: BelongsTo<Person>,
}

#[derive(Debug, Clone, Model)]
#[orm(table = "persons")]
struct Person {
    #[orm(primary_key)]
    id: i64,
    #[orm(unique)]
    name: String,
}

/// Joins days and rooms, whose keys are dates.
#[derive(Debug, Clone, Model)]
struct Holiday {
    #[orm(primary_key)]
    day: chrono::NaiveDate,
    #[orm(default = 0)]
    size: i32,
    #[orm(belongs_to_many(through = Party, key = holiday_day, references = day))]
    persons: BelongsToMany<Person>,
}

#[derive(Debug, Clone, Model)]
#[orm(table = "parties")]
struct Party {
    #[orm(primary_key)]
    holiday_day: chrono::NaiveDate,
    #[orm(primary_key)]
    person_id: i64,
    #[orm(belongs_to(key = holiday_day, references = day))]
    holiday: BelongsTo<Holiday>,
    person: BelongsTo<Person>,
}

fn day(n: u32) -> chrono::NaiveDate {
    chrono::NaiveDate::from_ymd_opt(2026, 1, 1 + n % 28).unwrap_or_default()
}

async fn visits() -> Result<Database> {
    let db = connect("sqlite::memory:").await?;
    db.create_tables::<(Person, Slot, Visit, Holiday, Party)>().await?;
    Ok(db)
}

#[tokio::test]
async fn many_parents_with_composite_keys_fit_the_database() -> Result<()> {
    let db = visits().await?;
    let rows = (0..3000).map(|n| Slot::create().day(day(0)).number(n));
    let slots = Slot::bulk_create(rows).exec(&db).await?;
    assert!(slots.iter().zip(0..).all(|(slot, n)| slot.number == n && slot.note == "made"));
    let rows = (0..3000).map(|n| Visit::create().slot_day(day(0)).slot_number(n));
    Visit::bulk_create(rows).count(&db).await?;
    let slots = Slot::find_all().include(Slot::VISITS).exec(&db).await?;
    assert!(slots.iter().all(|slot| slot.visits.get().unwrap().len() == 1));
    let visits = Visit::find_all().include(Visit::SLOT.separate()).exec(&db).await?;
    assert!(visits.iter().all(|visit| visit.slot.get().unwrap().is_some()));
    Ok(())
}

#[tokio::test]
async fn many_to_many_over_dates_finds_its_rows() -> Result<()> {
    let db = visits().await?;
    let person = Person::create().name("p").exec(&db).await?;
    let holiday = Holiday::create().day(day(3)).exec(&db).await?;
    holiday.persons().add([&person]).exec(&db).await?;
    let holidays = Holiday::find_all().include(Holiday::PERSONS).exec(&db).await?;
    assert_eq!(holidays[0].persons.get()?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn trees_below_a_limit_per_parent_keep_their_rows() -> Result<()> {
    let db = visits().await?;
    let persons = Person::bulk_create(["a", "b"].map(|name| Person::create().name(name))).exec(&db).await?;
    Slot::bulk_create((0..2).map(|n| Slot::create().day(day(0)).number(n))).count(&db).await?;
    for n in 0..8 {
        let visit = Visit::create().slot_day(day(0)).slot_number(n % 2).host_id(persons[0].id);
        let visit = if n < 4 { visit.guest_id(persons[1].id) } else { visit };
        visit.exec(&db).await?;
    }
    Visit::create().slot_day(day(0)).exec(&db).await?; // Half a key is none.
    let include = Slot::VISITS
        .order_by(Visit::ID.asc())
        .limit(2)
        .offset(1)
        .include(Visit::HOST.filter(Person::NAME.ne("x")))
        .include((Visit::GUEST, Visit::SLOT.include(Slot::VISITS)));
    let slots = Slot::find_all().include(include).order_by(Slot::NUMBER.desc()).limit(2).exec(&db).await?;
    let numbers: Vec<i32> = slots.iter().map(|slot| slot.number).collect();
    assert_eq!(numbers, [1, 0]);
    for slot in &slots {
        let visits = slot.visits.get()?;
        let first = i64::from(slot.number) + 1;
        assert_eq!(visits.iter().map(|v| v.id).collect::<Vec<_>>(), [first + 2, first + 4]);
        assert!(visits.iter().all(|v| v.host.get().unwrap().unwrap().name == "a"));
        let guests: Vec<_> = visits.iter().map(|v| v.guest.get().unwrap().map(|p| p.name.as_str())).collect();
        assert_eq!(guests, [Some("b"), None]);
        assert!(visits.iter().all(|v| v.slot.get().unwrap().unwrap().visits.get().unwrap().len() == 4));
    }
    let alone = Visit::find_all().include(Visit::SLOT).filter(Visit::SLOT_NUMBER.is_null()).exec(&db).await?;
    assert!(alone[0].slot.get()?.is_none());
    Ok(())
}

#[derive(Debug, Clone, orm::Projection)]
#[orm(model = Holiday)]
struct HolidayCard {
    #[orm(nested = Holiday::PERSONS)]
    persons: Vec<Name>,
}

#[derive(Debug, Clone, orm::Projection)]
#[orm(model = Person)]
struct Name {
    name: String,
}

#[tokio::test]
async fn adding_many_links_is_split_by_the_limit_of_values() -> Result<()> {
    let db = visits().await?;
    let rows = (0..20_000).map(|n| Person::create().name(format!("{n}")));
    let persons = Person::bulk_create(rows).exec(&db).await?;
    let holiday = Holiday::create().day(day(3)).exec(&db).await?;
    assert_eq!(holiday.persons().add(&persons).exec(&db).await?, 20_000);
    let cards = Holiday::find_all().project::<HolidayCard>().exec(&db).await?;
    assert_eq!((cards[0].persons.len(), cards[0].persons[7].name.as_str()), (20_000, "7"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn finding_or_creating_at_once_creates_one() -> Result<()> {
    let path = std::env::temp_dir().join(format!("orm-review-{}.db", std::process::id()));
    let _ = std::fs::remove_file(&path);
    let db = connect(&format!("sqlite:{}?mode=rwc", path.display())).await?;
    db.create_tables::<Person>().await?;
    for round in 0..5 {
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                let db = db.clone();
                tokio::spawn(async move {
                    let name = format!("same {round}");
                    let find = Person::find_or_create().filter(Person::NAME.eq(name.clone()));
                    find.defaults(Person::create().name(name)).exec(&db).await
                })
            })
            .collect();
        let mut created = 0;
        for task in tasks {
            created += u32::from(task.await.unwrap()?.1);
        }
        assert_eq!(created, 1);
    }
    let _ = std::fs::remove_file(&path);
    Ok(())
}
