//! Links of mails.

use std::time::Duration;

use orm::prelude::*;
use orm_auth::models::Token;
use orm_auth::{Error, MailToken, Secret};
use orm_tests::Test;

use crate::setup::{EMAIL, Member, PASSWORD, Result, World, done, is_denied, pending, settings};

const OTHER: &str = "another horse, another staple";

fn invalid<T>(answer: &Result<T>) -> bool {
    matches!(answer, Err(Error::InvalidToken))
}

pub(crate) async fn an_address_is_verified_by_its_link(test: Test) -> Result {
    let world = World::new(&test).await?;
    let mut ada = world.ada().await?;
    world.auth.send_verification(&ada, &world.client).await?;
    let first = world.mails.token();
    world.auth.send_verification(&ada, &world.client).await?;
    let link = world.mails.token();
    // One that was sent before, one of another purpose, one that nobody made.
    assert!(invalid(&world.auth.verify_email(&first, &world.client).await));
    assert!(invalid(&world.auth.reset_password(&link, &Secret::from(OTHER), &world.client).await));
    assert!(invalid(&world.auth.verify_email(&"A".repeat(43).parse()?, &world.client).await));
    assert_eq!(world.auth.verify_email(&link, &world.client).await?, ada.id);
    ada.reload(&world.db).await?;
    assert!(ada.email_verified_at.is_some());
    assert!(invalid(&world.auth.verify_email(&link, &world.client).await));
    // Of an address that the account has no more.
    world.auth.send_verification(&ada, &world.client).await?;
    let link = world.mails.token();
    ada.update().email("new@example.com").email_verified_at(None).exec(&world.db).await?;
    assert!(invalid(&world.auth.verify_email(&link, &world.client).await));
    world.auth.request_password_reset("new@example.com", &world.client).await?;
    let link = world.mails.token();
    ada.update().email(EMAIL).exec(&world.db).await?;
    assert!(invalid(&world.auth.reset_password(&link, &Secret::from(OTHER), &world.client).await));
    ada.reload(&world.db).await?;
    assert_eq!(ada.email_verified_at, None);
    Ok(())
}

pub(crate) async fn links_expire_to_the_second(test: Test) -> Result {
    let world = World::new(&test).await?;
    world.ada().await?;
    let link = async |after: u64| {
        world.auth.request_password_reset(EMAIL, &world.client).await?;
        let link = world.mails.token();
        world.clock.advance(Duration::from_secs(after));
        Ok::<MailToken, Error>(link)
    };
    let late = link(15 * 60).await?;
    assert!(invalid(&world.auth.reset_password(&late, &Secret::from(OTHER), &world.client).await));
    let good = link(15 * 60 - 1).await?;
    world.auth.reset_password(&good, &Secret::from(OTHER), &world.client).await?;
    done(world.sign_in(EMAIL, OTHER).await?);
    Ok(())
}

pub(crate) async fn a_reset_ends_sessions_and_keeps_the_second_factor(test: Test) -> Result {
    let world = World::new(&test).await?;
    world.ada().await?;
    let (added, app) = world.with_app().await?;
    let half_way = pending(world.sign_in(EMAIL, PASSWORD).await?);
    world.auth.request_password_reset(EMAIL, &world.client).await?;
    let link = world.mails.token();
    // A password that cannot be used leaves the link good.
    let short = world.auth.reset_password(&link, &Secret::from("short"), &world.client).await;
    assert!(matches!(short, Err(Error::Password(_))));
    world.auth.reset_password(&link, &Secret::from(OTHER), &world.client).await?;
    assert!(world.auth.authenticate(&added.signed_in.token).await?.is_none());
    let code = app.code(&world.clock);
    assert!(invalid(&world.auth.finish_with_code(&half_way, &code, &world.client).await));
    assert!(invalid(&world.auth.reset_password(&link, &Secret::from(OTHER), &world.client).await));
    assert!(is_denied(&world.sign_in(EMAIL, PASSWORD).await?));
    let token = pending(world.sign_in(EMAIL, OTHER).await?);
    done(world.auth.finish_with_code(&token, &code, &world.client).await?);
    Ok(())
}

pub(crate) async fn twenty_resets_by_one_link_at_once_are_one(test: Test) -> Result {
    let world = World::new(&test).await?;
    world.ada().await?;
    world.auth.request_password_reset(EMAIL, &world.client).await?;
    let link = world.mails.token();
    let resets = (0..20).map(|number| {
        let (auth, link, client) = (world.auth.clone(), link.clone(), world.client.clone());
        tokio::spawn(async move {
            auth.reset_password(&link, &Secret::from(format!("password number {number}")), &client).await
        })
    });
    let mut good = Vec::new();
    for (number, reset) in resets.collect::<Vec<_>>().into_iter().enumerate() {
        match reset.await.unwrap() {
            Ok(()) => good.push(number),
            Err(Error::InvalidToken) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(good.len(), 1);
    done(world.sign_in(EMAIL, &format!("password number {}", good[0])).await?);
    Ok(())
}

pub(crate) async fn requests_for_a_reset_tell_nothing(test: Test) -> Result {
    let mut slow = settings();
    slow.reset_answer_time = Duration::from_millis(300);
    let world = World::with(&test, slow).await?;
    let mut ada = world.ada().await?;
    for email in ["nobody@example.com", EMAIL] {
        let before = std::time::Instant::now();
        world.auth.request_password_reset(email, &world.client).await?;
        assert!(before.elapsed() >= Duration::from_millis(300));
    }
    assert_eq!(world.mails.take().len(), 1);
    ada.update().open(false).exec(&world.db).await?;
    world.auth.request_password_reset(EMAIL, &world.client).await?;
    assert!(world.mails.take().is_empty());
    assert_eq!(Token::<Member>::count().exec(&world.db).await?, 1);
    Ok(())
}
