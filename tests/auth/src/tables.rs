//! The tables of the services.

use std::time::Duration;

use orm::prelude::*;
use orm_auth::models::{Event, EventKind, Password, RecoveryCode, Session, Throttle, Token, Totp};
use orm_auth::{Auth, Client, Secret, Tables};
use orm_tests::Test;

use crate::setup::{App, EMAIL, Guest, Member, PASSWORD, Result, World, done, is_denied, keys, pending, settings};

pub(crate) async fn tables_are_as_the_models_say(test: Test) -> Result {
    let world = World::new(&test).await?;
    assert_eq!(world.db.check::<(Member, Tables<Member>)>().await?, []);
    Ok(())
}

/// All that the tables have, as text.
async fn everything(db: &Database) -> Result<String> {
    let mut found = String::new();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    for table in ["auth_sessions", "auth_tokens"] {
        let sql = format!("SELECT token_hash FROM {table}");
        for (hash,) in db.query::<(Vec<u8>,)>(sql, ()).await? {
            assert_eq!(hash.len(), 32);
            found += &(data_encoding::BASE64URL_NOPAD.encode(&hash) + &text(&hash));
        }
    }
    for (secret,) in db.query::<(Vec<u8>,)>("SELECT secret FROM auth_totps", ()).await? {
        found += &(data_encoding::BASE32_NOPAD.encode(&secret) + &text(&secret));
    }
    for (code,) in db.query::<(Vec<u8>,)>("SELECT code_hash FROM auth_recovery_codes", ()).await? {
        found += &(data_encoding::BASE32_NOPAD.encode(&code).to_lowercase() + &text(&code));
    }
    for (hash,) in db.query::<(String,)>("SELECT hash FROM auth_passwords", ()).await? {
        found += &hash;
    }
    Ok(found)
}

pub(crate) async fn nothing_in_the_tables_is_good_for_anybody(test: Test) -> Result {
    let world = World::new(&test).await?;
    world.ada().await?;
    let signed_in = world.signed_in().await?;
    let recent = world.auth.recent(&signed_in.session).await?;
    let setup = world.auth.begin_totp(&recent).await?;
    let app = App::new(&setup);
    let added = world.auth.confirm_totp(&recent, &app.code(&world.clock), &world.client).await?;
    let waiting = pending(world.sign_in(EMAIL, PASSWORD).await?);
    world.mails.take();
    world.auth.request_password_reset(EMAIL, &world.client).await?;
    let link = world.mails.token();
    let found = everything(&world.db).await?;
    assert!(!found.is_empty());
    let codes: Vec<String> = added.recovery_codes.reveal().map(|code| code.replace('-', "")).collect();
    let secrets = [added.signed_in.token.reveal(), waiting.reveal(), link.reveal(), setup.secret(), PASSWORD];
    for secret in secrets.into_iter().chain(codes.iter().map(String::as_str)) {
        assert!(!found.contains(secret));
    }
    // Nor is what is there shown by what is read.
    let rows = (
        Session::<Member>::find_all().exec(&world.db).await?,
        Token::<Member>::find_all().exec(&world.db).await?,
        Totp::<Member>::find_all().exec(&world.db).await?,
        RecoveryCode::<Member>::find_all().exec(&world.db).await?,
        Password::<Member>::find_all().exec(&world.db).await?,
    );
    let shown = format!("{rows:?} {added:?} {:?}", world.auth);
    assert!(
        !shown.contains("argon2id$") && shown.contains("StoredHash(..)") && shown.contains("Sealed(..)"),
        "{shown}"
    );
    Ok(())
}

pub(crate) async fn rows_go_with_their_account_and_events_stay(test: Test) -> Result {
    let world = World::new(&test).await?;
    let ada = world.ada().await?;
    world.with_app().await?;
    pending(world.sign_in(EMAIL, PASSWORD).await?);
    ada.destroy().exec(&world.db).await?;
    let db = &world.db;
    let left = [
        Password::<Member>::count().exec(db).await?,
        Session::<Member>::count().exec(db).await?,
        Token::<Member>::count().exec(db).await?,
        Totp::<Member>::count().exec(db).await?,
        RecoveryCode::<Member>::count().exec(db).await?,
    ];
    assert_eq!(left, [0; 5]);
    let events = Event::<Member>::find_all().exec(db).await?;
    assert!(events.len() >= 2 && events.iter().all(|event| event.account_id.is_none()));
    Ok(())
}

pub(crate) async fn keys_of_accounts_are_of_any_type(test: Test) -> Result {
    let db = test.with::<(Guest, Tables<Guest>)>().await?;
    assert_eq!(db.check::<(Guest, Tables<Guest>)>().await?, []);
    let clock = orm_auth::ManualClock::at(Utc::now());
    let mails = crate::setup::Mails::default();
    let auth: Auth<Guest> = Auth::build(&db, settings(), keys(), mails).clock(clock.clone()).finish()?;
    let password = auth.new_password(EMAIL, &Secret::from(PASSWORD)).await?;
    db.try_transaction(async |tx| {
        let guest = Guest::create().email(EMAIL).exec(tx).await?;
        auth.store_password(tx, guest.id, password).await
    })
    .await?;
    let (client, password) = (Client::unknown(), Secret::from(PASSWORD));
    let signed_in = done(auth.sign_in(EMAIL, &password, &client).await?);
    let recent = auth.recent(&signed_in.session).await?;
    let app = App::new(&auth.begin_totp(&recent).await?);
    auth.confirm_totp(&recent, &app.code(&clock), &client).await?;
    clock.advance(Duration::from_secs(30));
    let token = pending(auth.sign_in(EMAIL, &password, &client).await?);
    let signed_in = done(auth.finish_with_code(&token, &app.code(&clock), &client).await?);
    assert_eq!(auth.authenticate(&signed_in.token).await?.unwrap().account().email, EMAIL);
    assert!(is_denied(&auth.sign_in(EMAIL, &Secret::from("wrong"), &client).await?));
    Ok(())
}

pub(crate) async fn what_has_expired_is_purged(test: Test) -> Result {
    let world = World::new(&test).await?;
    world.ada().await?;
    world.signed_in().await?;
    let _ = world.sign_in("nobody@example.com", "wrong").await?;
    world.auth.request_password_reset(EMAIL, &world.client).await?;
    let year = Duration::from_secs(365 * 24 * 3600);
    assert_eq!(world.auth.purge(year).await?, 0);
    world.clock.advance(Duration::from_secs(14 * 24 * 3600));
    let lasting = world.signed_in().await?;
    // A session, a token; what was counted of nobody, of the reset, and of the address, which has a new attempt taken back.
    assert!(world.auth.purge(year).await? >= 4);
    assert_eq!(
        (Session::<Member>::count().exec(&world.db).await?, Token::<Member>::count().exec(&world.db).await?),
        (1, 0)
    );
    assert!(Throttle::<Member>::count().exec(&world.db).await? <= 1);
    assert!(world.auth.authenticate(&lasting.token).await?.is_some());
    let events = Event::<Member>::count().exec(&world.db).await?;
    assert!(events >= 4);
    assert_eq!(world.auth.purge(Duration::from_secs(3600)).await?, events - 1);
    Ok(())
}

pub(crate) async fn events_are_recorded(test: Test) -> Result {
    let world = World::new(&test).await?;
    let ada = world.ada().await?;
    let _ = world.sign_in("nobody@example.com", "wrong").await?;
    let _ = world.sign_in(EMAIL, "wrong").await?;
    let signed_in = world.signed_in().await?;
    world.auth.sign_out(signed_in.session, &world.client).await?;
    let events = Event::<Member>::find_all().order_by(Event::<Member>::ID).exec(&world.db).await?;
    let seen: Vec<(EventKind, Option<i64>)> = events.iter().map(|event| (event.kind, event.account_id)).collect();
    let id = Some(ada.id);
    assert_eq!(
        seen,
        [
            (EventKind::SignInDenied, None),
            (EventKind::SignInDenied, id),
            (EventKind::SignedIn, id),
            (EventKind::SignedOut, id)
        ]
    );
    let client = |event: &Event<Member>| (event.address.clone(), event.user_agent.clone());
    let expected = (Some("192.0.2.7".to_owned()), Some("Test/1.0".to_owned()));
    assert!(events.iter().all(|event| client(event) == expected));
    Ok(())
}

pub(crate) async fn tables_as_data_are_those_of_the_models(_test: Test) -> Result {
    use orm::SqlType;
    use orm::query::ModelList;
    use orm::schema::{Column, from_models};
    let of_members = from_models(&<Tables<Member>>::defs())?;
    assert_eq!(orm_auth::schema(&"members".into(), &Column::new("id", SqlType::I64))?, of_members);
    let of_guests = from_models(&<Tables<Guest>>::defs())?;
    assert_eq!(orm_auth::schema(&"guests".into(), &Column::new("id", SqlType::Uuid))?, of_guests);
    Ok(())
}
