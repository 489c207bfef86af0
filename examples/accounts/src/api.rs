//! The API: JSON in and out. Every handler is the statement that it runs, and what its answer is called in HTTP.

use axum::Router;
use axum::extract::{FromRequest, FromRequestParts, Json, Path, RawQuery, Request, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use axum::routing::{get, post};
use orm::prelude::*;
use orm::{CursorPage, ListQuery};
use serde::de::DeserializeOwned;

use crate::openapi;
use crate::problem::Problem;
use crate::{Account, Profile, SignUp};

pub(crate) fn routes() -> Router<Database> {
    Router::new()
        .route("/accounts", get(list).post(sign_up))
        .route("/accounts/{id}", get(show).patch(change).delete(delete))
        .route("/accounts/{id}/restore", post(restore))
        .route("/openapi.json", get(async || Json(openapi::document())))
}

async fn sign_up(State(db): State<Database>, Body(input): Body<SignUp>) -> Result<Response, Problem> {
    let account = input.create().exec(&db).await?;
    let place = format!("/api/accounts/{}", account.id);
    Ok((StatusCode::CREATED, AppendHeaders([(header::LOCATION, place)]), Tagged(account)).into_response())
}

async fn list(State(db): State<Database>, RawQuery(query): RawQuery) -> Result<Json<CursorPage<Account>>, Problem> {
    let query = ListQuery::parse(&query.unwrap_or_default())?;
    let page = Account::find_all().order_by(Account::ID).list(&Account::listing(), &query)?;
    Ok(Json(page.with_total().exec(&db).await?))
}

async fn show(State(db): State<Database>, Path(id): Path<i64>) -> Result<Tagged, Problem> {
    Ok(Tagged(Account::find_by_pk(id).required(&db).await?))
}

async fn change(
    State(db): State<Database>,
    Path(id): Path<i64>,
    IfMatch(seen): IfMatch,
    Body(profile): Body<Profile>,
) -> Result<Tagged, Problem> {
    let mut account = Account::find_by_pk(id).required(&db).await?;
    profile.apply(&mut account).expect_version(seen).exec(&db).await?;
    Ok(Tagged(account))
}

async fn delete(
    State(db): State<Database>,
    Path(id): Path<i64>,
    IfMatch(seen): IfMatch,
) -> Result<StatusCode, Problem> {
    let account = Account::find_by_pk(id).required(&db).await?;
    account.destroy().expect_version(seen).exec(&db).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn restore(State(db): State<Database>, Path(id): Path<i64>) -> Result<Tagged, Problem> {
    let mut account = Account::with_deleted(id, &db).await?;
    account.restore(&db).await?;
    Ok(Tagged(account))
}

/// An account with its version as `ETag`.
struct Tagged(Account);

impl IntoResponse for Tagged {
    fn into_response(self) -> Response {
        let tag = format!("\"{}\"", self.0.version);
        (AppendHeaders([(header::ETAG, tag)]), Json(self.0)).into_response()
    }
}

/// The version that the client has seen: the `ETag` of its last answer, in the header `If-Match`.
struct IfMatch(i32);

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(header) = parts.headers.get(header::IF_MATCH) else {
            let what = "say in `If-Match` which version you have seen: the `ETag` of the account";
            return Err(Problem::new(StatusCode::PRECONDITION_REQUIRED, what));
        };
        let version = header.to_str().ok().and_then(|tag| tag.strip_prefix('"')?.strip_suffix('"')?.parse().ok());
        let unknown = || Problem::new(StatusCode::PRECONDITION_FAILED, "`If-Match` is no `ETag` of this account");
        version.map(Self).ok_or_else(unknown)
    }
}

/// The body of a request; one that is not of its form is a [`Problem`].
struct Body<T>(T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let Json(body) = Json::from_request(request, state).await?;
        Ok(Self(body))
    }
}
