//! The pages. They run the same statements as the API, and show what is wrong beside the fields of their forms.

use axum::Router;
use axum::extract::{Form, Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use maud::{Markup, html};
use orm::prelude::*;
use orm::{CursorPage, ListQuery, Violations};
use serde_json::Value;
use url::form_urlencoded;

use crate::html::{Field, Typed, failed, fields, page};
use crate::openapi;
use crate::problem::Problem;
use crate::{Account, Profile, SignUp};

pub(crate) fn routes() -> Router<Database> {
    Router::new()
        .route("/", get(list))
        .route("/sign-up", get(async || sign_up_form(&Typed::default(), None)).post(sign_up))
        .route("/accounts/{id}", get(show).post(change))
        .route("/accounts/{id}/delete", post(delete))
        .route("/accounts/{id}/restore", post(restore))
        .route("/api", get(async || api()))
}

const SIGN_UP: [Field; 3] = [
    Field { name: "email", label: "E-mail", kind: "email", required: true },
    Field { name: "handle", label: "Handle", kind: "text", required: true },
    Field { name: "name", label: "Name", kind: "text", required: false },
];

const PROFILE: [Field; 3] = [
    Field { name: "name", label: "Name", kind: "text", required: false },
    Field { name: "bio", label: "About you", kind: "text", required: false },
    Field { name: "website", label: "Website", kind: "url", required: false },
];

/// The list; the form above it has the words of [`ListQuery`] as names of its fields.
async fn list(State(db): State<Database>, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    match accounts(&db, &query).await {
        Ok(found) => page("Accounts", html! { (search(&query)) (table(&query, &found)) }).into_response(),
        Err(error) => {
            let problem = Problem::from(error);
            let content = html! { (search("")) p.problem role="alert" { (problem.detail) } };
            (problem.status, page("Accounts", content)).into_response()
        }
    }
}

async fn accounts(db: &Database, query: &str) -> Result<CursorPage<Account>> {
    let query = ListQuery::parse(query)?;
    Account::find_all().order_by(Account::ID).list(&Account::listing(), &query)?.with_total().exec(db).await
}

fn search(query: &str) -> Markup {
    let asked = Typed(form_urlencoded::parse(query.as_bytes()).into_owned().collect());
    let (by_handle, orders) = ("filter[handle][startsWith]", ["id", "handle", "name", "-created_at"]);
    html! {
        form #search {
            label for="handle" { "Handle" }
            input id="handle" name=(by_handle) value=(asked.get(by_handle));
            select name="sort" aria-label="Order" {
                @for order in orders { option value=(order) selected[asked.get("sort") == order] { (order) } }
            }
            button { "Search" }
        }
    }
}

fn table(query: &str, found: &CursorPage<Account>) -> Markup {
    let info = &found.page_info;
    // The same request, from another place.
    let link = |place: &str, cursor: &str| {
        let same = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != "after" && name != "before");
        let query =
            form_urlencoded::Serializer::new(String::new()).extend_pairs(same).append_pair(place, cursor).finish();
        format!("/?{query}")
    };
    html! {
        p { (found.total.unwrap_or_default()) " accounts" }
        table {
            thead { tr { th { "Handle" } th { "Name" } th { "Since" } } }
            tbody {
                @for account in found.nodes() {
                    tr {
                        td { a href=(format!("/accounts/{}", account.id)) { (account.handle) } }
                        td { (account.name.as_deref().unwrap_or("–")) }
                        td { (account.created_at.date_naive()) }
                    }
                }
            }
        }
        p {
            @if let (true, Some(cursor)) = (info.has_previous_page, &info.start_cursor) {
                a rel="prev" href=(link("before", cursor.as_str())) { "Previous page" } " "
            }
            @if let (true, Some(cursor)) = (info.has_next_page, &info.end_cursor) {
                a rel="next" href=(link("after", cursor.as_str())) { "Next page" }
            }
        }
    }
}

fn sign_up_form(typed: &Typed, problem: Option<&Problem>) -> Response {
    let form = html! {
        // The rules of the model are shown, not those of the browser.
        form #sign-up method="post" novalidate {
            (fields(&SIGN_UP, typed, problem.map_or(&Violations::new(), |problem| &problem.violations)))
            button { "Sign up" }
        }
    };
    answer("Sign up", problem, form)
}

/// A page with a form, and above it what is wrong with all of it.
fn answer(title: &str, problem: Option<&Problem>, form: Markup) -> Response {
    let status = problem.map_or(StatusCode::OK, |problem| problem.status);
    let content = html! {
        @if let Some(problem) = problem { p.problem role="alert" { (problem.detail) } }
        (form)
    };
    (status, page(title, content)).into_response()
}

fn at(account: &Account) -> Response {
    Redirect::to(&format!("/accounts/{}", account.id)).into_response()
}

fn malformed(error: serde_json::Error) -> Response {
    failed(&Problem::new(StatusCode::BAD_REQUEST, error.to_string()))
}

async fn sign_up(State(db): State<Database>, Form(typed): Form<Vec<(String, String)>>) -> Response {
    let typed = Typed(typed);
    let input: SignUp = match typed.read(&SIGN_UP) {
        Ok(input) => input,
        Err(error) => return malformed(error),
    };
    match input.create().exec(&db).await {
        Ok(account) => at(&account),
        Err(error) => sign_up_form(&typed, Some(&error.into())),
    }
}

async fn show(State(db): State<Database>, Path(id): Path<i64>) -> Response {
    match Account::with_deleted(id, &db).await {
        Ok(account) => profile_form(&account, &said(&account), None),
        Err(error) => failed(&error.into()),
    }
}

/// What the form of an account shows before anything is typed.
fn said(account: &Account) -> Typed {
    let texts = [("name", &account.name), ("bio", &account.bio), ("website", &account.website)];
    let texts = texts.map(|(name, text)| (name.to_owned(), text.clone().unwrap_or_default()));
    Typed(texts.into_iter().chain([("version".to_owned(), account.version.to_string())]).collect())
}

fn profile_form(account: &Account, typed: &Typed, problem: Option<&Problem>) -> Response {
    let to = |what: &str| format!("/accounts/{}{what}", account.id);
    let form = html! {
        p { (account.email) }
        @if let Some(at) = account.deleted_at {
            p { "Deleted at " (at.to_rfc3339()) "." }
            form method="post" action=(to("/restore")) { button { "Restore" } }
        } @else {
            form #profile method="post" action=(to("")) novalidate {
                input type="hidden" name="version" value=(typed.get("version"));
                (fields(&PROFILE, typed, problem.map_or(&Violations::new(), |problem| &problem.violations)))
                button { "Save" }
            }
            @if problem.is_some_and(|problem| problem.status == StatusCode::PRECONDITION_FAILED) {
                p { a href=(to("")) { "See the account as it is now" } }
            }
            form method="post" action=(to("/delete")) {
                input type="hidden" name="version" value=(typed.get("version"));
                button { "Delete" }
            }
        }
    };
    answer(&account.handle, problem, form)
}

/// The version that the form was made for.
fn seen(typed: &Typed) -> i32 {
    // A form that was made by somebody else has seen none.
    typed.get("version").parse().unwrap_or(-1)
}

async fn change(State(db): State<Database>, Path(id): Path<i64>, Form(typed): Form<Vec<(String, String)>>) -> Response {
    let typed = Typed(typed);
    let profile: Profile = match typed.read(&PROFILE) {
        Ok(profile) => profile,
        Err(error) => return malformed(error),
    };
    let mut account = match Account::find_by_pk(id).required(&db).await {
        Ok(account) => account,
        Err(error) => return failed(&error.into()),
    };
    match profile.apply(&mut account).expect_version(seen(&typed)).exec(&db).await {
        Ok(()) => at(&account),
        Err(error) => profile_form(&account, &typed, Some(&error.into())),
    }
}

async fn delete(State(db): State<Database>, Path(id): Path<i64>, Form(typed): Form<Vec<(String, String)>>) -> Response {
    let typed = Typed(typed);
    let account = match Account::find_by_pk(id).required(&db).await {
        Ok(account) => account,
        Err(error) => return failed(&error.into()),
    };
    match account.destroy().expect_version(seen(&typed)).exec(&db).await {
        Ok(()) => at(&account),
        Err(error) => profile_form(&account, &said(&account), Some(&error.into())),
    }
}

async fn restore(State(db): State<Database>, Path(id): Path<i64>) -> Response {
    let mut account = match Account::with_deleted(id, &db).await {
        Ok(account) => account,
        Err(error) => return failed(&error.into()),
    };
    match account.restore(&db).await {
        Ok(()) => at(&account),
        Err(error) => profile_form(&account, &said(&account), Some(&error.into())),
    }
}

/// The API for people: what [`openapi`] says, in short.
fn api() -> Markup {
    let document = openapi::document();
    let empty = serde_json::Map::new();
    let objects = |value: &Value| value.as_object().unwrap_or(&empty).clone();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let content = html! {
        p { "This is " a href="/api/openapi.json" { "openapi.json" } ", for people." }
        @for (path, operations) in objects(&document["paths"]) {
            @for (method, operation) in objects(&operations).iter().filter(|(_, of)| of.is_object()) {
                h2 { code { (method.to_uppercase()) " /api" (path) } }
                p { (text(&operation["summary"])) }
                ul {
                    @for (status, answer) in objects(&operation["responses"]) {
                        li { (status) ": " (text(&answer["description"])) }
                    }
                }
            }
        }
        h2 { "Schemas" }
        @for (name, schema) in objects(&document["components"]["schemas"]) {
            h3 id=(name) { (name) }
            pre { (format!("{schema:#}")) }
        }
    };
    page("API", content)
}
