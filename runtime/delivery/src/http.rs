//! What the channels over HTTP share: one client that follows no redirect, the reading of `Retry-After`, and the guard
//! that keeps a webhook from reaching into the own network.

use std::error::Error as StdError;
use std::net::{IpAddr, SocketAddr};
use std::sync::Once;
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Client, Response, StatusCode, redirect};
use thiserror::Error;

use crate::channel::Outcome;

/// From connecting to the end of the answer.
const ATTEMPT_MAX: Duration = Duration::from_secs(15);
const CONNECT_MAX: Duration = Duration::from_secs(5);
/// Most of an answer that is read, in bytes.
const ANSWER_MAX: usize = 64 * 1024;

/// TLS is done by ring; whoever installed a provider before is left alone.
pub(crate) fn install_tls() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // An error says only that a provider is there already.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

/// # Errors
/// The machine has no usable TLS roots.
pub(crate) fn client(allow_private: bool) -> Result<Client, String> {
    install_tls();
    let builder = Client::builder()
        .user_agent(concat!("bellwether/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .no_proxy()
        .timeout(ATTEMPT_MAX)
        .connect_timeout(CONNECT_MAX);
    let builder = if allow_private { builder } else { builder.dns_resolver(PublicOnly) };
    builder.build().map_err(|error| error.without_url().to_string())
}

/// The host is, or leads to, an address that is not on the public internet.
#[derive(Clone, Copy, Debug, Error)]
#[error("the address is private; set `allow_private = true` to allow it")]
pub(crate) struct PrivateAddress;

/// Resolves names to public addresses only, at the moment of connecting, so that a name cannot change in between.
#[derive(Clone, Copy, Debug)]
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let host = name.as_str().to_owned();
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((host, 0)).await?.collect();
            if found.iter().any(|address| is_private(address.ip())) {
                return Err(PrivateAddress.into());
            }
            let found: Addrs = Box::new(found.into_iter());
            Ok(found)
        })
    }
}

/// Loopback, private, link-local, shared, documentation, multicast and other ranges that no public receiver has.
pub(crate) fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_documentation()
                || v4.is_multicast()
                || a == 0
                || a >= 240
                || (a == 100 && (64..128).contains(&b))
                || (a == 192 && b == 0 && c == 0)
                || (a == 198 && (b == 18 || b == 19))
        }
        IpAddr::V6(v6) => {
            let [first, second, ..] = v6.segments();
            let inner = v6.to_ipv4_mapped().or_else(|| v6.to_ipv4());
            v6.is_loopback()
                || v6.is_unspecified()
                || v6.is_multicast()
                || (first & 0xfe00) == 0xfc00
                || (first & 0xffc0) == 0xfe80
                || (first == 0x2001 && second == 0x0db8)
                || (first == 0x64 && second == 0xff9b)
                || first == 0x2002
                || inner.is_some_and(|v4| is_private(IpAddr::V4(v4)))
        }
    }
}

/// Seconds, or a date of HTTP.
pub(crate) fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let at = DateTime::parse_from_rfc2822(text).ok()?;
    Some((at.with_timezone(&Utc) - now).to_std().unwrap_or(Duration::ZERO))
}

/// What a request that got no answer means. The address may be a secret: it is not repeated.
pub(crate) fn failed(error: reqwest::Error) -> Outcome {
    let error = error.without_url();
    let mut cause: Option<&(dyn StdError + 'static)> = Some(&error);
    let mut last = error.to_string();
    while let Some(current) = cause {
        if current.is::<PrivateAddress>() {
            return Outcome::refused(PrivateAddress.to_string());
        }
        last = current.to_string();
        cause = current.source();
    }
    if error.is_builder() {
        Outcome::refused(format!("the request could not be made: {last}"))
    } else if error.is_connect() {
        Outcome::later(format!("could not connect: {last}"))
    } else if error.is_timeout() {
        Outcome::unknown(format!("no answer within {ATTEMPT_MAX:?}"))
    } else {
        Outcome::unknown(format!("the connection broke before the answer: {last}"))
    }
}

/// What an answer that is no success means.
pub(crate) fn not_taken(status: StatusCode, after: Option<Duration>) -> Outcome {
    let error = format!("answered {status}");
    match status.as_u16() {
        408 | 425 | 429 | 503 => Outcome::Later { after, error, progress: None },
        410 => Outcome::Refused { error, gone: true },
        300..=399 => Outcome::refused(format!("{error}: redirects are not followed")),
        500..=599 => match after {
            Some(_) => Outcome::Later { after, error, progress: None },
            None => Outcome::unknown(error),
        },
        _ => Outcome::refused(error),
    }
}

/// The start of an answer's body; what is beyond the limit is left.
pub(crate) async fn body(mut response: Response) -> Result<Vec<u8>, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        body.extend_from_slice(&chunk);
        if body.len() > ANSWER_MAX {
            body.truncate(ANSWER_MAX);
            break;
        }
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    #[test]
    fn retry_after_is_read_as_seconds_and_as_a_date() {
        let now = DateTime::parse_from_rfc3339("2026-03-04T10:00:00Z").unwrap().with_timezone(&Utc);
        let read = |text: &'static str| {
            retry_after(&HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(text))]), now)
        };
        assert_eq!(read("7"), Some(Duration::from_secs(7)));
        assert_eq!(read("Wed, 04 Mar 2026 10:01:30 GMT"), Some(Duration::from_secs(90)));
        assert_eq!(read("Wed, 04 Mar 2026 09:00:00 GMT"), Some(Duration::ZERO));
        assert_eq!(read("soon"), None);
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }

    #[test]
    fn addresses_of_the_own_network_are_private() {
        for private in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "::1",
            "fd00::1",
            "fe80::1",
            "::ffff:10.0.0.1",
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "224.0.0.1",
        ] {
            assert!(is_private(private.parse().unwrap()), "{private}");
        }
        for public in ["1.1.1.1", "8.8.8.8", "2606:4700:4700::1111", "100.128.0.1", "172.32.0.1"] {
            assert!(!is_private(public.parse().unwrap()), "{public}");
        }
    }

    #[test]
    fn statuses_fall_into_the_three_kinds() {
        let kind = |status: u16| match not_taken(StatusCode::from_u16(status).unwrap(), None) {
            Outcome::Later { .. } => "later",
            Outcome::Refused { gone: true, .. } => "gone",
            Outcome::Refused { .. } => "refused",
            Outcome::Unknown { .. } => "unknown",
            Outcome::Sent { .. } => "sent",
        };
        let kinds: Vec<_> = [301, 400, 401, 404, 408, 410, 413, 429, 500, 502, 503, 504].map(kind).into();
        assert_eq!(
            kinds,
            [
                "refused", "refused", "refused", "refused", "later", "gone", "refused", "later", "unknown", "unknown",
                "later", "unknown"
            ]
        );
    }
}
