//! What the pages share: the services, the session of a request, and where it comes from.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::header;
use axum::http::request::Parts;
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use orm::prelude::*;
use orm::{Actor, As};
use orm_auth::{Auth, Client, CurrentSession, Level, PendingToken, Secret, SessionToken, SignedIn, normalize_email};

use crate::failure::Failure;
use crate::{Notes, Role, User, Viewer};

/// How old a proof of the second factor may be for a decision.
const SURE_FOR: Duration = Duration::from_secs(600);

const SESSION: &str = "vault_session";
const PENDING: &str = "vault_pending";

/// The services of the program.
#[derive(Debug, Clone)]
pub struct App {
    pub(crate) db: Database,
    pub(crate) auth: Auth<User>,
    pub(crate) notes: Notes,
    secure: bool,
}

impl App {
    /// The services on a database. `secure` says that people come by HTTPS, so that cookies are sent by nothing else.
    pub fn new(db: &Database, auth: Auth<User>, notes: Notes, secure: bool) -> Self {
        Self { db: db.clone(), auth, notes, secure }
    }

    /// Opens an account.
    ///
    /// # Errors
    /// A password that cannot be used, an address that has an account or is none; the database's.
    pub async fn open_account(&self, email: &str, password: &Secret, role: Role) -> orm_auth::Result<User> {
        let email = normalize_email(email);
        let password = self.auth.new_password(&email, password).await?;
        self.db
            .try_transaction(async |tx| {
                let user = User::create().email(email).role(role).exec(tx).await?;
                self.auth.store_password(tx, user.id, password).await?;
                Ok(user)
            })
            .await
    }

    /// The cookies of somebody who has just signed in.
    pub(crate) fn signed_in(&self, jar: CookieJar, signed_in: &SignedIn<User>) -> CookieJar {
        jar.remove(Cookie::build(PENDING).path("/")).add(self.cookie(SESSION, signed_in.token.reveal()))
    }

    /// The cookies of somebody of whom a second factor is wanted.
    pub(crate) fn pending(&self, jar: CookieJar, token: &PendingToken) -> CookieJar {
        jar.add(self.cookie(PENDING, token.reveal()))
    }

    /// The cookies of somebody who is not signed in any more.
    pub(crate) fn signed_out(jar: CookieJar) -> CookieJar {
        jar.remove(Cookie::build(SESSION).path("/")).remove(Cookie::build(PENDING).path("/"))
    }

    /// A cookie that scripts do not see and other sites do not send. It goes when the browser is closed; the session has an end of
    /// its own.
    fn cookie(&self, name: &'static str, value: &str) -> Cookie<'static> {
        let cookie = Cookie::build((name, value.to_owned())).path("/").http_only(true);
        cookie.secure(self.secure).same_site(SameSite::Lax).build()
    }
}

/// What was kept while a second factor is wanted.
pub(crate) fn pending(jar: &CookieJar) -> Option<PendingToken> {
    jar.get(PENDING)?.value().parse().ok()
}

/// Somebody who is signed in; without a session, a request is sent to where one begins.
#[derive(Debug)]
pub(crate) struct Signed {
    pub(crate) session: CurrentSession<User>,
}

impl Signed {
    pub(crate) fn user(&self) -> &User {
        self.session.account()
    }

    /// Whether a second factor was proved just now.
    pub(crate) fn is_sure(&self, app: &App) -> bool {
        app.auth.require(&self.session, Level::Aal2, SURE_FOR).is_ok()
    }

    /// The database as this person sees it; what they change is written down with their address.
    pub(crate) fn db(&self, app: &App) -> As<Viewer> {
        let viewer = Viewer { id: self.user().id, sure: self.is_sure(app) };
        app.db.with(Actor::new(self.user().email.clone())).as_viewer(viewer)
    }
}

impl FromRequestParts<App> for Signed {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let jar = CookieJar::from_headers(&parts.headers);
        let token = jar.get(SESSION).and_then(|cookie| cookie.value().parse::<SessionToken>().ok());
        let session = match token {
            Some(token) => app.auth.authenticate(&token).await?,
            None => None,
        };
        session.map(|session| Self { session }).ok_or(Failure::SignIn)
    }
}

/// Where a request comes from.
#[derive(Debug)]
pub(crate) struct From(pub(crate) Client);

impl<S: Sync> FromRequestParts<S> for From {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let address = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let client = address.map_or_else(Client::unknown, |ConnectInfo(address)| Client::at(address.ip()));
        let agent = parts.headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
        Ok(Self(client.with_user_agent(agent.unwrap_or_default())))
    }
}
