//! Rules: what they find on every way of writing, and that nothing is written then. Normalisers.

use orm::prelude::*;
use orm::rust_decimal::Decimal;
use orm::{Result, Violations};

use crate::Test;
use crate::cases::cases;
use crate::models::accounts::{Account, Accounts, Card, Club, Membership};

async fn ada(db: &Database) -> Result<Account> {
    Account::create().email("ada@example.com").name("Ada").exec(db).await
}

/// What was found: paths and rules.
#[track_caller]
fn found<T: std::fmt::Debug>(result: Result<T>) -> Vec<(String, String)> {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Validation, "{error}");
    let violations: &Violations = error.violations().unwrap();
    assert_eq!(error.message(), violations.to_string());
    violations.iter().map(|violation| (violation.path().to_owned(), violation.rule().to_owned())).collect()
}

#[track_caller]
fn finds<T: std::fmt::Debug>(result: Result<T>, expected: &[(&str, &str)]) {
    let found = found(result);
    assert_eq!(found.iter().map(|(path, rule)| (path.as_str(), rule.as_str())).collect::<Vec<_>>(), expected);
}

async fn all_that_is_wrong_with_a_new_row_is_one_error(test: Test) -> Result<()> {
    let db = test.with::<Accounts>().await?;
    let log = db.watch();
    let error = Account::create().email("ada").name("Ada 1").age(151).nick("LONGER").role("owner").exec(&db).await;
    let error = error.unwrap_err();
    assert_eq!(log.count(), 0);
    assert_eq!((error.kind(), error.model()), (ErrorKind::Validation, Some("Account")));
    let said = [
        "`email` must be an e-mail address",
        "`name` must have no digits",
        "`age` must be at least 0 and at most 150",
        "`nick` must have at most 5 characters",
        "`nick` must be lower-case",
        "`role` must be one of `member`, `admin`",
    ];
    assert_eq!(error.to_string(), format!("not valid in model `Account`: {}", said.join("; ")));
    let violations = error.violations().unwrap();
    assert_eq!((violations.len(), violations.at("nick").count()), (6, 2));
    // Said once, though the violations are the error's cause.
    assert_eq!(format!("{error:?}"), error.to_string());
    Ok(())
}

/// Something with a price.
#[derive(Debug, Clone, Model)]
#[orm(table = "priced")]
struct Priced {
    #[orm(primary_key)]
    id: i64,
    #[orm(precision(8, 2), validate(range(min = Decimal::new(1, 2))))]
    price: Decimal,
}

async fn text_that_is_no_value_of_the_column_is_found_and_asked_no_rule(test: Test) -> Result<()> {
    let db = test.with::<Priced>().await?;
    let mut row = Priced::create().price("0.01").exec(&db).await?;
    finds(Priced::create().price("0").exec(&db).await, &[("price", "range")]);
    finds(Priced::create().price("a lot").exec(&db).await, &[("price", "type")]);
    finds(row.update().price("a lot").exec(&db).await, &[("price", "type")]);
    finds(Priced::update().price("a lot").all_rows().exec(&db).await, &[("price", "type")]);
    Ok(())
}

async fn violations_are_json(test: Test) -> Result<()> {
    let db = test.with::<Accounts>().await?;
    let error = Account::create().email("ada@example.com").name("x").age(-1).exec(&db).await.unwrap_err();
    let json = serde_json::to_value(error.violations().unwrap()).unwrap();
    let expected = serde_json::json!([
        {"path": "name", "rule": "length", "message": "is no name", "params": {"min": 2, "max": 20}},
        {"path": "age", "rule": "range", "message": "must be at least 0 and at most 150", "params": {"min": 0, "max": 150}},
    ]);
    assert_eq!(json, expected);
    Ok(())
}

async fn values_from_defaults_and_null_keep_the_rules(test: Test) -> Result<()> {
    let db = test.with::<Accounts>().await?;
    let account = ada(&db).await?;
    assert_eq!((account.age, account.role.as_str(), account.nick), (18, "member", None));
    Ok(())
}

async fn what_a_column_does_not_take_is_found_with_the_rest(test: Test) -> Result<()> {
    let db = test.with::<Accounts>().await?;
    let long = format!("{}@example.com", "a".repeat(60));
    finds(Account::create().email(long).name("Ada 1").exec(&db).await, &[("email", "length"), ("name", "no_digits")]);
    let mut draft = Account::draft();
    draft = draft.name("Ada 1");
    finds(draft.exec(&db).await, &[("email", "required"), ("name", "no_digits")]);
    Ok(())
}

async fn rules_hold_for_whole_structs_and_drafts(test: Test) -> Result<()> {
    let db = test.with::<Accounts>().await?;
    let mut account = ada(&db).await?;
    (account.id, account.email) = (0, "bob".into());
    finds(Account::insert(account).exec(&db).await, &[("email", "email")]);
    finds(Account::draft().email("x").name("Ada").exec(&db).await, &[("email", "email")]);
    Ok(())
}

async fn rules_hold_for_changes_of_one_row(test: Test) -> Result<()> {
    let db = test.with::<Accounts>().await?;
    let mut account = ada(&db).await?;
    finds(account.update().email("x").age(200).exec(&db).await, &[("email", "email"), ("age", "range")]);
    account.age = 151;
    finds(account.save(&db).await, &[("age", "range")]);
    let mut tracked = orm::Tracked::new(ada_again(&db).await?);
    tracked.nick = Some("UP".into());
    finds(tracked.save(&db).await, &[("nick", "lowercase")]);
    assert_eq!((ada_again(&db).await?.age, ada_again(&db).await?.nick), (18, None));
    // What is not written is not looked at.
    db.without_validation().transaction(async |tx| account.update().age(300).exec(tx).await).await?;
    account.update().name("Ada L.").exec(&db).await?;
    assert_eq!(ada_again(&db).await?.age, 300);
    Ok(())
}

async fn ada_again(db: &Database) -> Result<Account> {
    Account::find_one().filter(Account::EMAIL.eq("ada@example.com")).required(db).await
}

async fn constants_of_many_rows_keep_the_rules(test: Test) -> Result<()> {
    let db = test.with::<Accounts>().await?;
    ada(&db).await?;
    let update = Account::update().age(200).name("x").all_rows();
    finds(update.exec(&db).await, &[("age", "range"), ("name", "length")]);
    assert_eq!(Account::update().age(Account::AGE + 200).all_rows().exec(&db).await?, 1);
    let account = ada_again(&db).await?;
    assert_eq!((account.age, account.name.as_str()), (218, "Ada"));
    let mut account = account;
    finds(account.update().age(Account::AGE - 1).nick("UP").exec(&db).await, &[("nick", "lowercase")]);
    Ok(())
}

async fn many_new_rows_are_all_looked_at_before_one_is_written(test: Test) -> Result<()> {
    let db = test.with::<Accounts>().await?;
    let rows = ["ada@example.com", "bob", "cy@example.com", "dee"];
    let rows = rows.map(|email| Account::create().email(email).name("Some"));
    let log = db.watch();
    finds(Account::bulk_create(rows.clone()).exec(&db).await, &[("[1].email", "email"), ("[3].email", "email")]);
    finds(
        Account::bulk_create(rows).on_conflict(Account::EMAIL).update_all().exec(&db).await,
        &[("[1].email", "email"), ("[3].email", "email")],
    );
    assert_eq!(log.count(), 0);
    Ok(())
}

async fn upserts_keep_the_rules(test: Test) -> Result<()> {
    let db = test.with::<Accounts>().await?;
    let row = |age| Account::create().email("ada@example.com").name("Ada").age(age);
    finds(Account::upsert(row(200)).exec(&db).await, &[("age", "range")]);
    assert!(Account::upsert(row(20)).exec(&db).await?.1);
    finds(Account::upsert(row(200)).exec(&db).await, &[("age", "range")]);
    let missing = Account::find_or_create().filter(Account::EMAIL.eq("bob"));
    finds(missing.defaults(Account::draft().name("Bob")).exec(&db).await, &[("email", "email")]);
    assert_eq!((Account::count().exec(&db).await?, ada_again(&db).await?.age), (1, 20));
    Ok(())
}

async fn rows_created_together_are_all_looked_at_before_one_is_written(test: Test) -> Result<()> {
    let db = test.with::<Accounts>().await?;
    let log = db.watch();
    let row = Account::create()
        .email("ada")
        .name("Ada")
        .with_cards(|new| [new.create().number("4111 1111 1111 1111"), new.create().number("1")]);
    finds(row.clone().exec(&db).await, &[("email", "email"), ("cards[1].number", "credit_card")]);
    let rows = [Account::create().email("bob@example.com").name("Bob"), row];
    finds(
        Account::bulk_create(rows).exec(&db).await,
        &[("[1].email", "email"), ("[1].cards[1].number", "credit_card")],
    );
    let card = Card::create().number("1").with_account(Account::create().email("ada").name("Ada"));
    finds(card.exec(&db).await, &[("number", "credit_card"), ("account.email", "email")]);
    assert_eq!(log.count(), 0);
    Ok(())
}

async fn join_rows_keep_their_rules(test: Test) -> Result<()> {
    let db = test.with::<Accounts>().await?;
    let (account, club) = (ada(&db).await?, Club::create().name("c").exec(&db).await?);
    finds(account.clubs().with(Membership::LEVEL, 9).add(&club).exec(&db).await, &[("[0].level", "range")]);
    let created = account.clubs().with(Membership::LEVEL, 9).create().name("d").exec(&db).await;
    finds(created, &[("level", "range")]);
    assert_eq!((Club::count().exec(&db).await?, Membership::count().exec(&db).await?), (1, 0));
    account.clubs().with(Membership::LEVEL, 5).add(&club).exec(&db).await?;
    Ok(())
}

async fn rules_hold_for_some_operations_and_some_rows(test: Test) -> Result<()> {
    let db = test.with::<Accounts>().await?;
    let account = || Account::create().email("ada@example.com").name("Ada");
    finds(account().password(" ").exec(&db).await, &[("password", "not_empty")]);
    finds(account().role("admin").password("short").exec(&db).await, &[("password", "is_long")]);
    let mut ada = account().password("short").exec(&db).await?;
    ada.update().password(" ").exec(&db).await?;
    finds(ada.update().role("admin").password("short").exec(&db).await, &[("password", "is_long")]);
    Ok(())
}

async fn a_row_is_looked_at_as_a_whole(test: Test) -> Result<()> {
    let db = test.with::<Accounts>().await?;
    let same = Account::create().email("a@example.com").name("a@example.com");
    finds(same.exec(&db).await, &[("name", "differs")]);
    let mut account = Account::create().email("a@example.com").name("Ada").exec(&db).await?;
    finds(account.update().name("a@example.com").exec(&db).await, &[("name", "differs")]);
    account.name = "a@example.com".into();
    finds(account.save(&db).await, &[("name", "differs")]);
    Ok(())
}

async fn removing_and_restoring_a_row_asks_no_rule(test: Test) -> Result<()> {
    let db = test.with::<Accounts>().await?;
    let wrong = Account::create().email("a@b.example").name("a@b.example").age(999);
    let mut wrong = wrong.exec(&db.without_validation()).await?;
    wrong.destroy().exec(&db).await?;
    wrong.restore(&db).await?;
    Account::destroy().all_rows().exec(&db).await?;
    assert_eq!(Account::restore().all_rows().exec(&db).await?, 1);
    assert_eq!(wrong.destroy().force().exec(&db).await.map_err(|error| error.kind()), Ok(()));
    Ok(())
}

async fn normalisers_change_what_is_written_and_what_is_compared(test: Test) -> Result<()> {
    let db = test.with::<Accounts>().await?;
    let mut account = Account::create().email(" ADA@Example.com ").name(" Ada \t L. ").exec(&db).await?;
    assert_eq!((account.email.as_str(), account.name.as_str()), ("ada@example.com", "Ada L."));
    account.update().email("ADA@EXAMPLE.ORG").exec(&db).await?;
    assert_eq!(account.email, "ada@example.org");
    Account::update().name("  A   B ").all_rows().exec(&db).await?;
    assert_eq!(Account::find_by_pk(account.id).required(&db).await?.name, "A B");
    for _ in 0..2 {
        // Also where the text of the query is kept.
        assert!(Account::find_one().filter(Account::EMAIL.eq(" Ada@example.ORG")).exec(&db).await?.is_some());
        assert!(Account::find_one().filter(Account::EMAIL.between("ADA", "ADB")).exec(&db).await?.is_some());
    }
    let among = Account::EMAIL.in_(["x@example.com", "ADA@example.org "]);
    assert_eq!(Account::count().filter(among.clone()).exec(&db).await?, 1);
    assert_eq!(Account::count().filter(!among).exec(&db).await?, 0);
    let (found, created) = Account::find_or_create()
        .filter(Account::EMAIL.eq("ADA@example.org"))
        .defaults(Account::create().email(" ada@EXAMPLE.org").name("Other"))
        .exec(&db)
        .await?;
    assert_eq!((found.id, created), (account.id, false));
    let row = Account::create().email("ADA@EXAMPLE.org").name("Upsert");
    let (same, created) = Account::upsert(row.clone()).exec(&db).await?;
    assert_eq!((same.id, same.name.as_str(), created), (account.id, "Upsert", false));
    Account::bulk_create([row]).on_conflict(Account::EMAIL).update_all().exec(&db).await?;
    assert_eq!(Account::count().exec(&db).await?, 1);
    // Before the length is looked at.
    let padded = format!("{}bob@example.com", " ".repeat(60));
    assert_eq!(Account::create().email(padded).name("Bob").exec(&db).await?.email, "bob@example.com");
    Ok(())
}

cases! {$ validation:
    all_that_is_wrong_with_a_new_row_is_one_error, text_that_is_no_value_of_the_column_is_found_and_asked_no_rule,
    violations_are_json, values_from_defaults_and_null_keep_the_rules,
    what_a_column_does_not_take_is_found_with_the_rest, rules_hold_for_whole_structs_and_drafts,
    rules_hold_for_changes_of_one_row, constants_of_many_rows_keep_the_rules,
    many_new_rows_are_all_looked_at_before_one_is_written, upserts_keep_the_rules,
    rows_created_together_are_all_looked_at_before_one_is_written, join_rows_keep_their_rules,
    rules_hold_for_some_operations_and_some_rows, a_row_is_looked_at_as_a_whole,
    removing_and_restoring_a_row_asks_no_rule, normalisers_change_what_is_written_and_what_is_compared,
}
