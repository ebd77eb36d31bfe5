//! Pages of lists: `?limit=&cursor=` in, items and the next cursor out.

use latchkey_store::PageQuery;
use latchkey_types::{limits, page::Page};

use crate::{
    error::{ApiError, ApiResult},
    http::cursor,
};

/// The page that a query asks for.
///
/// # Errors
/// 400 for a limit out of range or a cursor that isn't ours.
pub fn page_query(limit: Option<u32>, cursor: Option<&str>) -> ApiResult<PageQuery> {
    let limit = check_limit(limit)?;
    let after = cursor.map(cursor::decode).transpose()?;
    Ok(PageQuery { limit, after })
}

/// How many rows a query asks for.
///
/// # Errors
/// 400 for a limit out of range.
pub fn check_limit(limit: Option<u32>) -> ApiResult<u32> {
    match limit.unwrap_or(limits::PAGE_DEFAULT) {
        limit @ 1..=limits::PAGE_MAX => Ok(limit),
        _ => Err(ApiError::request(
            "#query/limit",
            format!("must be a number from 1 to {}", limits::PAGE_MAX),
        )),
    }
}

/// A page of the API from rows and the place of the next one.
pub fn page<P: Page, R>(
    rows: Vec<R>,
    next: Option<(i64, String)>,
    show: impl FnMut(R) -> P::Item,
) -> P {
    let next = next.map(|(created_at, id)| cursor::encode(created_at, &id));
    P::of(rows.into_iter().map(show).collect(), next)
}
