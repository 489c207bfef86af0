//! Authenticator apps and recovery codes.

use std::time::Duration;

use orm::prelude::*;
use orm_auth::models::{RecoveryCode, Totp};
use orm_auth::{About, Auth, Error, Keys, Level, PendingToken, Secret, SessionToken, SignIn};
use orm_tests::Test;

use crate::setup::{App, EMAIL, Member, PASSWORD, Result, World, done, is_denied, pending, settings};

const STEP: Duration = Duration::from_secs(30);

pub(crate) async fn a_second_factor_is_added_by_a_code(test: Test) -> Result {
    let world = World::new(&test).await?;
    let ada = world.ada().await?;
    let signed_in = world.signed_in().await?;
    let recent = world.auth.recent(&signed_in.session).await?;
    let none = world.auth.confirm_totp(&recent, &Secret::from("000000"), &world.client).await.unwrap_err();
    assert!(matches!(none, Error::NoSecondFactor), "{none}");
    let first = world.auth.begin_totp(&recent).await?;
    let setup = world.auth.begin_totp(&recent).await?;
    assert_ne!(first.secret(), setup.secret());
    assert!(setup.url().starts_with("otpauth://totp/Shop:ada%40example.com?secret="), "{}", setup.url());
    assert!(setup.qr_svg()?.contains("<svg"));
    assert_eq!(format!("{setup:?}"), "TotpSetup(..)");
    // Not confirmed, it is no factor.
    assert!(!world.auth.has_second_factor(&ada.id).await?);
    done(world.sign_in(EMAIL, PASSWORD).await?);
    let app = App::new(&setup);
    for wrong in [App::new(&first).code(&world.clock), Secret::from(""), app.code_of(&world.clock, 3)] {
        let error = world.auth.confirm_totp(&recent, &wrong, &world.client).await.unwrap_err();
        assert!(matches!(error, Error::InvalidCode), "{error}");
    }
    let added = world.auth.confirm_totp(&recent, &app.code(&world.clock), &world.client).await?;
    assert_eq!((added.signed_in.session.level(), added.recovery_codes.reveal().len()), (Level::Aal2, 10));
    assert!(world.auth.authenticate(&signed_in.token).await?.is_none());
    assert!(matches!(world.mails.take().as_slice(), [mail] if matches!(mail.about, About::SecondFactorAdded)));
    let again = world.auth.begin_totp(&world.auth.recent(&added.signed_in.session).await?).await.unwrap_err();
    assert!(matches!(again, Error::SecondFactorExists), "{again}");
    // From now on a password is not enough.
    let token = pending(world.sign_in(EMAIL, PASSWORD).await?);
    world.clock.advance(STEP);
    let signed_in = done(world.auth.finish_with_code(&token, &app.code(&world.clock), &world.client).await?);
    assert_eq!(signed_in.session.level(), Level::Aal2);
    assert_eq!(signed_in.session.methods().collect::<Vec<_>>(), ["pwd", "otp"]);
    Ok(())
}

pub(crate) async fn a_code_is_good_once(test: Test) -> Result {
    let world = World::new(&test).await?;
    world.ada().await?;
    let (added, app) = world.with_app().await?;
    // The code that confirmed the factor was used, too.
    let before = app.code_of(&world.clock, -1);
    let (now, next) = (app.code(&world.clock), app.code_of(&world.clock, 1));
    let finish = async |code: &Secret| {
        let token = pending(world.sign_in(EMAIL, PASSWORD).await?);
        world.auth.finish_with_code(&token, code, &world.client).await
    };
    assert!(is_denied(&finish(&before).await?));
    done(finish(&now).await?);
    assert!(is_denied(&finish(&now).await?));
    // Of the step after: and then none of an earlier one.
    done(finish(&next).await?);
    for code in [&before, &now, &next] {
        assert!(is_denied(&finish(code).await?));
        let up = world.auth.step_up_with_code(&added.signed_in.session, code, &world.client).await?;
        assert!(is_denied(&up));
    }
    world.clock.advance(STEP * 2);
    done(finish(&app.code(&world.clock)).await?);
    Ok(())
}

pub(crate) async fn fifty_uses_of_one_code_at_once_are_one(test: Test) -> Result {
    let world = World::new(&test).await?;
    world.ada().await?;
    let (_, app) = world.with_app().await?;
    let code = app.code(&world.clock);
    let mut tokens = Vec::new();
    for _ in 0..50 {
        tokens.push(pending(world.sign_in(EMAIL, PASSWORD).await?));
    }
    assert_eq!(
        at_once(&world, tokens, async |auth, token, client| { auth.finish_with_code(&token, &code, &client).await })
            .await?,
        1
    );
    Ok(())
}

/// How many of the tokens signed in, all at once.
async fn at_once(
    world: &World,
    tokens: Vec<PendingToken>,
    finish: impl AsyncFn(Auth<Member>, PendingToken, orm_auth::Client) -> Result<SignIn<Member>>,
) -> Result<usize> {
    let mut running: Vec<_> = tokens
        .into_iter()
        .map(|token| Box::pin(finish(world.auth.clone(), token, world.client.clone())))
        .map(Some)
        .collect();
    let mut answers = Vec::new();
    std::future::poll_fn(|context| {
        for slot in &mut running {
            if let Some(future) = slot
                && let std::task::Poll::Ready(answer) = future.as_mut().poll(context)
            {
                answers.push(answer);
                *slot = None;
            }
        }
        if running.iter().all(Option::is_none) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    let mut signed_in = 0;
    for answer in answers {
        match answer? {
            SignIn::Done(_) => signed_in += 1,
            SignIn::Denied => {}
            other => panic!("{other:?}"),
        }
    }
    Ok(signed_in)
}

pub(crate) async fn what_is_pending_is_no_session_and_ends(test: Test) -> Result {
    let world = World::new(&test).await?;
    let mut ada = world.ada().await?;
    let (_, app) = world.with_app().await?;
    let finish = async |token: &PendingToken| {
        let code = app.code(&world.clock);
        world.auth.finish_with_code(token, &code, &world.client).await
    };
    let invalid = |answer: Result<SignIn<Member>>| matches!(answer, Err(Error::InvalidToken));
    let token = pending(world.sign_in(EMAIL, PASSWORD).await?);
    let as_session: SessionToken = token.reveal().parse()?;
    assert!(world.auth.authenticate(&as_session).await?.is_none());
    assert_eq!(format!("{token:?}"), "PendingToken(..)");
    // To the second.
    world.clock.advance(Duration::from_secs(300));
    assert!(invalid(finish(&token).await));
    let token = pending(world.sign_in(EMAIL, PASSWORD).await?);
    world.clock.advance(Duration::from_secs(299));
    done(finish(&token).await?);
    // Once.
    world.clock.advance(STEP);
    assert!(invalid(finish(&token).await));
    // Five tries.
    let token = pending(world.sign_in(EMAIL, PASSWORD).await?);
    for _ in 0..5 {
        let wrong = world.auth.finish_with_code(&token, &Secret::from("wrong"), &world.client).await?;
        assert!(is_denied(&wrong));
    }
    assert!(invalid(finish(&token).await));
    // What nobody made, and an account that may not.
    assert!(invalid(finish(&"A".repeat(43).parse()?).await));
    let token = pending(world.sign_in(EMAIL, PASSWORD).await?);
    ada.update().open(false).exec(&world.db).await?;
    assert!(invalid(finish(&token).await));
    Ok(())
}

pub(crate) async fn recovery_codes_are_good_once(test: Test) -> Result {
    let world = World::new(&test).await?;
    world.ada().await?;
    let (added, _app) = world.with_app().await?;
    let codes: Vec<String> = added.recovery_codes.reveal().map(str::to_owned).collect();
    assert!(codes.iter().all(|code| code.len() == 19));
    assert_eq!(format!("{:?}", added.recovery_codes), "RecoveryCodes(10)");
    let finish = async |code: &str| {
        let token = pending(world.sign_in(EMAIL, PASSWORD).await?);
        world.auth.finish_with_recovery_code(&token, &Secret::from(code), &world.client).await
    };
    let written = codes[0].to_uppercase().replace('-', " ");
    let signed_in = done(finish(&written).await?);
    assert_eq!((signed_in.session.level(), signed_in.session.methods().last()), (Level::Aal2, Some("rc")));
    // Whoever had a session before has none.
    assert!(world.auth.authenticate(&added.signed_in.token).await?.is_none());
    assert!(world.auth.authenticate(&signed_in.token).await?.is_some());
    assert!(
        matches!(world.mails.take().as_slice(), [mail] if matches!(mail.about, About::RecoveryCodeUsed { left: 9 }))
    );
    for wrong in [codes[0].as_str(), "", "aaaa-aaaa-aaaa-aaaa"] {
        assert!(is_denied(&finish(wrong).await?), "{wrong}");
    }
    assert_eq!(world.auth.recovery_codes_left(&signed_in.session).await?, 9);
    let recent = world.auth.recent(&signed_in.session).await?;
    let renewed = world.auth.renew_recovery_codes(&recent, &world.client).await?;
    assert!(is_denied(&finish(&codes[1]).await?));
    done(finish(renewed.reveal().next().unwrap()).await?);
    Ok(())
}

pub(crate) async fn fifty_uses_of_one_recovery_code_at_once_are_one(test: Test) -> Result {
    let world = World::new(&test).await?;
    world.ada().await?;
    let (added, _app) = world.with_app().await?;
    let code = Secret::from(added.recovery_codes.reveal().next().unwrap());
    let mut tokens = Vec::new();
    for _ in 0..50 {
        tokens.push(pending(world.sign_in(EMAIL, PASSWORD).await?));
    }
    // The first ends what the others have pending, so they may also be told that theirs is none.
    let signed_in = at_once(&world, tokens, async |auth, token, client| {
        match auth.finish_with_recovery_code(&token, &code, &client).await {
            Err(Error::InvalidToken) => Ok(SignIn::Denied),
            answer => answer,
        }
    });
    assert_eq!(signed_in.await?, 1);
    let used = RecoveryCode::<Member>::count().filter(RecoveryCode::<Member>::USED_AT.is_not_null());
    assert_eq!(used.exec(&world.db).await?, 1);
    Ok(())
}

pub(crate) async fn a_factor_is_removed_by_who_has_it(test: Test) -> Result {
    let world = World::new(&test).await?;
    let ada = world.ada().await?;
    let other = world.signed_in().await?;
    let (added, _app) = world.with_app().await?;
    let recent = world.auth.recent(&added.signed_in.session).await?;
    let signed_in = world.auth.remove_totp(&recent, &world.client).await?;
    assert_eq!(signed_in.session.level(), Level::Aal1);
    assert!(world.auth.authenticate(&other.token).await?.is_none());
    assert!(!world.auth.has_second_factor(&ada.id).await?);
    assert_eq!(world.auth.recovery_codes_left(&signed_in.session).await?, 0);
    assert!(matches!(world.mails.take().as_slice(), [mail] if matches!(mail.about, About::SecondFactorRemoved)));
    done(world.sign_in(EMAIL, PASSWORD).await?);
    let recent = world.auth.recent(&signed_in.session).await?;
    assert!(matches!(world.auth.remove_totp(&recent, &world.client).await, Err(Error::NoSecondFactor)));
    assert!(matches!(world.auth.renew_recovery_codes(&recent, &world.client).await, Err(Error::NoSecondFactor)));
    let up = world.auth.step_up_with_code(&signed_in.session, &Secret::from("123456"), &world.client).await;
    assert!(matches!(up, Err(Error::NoSecondFactor)));
    Ok(())
}

pub(crate) async fn a_stronger_proof_is_asked_for_where_there_is_a_second_factor(test: Test) -> Result {
    let world = World::new(&test).await?;
    world.ada().await?;
    // Signed in before there was a second factor.
    let weak = world.signed_in().await?;
    let (added, app) = world.with_app().await?;
    let error = world.auth.recent(&weak.session).await.unwrap_err();
    assert!(matches!(error, Error::StepUpNeeded { level: Level::Aal2 }), "{error}");
    // The password alone is not enough: it goes on with the second factor, in the same session.
    let answer = world.auth.step_up_with_password(&weak.session, &Secret::from(PASSWORD), &world.client).await?;
    let token = pending(answer);
    let up = done(world.auth.finish_with_code(&token, &app.code(&world.clock), &world.client).await?);
    assert_eq!((up.session.id(), up.session.level()), (weak.session.id(), Level::Aal2));
    assert!(world.auth.authenticate(&weak.token).await?.is_none());
    world.auth.recent(&up.session).await?;
    // A code alone renews the proof of a session.
    world.clock.advance(Duration::from_secs(3600));
    assert!(world.auth.recent(&up.session).await.is_err());
    let again = world.auth.step_up_with_code(&up.session, &app.code(&world.clock), &world.client).await?;
    world.auth.recent(&done(again).session).await?;
    // A session that ended meanwhile is not brought back.
    let answer = world.auth.step_up_with_password(&up.session, &Secret::from(PASSWORD), &world.client).await?;
    let token = pending(answer);
    world.auth.revoke_session(&added.signed_in.session, up.session.id(), &world.client).await?;
    world.clock.advance(STEP);
    let late = world.auth.finish_with_code(&token, &app.code(&world.clock), &world.client).await;
    assert!(matches!(late, Err(Error::SessionEnded)), "{late:?}");
    Ok(())
}

pub(crate) async fn secrets_are_sealed_for_their_row(test: Test) -> Result {
    let world = World::new(&test).await?;
    world.ada().await?;
    let (added, app) = world.with_app().await?;
    // With a new key before the old one, it still opens.
    let rotated = Keys::new([9; 32]).with_old(crate::setup::keys());
    let auth = Auth::build(&world.db, settings(), rotated, world.mails.clone()).clock(world.clock.clone()).finish()?;
    done(auth.step_up_with_code(&added.signed_in.session, &app.code(&world.clock), &world.client).await?);
    let other = Auth::build(&world.db, settings(), Keys::new([9; 32]), world.mails.clone());
    let other: Auth<Member> = other.clock(world.clock.clone()).finish()?;
    let failed = other.step_up_with_code(&added.signed_in.session, &app.code(&world.clock), &world.client).await;
    assert!(matches!(failed, Err(Error::WrongKey)), "{failed:?}");
    // Who may write to the table cannot give his own secret to another account.
    let eve = world.member("eve@example.com", PASSWORD).await?;
    world.db.execute("UPDATE auth_totps SET account_id = 2", ()).await?;
    assert_eq!(eve.id, 2);
    let token = pending(world.sign_in("eve@example.com", PASSWORD).await?);
    let failed = world.auth.finish_with_code(&token, &app.code(&world.clock), &world.client).await;
    assert!(matches!(failed, Err(Error::WrongKey)), "{failed:?}");
    assert_eq!(Totp::<Member>::count().exec(&world.db).await?, 1);
    Ok(())
}
