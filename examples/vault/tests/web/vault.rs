//! The service on a port of its own for one test, and people who use it over HTTP.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use orm::async_trait;
use orm::prelude::*;
use orm_auth::{About, Auth, BoxError, Keys, Mail, Mailer, ManualClock, PasswordCost, Secret, Settings};
use orm_crypt::Cipher;
use orm_tests::Test;
use reqwest::header::HeaderMap;
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use tokio::net::TcpListener;
use vault::{App, Notes, Role};

pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// The service, as long as the runtime of the test.
pub(crate) struct Vault {
    pub(crate) url: String,
    pub(crate) db: Database,
    pub(crate) app: App,
    pub(crate) notes: Notes,
    pub(crate) clock: ManualClock,
    mails: Mails,
}

/// The mails of a test.
#[derive(Debug, Clone, Default)]
struct Mails(Arc<Mutex<Vec<Mail>>>);

#[async_trait]
impl Mailer for Mails {
    async fn send(&self, mail: Mail) -> Result<(), BoxError> {
        self.0.lock().unwrap().push(mail);
        Ok(())
    }
}

impl Vault {
    pub(crate) async fn start(test: &Test) -> Self {
        let db = test.connect().await.unwrap();
        vault::create_tables(&db).await.unwrap();
        let (mut settings, mails) = (Settings::new("Vault"), Mails::default());
        settings.password_cost = PasswordCost::insecure_for_tests();
        settings.reset_answer_time = Duration::ZERO;
        let clock = ManualClock::at(Utc::now());
        let builder = Auth::build(&db, settings, Keys::new([7; 32]), mails.clone());
        let auth = builder.clock(clock.clone()).finish().unwrap();
        let notes = Notes::new(Cipher::new(orm_crypt::Keys::generate().unwrap()));
        let app = App::new(&db, auth, notes.clone(), false);
        let service = vault::service(app.clone()).into_make_service_with_connect_info::<SocketAddr>();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, service).await });
        Self { url, db, app, notes, clock, mails }
    }

    /// Somebody with a browser of their own.
    pub(crate) fn person(&self) -> Person {
        let client = Client::builder().cookie_store(true).build().unwrap();
        Person { client, url: self.url.clone() }
    }

    /// Somebody who has an account and is signed in.
    pub(crate) async fn member(&self, email: &str) -> Person {
        self.app.open_account(email, &Secret::from(PASSWORD), Role::Member).await.unwrap();
        let person = self.person();
        assert_eq!(person.sign_in(email, PASSWORD).await.path, "/payments");
        person
    }

    /// The same with a second factor.
    pub(crate) async fn member_with_app(&self, email: &str) -> (Person, Phone) {
        let person = self.member(email).await;
        let (phone, _) = person.add_app(self).await;
        (person, phone)
    }

    /// The token of the last mail that has one.
    pub(crate) fn link(&self) -> String {
        let mut mails = self.mails.0.lock().unwrap();
        let token = mails.drain(..).rev().find_map(|mail| match mail.about {
            About::VerifyEmail(token) | About::ResetPassword(token) => Some(token.reveal().to_owned()),
            _ => None,
        });
        token.unwrap()
    }
}

/// An authenticator app.
pub(crate) struct Phone(totp_rs::Totp);

impl Phone {
    pub(crate) fn of(url: &str) -> Self {
        Self(totp_rs::Totp::from_url(url).unwrap())
    }

    /// The code of now, after half a minute: one that was not used.
    pub(crate) fn code(&self, vault: &Vault) -> String {
        vault.clock.advance(Duration::from_secs(30));
        self.0.generate(orm_auth::Clock::now(&vault.clock).timestamp().unsigned_abs()).to_string()
    }
}

/// Somebody who uses the service.
pub(crate) struct Person {
    pub(crate) client: Client,
    url: String,
}

/// What they see.
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    /// Where they are.
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Page {
    async fn of(response: Response) -> Self {
        let (status, path, headers) = (response.status(), response.url().path().to_owned(), response.headers().clone());
        Self { status, path, headers, text: response.text().await.unwrap() }
    }

    /// The text between two others.
    pub(crate) fn between(&self, before: &str, after: &str) -> &str {
        let (_, rest) = self.text.split_once(before).unwrap_or_else(|| panic!("no {before} in {}", self.text));
        rest.split_once(after).unwrap().0
    }

    pub(crate) fn has(&self, text: &str) -> bool {
        self.text.contains(text)
    }
}

impl Person {
    pub(crate) fn request(&self, path: &str, form: &[(&str, &str)]) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.url)).form(form)
    }

    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Page {
        Page::of(self.request(path, form).send().await.unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Page {
        Page::of(self.client.get(format!("{}{path}", self.url)).send().await.unwrap()).await
    }

    pub(crate) async fn sign_in(&self, email: &str, password: &str) -> Page {
        self.post("/sign-in", &[("email", email), ("password", password)]).await
    }

    /// Adds an authenticator app; gives it, and the recovery codes.
    pub(crate) async fn add_app(&self, vault: &Vault) -> (Phone, Vec<String>) {
        let begun = self.post("/account/second-factor", &[]).await;
        assert!(begun.has("<svg"), "{}", begun.text);
        let url = begun.between("id=\"app\" href=\"", "\"").replace("&amp;", "&");
        let phone = Phone::of(&url);
        let added = self.post("/account/second-factor/confirm", &[("code", &phone.code(vault))]).await;
        let codes = added.between("<ul class=\"codes\">", "</ul>").split("</li>");
        let codes = codes.filter_map(|item| item.strip_prefix("<li>")).map(str::to_owned).collect();
        (phone, codes)
    }

    pub(crate) async fn ask_for(&self, payee: &str, amount: &str) -> Page {
        self.post("/payments", &[("payee", payee), ("amount", amount)]).await
    }
}
