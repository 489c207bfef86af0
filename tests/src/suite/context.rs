//! Facts of the caller's own types: which handles know them, and which do not.

use orm::driver::{BeginOptions, Session};
use orm::prelude::*;
use orm::{Result, Tx};

use crate::Test;
use crate::cases::cases;
use crate::models::people::Person;

#[derive(Debug, Clone, PartialEq)]
struct User(i64);
#[derive(Debug, PartialEq)]
struct Locale(&'static str);

async fn filled(test: &Test) -> Result<Database> {
    let db = test.with::<Person>().await?;
    for name in ["ada", "bob"] {
        Person::create().name(name).age(40).height(1.7).exec(&db).await?;
    }
    Ok(db)
}

/// What a session knows, and what each session that it opens knows.
async fn check_session(session: &dyn Session, user: Option<&User>) -> Result<()> {
    assert_eq!(session.context().get(), user);
    let pinned = session.pin().await?;
    assert_eq!(pinned.context().get(), user);
    let unit = pinned.begin(&BeginOptions::default()).await?;
    assert_eq!(unit.context().get(), user);
    let savepoint = unit.begin(&BeginOptions::default()).await?;
    let again = savepoint.pin().await?;
    assert_eq!((savepoint.context().get(), again.context().get()), (user, user));
    Ok(())
}

async fn a_handle_knows_what_it_was_given_and_its_origin_does_not(test: Test) -> Result<()> {
    let db = test.connect().await?;
    let ada = db.with(User(1)).with(Locale("en"));
    assert_eq!((ada.get::<User>(), ada.get::<Locale>()), (Some(&User(1)), Some(&Locale("en"))));
    assert_eq!((db.get::<User>(), ada.get::<String>()), (None, None));
    let bob = ada.with(User(2));
    assert_eq!((bob.get(), bob.get(), ada.get()), (Some(&User(2)), Some(&Locale("en")), Some(&User(1))));
    assert_eq!(bob.clone().context().get(), Some(&User(2)));
    Ok(())
}

async fn facts_survive_transactions_and_savepoints(test: Test) -> Result<()> {
    async fn user(db: &impl Executor) -> Option<User> {
        db.context().get().cloned()
    }
    let db = test.connect().await?.with(User(1));
    let nested = async |tx: &Transaction| {
        assert_eq!((tx.get(), user(tx).await), (Some(&User(1)), Some(User(1))));
        let inside = tx.transaction(async |savepoint| Ok(savepoint.get().cloned())).await?;
        assert_eq!(inside, Some(User(1)));
        let by_hand = tx.begin().await?;
        assert_eq!(by_hand.get(), Some(&User(1)));
        by_hand.commit().await
    };
    db.transaction(nested).await?;
    db.transaction_with(TransactionOptions::new().retries(1), nested).await?;
    let by_hand = db.begin().await?;
    nested(&by_hand).await?;
    by_hand.rollback().await
}

async fn facts_survive_the_sessions_of_statements(test: Test) -> Result<()> {
    let db = test.connect().await?;
    check_session(Executor::session(&db), None).await?;
    let db = db.with(User(1));
    check_session(Executor::session(&db), Some(&User(1))).await?;
    check_session(&*db.shared_session()?, Some(&User(1))).await?;
    db.transaction(async |tx| {
        check_session(tx.session(), Some(&User(1))).await?;
        check_session(&*tx.shared_session()?, Some(&User(1))).await
    })
    .await
}

async fn a_transaction_may_know_more_for_some_statements(test: Test) -> Result<()> {
    let db = filled(&test).await?.with(Locale("en"));
    db.transaction(async |tx| {
        let ada: Tx<'_> = tx.with(User(1));
        assert_eq!((ada.get(), ada.get(), tx.get::<User>()), (Some(&User(1)), Some(&Locale("en")), None));
        check_session(ada.session(), Some(&User(1))).await?;
        check_session(&*ada.shared_session()?, Some(&User(1))).await?;
        let bob = ada.with(User(2));
        check_session(bob.session(), Some(&User(2))).await?;
        Person::create().name("cy").age(7).height(1.0).exec(&ada).await?;
        assert_eq!((Person::count().exec(&bob).await?, Person::count().exec(tx).await?), (3, 3));
        Ok(())
    })
    .await?;
    assert_eq!(Person::count().exec(&db).await?, 3);
    Ok(())
}

async fn a_stream_on_such_a_transaction_can_be_dropped(test: Test) -> Result<()> {
    let db = filled(&test).await?;
    db.transaction(async |tx| {
        let tx = tx.with(User(1));
        let mut rows = Person::find_all().order_by(Person::ID).stream(&tx);
        assert_eq!(rows.next().await.unwrap()?.name, "ada");
        drop(rows);
        let mut rows = Person::find_all().order_by(Person::ID).stream(&tx);
        let mut names = Vec::new();
        while let Some(person) = rows.next().await {
            names.push(person?.name);
        }
        assert_eq!(names, ["ada", "bob"]);
        Ok(())
    })
    .await
}

async fn what_is_known_is_not_shown(test: Test) -> Result<()> {
    let db = test.connect().await?.with(Locale("secret"));
    let shown = db
        .transaction(async |tx| {
            let (context, tx) = (tx.context(), tx.with(User(1)));
            Ok(format!("{tx:?} {context:?}"))
        })
        .await?;
    assert_eq!(format!("{shown} {db:?}").find("secret"), None);
    Ok(())
}

cases! {$ context:
    a_handle_knows_what_it_was_given_and_its_origin_does_not, facts_survive_transactions_and_savepoints,
    facts_survive_the_sessions_of_statements, a_transaction_may_know_more_for_some_statements,
    a_stream_on_such_a_transaction_can_be_dropped, what_is_known_is_not_shown,
}
