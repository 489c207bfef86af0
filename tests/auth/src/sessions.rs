//! Sessions.

use std::time::Duration;

use orm::prelude::*;
use orm_auth::{Client, Error, Level, Secret, SessionToken, SignIn};
use orm_tests::Test;

use crate::setup::{EMAIL, Member, PASSWORD, Result, World, done, is_denied, settings};

const SECOND: Duration = Duration::from_secs(1);

pub(crate) async fn a_session_lasts_as_long_as_it_should(test: Test) -> Result {
    let mut limits = settings();
    limits.session_lifetime = Duration::from_secs(1000);
    limits.session_idle = Some(Duration::from_secs(300));
    let world = World::with(&test, limits).await?;
    world.ada().await?;
    let signed_in = world.signed_in().await?;
    let lasts = async || Ok::<_, Error>(world.auth.authenticate(&signed_in.token).await?.is_some());
    for _ in 0..3 {
        world.clock.advance(Duration::from_secs(299));
        assert!(lasts().await?);
    }
    world.clock.advance(Duration::from_secs(102));
    assert!(lasts().await?);
    world.clock.advance(SECOND);
    assert!(!lasts().await?, "to the second");
    // Idle.
    let signed_in = world.signed_in().await?;
    world.clock.advance(Duration::from_secs(300));
    assert!(world.auth.authenticate(&signed_in.token).await?.is_none());
    // What nobody made.
    let other: SessionToken = "A".repeat(43).parse()?;
    assert!(world.auth.authenticate(&other).await?.is_none());
    Ok(())
}

pub(crate) async fn sessions_are_listed_and_revoked(test: Test) -> Result {
    let world = World::new(&test).await?;
    world.ada().await?;
    world.member("bob@example.com", PASSWORD).await?;
    let one = world.signed_in().await?;
    world.clock.advance(SECOND);
    let elsewhere = Client::at("2001:db8::1".parse().unwrap()).with_user_agent("Phone");
    let two = done(world.auth.sign_in(EMAIL, &Secret::from(PASSWORD), &elsewhere).await?);
    let three = world.signed_in().await?;
    let bob = done(world.sign_in("bob@example.com", PASSWORD).await?);
    let listed = world.auth.sessions(&one.session).await?;
    let ids: Vec<i64> = listed.iter().map(|session| session.id).collect();
    assert_eq!(ids, [three.session.id(), two.session.id(), one.session.id()]);
    assert_eq!(listed[1].address.as_deref(), Some("2001:db8::1"));
    assert_eq!(listed[1].user_agent.as_deref(), Some("Phone"));
    // Those of others are not one's own.
    assert!(!world.auth.revoke_session(&one.session, bob.session.id(), &world.client).await?);
    assert!(world.auth.revoke_session(&one.session, two.session.id(), &world.client).await?);
    assert!(!world.auth.revoke_session(&one.session, two.session.id(), &world.client).await?);
    assert!(world.auth.authenticate(&two.token).await?.is_none());
    assert_eq!(world.auth.revoke_other_sessions(&one.session, &world.client).await?, 1);
    assert!(world.auth.authenticate(&three.token).await?.is_none());
    assert!(world.auth.authenticate(&one.token).await?.is_some());
    world.auth.sign_out(one.session, &world.client).await?;
    assert!(world.auth.authenticate(&one.token).await?.is_none());
    world.auth.end_all_sessions(bob.session.account().id, &world.client).await?;
    assert!(world.auth.authenticate(&bob.token).await?.is_none());
    Ok(())
}

pub(crate) async fn an_account_that_may_not_sign_in_has_no_session(test: Test) -> Result {
    let world = World::new(&test).await?;
    let mut ada = world.ada().await?;
    let signed_in = world.signed_in().await?;
    ada.update().open(false).exec(&world.db).await?;
    assert!(world.auth.authenticate(&signed_in.token).await?.is_none());
    ada.update().open(true).exec(&world.db).await?;
    assert!(world.auth.authenticate(&signed_in.token).await?.is_some());
    Member::destroy().all_rows().exec(&world.db).await?;
    assert!(world.auth.authenticate(&signed_in.token).await?.is_none());
    Ok(())
}

pub(crate) async fn a_proof_grows_old_and_is_given_again(test: Test) -> Result {
    let world = World::new(&test).await?;
    world.ada().await?;
    let signed_in = world.signed_in().await?;
    let minute = Duration::from_secs(60);
    world.auth.require(&signed_in.session, Level::Aal1, minute)?;
    let above = world.auth.require(&signed_in.session, Level::Aal2, minute).unwrap_err();
    assert!(matches!(above, Error::StepUpNeeded { level: Level::Aal2 }));
    world.clock.advance(minute - SECOND);
    world.auth.require(&signed_in.session, Level::Aal1, minute)?;
    world.clock.advance(SECOND);
    assert!(world.auth.require(&signed_in.session, Level::Aal1, minute).is_err());
    let wrong = world.auth.step_up_with_password(&signed_in.session, &Secret::from("wrong"), &world.client).await?;
    assert!(is_denied(&wrong));
    assert!(world.auth.authenticate(&signed_in.token).await?.is_some());
    let again = world.auth.step_up_with_password(&signed_in.session, &Secret::from(PASSWORD), &world.client).await?;
    let again = done(again);
    assert_eq!(again.session.id(), signed_in.session.id());
    world.auth.require(&again.session, Level::Aal1, minute)?;
    // The token from before is good no more.
    assert!(world.auth.authenticate(&signed_in.token).await?.is_none());
    assert!(world.auth.authenticate(&again.token).await?.is_some());
    // A session that has ended is not brought back.
    let late = again.session.clone();
    world.auth.sign_out(again.session, &world.client).await?;
    let ended = world.auth.step_up_with_password(&late, &Secret::from(PASSWORD), &world.client).await;
    assert!(matches!(ended, Err(Error::SessionEnded)), "{ended:?}");
    // Nor by an account that has taken the address over.
    let now = world.signed_in().await?;
    Member::update().email("old@example.com").filter(Member::EMAIL.eq(EMAIL)).exec(&world.db).await?;
    world.member(EMAIL, PASSWORD).await?;
    let other = world.auth.step_up_with_password(&now.session, &Secret::from(PASSWORD), &world.client).await?;
    assert!(is_denied(&other));
    Ok(())
}

pub(crate) async fn futures_may_go_to_other_threads(test: Test) -> Result {
    let world = World::new(&test).await?;
    world.ada().await?;
    let (auth, client) = (world.auth.clone(), world.client.clone());
    let task = tokio::spawn(async move {
        let signed_in = done(auth.sign_in(EMAIL, &Secret::from(PASSWORD), &client).await?);
        let recent = auth.recent(&signed_in.session).await?;
        auth.begin_totp(&recent).await?;
        let signed_in = auth.change_password(&recent, &Secret::from("another long password"), &client).await?;
        auth.request_password_reset(EMAIL, &client).await?;
        auth.authenticate(&signed_in.token).await
    });
    assert!(task.await.unwrap()?.is_some());
    assert!(matches!(world.sign_in(EMAIL, PASSWORD).await?, SignIn::Denied));
    Ok(())
}
