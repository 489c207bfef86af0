//! The pages, in a browser.

use browser::{By, ElementWaitable, WebDriver, WebDriverResult};
use reqwest::Client;
use serde_json::json;

use crate::server::Server;

/// Types into the fields of a form and sends it.
async fn send(page: &WebDriver, form: &str, texts: &[(&str, &str)]) -> WebDriverResult<()> {
    for (name, text) in texts {
        let field = page.find(By::Css(format!("{form} [name='{name}']"))).await?;
        field.clear().await?;
        field.send_keys(*text).await?;
    }
    let button = page.find(By::Css(format!("{form} button"))).await?;
    button.click().await?;
    // The next page has another button, if it has one.
    button.wait_until().stale().await
}

async fn text(page: &WebDriver, selector: &str) -> WebDriverResult<String> {
    page.find(By::Css(selector)).await?.text().await
}

async fn value(page: &WebDriver, field: &str) -> WebDriverResult<String> {
    Ok(page.find(By::Id(field)).await?.prop("value").await?.unwrap_or_default())
}

async fn sign_up(page: &WebDriver, server: &Server, texts: &[(&str, &str)]) -> WebDriverResult<()> {
    page.goto(format!("{}/sign-up", server.url)).await?;
    send(page, "#sign-up", texts).await
}

const ADA: [(&str, &str); 3] = [("email", "ada@example.com"), ("handle", "ada"), ("name", "Ada")];

#[tokio::test]
async fn what_is_wrong_stands_beside_its_field() {
    let server = Server::start().await;
    browser::run(async |page| {
        sign_up(page, &server, &[("email", "nobody"), ("handle", "a!"), ("name", "Ada")]).await?;
        assert_eq!(text(page, "#email-wrong").await?, "E-mail must be an e-mail address.");
        let handle = text(page, "#handle-wrong").await?;
        assert!(handle.starts_with("Handle must have 3 to 30 characters. Handle "), "{handle}");
        assert!(page.find_all(By::Id("name-wrong")).await?.is_empty());
        // What was typed is still there, and the messages belong to their fields for those who cannot see them.
        assert_eq!((value(page, "email").await?, value(page, "name").await?), ("nobody".into(), "Ada".into()));
        let field = page.find(By::Id("email")).await?;
        assert_eq!(field.attr("aria-describedby").await?.as_deref(), Some("email-wrong"));
        let (field, message) = (field.rect().await?, page.find(By::Id("email-wrong")).await?.rect().await?);
        assert!(message.y >= field.y && message.y < field.y + 2.0 * field.height, "{field:?} {message:?}");

        send(page, "#sign-up", &ADA).await?;
        assert_eq!(text(page, "h1").await?, "ada");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_taken_address_is_said_beside_the_field() {
    let server = Server::start().await;
    browser::run(async |page| {
        sign_up(page, &server, &ADA).await?;
        sign_up(page, &server, &[("email", "ADA@example.com"), ("handle", "ada-2")]).await?;
        assert_eq!(text(page, "#email-wrong").await?, "E-mail is taken.");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_profile_is_changed_and_emptied() {
    let server = Server::start().await;
    browser::run(async |page| {
        sign_up(page, &server, &ADA).await?;
        send(page, "#profile", &[("bio", "Wrote the first program"), ("website", "ada")]).await?;
        assert_eq!(text(page, "#website-wrong").await?, "Website must be a URL that begins with http:// or https://.");
        send(page, "#profile", &[("website", "https://example.com/ada"), ("name", "")]).await?;
        assert!(page.find_all(By::Css(".wrong, .problem")).await?.is_empty());
        let now = [value(page, "name").await?, value(page, "bio").await?, value(page, "website").await?];
        assert_eq!(now, ["", "Wrote the first program", "https://example.com/ada"]);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn who_saves_second_is_told_that_the_account_has_changed() {
    let server = Server::start().await;
    browser::run(async |page| {
        sign_up(page, &server, &ADA).await?;
        let (account, first) = (page.current_url().await?, page.window().await?);
        let second = page.new_tab().await?;
        page.switch_to_window(second).await?;
        page.goto(account.as_str()).await?;
        send(page, "#profile", &[("bio", "from the second tab")]).await?;
        page.switch_to_window(first).await?;
        send(page, "#profile", &[("bio", "from the first tab")]).await?;
        assert_eq!(text(page, ".problem").await?, "somebody has changed the account meanwhile");
        assert_eq!(value(page, "bio").await?, "from the first tab");
        page.find(By::LinkText("See the account as it is now")).await?.click().await?;
        assert_eq!(value(page, "bio").await?, "from the second tab");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_deleted_account_leaves_the_list_and_is_restored() {
    let server = Server::start().await;
    browser::run(async |page| {
        sign_up(page, &server, &ADA).await?;
        let account = page.current_url().await?;
        send(page, "form[action$='/delete']", &[]).await?;
        assert!(text(page, "main").await?.contains("Deleted at"));
        page.goto(&server.url).await?;
        assert!(text(page, "main").await?.contains("0 accounts"));
        page.goto(account.as_str()).await?;
        send(page, "form[action$='/restore']", &[]).await?;
        assert_eq!(value(page, "name").await?, "Ada");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn the_list_is_searched_and_read_page_by_page() {
    let server = Server::start().await;
    browser::run(async |page| {
        for number in 1..=23 {
            let handle = format!("ada-{number:02}");
            let account = json!({ "email": format!("{handle}@example.com"), "handle": handle });
            Client::new().post(format!("{}/api/accounts", server.url)).json(&account).send().await.unwrap();
        }
        page.goto(&server.url).await?;
        // The form is sent with an empty field.
        send(page, "#search", &[]).await?;
        assert!(text(page, "main").await?.contains("23 accounts"));
        page.find(By::LinkText("Next page")).await?.click().await?;
        assert_eq!(text(page, "tbody").await?.lines().count(), 3);
        page.find(By::LinkText("Previous page")).await?.click().await?;
        assert_eq!(text(page, "tbody").await?.lines().count(), 20);
        send(page, "#search", &[("filter[handle][startsWith]", "ada-2")]).await?;
        assert!(text(page, "main").await?.contains("4 accounts"));
        page.goto(format!("{}/?sort=email", server.url)).await?;
        assert!(text(page, ".problem").await?.starts_with("`sort.email` is not a field"));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn what_people_type_is_shown_and_not_run() {
    let server = Server::start().await;
    browser::run(async |page| {
        let name = "<script>document.title = 'run'</script>";
        sign_up(page, &server, &[ADA[0], ADA[1], ("name", name)]).await?;
        assert_eq!(value(page, "name").await?, name);
        page.goto(&server.url).await?;
        assert!(text(page, "tbody").await?.contains(name));
        assert_eq!(page.title().await?, "Accounts · Accounts");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn the_api_has_a_page() {
    let server = Server::start().await;
    browser::run(async |page| {
        page.goto(format!("{}/api", server.url)).await?;
        let said = text(page, "main").await?;
        for part in
            ["PATCH /api/accounts/{id}", "412: somebody has changed it since", "\"additionalProperties\": false"]
        {
            assert!(said.contains(part), "{said}");
        }
        Ok(())
    })
    .await;
}
