//! What is kept with each change of a row: its history, and numbers of rows in parents.

use orm::chrono::{NaiveDate, Utc};
use orm::prelude::*;
use orm::query::Version;
use orm::serde_json::json;
use orm::{Actor, ErrorKind, Result};
use rust_decimal::Decimal;

use crate::Test;
use crate::cases::cases;
use crate::models::kept::{
    Clerk, Fan, Fandom, Memo, MemoHistory, Paper, PaperHistory, Player, Side, Stamp, StampHistory,
};

type Papers = (Paper, PaperHistory, Stamp, StampHistory);

/// The operations in the history of papers since an entry, and the columns of each.
async fn since(db: &Database, seen: &mut i64) -> Result<Vec<String>> {
    let entries =
        PaperHistory::find_all().filter(PaperHistory::ID.gt(*seen)).order_by(PaperHistory::ID).exec(db).await?;
    *seen = entries.last().map_or(*seen, |entry| entry.id);
    Ok(entries.into_iter().map(|entry| format!("{} {}", entry.operation, entry.row_key)).collect())
}

fn lines(operation: &str, keys: &[i64]) -> Vec<String> {
    keys.iter().map(|key| format!("{operation} {key}")).collect()
}

async fn every_way_of_writing_is_in_the_history(test: Test) -> Result<()> {
    let db = test.with::<Papers>().await?;
    let seen = &mut 0;
    let row = |title: &str| Paper::create().title(title);
    let mut one = row("1").secret("s").exec(&db).await?;
    Paper::insert(Paper { id: 0, title: "2".to_owned(), ..one.clone() }).exec(&db).await?;
    Paper::bulk_create([row("3"), row("4")]).exec(&db).await?;
    Paper::bulk_create([row("5")]).count(&db).await?;
    let changed = since(&db, seen).await?;
    assert_eq!(changed, lines("create", &[1, 2, 3, 4, 5]));

    one.update().reads(1).exec(&db).await?;
    one.reads = 2;
    one.save(&db).await?;
    one.increment(Paper::READS, 1, &db).await?;
    one.update().reads(Paper::READS + 1).exec(&db).await?;
    one.update().secret("t").exec(&db.without_hooks()).await?;
    assert_eq!(since(&db, seen).await?, lines("update", &[1, 1, 1, 1, 1]));

    Paper::update().public(true).filter(Paper::ID.le(2)).exec(&db).await?;
    Paper::update().public(true).filter(Paper::ID.eq(3)).returning(&db).await?;
    Paper::bulk_update([(4, Paper::update().reads(4)), (5, Paper::update().reads(5)), (9, Paper::update().reads(5))])
        .exec(&db)
        .await?;
    let mut rows = Paper::find_all().filter(Paper::ID.ge(4)).order_by(Paper::ID).exec(&db).await?;
    rows.iter_mut().for_each(|row| row.reads += 1);
    Paper::bulk_save(&mut rows).exec(&db).await?;
    assert_eq!(since(&db, seen).await?, lines("update", &[1, 2, 3, 4, 5, 4, 5]));

    Paper::upsert(row("5").reads(7)).on_conflict(Paper::TITLE).exec(&db).await?;
    Paper::bulk_create([row("6"), row("4").reads(8)]).on_conflict(Paper::TITLE).update_all().exec(&db).await?;
    let done = Paper::bulk_create([row("6"), row("3").reads(8)]).on_conflict(Paper::TITLE).update_all();
    done.returning(&db).await?;
    let find = Paper::update_or_create().filter(Paper::TITLE.eq("7")).values(Paper::update().reads(1));
    let six = Paper::find_one().filter(Paper::TITLE.eq("6")).required(&db).await?.id;
    let (seven, _) = find.defaults(row("7")).exec(&db).await?;
    let mut expected = lines("update", &[5, 4]);
    expected.insert(2, format!("create {six}"));
    expected.extend([String::from("update 3"), format!("create {}", seven.id)]);
    let mut found = since(&db, seen).await?;
    found.sort();
    expected.sort();
    assert_eq!(found, expected);

    one.reload(&db).await?;
    one.destroy().exec(&db).await?;
    one.restore(&db).await?;
    Paper::destroy().filter(Paper::ID.eq(2)).exec(&db).await?;
    Paper::restore().filter(Paper::ID.eq(2)).exec(&db).await?;
    Paper::destroy().filter(Paper::ID.eq(3)).force().exec(&db).await?;
    let gone = Paper::destroy().filter(Paper::ID.eq(4)).force().returning(&db).await?;
    one.destroy().force().exec(&db).await?;
    let expected = ["destroy 1", "restore 1", "destroy 2", "restore 2", "destroy 3", "destroy 4", "destroy 1"];
    assert_eq!((since(&db, seen).await?, gone.len()), (expected.map(String::from).to_vec(), 1));

    // Nothing is in the history that did not happen.
    let undone = db
        .transaction(async |tx| {
            row("8").exec(tx).await?;
            Err::<(), _>(orm::Error::new(ErrorKind::Unsupported, "enough"))
        })
        .await;
    undone.unwrap_err();
    row("5").exec(&db).await.unwrap_err();
    assert_eq!(Paper::update().reads(1).filter(Paper::ID.eq(99)).exec(&db).await?, 0);
    assert_eq!(since(&db, seen).await?, Vec::<String>::new());
    // Columns that are none of the history are nowhere in it.
    let all = PaperHistory::find_all().exec(&db).await?;
    let texts = |e: &PaperHistory| format!("{:?}{:?}", e.old_values, e.new_values);
    assert!(all.iter().all(|entry| !texts(entry).contains("secret")));
    Ok(())
}

async fn a_row_is_read_as_it_was_and_goes_back(test: Test) -> Result<()> {
    let db = test.with::<Papers>().await?;
    let (ada, bob) = (db.with(Actor::new("ada")), db.with(Actor::new("bob")));
    let before = Utc::now();
    let full = Paper::create()
        .title("a")
        .price(Decimal::new(1250, 2))
        .public(true)
        .weight(1.5)
        .day(NaiveDate::from_ymd_opt(2026, 2, 28))
        .data(json!({ "a": [1, null, "x"] }))
        .bytes(vec![0, 255])
        .code(uuid::Uuid::from_u128(7))
        .secret("s");
    let mut paper = full.exec(&ada).await?;
    let first = paper.clone();
    paper.update().title("b").price(None::<Decimal>).public(false).exec(&bob).await?;
    let second = paper.clone();
    paper.update().secret("t").reads(5).exec(&db).await?;

    let versions: Vec<Version<Paper>> = paper.versions(&db).await?;
    let seen: Vec<_> = versions.iter().map(|v| (v.operation(), v.actor())).collect();
    assert_eq!(seen, [("create", Some("ada")), ("update", Some("bob")), ("update", None)]);
    let names: Vec<_> = versions[1].changed().iter().map(|column| column.name).collect();
    assert_eq!(names, ["title", "price", "public", "version", "updated_at"]);
    assert_eq!(
        (versions[1].before(Paper::TITLE)?, versions[1].after(Paper::TITLE)?),
        (Some("a".into()), Some("b".into()))
    );
    assert_eq!(versions[1].before(Paper::PRICE)?, Some(Some(Decimal::new(1250, 2))));
    assert_eq!((versions[1].after(Paper::PRICE)?, versions[1].after(Paper::READS)?), (Some(None), None));
    assert!(versions[0].values_before().is_none() && versions[0].values_after().is_some());

    // Of columns that are none of the history, the value is that of now.
    let secret = |row: Paper| Paper { secret: Some("t".into()), ..row };
    assert_eq!(Paper::as_of(paper.id, versions[0].at(), &db).await?, Some(secret(first.clone())));
    assert_eq!(Paper::as_of(paper.id, versions[1].at(), &db).await?, Some(secret(second)));
    assert_eq!(Paper::as_of(paper.id, Utc::now(), &db).await?, Some(paper.clone()));
    assert_eq!(Paper::as_of(paper.id, before - orm::chrono::Duration::seconds(1), &db).await?, None);

    paper.revert_to(&versions[0], &bob).await?;
    assert_eq!((paper.title.as_str(), paper.price, paper.public), ("a", first.price, true));
    assert_eq!((paper.reads, paper.version, paper.secret.as_deref()), (0, 3, Some("t")));
    assert_eq!((&paper.data, &paper.bytes, paper.code), (&first.data, &first.bytes, first.code));
    assert_eq!(paper.versions(&db).await?.len(), 4);

    // A row that is gone for good.
    paper.destroy().force().exec(&db).await?;
    let last = Paper::versions_of(paper.id, &db).await?;
    assert_eq!(last[4].operation(), "destroy");
    let then = Paper::as_of(paper.id, last[3].at(), &db).await?;
    assert_eq!(then, Some(Paper { secret: None, ..paper.clone() }));
    assert_eq!(paper.revert_to(&versions[1], &db).await.unwrap_err().kind(), ErrorKind::NotFound);
    let mut other = Paper::create().title("c").exec(&db).await?;
    let error = other.revert_to(&versions[1], &db).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidStatement, "{error}");
    Ok(())
}

async fn hooks_come_before_the_history_and_keys_may_be_of_two_columns(test: Test) -> Result<()> {
    let db = test.with::<Papers>().await?;
    let mut stamp = Stamp::create().land("it").number(1).motif("cat").exec(&db).await?;
    stamp.update().motif("dog").exec(&db).await?;
    Stamp::update().motif("cow").all_rows().exec(&db.without_hooks()).await?;
    let versions = stamp.versions(&db).await?;
    let motifs: Vec<_> = versions.iter().map(|v| v.after(Stamp::MOTIF).unwrap().unwrap()).collect();
    assert_eq!(motifs, ["CAT", "DOG", "cow"]);
    assert_eq!(StampHistory::find_one().required(&db).await?.row_key, r#"["it",1]"#);
    assert_eq!(Stamp::versions_of(("it", 1), &db).await?.len(), 3);
    Ok(())
}

async fn counts(db: &Database) -> Result<Vec<(i64, i32)>> {
    Side::find_all().with_deleted().order_by(Side::ID).select((Side::PLAYER_COUNT, Side::FAN_COUNT)).exec(db).await
}

async fn parents_have_the_number_of_their_rows(test: Test) -> Result<()> {
    let db = test.with::<(Side, Player, Fan, Fandom)>().await?;
    let players = |db: &Database| {
        let db = db.clone();
        async move { Ok::<_, orm::Error>(counts(&db).await?.iter().map(|(n, _)| *n).collect::<Vec<_>>()) }
    };
    for name in ["a", "b"] {
        Side::create().name(name).exec(&db).await?;
    }
    let new = |name: &str, side: i64| Player::create().name(name).side_id(side);
    let mut one = new("one", 1).exec(&db).await?;
    Player::create().name("free").exec(&db).await?;
    Player::bulk_create([new("two", 1), new("three", 1), new("four", 2)]).exec(&db).await?;
    assert_eq!(players(&db).await?, [3, 1]);

    one.update().side_id(2).exec(&db).await?;
    assert_eq!(players(&db).await?, [2, 2]);
    Player::update().side_id(1).filter(Player::NAME.in_(["four", "free"])).exec(&db).await?;
    assert_eq!(players(&db).await?, [4, 1]);
    Player::bulk_create([new("two", 2), new("five", 2)]).on_conflict(Player::NAME).update_all().exec(&db).await?;
    Player::upsert(new("six", 2)).on_conflict(Player::NAME).exec(&db).await?;
    assert_eq!(players(&db).await?, [3, 4]);

    // What is deleted is not counted, and is again when it is restored.
    one.destroy().exec(&db).await?;
    Player::destroy().filter(Player::SIDE_ID.eq(1)).exec(&db).await?;
    assert_eq!(players(&db).await?, [0, 3]);
    one.restore(&db).await?;
    Player::restore().filter(Player::NAME.eq("three")).exec(&db).await?;
    assert_eq!(players(&db).await?, [1, 4]);
    Player::destroy().all_rows().force().filter(Player::NAME.in_(["four", "six"])).exec(&db.without_hooks()).await?;
    assert_eq!(players(&db).await?, [1, 3]);

    // Handles.
    let (a, b) = (Side::find_by_pk(1).required(&db).await?, Side::find_by_pk(2).required(&db).await?);
    a.players().create().name("seven").exec(&db).await?;
    a.players().add(&one).exec(&db).await?;
    assert_eq!(players(&db).await?, [3, 2]);
    a.players().remove(&one).exec(&db).await?;
    assert_eq!(players(&db).await?, [2, 2]);
    one.reload(&db).await?;
    b.players().set([&one]).exec(&db).await?;
    assert_eq!(players(&db).await?, [2, 1]);

    // Cascades, and restoring as a unit.
    let mut a = a;
    a.destroy().cascade(Side::PLAYERS).exec(&db).await?;
    assert_eq!(players(&db).await?, [0, 1]);
    a.restore_with(Side::PLAYERS, &db).await?;
    assert_eq!(players(&db).await?, [2, 1]);

    // A struct that is behind does not write the number.
    let mut behind = Side::find_by_pk(1).required(&db).await?;
    new("eight", 1).exec(&db).await?;
    behind.name = "A".to_owned();
    behind.save(&db).await?;
    assert_eq!((players(&db).await?, behind.player_count), (vec![3, 1], 2));
    assert_eq!(Player::verify_counters().exec(&db).await?, []);
    Ok(())
}

async fn join_rows_are_counted_and_wrong_numbers_are_put_right(test: Test) -> Result<()> {
    let db = test.with::<(Side, Player, Fan, Fandom)>().await?;
    let side = Side::create().name("a").exec(&db).await?;
    let mut fans = Vec::new();
    for name in ["x", "y", "z"] {
        fans.push(Fan::create().name(name).exec(&db).await?);
    }
    side.fans().add([&fans[0], &fans[1]]).exec(&db).await?;
    side.fans().add(&fans[1]).exec(&db).await?;
    assert_eq!(counts(&db).await?, [(0, 2)]);
    fans[2].sides().add(&side).exec(&db).await?;
    side.fans().remove(&fans[0]).exec(&db).await?;
    assert_eq!(counts(&db).await?, [(0, 2)]);
    side.fans().set([&fans[0]]).exec(&db).await?;
    assert_eq!(counts(&db).await?, [(0, 1)]);

    Side::create().name("b").exec(&db).await?;
    Side::update().fan_count(9).player_count(4).all_rows().exec(&db).await?;
    let wrong = Fandom::verify_counters().exec(&db).await?;
    let seen: Vec<_> = wrong.iter().map(|w| (w.model, w.column, w.stored, w.counted)).collect();
    assert_eq!(seen.len(), 2);
    assert!(seen.contains(&("Side", "fan_count", 9, 1)) && seen.contains(&("Side", "fan_count", 9, 0)));
    assert_eq!(counts(&db).await?, [(4, 9), (4, 9)]);
    assert_eq!(Fandom::verify_counters().repair().exec(&db).await?.len(), 2);
    Player::verify_counters().repair().exec(&db).await?;
    assert_eq!(counts(&db).await?, [(0, 1), (0, 0)]);
    assert_eq!(Fan::verify_counters().exec(&db).await?, []);

    // Many at once.
    let tasks = (0..20).map(|n| {
        let db = db.clone();
        tokio::spawn(async move { Player::create().name(format!("p{n}")).side_id(1).exec(&db).await })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap()?;
    }
    assert_eq!(counts(&db).await?[0].0, 20);
    Ok(())
}

async fn a_history_has_what_a_viewer_changes_whole_and_nothing_that_is_hidden(test: Test) -> Result<()> {
    let db = test.with::<(Memo, MemoHistory)>().await?;
    let all = db.bypass("the rows of the test");
    for (id, owner) in [(1, 7), (2, 8)] {
        Memo::create().id(id).owner(owner).note("note").token("secret").exec(&all).await?;
    }
    let clerk = db.as_viewer(Clerk(7));
    let given = Memo::update().owner(9).all_rows().returning(&clerk).await?;
    assert_eq!(given.iter().map(|memo| (memo.id, memo.note.as_deref())).collect::<Vec<_>>(), [(1, None)]);
    assert_eq!(Memo::versions_of(2, &clerk).await.unwrap_err().kind(), ErrorKind::Permission);
    let gone = Memo::destroy().all_rows().returning(&db.as_viewer(Clerk(9))).await?;
    assert_eq!(gone.iter().map(|memo| (memo.id, memo.note.as_deref())).collect::<Vec<_>>(), [(1, None)]);

    let versions = Memo::versions_of(1, &all).await?;
    assert_eq!(versions.iter().map(Version::operation).collect::<Vec<_>>(), ["create", "update", "destroy"]);
    assert_eq!(versions[1].values_before().unwrap().len(), 1);
    let last = versions[2].values_before().unwrap();
    assert_eq!((last.get("note"), last.get("token")), (Some(&json!("note")), None));
    assert_eq!(Memo::versions_of(2, &all).await?.len(), 1);
    Ok(())
}

cases! { $ kept:
    every_way_of_writing_is_in_the_history,
    a_row_is_read_as_it_was_and_goes_back,
    hooks_come_before_the_history_and_keys_may_be_of_two_columns,
    parents_have_the_number_of_their_rows,
    join_rows_are_counted_and_wrong_numbers_are_put_right,
    a_history_has_what_a_viewer_changes_whole_and_nothing_that_is_hidden,
}
