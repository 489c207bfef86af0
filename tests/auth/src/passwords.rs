//! Passwords.

use std::time::Duration;

use orm::prelude::*;
use orm_auth::models::Password;
use orm_auth::{About, BoxError, BreachedPasswords, Error, PasswordCost, PasswordProblem, Secret, SignIn};
use orm_tests::Test;

use crate::setup::{EMAIL, Member, PASSWORD, Result, World, done, is_denied, keys, settings};

const OTHER: &str = "another horse, another staple";

async fn stored(world: &World, id: i64) -> Result<String> {
    let rows = world.db.query::<(i64, String)>("SELECT account_id, hash FROM auth_passwords", ()).await?;
    Ok(rows.into_iter().find(|(account, _)| *account == id).unwrap().1)
}

pub(crate) async fn a_right_password_signs_in_and_nothing_else_does(test: Test) -> Result {
    let world = World::new(&test).await?;
    let ada = world.ada().await?;
    let without = Member::create().email("bob@example.com").exec(&world.db).await?;
    world.member("eve@example.com", PASSWORD).await?;
    Member::update().open(false).filter(Member::EMAIL.eq("eve@example.com")).exec(&world.db).await?;
    let signed_in = done(world.sign_in(" ADA@example.com ", PASSWORD).await?);
    assert_eq!(signed_in.session.account().id, ada.id);
    assert_eq!(signed_in.session.methods().collect::<Vec<_>>(), ["pwd"]);
    for (email, password) in [
        (EMAIL, "wrong"),
        (EMAIL, ""),
        (EMAIL, &PASSWORD.to_uppercase()),
        ("nobody@example.com", PASSWORD),
        ("", PASSWORD),
        // To some databases it is the same.
        ("ád\u{e0}@example.com", PASSWORD),
        ("ada@example.com\0", PASSWORD),
        (&"a".repeat(10_000), PASSWORD),
        ("%", PASSWORD),
        (without.email.as_str(), PASSWORD),
        ("eve@example.com", PASSWORD),
        (EMAIL, &"a".repeat(100_000)),
    ] {
        let answer = world.sign_in(email, password).await?;
        assert!(is_denied(&answer), "{email} {password}: {answer:?}");
    }
    Ok(())
}

pub(crate) async fn a_hash_becomes_one_of_the_present_cost_at_a_sign_in_and_not_at_a_failure(test: Test) -> Result {
    let world = World::new(&test).await?;
    let ada = world.ada().await?;
    let before = stored(&world, ada.id).await?;
    assert!(before.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{before}");
    let mut dearer = settings();
    dearer.password_cost = PasswordCost::default();
    let auth = world.again(dearer)?;
    let denied = auth.sign_in(EMAIL, &Secret::from("wrong"), &world.client).await?;
    assert!(is_denied(&denied));
    assert_eq!(stored(&world, ada.id).await?, before);
    done(auth.sign_in(EMAIL, &Secret::from(PASSWORD), &world.client).await?);
    let after = stored(&world, ada.id).await?;
    assert!(after.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{after}");
    done(auth.sign_in(EMAIL, &Secret::from(PASSWORD), &world.client).await?);
    assert_eq!(stored(&world, ada.id).await?, after);
    Ok(())
}

pub(crate) async fn a_password_that_is_changed_during_a_sign_in_stays_the_new_one(test: Test) -> Result {
    let world = World::new(&test).await?;
    let ada = world.ada().await?;
    let mut dearer = settings();
    dearer.password_cost = PasswordCost::default();
    let auth = world.again(dearer)?;
    let old = Secret::from(PASSWORD);
    let session = world.signed_in().await?.session;
    // The sign-in has read the old hash, and takes its time to hash the password anew.
    let sign_in = auth.sign_in(EMAIL, &old, &world.client);
    let change = async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let recent = world.auth.recent(&session).await?;
        world.auth.change_password(&recent, &Secret::from(OTHER), &world.client).await
    };
    let (answer, changed) = tokio::join!(sign_in, change);
    changed?;
    // Refused; or signed in before the change, which has ended that.
    if let SignIn::Done(signed_in) = answer? {
        assert!(world.auth.authenticate(&signed_in.token).await?.is_none());
    }
    done(world.sign_in(EMAIL, OTHER).await?);
    assert!(is_denied(&world.sign_in(EMAIL, PASSWORD).await?));
    assert_eq!(Password::<Member>::count().filter(Password::<Member>::ACCOUNT_ID.eq(ada.id)).exec(&world.db).await?, 1);
    Ok(())
}

pub(crate) async fn a_changed_password_ends_what_was_open(test: Test) -> Result {
    let world = World::new(&test).await?;
    let ada = world.ada().await?;
    let (mine, other) = (world.signed_in().await?, world.signed_in().await?);
    world.auth.request_password_reset(EMAIL, &world.client).await?;
    let link = world.mails.token();
    let recent = world.auth.recent(&mine.session).await?;
    let renewed = world.auth.change_password(&recent, &Secret::from(OTHER), &world.client).await?;
    assert_eq!(renewed.session.id(), mine.session.id());
    assert!(world.auth.authenticate(&renewed.token).await?.is_some());
    assert!(world.auth.authenticate(&mine.token).await?.is_none());
    assert!(world.auth.authenticate(&other.token).await?.is_none());
    let reset = world.auth.reset_password(&link, &Secret::from(PASSWORD), &world.client).await;
    assert!(matches!(reset, Err(Error::InvalidToken)));
    let mails = world.mails.take();
    assert!(matches!(mails.as_slice(), [mail] if mail.to == ada.email && matches!(mail.about, About::PasswordChanged)));
    // A proof that is too old changes nothing.
    world.clock.advance(Duration::from_secs(600));
    let error = world.auth.recent(&renewed.session).await.unwrap_err();
    assert!(matches!(error, Error::StepUpNeeded { .. }), "{error}");
    done(world.sign_in(EMAIL, OTHER).await?);
    Ok(())
}

pub(crate) async fn passwords_that_cannot_be_used_are_refused(test: Test) -> Result {
    struct Leaked;
    #[orm::async_trait]
    impl BreachedPasswords for Leaked {
        async fn range(&self, prefix: &str) -> std::result::Result<String, BoxError> {
            assert_eq!(prefix.len(), 5);
            Ok("AD6438836DBE526AA231ABDE2D0EEF74D42:7".to_owned())
        }
    }
    let world = World::new(&test).await?;
    let auth = orm_auth::Auth::<Member>::build(&world.db, settings(), keys(), world.mails.clone());
    let auth = auth.breached_passwords(Leaked).finish()?;
    let problem = async |password: &str| match auth.new_password(EMAIL, &Secret::from(password)).await {
        Err(Error::Password(problem)) => Some(problem),
        Ok(_) => None,
        Err(other) => panic!("{other}"),
    };
    assert_eq!(problem(PASSWORD).await, Some(PasswordProblem::Breached { times: 7 }));
    assert_eq!(problem("fourteen chars").await, Some(PasswordProblem::TooShort { least: 15 }));
    assert_eq!(problem("ada@example.com").await, Some(PasswordProblem::Address));
    assert_eq!(problem(OTHER).await, None);
    // Eight are enough where there is a second factor.
    world.ada().await?;
    let (added, _app) = world.with_app().await?;
    let recent = world.auth.recent(&added.signed_in.session).await?;
    let short = world.auth.change_password(&recent, &Secret::from("seven 7"), &world.client).await.unwrap_err();
    assert!(matches!(short, Error::Password(PasswordProblem::TooShort { least: 8 })), "{short}");
    world.auth.change_password(&recent, &Secret::from("eight  8"), &world.client).await?;
    Ok(())
}

pub(crate) async fn hashes_of_other_systems_are_imported(test: Test) -> Result {
    let world = World::new(&test).await?;
    let ada = Member::create().email(EMAIL).exec(&world.db).await?;
    let hash = bcrypt::hash(PASSWORD, 4).unwrap();
    let import = async |hash: &str| {
        world.db.try_transaction(async |tx| world.auth.import_password(tx, ada.id, hash).await).await
    };
    for wrong in ["", "plain", "$md5$abc", &"$".repeat(300)] {
        assert!(matches!(import(wrong).await, Err(Error::UnknownHash(_))), "{wrong}");
    }
    import(&hash).await?;
    assert!(is_denied(&world.sign_in(EMAIL, "wrong").await?));
    assert_eq!(stored(&world, ada.id).await?, hash);
    done(world.sign_in(EMAIL, PASSWORD).await?);
    assert!(stored(&world, ada.id).await?.starts_with("$argon2id$"));
    assert!(matches!(world.sign_in(EMAIL, PASSWORD).await?, SignIn::Done(_)));
    Ok(())
}
