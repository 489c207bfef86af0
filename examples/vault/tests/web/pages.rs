//! The pages, in a browser, on SQLite.

use std::time::Duration;

use browser::{By, ElementWaitable, WebDriver, WebDriverResult};
use orm::Result;
use orm_auth::Secret;
use orm_tests::{Case, Sqlite, Test};
use vault::Role;

use crate::vault::{PASSWORD, Phone, Vault};

/// Types into the fields of a form and sends it.
async fn send(page: &WebDriver, form: &str, texts: &[(&str, &str)]) -> WebDriverResult<()> {
    for (name, text) in texts {
        page.find(By::Css(format!("{form} [name='{name}']"))).await?.send_keys(*text).await?;
    }
    let button = page.find(By::Css(format!("{form} button"))).await?;
    button.click().await?;
    // The next page has another button, if it has one.
    button.wait_until().stale().await
}

async fn press(page: &WebDriver, action: &str) -> WebDriverResult<()> {
    send(page, &format!("form[action='{action}']"), &[]).await
}

async fn text(page: &WebDriver, selector: &str) -> WebDriverResult<String> {
    page.find(By::Css(selector)).await?.text().await
}

async fn sign_up(page: &WebDriver, vault: &Vault, email: &str) -> WebDriverResult<()> {
    page.goto(format!("{}/sign-up", vault.url)).await?;
    send(page, "#sign-up", &[("email", email), ("password", PASSWORD)]).await?;
    sign_in(page, vault, email).await
}

async fn sign_in(page: &WebDriver, vault: &Vault, email: &str) -> WebDriverResult<()> {
    page.goto(format!("{}/sign-in", vault.url)).await?;
    send(page, "#sign-in", &[("email", email), ("password", PASSWORD)]).await
}

/// Adds an authenticator app, and gives it.
async fn add_app(page: &WebDriver, vault: &Vault) -> WebDriverResult<Phone> {
    page.goto(format!("{}/account", vault.url)).await?;
    press(page, "/account/second-factor").await?;
    let picture = page.find(By::Css("#qr svg")).await?.rect().await?;
    assert!(picture.width > 150.0 && picture.height > 150.0, "{picture:?}");
    let phone = Phone::of(&page.find(By::Id("app")).await?.attr("href").await?.unwrap_or_default());
    send(page, "#confirm", &[("code", &phone.code(vault))]).await?;
    assert_eq!(page.find_all(By::Css(".codes li")).await?.len(), 10);
    Ok(phone)
}

fn on_sqlite(name: &str, case: Case) {
    orm_tests::run::<Sqlite>(&format!("vault_pages_{name}"), case);
}

#[test]
fn a_second_factor_is_scanned_and_asked_for() {
    async fn case(test: Test) -> Result<()> {
        let vault = Vault::start(&test).await;
        browser::run(async |page| {
            sign_up(page, &vault, "ada@example.com").await?;
            let phone = add_app(page, &vault).await?;
            press(page, "/sign-out").await?;
            sign_in(page, &vault, "ada@example.com").await?;
            send(page, "#code-form", &[("code", "000000")]).await?;
            assert_eq!(text(page, ".problem").await?, "This is not right.");
            send(page, "#code-form", &[("code", &phone.code(&vault))]).await?;
            assert_eq!(text(page, "h1").await?, "Payments");
            page.find(By::LinkText("Account")).await?.click().await?;
            assert_eq!(text(page, "#factor").await?, "An authenticator app, and 10 recovery codes.");
            assert_eq!(page.find_all(By::Css("#sessions tbody tr")).await?.len(), 1);
            // Scripts do not see the session.
            assert_eq!(page.execute("return document.cookie", vec![]).await?.json(), "");
            Ok(())
        })
        .await;
        Ok(())
    }
    on_sqlite("factor", |test| Box::pin(case(test)));
}

#[test]
fn another_person_approves_a_payment_after_proving_who_it_is() {
    async fn case(test: Test) -> Result<()> {
        let vault = Vault::start(&test).await;
        browser::run(async |page| {
            sign_up(page, &vault, "ada@example.com").await?;
            send(page, "#ask", &[("payee", "Printer"), ("amount", "12.50")]).await?;
            assert_eq!(text(page, "#payment-1").await?, "Printer 12.50 ada@example.com to be decided");
            press(page, "/sign-out").await?;

            sign_up(page, &vault, "bob@example.com").await?;
            let phone = add_app(page, &vault).await?;
            vault.clock.advance(Duration::from_secs(601));
            page.goto(format!("{}/payments", vault.url)).await?;
            press(page, "/payments/1/approve").await?;
            assert_eq!(text(page, "h1").await?, "Is it you?");
            send(page, "#step-up", &[("proof", &phone.code(&vault))]).await?;
            press(page, "/payments/1/approve").await?;
            assert!(text(page, "#payment-1").await?.ends_with("approved by bob@example.com"));
            Ok(())
        })
        .await;
        Ok(())
    }
    on_sqlite("payment", |test| Box::pin(case(test)));
}

#[test]
fn notes_are_written_and_searched() {
    async fn case(test: Test) -> Result<()> {
        let vault = Vault::start(&test).await;
        browser::run(async |page| {
            sign_up(page, &vault, "ada@example.com").await?;
            page.find(By::LinkText("Notes")).await?.click().await?;
            send(page, "#write", &[("label", "Safe"), ("text", "left, right")]).await?;
            send(page, "#write", &[("label", "Door"), ("text", "<script>document.title = 'run'</script>")]).await?;
            assert_eq!(text(page, "#found").await?, "2 notes");
            assert_eq!(text(page, ".note").await?, "<script>document.title = 'run'</script>");
            assert_eq!(page.title().await?, "Notes · Vault");
            send(page, "#search", &[("label", "safe")]).await?;
            assert_eq!(
                (text(page, "#found").await?, text(page, ".note").await?),
                ("1 notes".into(), "left, right".into())
            );
            Ok(())
        })
        .await;
        Ok(())
    }
    on_sqlite("notes", |test| Box::pin(case(test)));
}

#[test]
fn an_administrator_reads_the_audit() {
    async fn case(test: Test) -> Result<()> {
        let vault = Vault::start(&test).await;
        vault.app.open_account("root@example.com", &Secret::from(PASSWORD), Role::Admin).await.unwrap();
        browser::run(async |page| {
            sign_up(page, &vault, "ada@example.com").await?;
            assert!(page.find_all(By::LinkText("Audit")).await?.is_empty());
            send(page, "#ask", &[("payee", "Printer"), ("amount", "12.50")]).await?;
            press(page, "/sign-out").await?;
            sign_in(page, &vault, "root@example.com").await?;
            add_app(page, &vault).await?;
            page.find(By::LinkText("Audit")).await?.click().await?;
            assert!(text(page, "#payments").await?.contains("ada@example.com create 1"));
            assert!(text(page, "#events").await?.contains("root@example.com SecondFactorAdded 127.0.0.1"));
            Ok(())
        })
        .await;
        Ok(())
    }
    on_sqlite("audit", |test| Box::pin(case(test)));
}
