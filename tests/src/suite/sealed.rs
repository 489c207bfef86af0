//! Encrypted columns: what is in the table, what is read and found, and what is refused.

use orm::crypt::Keys;
use orm::prelude::*;
use orm::{Json, Result};

use crate::Test;
use crate::cases::cases;
use crate::models::sealed::{
    Badge, Blood, Clerk, Contact, Elsewhere, Letter, Named, Patient, PlainLetter, Renamed, Secret, Visit, Ward,
};

fn keys() -> Keys {
    Keys::generate().unwrap()
}

async fn ward(test: &Test) -> Result<Database> {
    Ok(test.with::<Ward>().await?.with_keys(keys()))
}

async fn ada(db: &Database) -> Result<Patient> {
    Patient::create()
        .ward(1)
        .name("Ada")
        .email(" Ada@Example.com ")
        .ssn("123-45")
        .score(-7)
        .blood(Blood::Zero)
        .born(chrono::NaiveDate::from_ymd_opt(1815, 12, 10))
        .contact(Json(Contact { phone: "555".to_owned() }))
        .photo(vec![0, 255, 1])
        .exec(db)
        .await
}

#[track_caller]
fn is_ada(patient: &Patient) {
    assert_eq!(patient.name, "Ada");
    assert_eq!(patient.email.as_deref(), Some("ada@example.com"));
    assert_eq!(patient.ssn, "123-45");
    assert_eq!((patient.score, patient.blood, patient.level), (Some(-7), Some(Blood::Zero), 7));
    assert_eq!(patient.born, chrono::NaiveDate::from_ymd_opt(1815, 12, 10));
    assert_eq!(patient.contact.as_ref().unwrap().0.phone, "555");
    assert_eq!(patient.photo.as_deref(), Some(&[0, 255, 1][..]));
}

fn has(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|part| part == text.as_bytes())
}

async fn the_table_has_no_plain_value(test: Test) -> Result<()> {
    let db = ward(&test).await?;
    is_ada(&ada(&db).await?);
    let columns = ["name", "email", "email_index", "ssn", "score", "blood", "born", "contact", "photo", "level"];
    for column in columns {
        let stored: Vec<Vec<u8>> = db.query(&format!("SELECT {column} FROM patients"), ()).await?;
        for plain in ["Ada", "ada@", "123-45", "Zero", "1815", "555"] {
            assert!(!has(&stored[0], plain), "{column}");
        }
        assert!(stored[0].len() > 16, "{column}");
    }
    Ok(())
}

async fn rows_are_read_open(test: Test) -> Result<()> {
    let db = ward(&test).await?;
    let id = ada(&db).await?.id;
    is_ada(&Patient::find_by_pk(id).required(&db).await?);
    is_ada(&Patient::find_all().filter(Patient::WARD.eq(1)).exec(&db).await?[0]);
    let mut again = Patient::find_one().required(&db).await?;
    again.name = "?".to_owned();
    again.reload(&db).await?;
    is_ada(&again);
    let (name, score) = Patient::find_all().select((Patient::NAME, Patient::SCORE)).exec(&db).await?.remove(0);
    assert_eq!((name.as_str(), score), ("Ada", Some(-7)));
    let named = Patient::find_all().project::<Named>().exec(&db).await?;
    assert_eq!(named, [Named { id, name: "Ada".to_owned() }]);
    db.transaction(async |tx| {
        is_ada(&Patient::find_by_pk(id).required(tx).await?);
        Ok(())
    })
    .await?;
    let mut stream = Patient::find_all().stream(&db);
    is_ada(&stream.next().await.unwrap()?);
    Ok(())
}

async fn raw_sql_gives_models_open(test: Test) -> Result<()> {
    let db = ward(&test).await?;
    let id = ada(&db).await?.id;
    is_ada(&db.query::<Patient>("SELECT * FROM patients", ()).await?[0]);
    let both = db.query::<(i64, Patient)>("SELECT 9, patients.* FROM patients", ()).await?.remove(0);
    assert_eq!(both.0, 9);
    is_ada(&both.1);
    db.transaction(async |tx| {
        let rows = tx.query::<Patient>("SELECT * FROM patients", ()).await?;
        assert_eq!(rows[0].id, id);
        Ok(())
    })
    .await
}

async fn related_rows_are_read_open(test: Test) -> Result<()> {
    let db = ward(&test).await?;
    let patient = ada(&db).await?;
    for (day, note) in [(1, Some("fever")), (2, None)] {
        patient.visits().create().day(day).note(note.map(str::to_owned)).exec(&db).await?;
    }
    let patients = Patient::find_all().include(Patient::VISITS.order_by(Visit::DAY)).exec(&db).await?;
    let notes: Vec<_> = patients[0].visits.get()?.iter().map(|visit| visit.note.as_deref()).collect();
    assert_eq!(notes, [Some("fever"), None]);
    let limited = Patient::find_all().include(Patient::VISITS.order_by(Visit::DAY).limit(1)).exec(&db).await?;
    assert_eq!(limited[0].visits.get()?[0].note.as_deref(), Some("fever"));
    let visits = Visit::find_all().include(Visit::PATIENT).order_by(Visit::DAY).exec(&db).await?;
    is_ada(visits[0].patient.get()?.unwrap());
    assert_eq!(visits[0].note.as_deref(), Some("fever"));
    Ok(())
}

async fn a_blind_index_finds_rows(test: Test) -> Result<()> {
    let db = ward(&test).await?;
    let id = ada(&db).await?.id;
    Patient::create().ward(1).name("Bob").email("bob@example.com").ssn("9").exec(&db).await?;
    Patient::create().ward(1).name("Cy").ssn("8").exec(&db).await?;
    let count = async |filter: Condition<Patient>| Patient::count().filter(filter).exec(&db).await;
    let found = Patient::find_one().filter(Patient::EMAIL.eq("ADA@example.com")).required(&db).await?;
    assert_eq!(found.id, id);
    assert_eq!(count(Patient::EMAIL.ne("ada@example.com")).await?, 1);
    assert_eq!(count(Patient::EMAIL.in_(["ada@example.com", " BOB@example.com", "x"])).await?, 2);
    assert_eq!(count(Patient::EMAIL.not_in(["ada@example.com"])).await?, 1);
    assert_eq!(count(Patient::EMAIL.is_null()).await?, 1);
    assert_eq!(count(Patient::EMAIL.is_not_null()).await?, 2);
    assert_eq!(count(Patient::SSN.eq("9").or(Patient::EMAIL.eq("ada@example.com"))).await?, 2);
    assert_eq!(count(Patient::SSN.in_(["9", "8"])).await?, 2);
    let visits = Visit::count().filter(Visit::PATIENT.any(Patient::EMAIL.eq("ada@example.com")));
    assert_eq!(visits.exec(&db).await?, 0);
    Ok(())
}

async fn the_index_follows_the_value(test: Test) -> Result<()> {
    let db = ward(&test).await?;
    let mut ada = ada(&db).await?;
    let finds = async |email: &str| Patient::count().filter(Patient::EMAIL.eq(email)).exec(&db).await;
    ada.update().email("new@example.com").exec(&db).await?;
    assert_eq!((finds("ada@example.com").await?, finds("new@example.com").await?), (0, 1));
    ada.email = Some("saved@example.com".to_owned());
    ada.save(&db).await?;
    assert_eq!(finds("saved@example.com").await?, 1);
    Patient::update().email("all@example.com").all_rows().exec(&db).await?;
    assert_eq!(finds("all@example.com").await?, 1);
    Patient::update().name("Zoe").all_rows().exec(&db).await?;
    assert_eq!(finds("all@example.com").await?, 1);
    ada.update().email(None).exec(&db).await?;
    assert_eq!(Patient::count().filter(Patient::EMAIL.is_null()).exec(&db).await?, 1);
    Ok(())
}

async fn a_unique_blind_index_keeps_values_unique(test: Test) -> Result<()> {
    let db = ward(&test).await?;
    ada(&db).await?;
    let error = Patient::create().ward(2).name("Eve").email("ADA@EXAMPLE.COM").ssn("1").exec(&db).await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::UniqueViolation);
    assert!(!format!("{error:?}").to_lowercase().contains("example.com"), "{error:?}");
    Ok(())
}

async fn many_rows_are_written_at_once(test: Test) -> Result<()> {
    let db = ward(&test).await?;
    let rows = (0..70)
        .map(|n| Patient::create().ward(n).name(format!("name {n}")).email(format!("e{n}@x.org")).ssn(format!("s{n}")));
    let made = Patient::bulk_create(rows).exec(&db).await?;
    assert_eq!((made.len(), made[69].name.as_str(), made[69].level), (70, "name 69", 7));
    let found = Patient::find_all().filter(Patient::EMAIL.in_(["e3@x.org", "e69@x.org"])).order_by(Patient::ID);
    let found = found.exec(&db).await?;
    assert_eq!(found.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), ["name 3", "name 69"]);
    let changes = made[..3].iter().map(|row| (row.id, Patient::update().email(format!("c{}@x.org", row.ward))));
    Patient::bulk_update(changes).exec(&db).await?;
    let found = Patient::find_all().filter(Patient::EMAIL.eq("c2@x.org")).exec(&db).await?;
    assert_eq!((found.len(), found[0].ward, found[0].name.as_str()), (1, 2, "name 2"));
    Ok(())
}

async fn upserts_write_and_find(test: Test) -> Result<()> {
    let db = ward(&test).await?;
    let mut ada = ada(&db).await?;
    let again = Patient::create().id(ada.id).ward(5).name("Countess").email("c@x.org").ssn("2");
    Patient::upsert(again).exec(&db).await?;
    ada.reload(&db).await?;
    assert_eq!((ada.name.as_str(), ada.email.as_deref(), ada.ssn.as_str()), ("Countess", Some("c@x.org"), "2"));
    assert_eq!(Patient::count().filter(Patient::EMAIL.eq("c@x.org")).exec(&db).await?, 1);
    let (found, created) = Patient::find_or_create()
        .filter(Patient::EMAIL.eq("C@x.org"))
        .defaults(Patient::create().ward(1).name("Nobody").ssn("3"))
        .exec(&db)
        .await?;
    assert_eq!((found.id, created), (ada.id, false));
    let (made, created) = Patient::find_or_create()
        .filter(Patient::EMAIL.eq("dee@x.org"))
        .defaults(Patient::create().ward(1).name("Dee").ssn("3"))
        .exec(&db)
        .await?;
    assert!(created);
    assert_eq!((made.email.as_deref(), made.name.as_str()), (Some("dee@x.org"), "Dee"));
    Ok(())
}

async fn hooks_see_plain_values(test: Test) -> Result<()> {
    let db = test.with::<Badge>().await?.with_keys(keys());
    let mut badge = Badge::create().code("ab").exec(&db).await?;
    assert_eq!(badge.code, "AB");
    badge.update().code("cd").exec(&db).await?;
    assert_eq!((badge.code.as_str(), badge.version), ("CD", 1));
    Badge::update().code("ef").all_rows().exec(&db).await?;
    assert_eq!(Badge::find_one().filter(Badge::CODE.eq("EF")).required(&db).await?.code, "EF");
    let found = Badge::destroy().filter(Badge::CODE.eq("EF")).exec(&db).await?;
    assert_eq!(found, 1);
    Ok(())
}

async fn rules_look_at_the_plain_value(test: Test) -> Result<()> {
    let db = ward(&test).await?;
    let error = Patient::create().ward(1).name("A").ssn("1").exec(&db).await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Validation);
    let error = Patient::create().ward(1).name("Ada").ssn("x".repeat(21)).exec(&db).await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Validation, "{error}");
    Patient::create().ward(1).name("Ada").ssn("\u{1F600}".repeat(20)).exec(&db).await?;
    Ok(())
}

async fn without_keys_nothing_is_read_or_written(test: Test) -> Result<()> {
    let bare = test.with::<Ward>().await?;
    let error = ada(&bare).await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Encryption);
    assert_eq!(error.table(), Some("patients"));
    assert!(error.to_string().contains("DatabaseOptions::new().keys(..)"), "{error}");
    assert_eq!(Patient::count().exec(&bare).await?, 0);
    ada(&bare.with_keys(keys())).await?;
    let error = Patient::find_all().exec(&bare).await.err().unwrap();
    assert_eq!((error.kind(), error.model()), (ErrorKind::Encryption, Some("Patient")));
    assert_eq!(Patient::find_all().select(Patient::WARD).exec(&bare).await?, [1]);
    Ok(())
}

async fn another_key_does_not_open_a_value(test: Test) -> Result<()> {
    let db = ward(&test).await?;
    ada(&db).await?;
    let error = Patient::find_all().exec(&db.with_keys(keys())).await.err().unwrap();
    assert_eq!((error.kind(), error.columns()), (ErrorKind::Encryption, vec!["name"]));
    Ok(())
}

async fn keys_rotate_and_old_values_are_read_and_found(test: Test) -> Result<()> {
    let old = keys();
    let bare = test.with::<Ward>().await?;
    let db = bare.with_keys(old.clone());
    let mut patient = ada(&db).await?;
    let db = bare.with_keys(old.rotated().unwrap());
    is_ada(&Patient::find_one().filter(Patient::EMAIL.eq("ada@example.com")).required(&db).await?);
    patient.update().name("Ada L.").exec(&db).await?;
    assert_eq!(Patient::count().filter(Patient::SSN.eq("123-45")).exec(&db).await?, 1);
    // What was written with the new key is not read with the old one.
    let error = Patient::find_all().exec(&bare.with_keys(old)).await.err().unwrap();
    assert_eq!((error.kind(), error.columns()), (ErrorKind::Encryption, vec!["name"]));
    Ok(())
}

async fn values_are_sealed_with_the_current_key(test: Test) -> Result<()> {
    let old = keys();
    let bare = test.with::<Ward>().await?;
    let rows = (0..25).map(|n| Patient::create().ward(n).name("Ada").email(format!("e{n}@x.org")).ssn(format!("{n}")));
    Patient::bulk_create(rows).exec(&bare.with_keys(old.clone())).await?;
    let db = bare.with_keys(old.rotated().unwrap());
    let report = orm::verify_sealed::<Patient>().exec(&db).await?;
    // `ssn` is deterministic, and found by the first key for ever.
    assert_eq!((report.rows, report.current, report.older, report.is_current()), (25, 25, 75, false));
    let report = orm::reseal::<Patient>().batch(10).exec(&db).await?;
    assert_eq!((report.rows, report.written, report.changed), (25, 75, 0));
    assert!(orm::verify_sealed::<Patient>().exec(&db).await?.is_current());
    assert_eq!(orm::reseal::<Patient>().exec(&db).await?.written, 0);
    let found = Patient::find_one().filter(Patient::EMAIL.eq("e24@x.org")).required(&db).await?;
    assert_eq!((found.ward, found.name.as_str(), found.level), (24, "Ada", 7));
    Ok(())
}

async fn a_newer_value_survives_a_rotation_beside_it(test: Test) -> Result<()> {
    let old = keys();
    let bare = test.with::<Badge>().await?;
    let rows = (0..40).map(|n| Badge::create().code(format!("b{n}")));
    let badges = Badge::bulk_create(rows).exec(&bare.with_keys(old.clone())).await?;
    let db = bare.with_keys(old.rotated().unwrap());
    let writes = async {
        for badge in &badges {
            Badge::update().code(format!("n{}", badge.id)).filter(Badge::ID.eq(badge.id)).exec(&db).await?;
        }
        Ok::<_, orm::Error>(())
    };
    let (rotated, written) = tokio::join!(orm::reseal::<Badge>().batch(3).exec(&db), writes);
    rotated?;
    written?;
    for badge in Badge::find_all().exec(&db).await? {
        assert_eq!(badge.code, format!("N{}", badge.id));
        assert_eq!(Badge::count().filter(Badge::CODE.eq(badge.code.as_str())).exec(&db).await?, 1);
    }
    assert!(orm::verify_sealed::<Badge>().exec(&db).await?.is_current());
    Ok(())
}

async fn plain_values_are_sealed_where_they_are(test: Test) -> Result<()> {
    let bare = test.with::<PlainLetter>().await?;
    for body in ["one", "two"] {
        PlainLetter::create().body(body.as_bytes().to_vec()).exec(&bare).await?;
    }
    let db = bare.with_keys(keys());
    let report = orm::reseal::<Letter>().exec(&db).await?;
    assert_eq!((report.plain, report.written), (2, 2));
    let bodies: Vec<String> = Renamed::find_all().order_by(Renamed::ID).select(Renamed::TEXT).exec(&db).await?;
    assert_eq!(bodies, ["one", "two"]);
    // Where the model does not allow them, they are no values.
    PlainLetter::create().body(b"three".to_vec()).exec(&bare).await?;
    let report = orm::verify_sealed::<Renamed>().exec(&db).await?;
    assert_eq!((report.current, report.unreadable.len()), (2, 1));
    Ok(())
}

async fn a_changed_value_is_refused(test: Test) -> Result<()> {
    let db = ward(&test).await?;
    let patient = ada(&db).await?;
    let (one, two) = (patient.visits().create(), patient.visits().create());
    let one = one.day(1).note("one".to_owned()).exec(&db).await?;
    two.day(2).note("two".to_owned()).exec(&db).await?;
    let mut bytes = db.query::<Vec<u8>>("SELECT note FROM visits WHERE day = 1", ()).await?.remove(0);
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    db.execute(orm::sql("UPDATE visits SET note = {} WHERE day = 1"), (bytes,)).await?;
    let error = Visit::find_by_pk(one.id).exec(&db).await.err().unwrap();
    assert_eq!((error.kind(), error.columns()), (ErrorKind::Encryption, vec!["note"]));
    assert!(Visit::find_one().filter(Visit::DAY.eq(2)).required(&db).await?.note.is_some());
    Ok(())
}

async fn a_value_of_another_column_is_refused(test: Test) -> Result<()> {
    let db = test.with::<Letter>().await?.with_keys(keys());
    let letter = Letter::create().body("dear").exec(&db).await?;
    assert_eq!(Renamed::find_by_pk(letter.id).required(&db).await?.text, "dear");
    let error = Elsewhere::find_by_pk(letter.id).exec(&db).await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Encryption);
    Ok(())
}

async fn plain_values_are_read_where_that_is_allowed(test: Test) -> Result<()> {
    let bare = test.with::<PlainLetter>().await?;
    PlainLetter::create().body(b"old".to_vec()).exec(&bare).await?;
    let db = bare.with_keys(keys());
    assert_eq!(Letter::find_one().required(&db).await?.body, "old");
    let error = Renamed::find_one().required(&db).await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Encryption);
    let mut letter = Letter::find_one().required(&db).await?;
    letter.update().body("new").exec(&db).await?;
    assert_eq!(Renamed::find_one().required(&db).await?.text, "new");
    Ok(())
}

async fn a_hidden_column_is_not_found_by_its_index(test: Test) -> Result<()> {
    let db = test.with::<Secret>().await?.with_keys(keys());
    let all = db.bypass("the test fills the table");
    Secret::create().email("ada@example.com".to_owned()).exec(&all).await?;
    let find = || Secret::count().filter(Secret::EMAIL.eq("ada@example.com"));
    assert_eq!(find().exec(&all).await?, 1);
    let clerk = db.as_viewer(Clerk);
    assert_eq!(find().exec(&clerk).await?, 0);
    assert_eq!(Secret::find_one().required(&clerk).await?.email, None);
    Ok(())
}

async fn equal_decimals_find_each_other(test: Test) -> Result<()> {
    let db = test.with::<Secret>().await?.with_keys(keys());
    let all = db.bypass("the test fills the table");
    let decimal = |text: &str| text.parse::<orm::rust_decimal::Decimal>().unwrap();
    Secret::create().price(decimal("1.00")).exec(&all).await?;
    assert_eq!(Secret::count().filter(Secret::PRICE.eq(decimal("1.0"))).exec(&all).await?, 1);
    assert!(Secret::create().price(decimal("1.001")).exec(&all).await.is_err());
    Ok(())
}

async fn random_bytes_are_not_distinct_values(test: Test) -> Result<()> {
    let db = ward(&test).await?;
    let error = Patient::find_all().select(Patient::NAME).distinct().exec(&db).await.unwrap_err();
    assert_eq!((error.kind(), error.columns()), (ErrorKind::Unsupported, vec!["name"]));
    Ok(())
}

async fn the_database_cannot_compute_with_the_column(test: Test) -> Result<()> {
    let db = ward(&test).await?;
    ada(&db).await?;
    let error = Patient::update().ssn(orm::raw::<String>("'x'", ())).all_rows().exec(&db).await.err().unwrap();
    assert_eq!((error.kind(), error.columns()), (ErrorKind::Unsupported, vec!["ssn"]));
    Ok(())
}

async fn nothing_shows_a_value(test: Test) -> Result<()> {
    let db = ward(&test).await?;
    let patient = ada(&db).await?;
    let shown = format!("{patient:?}");
    assert!(shown.contains("ward: 1") && !shown.contains("Ada") && !shown.contains("123-45"), "{shown}");
    let query = Patient::find_all().filter(Patient::SSN.eq("123-45"));
    let rendered = query.to_sql(db.dialect())?;
    assert!(!format!("{query:?} {rendered:?}").contains("123-45"));
    let create = Patient::create().ward(1).name("Secret").ssn("123-45");
    assert!(!format!("{create:?}").contains("Secret"));
    Ok(())
}

async fn what_the_model_declares_is_what_the_table_has(test: Test) -> Result<()> {
    let db = test.with::<Ward>().await?;
    let found = db.check::<Ward>().await?;
    assert!(found.is_empty(), "{found:?}");
    Ok(())
}

cases! {$ sealed:
    the_table_has_no_plain_value, rows_are_read_open, raw_sql_gives_models_open, related_rows_are_read_open,
    a_blind_index_finds_rows, the_index_follows_the_value, a_unique_blind_index_keeps_values_unique,
    many_rows_are_written_at_once, upserts_write_and_find, hooks_see_plain_values, rules_look_at_the_plain_value,
    without_keys_nothing_is_read_or_written, another_key_does_not_open_a_value,
    keys_rotate_and_old_values_are_read_and_found, values_are_sealed_with_the_current_key,
    a_newer_value_survives_a_rotation_beside_it, plain_values_are_sealed_where_they_are, a_changed_value_is_refused, a_value_of_another_column_is_refused,
    plain_values_are_read_where_that_is_allowed, the_database_cannot_compute_with_the_column, nothing_shows_a_value,
    what_the_model_declares_is_what_the_table_has, a_hidden_column_is_not_found_by_its_index,
    equal_decimals_find_each_other, random_bytes_are_not_distinct_values,
}
