//! What people do, over HTTP.

use std::time::Duration;

use orm::Result;
use orm::prelude::*;
use orm_auth::Secret;
use orm_tests::Test;
use reqwest::StatusCode;
use vault::{Note, PaymentHistory, Role};

use crate::vault::{PASSWORD, Vault};

pub(crate) async fn a_second_factor_is_added_and_asked_for(test: Test) -> Result<()> {
    let vault = Vault::start(&test).await;
    let ada = vault.person();
    let short = ada.post("/sign-up", &[("email", "ada@example.com"), ("password", "short")]).await;
    assert_eq!(short.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(short.has("fewer than 15 characters"), "{}", short.text);
    let form = [("email", " Ada@Example.com"), ("password", PASSWORD)];
    assert_eq!(ada.post("/sign-up", &form).await.path, "/sign-in");
    assert_eq!(ada.post("/sign-up", &form).await.status, StatusCode::CONFLICT);
    assert_eq!(ada.sign_in("ada@example.com", PASSWORD).await.path, "/payments");

    let (phone, codes) = ada.add_app(&vault).await;
    assert_eq!(codes.len(), 10);
    assert!(ada.get("/account").await.has("An authenticator app, and 10 recovery codes."));
    assert_eq!(ada.post("/sign-out", &[]).await.path, "/sign-in");

    // The password alone signs nobody in.
    assert_eq!(ada.sign_in("ada@example.com", PASSWORD).await.path, "/sign-in/code");
    assert_eq!(ada.get("/payments").await.path, "/sign-in");
    let wrong = ada.post("/sign-in/code", &[("code", "000000")]).await;
    assert_eq!((wrong.status, &*wrong.path), (StatusCode::UNAUTHORIZED, "/sign-in/code"));
    assert_eq!(ada.post("/sign-in/code", &[("code", &phone.code(&vault))]).await.path, "/payments");
    Ok(())
}

pub(crate) async fn a_recovery_code_signs_in_once(test: Test) -> Result<()> {
    let vault = Vault::start(&test).await;
    let ada = vault.member("ada@example.com").await;
    let (_, codes) = ada.add_app(&vault).await;
    for path in ["/payments", "/sign-in/code"] {
        let other = vault.person();
        other.sign_in("ada@example.com", PASSWORD).await;
        assert_eq!(other.post("/sign-in/code", &[("code", &codes[0])]).await.path, path);
    }
    Ok(())
}

pub(crate) async fn a_payment_takes_two_persons(test: Test) -> Result<()> {
    let vault = Vault::start(&test).await;
    let (ada, _) = vault.member_with_app("ada@example.com").await;
    assert_eq!(ada.ask_for("x", "12.50").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(ada.ask_for("Printer", "-1").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(ada.ask_for("Printer", "a lot").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let asked = ada.ask_for("Printer", "12.50").await;
    assert!(asked.has("12.50") && asked.has("to be decided"), "{}", asked.text);
    // Who asked has no button, and is refused without one.
    assert!(!asked.has("Approve"));
    assert_eq!(ada.post("/payments/1/approve", &[]).await.status, StatusCode::FORBIDDEN);

    // Another one needs a second factor.
    let bob = vault.member("bob@example.com").await;
    assert!(bob.get("/payments").await.has("Approve"));
    let asked = bob.post("/payments/1/approve", &[]).await;
    assert!(asked.path == "/step-up" && asked.has("This asks for a second factor"), "{}", asked.text);
    bob.add_app(&vault).await;
    let approved = bob.post("/payments/1/approve", &[]).await;
    assert!(approved.has("approved by bob@example.com"), "{}", approved.text);

    // What was decided stays so.
    let (cy, _) = vault.member_with_app("cy@example.com").await;
    assert_eq!(cy.post("/payments/1/refuse", &[]).await.status, StatusCode::FORBIDDEN);
    assert!(cy.get("/payments").await.has("approved by bob@example.com"));
    assert_eq!(cy.post("/payments/9/refuse", &[]).await.status, StatusCode::NOT_FOUND);

    let entries = PaymentHistory::find_all().order_by(PaymentHistory::ID).exec(&vault.db).await?;
    let told: Vec<_> = entries.iter().map(|entry| (&*entry.operation, entry.actor.as_deref().unwrap())).collect();
    assert_eq!(told, [("create", "ada@example.com"), ("update", "bob@example.com")]);
    Ok(())
}

pub(crate) async fn of_two_who_decide_at_once_one_does(test: Test) -> Result<()> {
    let vault = Vault::start(&test).await;
    let ada = vault.member("ada@example.com").await;
    let (bob, _) = vault.member_with_app("bob@example.com").await;
    let (cy, _) = vault.member_with_app("cy@example.com").await;
    for number in 1..=5 {
        ada.ask_for("Printer", "1").await;
        let (approve, refuse) = (format!("/payments/{number}/approve"), format!("/payments/{number}/refuse"));
        let (one, other) = tokio::join!(bob.post(&approve, &[]), cy.post(&refuse, &[]));
        let done = [one.status, other.status].map(|status| status == StatusCode::OK);
        assert!(done[0] != done[1], "{} {}", one.status, other.status);
        let row = ada.get("/payments").await;
        let row = row.between(&format!("id=\"payment-{number}\""), "</tr>");
        assert_eq!((row.contains("approved by bob"), row.contains("refused by cy")), (done[0], done[1]), "{row}");
    }
    let decided = PaymentHistory::count().filter(PaymentHistory::OPERATION.eq("update")).exec(&vault.db).await?;
    assert_eq!(decided, 5);
    Ok(())
}

pub(crate) async fn a_decision_asks_for_a_new_proof(test: Test) -> Result<()> {
    let vault = Vault::start(&test).await;
    let (bob, phone) = vault.member_with_app("bob@example.com").await;
    vault.member("ada@example.com").await.ask_for("Printer", "1").await;
    vault.clock.advance(Duration::from_secs(601));
    assert_eq!(bob.post("/payments/1/approve", &[]).await.path, "/step-up");
    let wrong = bob.post("/step-up?next=/payments", &[("proof", "000000")]).await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    assert_eq!(bob.post("/step-up?next=/payments", &[("proof", &phone.code(&vault))]).await.path, "/payments");
    assert!(bob.post("/payments/1/approve", &[]).await.has("approved by bob@example.com"));
    // Nobody is sent anywhere else.
    assert_eq!(bob.get("/step-up?next=https://example.com").await.status, StatusCode::BAD_REQUEST);
    Ok(())
}

pub(crate) async fn notes_are_their_owners(test: Test) -> Result<()> {
    let vault = Vault::start(&test).await;
    let (ada, bob) = (vault.member("ada@example.com").await, vault.member("bob@example.com").await);
    for (label, text) in [("Safe", "left, right, left"), ("safe ", "<b>the other one</b>"), ("Door", "4711")] {
        ada.post("/notes", &[("label", label), ("text", text)]).await;
    }
    let found = ada.get("/notes?label=SAFE").await;
    assert!(found.has("2 notes") && found.has("left, right, left"), "{}", found.text);
    assert!(found.has("&lt;b&gt;the other one&lt;/b&gt;") && !found.has("4711"), "{}", found.text);
    assert!(bob.get("/notes").await.has("0 notes"));

    // The database has no word of it.
    for note in Note::find_all().exec(&vault.db.bypass("a test")).await? {
        let all = [note.label, note.text, note.label_index].concat();
        let shown = String::from_utf8_lossy(&all).to_lowercase();
        assert!(!["safe", "door", "left", "4711"].iter().any(|word| shown.contains(word)), "{shown}");
    }

    let id = found.between("action=\"/notes/", "/delete").to_owned();
    bob.post(&format!("/notes/{id}/delete"), &[]).await;
    assert!(ada.get("/notes").await.has("3 notes"));
    assert!(ada.post(&format!("/notes/{id}/delete"), &[]).await.has("2 notes"));
    Ok(())
}

pub(crate) async fn a_session_that_was_ended_is_none(test: Test) -> Result<()> {
    let vault = Vault::start(&test).await;
    let (here, there) = (vault.member("ada@example.com").await, vault.person());
    there.sign_in("ada@example.com", PASSWORD).await;
    let listed = here.get("/account").await;
    let end = listed.between("action=\"/account/sessions/", "/end\"").to_owned();
    here.post(&format!("/account/sessions/{end}/end"), &[]).await;
    assert_eq!(there.get("/account").await.path, "/sign-in");

    there.sign_in("ada@example.com", PASSWORD).await;
    here.post("/account/sessions/end-others", &[]).await;
    assert_eq!(there.get("/account").await.path, "/sign-in");
    assert_eq!(here.get("/account").await.path, "/account");
    // Somebody else's session is not ended.
    let bob = vault.member("bob@example.com").await;
    let listed = here.get("/account").await.text;
    assert!(!listed.contains("/end\""), "{listed}");
    for id in 1..10 {
        bob.post(&format!("/account/sessions/{id}/end"), &[]).await;
    }
    assert_eq!(here.get("/account").await.path, "/account");
    Ok(())
}

pub(crate) async fn a_new_password_by_mail_leaves_the_second_factor(test: Test) -> Result<()> {
    let vault = Vault::start(&test).await;
    let (ada, phone) = vault.member_with_app("ada@example.com").await;
    let other = vault.person();
    let said = other.post("/forgot", &[("email", "ada@example.com")]).await.text;
    let token = vault.link();
    assert_eq!(other.post("/forgot", &[("email", "nobody@example.com")]).await.text, said);

    let new = "another horse, another staple";
    assert!(other.get(&format!("/reset-password?token={token}")).await.has("New password"));
    assert!(other.post("/reset-password", &[("token", &token), ("password", new)]).await.has("It is set."));
    let again = other.post("/reset-password", &[("token", &token), ("password", new)]).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);

    assert_eq!(ada.get("/account").await.path, "/sign-in");
    assert_eq!(ada.sign_in("ada@example.com", PASSWORD).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(ada.sign_in("ada@example.com", new).await.path, "/sign-in/code");
    assert_eq!(ada.post("/sign-in/code", &[("code", &phone.code(&vault))]).await.path, "/payments");
    Ok(())
}

pub(crate) async fn attempts_are_slowed_down(test: Test) -> Result<()> {
    let vault = Vault::start(&test).await;
    vault.member("ada@example.com").await;
    let eve = vault.person();
    for email in ["ada@example.com", "nobody@example.com"] {
        let mut answers = Vec::new();
        for _ in 0..7 {
            answers.push(eve.sign_in(email, "a guess of many letters").await.status);
        }
        assert_eq!(answers[..5], [StatusCode::UNAUTHORIZED; 5], "{email}");
        assert_eq!(answers[6], StatusCode::TOO_MANY_REQUESTS, "{email}");
    }
    Ok(())
}

pub(crate) async fn the_audit_is_for_administrators_with_a_second_factor(test: Test) -> Result<()> {
    let vault = Vault::start(&test).await;
    let (ada, _) = vault.member_with_app("ada@example.com").await;
    ada.ask_for("Printer", "12.50").await;
    assert_eq!(ada.get("/audit").await.status, StatusCode::FORBIDDEN);

    vault.app.open_account("root@example.com", &Secret::from(PASSWORD), Role::Admin).await.unwrap();
    let root = vault.person();
    root.sign_in("root@example.com", PASSWORD).await;
    assert_eq!(root.get("/audit").await.path, "/step-up");
    root.add_app(&vault).await;
    let audit = root.get("/audit").await;
    assert_eq!(audit.path, "/audit");
    for told in ["Printer", "ada@example.com", "SecondFactorAdded", "127.0.0.1"] {
        assert!(audit.has(told), "{told}: {}", audit.text);
    }
    Ok(())
}

pub(crate) async fn what_other_sites_send_is_refused(test: Test) -> Result<()> {
    let vault = Vault::start(&test).await;
    let ada = vault.member("ada@example.com").await;
    let form = [("payee", "Eve"), ("amount", "1000")];
    for site in ["cross-site", "same-site"] {
        let response = ada.request("/payments", &form).header("sec-fetch-site", site).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::FORBIDDEN);
    }
    let page = ada.get("/payments").await;
    assert!(!page.has("Eve"));
    assert_eq!(page.headers["cache-control"], "no-store");
    assert!(page.headers["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));

    let form = [("email", "ada@example.com"), ("password", PASSWORD)];
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let answer = client.post(format!("{}/sign-in", vault.url)).form(&form).send().await.unwrap();
    let cookies: Vec<_> =
        answer.headers().get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap()).collect();
    assert!(cookies.iter().any(|cookie| cookie.starts_with("vault_session=")), "{cookies:?}");
    for cookie in cookies.iter().filter(|cookie| cookie.starts_with("vault_session=")) {
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    }
    Ok(())
}
