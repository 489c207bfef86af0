//! What holds of every request and every answer.

use axum::Router;
use axum::extract::Request;
use axum::http::header::{self, HeaderName};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};

use crate::app::App;

/// Puts the guard around all pages.
pub(crate) fn around(pages: Router<App>) -> Router<App> {
    pages.layer(from_fn(guard))
}

/// Forms of other sites are refused, as browsers tell where a request comes from, besides what `SameSite` does. Answers are kept by
/// nobody, are in no frame, and load and send nothing elsewhere.
async fn guard(request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let site = request.headers().get("sec-fetch-site").map(HeaderValue::as_bytes);
    let mut answer = match site {
        Some(site) if !reads && site != b"same-origin" && site != b"none" => {
            (StatusCode::FORBIDDEN, "this form is of another site").into_response()
        }
        _ => next.run(request).await,
    };
    let policy = "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
    let headers: [(HeaderName, &str); 4] = [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    for (name, value) in headers {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer
}
