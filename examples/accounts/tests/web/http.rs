//! The API, from one client and from two hundred at once.

use std::sync::Arc;

use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tokio::sync::Barrier;

use crate::server::Server;

/// How many clients there are at once.
const CLIENTS: usize = 200;

/// An answer: its status, its version, its body.
struct Answer {
    status: StatusCode,
    tag: Option<String>,
    location: Option<String>,
    body: Value,
}

async fn answer(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (status, tag, location) = (response.status(), header("etag"), header("location"));
    let body = response.text().await.unwrap();
    Answer { status, tag, location, body: serde_json::from_str(&body).unwrap_or(Value::String(body)) }
}

/// A client of the service.
#[derive(Clone)]
struct Caller {
    client: Client,
    url: String,
}

impl Caller {
    fn of(server: &Server) -> Self {
        Self { client: Client::new(), url: format!("{}/api", server.url) }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    async fn get(&self, path: &str) -> Answer {
        answer(self.request(Method::GET, path)).await
    }

    async fn sign_up(&self, body: Value) -> Answer {
        answer(self.request(Method::POST, "/accounts").json(&body)).await
    }

    async fn ada(&self) -> Answer {
        self.sign_up(json!({ "email": "ada@example.com", "handle": "ada", "name": "Ada" })).await
    }

    async fn patch(&self, id: &Value, tag: &str, body: Value) -> Answer {
        answer(self.request(Method::PATCH, &format!("/accounts/{id}")).header("if-match", tag).json(&body)).await
    }

    async fn delete(&self, id: &Value, tag: &str) -> Answer {
        answer(self.request(Method::DELETE, &format!("/accounts/{id}")).header("if-match", tag)).await
    }

    async fn restore(&self, id: &Value) -> Answer {
        answer(self.request(Method::POST, &format!("/accounts/{id}/restore"))).await
    }
}

/// What a client does, done by all of them at the same moment.
async fn all<T: Send + 'static, F: Future<Output = T> + Send + 'static>(task: impl Fn(usize) -> F) -> Vec<T> {
    let start = Arc::new(Barrier::new(CLIENTS));
    let tasks: Vec<_> = (0..CLIENTS)
        .map(|number| {
            let (start, task) = (start.clone(), task(number));
            tokio::spawn(async move {
                start.wait().await;
                task.await
            })
        })
        .collect();
    let mut ended = Vec::new();
    for task in tasks {
        ended.push(task.await.unwrap());
    }
    ended
}

#[tokio::test]
async fn somebody_signs_up() {
    let server = Server::start().await;
    let answer = Caller::of(&server).sign_up(json!({ "email": " Ada@Example.com", "handle": "Ada" })).await;
    assert_eq!((answer.status, answer.tag.as_deref()), (StatusCode::CREATED, Some("\"0\"")));
    assert_eq!(answer.location.as_deref(), Some("/api/accounts/1"));
    assert_eq!((&answer.body["email"], &answer.body["handle"]), (&json!("ada@example.com"), &json!("ada")));
    assert_eq!(Caller::of(&server).get("/accounts/1").await.body, answer.body);
}

#[tokio::test]
async fn everything_that_is_not_valid_is_said_at_once() {
    let server = Server::start().await;
    let answer = Caller::of(&server).sign_up(json!({ "email": "nobody", "handle": "A!", "name": "" })).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let violations = answer.body["violations"].as_array().unwrap();
    let found: Vec<_> = violations.iter().map(|one| (one["path"].as_str(), one["rule"].as_str())).collect();
    let expected = [("email", "email"), ("handle", "length"), ("handle", "pattern"), ("name", "length")];
    assert_eq!(found, expected.map(|(path, rule)| (Some(path), Some(rule))));
    assert_eq!(violations[1]["params"], json!({ "min": 3, "max": 30 }));
}

#[tokio::test]
async fn what_an_input_does_not_have_is_refused() {
    let server = Server::start().await;
    let answer = Caller::of(&server).sign_up(json!({ "email": "a@example.com", "handle": "ada", "id": 7 })).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let detail = answer.body["detail"].as_str().unwrap();
    assert!(detail.contains("unknown field `id`, expected one of `email`, `handle`, `name`"), "{detail}");
}

#[tokio::test]
async fn a_taken_handle_is_a_conflict_that_names_the_field() {
    let server = Server::start().await;
    let caller = Caller::of(&server);
    caller.ada().await;
    let answer = caller.sign_up(json!({ "email": "bob@example.com", "handle": "ADA" })).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    let taken = json!([{ "path": "handle", "rule": "unique", "message": "is taken", "params": {} }]);
    assert_eq!(answer.body["violations"], taken);
}

#[tokio::test]
async fn a_patch_needs_the_version_that_its_client_has_seen() {
    let server = Server::start().await;
    let caller = Caller::of(&server);
    let ada = caller.ada().await;
    let (id, seen) = (&ada.body["id"], ada.tag.as_deref().unwrap());
    let blind = answer(caller.request(Method::PATCH, "/accounts/1").json(&json!({ "bio": "x" }))).await;
    assert_eq!(blind.status, StatusCode::PRECONDITION_REQUIRED);

    let changed = caller.patch(id, seen, json!({ "bio": "Wrote the first program", "name": null })).await;
    assert_eq!((changed.status, changed.tag.as_deref()), (StatusCode::OK, Some("\"1\"")));
    assert_eq!((&changed.body["bio"], &changed.body["name"]), (&json!("Wrote the first program"), &Value::Null));

    let stale = caller.patch(id, seen, json!({ "bio": "x" })).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
    let wrong = caller.patch(id, "\"1\"", json!({ "website": "no page" })).await;
    assert_eq!((wrong.status, &wrong.body["violations"][0]["rule"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("url")));
    assert_eq!(caller.get("/accounts/1").await.body, changed.body);
}

#[tokio::test]
async fn a_deleted_account_is_gone_and_comes_back() {
    let server = Server::start().await;
    let caller = Caller::of(&server);
    let ada = caller.ada().await;
    assert_eq!(caller.delete(&ada.body["id"], "\"7\"").await.status, StatusCode::PRECONDITION_FAILED);
    assert_eq!(caller.delete(&ada.body["id"], "\"0\"").await.status, StatusCode::NO_CONTENT);
    assert_eq!(caller.get("/accounts/1").await.status, StatusCode::NOT_FOUND);
    assert_eq!(caller.get("/accounts").await.body["totalCount"], json!(0));

    let back = caller.restore(&ada.body["id"]).await;
    assert_eq!((back.status, &back.body["deleted_at"]), (StatusCode::OK, &Value::Null));
    assert_eq!(caller.get("/accounts/1").await.body, back.body);
    assert_eq!(caller.restore(&json!(99)).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_account_whose_handle_was_taken_meanwhile_is_not_restored() {
    let server = Server::start().await;
    let caller = Caller::of(&server);
    let ada = caller.ada().await;
    caller.delete(&ada.body["id"], "\"0\"").await;
    assert_eq!(caller.sign_up(json!({ "email": "b@example.com", "handle": "ada" })).await.status, StatusCode::CREATED);
    let refused = caller.restore(&ada.body["id"]).await;
    assert_eq!((refused.status, &refused.body["violations"][0]["path"]), (StatusCode::CONFLICT, &json!("handle")));
}

#[tokio::test]
async fn lists_are_filtered_sorted_and_read_page_by_page() {
    let server = Server::start().await;
    let caller = Caller::of(&server);
    for name in ["cy", "ada", "bob", "adele", "ali"] {
        caller.sign_up(json!({ "email": format!("{name}@example.com"), "handle": format!("{name}-x") })).await;
    }
    let mut query = "/accounts?filter[handle][startsWith]=a&sort=-handle&limit=2".to_owned();
    let mut seen = Vec::new();
    loop {
        let page = caller.get(&query).await.body;
        assert_eq!(page["totalCount"], json!(3));
        let edges = page["edges"].as_array().unwrap();
        seen.extend(edges.iter().map(|edge| edge["node"]["handle"].as_str().unwrap().to_owned()));
        if page["pageInfo"]["hasNextPage"] == json!(false) {
            break;
        }
        let cursor = page["pageInfo"]["endCursor"].as_str().unwrap();
        query = format!("/accounts?filter[handle][startsWith]=a&sort=-handle&limit=2&after={cursor}");
    }
    assert_eq!(seen, ["ali-x", "adele-x", "ada-x"]);
}

#[tokio::test]
async fn what_a_list_does_not_take_is_named() {
    let server = Server::start().await;
    let caller = Caller::of(&server);
    for (query, wrong) in [
        ("filter[email]=ada@example.com", "`filter.email` is not a field that this list takes here"),
        ("filter[name][gt]=a", "`filter.name.gt` is not an operator of this field"),
        ("sort=email", "`sort.email` is not a field"),
        ("limit=1000", "`limit` has more rows than 100"),
        ("after=nonsense", "cursor"),
    ] {
        let answer = caller.get(&format!("/accounts?{query}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
        let detail = answer.body["detail"].as_str().unwrap();
        assert!(detail.contains(wrong), "{detail}");
    }
}

#[tokio::test]
async fn the_description_names_every_schema_that_it_refers_to() {
    let server = Server::start().await;
    let document = Caller::of(&server).get("/openapi.json").await.body;
    assert_eq!(document["components"]["schemas"]["SignUp"]["required"], json!(["email", "handle"]));
    // The rules of the model are in it.
    let handle = &document["components"]["schemas"]["SignUp"]["properties"]["handle"];
    assert_eq!((&handle["minLength"], &handle["maxLength"]), (&json!(3), &json!(30)));
    let text = document.to_string();
    let named: Vec<&str> = text.split("\"$ref\":\"#").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(named.len() >= 5, "{text}");
    for pointer in named {
        assert!(document.pointer(pointer).is_some(), "there is no {pointer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_clients_go_through_the_life_of_an_account() {
    let server = Server::start().await;
    let caller = Caller::of(&server);
    let done = all(|number| {
        let caller = caller.clone();
        async move {
            let handle = format!("client-{number}");
            let new = caller.sign_up(json!({ "email": format!("{handle}@example.com"), "handle": handle })).await;
            assert_eq!(new.status, StatusCode::CREATED, "{}", new.body);
            let id = &new.body["id"];
            let changed = caller.patch(id, &new.tag.unwrap(), json!({ "name": format!("Number {number}") })).await;
            assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
            let found = caller.get(&format!("/accounts?filter[handle]={handle}")).await;
            assert_eq!(found.body["edges"][0]["node"], changed.body);
            assert_eq!(caller.delete(id, &changed.tag.unwrap()).await.status, StatusCode::NO_CONTENT);
            assert_eq!(caller.get(&format!("/accounts/{id}")).await.status, StatusCode::NOT_FOUND);
            caller.restore(id).await.status
        }
    })
    .await;
    assert_eq!(done, [StatusCode::OK; CLIENTS]);
    assert_eq!(caller.get("/accounts").await.body["totalCount"], json!(CLIENTS));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_hundred_changes_of_one_version_one_is_made() {
    let server = Server::start().await;
    let caller = Caller::of(&server);
    let ada = caller.ada().await;
    let (id, tag) = (ada.body["id"].clone(), ada.tag.unwrap());
    let statuses = all(|number| {
        let (caller, id, tag) = (caller.clone(), id.clone(), tag.clone());
        async move { caller.patch(&id, &tag, json!({ "bio": format!("by {number}") })).await.status }
    })
    .await;
    assert_eq!(count(&statuses, StatusCode::OK), 1);
    assert_eq!(count(&statuses, StatusCode::PRECONDITION_FAILED), CLIENTS - 1);
    assert_eq!(caller.get("/accounts/1").await.body["version"], json!(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_hundred_who_want_a_handle_one_gets_it() {
    let server = Server::start().await;
    let caller = Caller::of(&server);
    let statuses = all(|number| {
        let caller = caller.clone();
        async move { caller.sign_up(json!({ "email": format!("{number}@example.com"), "handle": "ada" })).await.status }
    })
    .await;
    assert_eq!(count(&statuses, StatusCode::CREATED), 1);
    assert_eq!(count(&statuses, StatusCode::CONFLICT), CLIENTS - 1);
    assert_eq!(caller.get("/accounts").await.body["totalCount"], json!(1));
}

fn count(statuses: &[StatusCode], wanted: StatusCode) -> usize {
    statuses.iter().filter(|status| **status == wanted).count()
}
