//! Attempts that are slowed down.

use std::time::Duration;

use orm::prelude::*;
use orm_auth::models::Throttle;
use orm_auth::{Client, Error, Secret, Settings, SignIn};
use orm_tests::Test;

use crate::setup::{EMAIL, Member, PASSWORD, Result, World, done, is_denied, settings};

/// How long to wait, in seconds; `None` for an attempt that was taken.
#[track_caller]
fn wait(answer: &SignIn<Member>) -> Option<u64> {
    match answer {
        SignIn::Throttled { retry_after } => Some(retry_after.as_secs_f64().ceil() as u64),
        SignIn::Denied => None,
        other => panic!("{other:?}"),
    }
}

fn three() -> Settings {
    let mut settings = settings();
    settings.account_throttle.free = 3;
    settings.account_throttle.most = Duration::from_secs(4);
    settings
}

pub(crate) async fn attempts_are_slowed_down_and_forgotten(test: Test) -> Result {
    let world = World::with(&test, three()).await?;
    world.ada().await?;
    let fail = async || Ok::<_, Error>(wait(&world.sign_in(EMAIL, "wrong").await?));
    for _ in 0..3 {
        assert_eq!(fail().await?, None);
    }
    for seconds in [1, 2, 4, 4, 4] {
        // The right password is not taken either.
        assert_eq!(wait(&world.sign_in(EMAIL, PASSWORD).await?), Some(seconds));
        world.clock.advance(Duration::from_secs(seconds) - Duration::from_millis(1));
        assert_eq!(fail().await?, Some(1));
        world.clock.advance(Duration::from_millis(1));
        assert_eq!(fail().await?, None);
    }
    // Success begins anew.
    world.clock.advance(Duration::from_secs(4));
    done(world.sign_in(EMAIL, PASSWORD).await?);
    for _ in 0..3 {
        assert_eq!(fail().await?, None);
    }
    assert_eq!(fail().await?, Some(1));
    // So does a day without attempts.
    world.clock.advance(Duration::from_secs(24 * 3600 + 1));
    for _ in 0..3 {
        assert_eq!(fail().await?, None);
    }
    assert_eq!(fail().await?, Some(1));
    // A throttle outlives the program, and an account's is not another's.
    let again = world.again(three())?;
    assert!(wait(&again.sign_in(EMAIL, &Secret::from("wrong"), &world.client).await?).is_some());
    assert!(is_denied(&world.sign_in("bob@example.com", "wrong").await?));
    // A new password is a fresh start for its owner.
    world.auth.request_password_reset(EMAIL, &world.client).await?;
    let new = Secret::from("another horse, another staple");
    world.auth.reset_password(&world.mails.token(), &new, &world.client).await?;
    done(world.auth.sign_in(EMAIL, &new, &world.client).await?);
    Ok(())
}

pub(crate) async fn attempts_at_once_are_counted_one_by_one(test: Test) -> Result {
    let world = World::with(&test, three()).await?;
    world.ada().await?;
    let attempts = (0..40).map(|_| {
        let (auth, client) = (world.auth.clone(), world.client.clone());
        tokio::spawn(async move { auth.sign_in(EMAIL, &Secret::from("wrong"), &client).await })
    });
    let mut taken = 0;
    for attempt in attempts.collect::<Vec<_>>() {
        if wait(&attempt.await.unwrap()?).is_none() {
            taken += 1;
        }
    }
    assert_eq!(taken, 3);
    Ok(())
}

pub(crate) async fn addresses_are_counted_over_all_accounts(test: Test) -> Result {
    let mut limits = settings();
    limits.address_throttle.free = 4;
    let world = World::with(&test, limits).await?;
    world.ada().await?;
    for number in 0..3 {
        assert!(is_denied(&world.sign_in(&format!("user{number}@example.com"), "wrong").await?));
    }
    // A success is no failure, and takes back none.
    for _ in 0..3 {
        done(world.sign_in(EMAIL, PASSWORD).await?);
        world.clock.advance(Duration::from_secs(2));
    }
    assert!(is_denied(&world.sign_in("user4@example.com", "wrong").await?));
    assert!(wait(&world.sign_in("user5@example.com", "wrong").await?).is_some());
    let elsewhere = Client::at("198.51.100.1".parse().unwrap());
    done(world.auth.sign_in(EMAIL, &Secret::from(PASSWORD), &elsewhere).await?);
    done(world.auth.sign_in(EMAIL, &Secret::from(PASSWORD), &Client::unknown()).await?);
    Ok(())
}

pub(crate) async fn limits_without_end_are_kept(test: Test) -> Result {
    let mut limits = settings();
    limits.account_throttle.free = 1;
    limits.account_throttle.first = Duration::MAX;
    limits.account_throttle.most = Duration::MAX;
    limits.account_throttle.forgotten_after = Duration::MAX;
    limits.session_lifetime = Duration::MAX;
    let world = World::with(&test, limits).await?;
    world.ada().await?;
    let client = Client::unknown().with_user_agent("\u{1f600} \0\n\"");
    let signed_in = done(world.auth.sign_in(EMAIL, &Secret::from(PASSWORD), &client).await?);
    world.clock.advance(Duration::from_secs(1000 * 365 * 24 * 3600));
    assert!(world.auth.authenticate(&signed_in.token).await?.is_some());
    assert_eq!(wait(&world.sign_in(EMAIL, "wrong").await?), None);
    assert!(wait(&world.sign_in(EMAIL, PASSWORD).await?).is_some());
    Ok(())
}

pub(crate) async fn unknown_accounts_are_throttled_as_others_are(test: Test) -> Result {
    let world = World::with(&test, three()).await?;
    world.ada().await?;
    let mut answers = Vec::new();
    for email in [EMAIL, "nobody@example.com"] {
        let mut waits = Vec::new();
        for _ in 0..5 {
            waits.push(wait(&world.sign_in(email, "wrong").await?));
        }
        answers.push(waits);
    }
    assert_eq!(answers[0], [None, None, None, Some(1), Some(1)]);
    assert_eq!(answers[0], answers[1]);
    // The table has no address in it, of an account or of none.
    let buckets = Throttle::<Member>::find_all().select(Throttle::<Member>::BUCKET).exec(&world.db).await?;
    assert!(buckets.iter().all(|bucket| !bucket.contains('@') && !bucket.contains("192.0")), "{buckets:?}");
    Ok(())
}
