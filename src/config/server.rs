//! `[server]`: where operators ask how a run is.

use std::net::SocketAddr;
use std::time::Duration;

use mon_sources::parse_duration;
use toml::Value;

use crate::failure::Failure;

/// Keys of the table.
const KEYS: [&str; 2] = ["listen", "recover_within"];
/// How long a source may be without a connection before the run counts as not ready.
const RECOVER_WITHIN: Duration = Duration::from_secs(60);

/// The table, or what holds without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerConfig {
    /// Where to listen; None is nowhere.
    pub listen: Option<SocketAddr>,
    pub recover_within: Duration,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self { listen: None, recover_within: RECOVER_WITHIN }
    }
}

impl ServerConfig {
    /// # Errors
    /// A key is unknown, or its value is not as it should be.
    pub fn read(section: &Value) -> Result<Self, Failure> {
        let Some(table) = section.as_table() else {
            return Err(Failure::input("`server` is no table", "write `[server]` and `listen = \"127.0.0.1:9464\"`"));
        };
        let mut config = Self::default();
        for (key, value) in table {
            let text = value.as_str();
            match key.as_str() {
                "listen" => {
                    config.listen = Some(address(text.unwrap_or_default()).map_err(|help| wrong(key, value, &help))?)
                }
                "recover_within" => {
                    let help = "write a length of time in quotes: `\"30s\"`, `\"2m\"`";
                    config.recover_within = text.and_then(parse_duration).ok_or_else(|| wrong(key, value, help))?;
                }
                _ => {
                    let known = KEYS.map(|key| format!("`{key}`")).join(" or ");
                    return Err(Failure::input(
                        format!("[server]: unknown key `{key}`, expected {known}"),
                        "`docs/configuration.md` lists the keys",
                    ));
                }
            }
        }
        Ok(config)
    }
}

fn wrong(key: &str, value: &Value, help: &str) -> Failure {
    Failure::input(format!("[server]: `{key}` can't be {value}"), help)
}

/// An address and its port, written out: a name could stand for more than one.
///
/// # Errors
/// What to write instead.
pub fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        let port = text.rsplit(':').next().and_then(|port| port.parse::<u16>().ok()).unwrap_or(9464);
        format!("write an address and a port, such as `127.0.0.1:{port}` for this machine alone")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<ServerConfig, Failure> {
        ServerConfig::read(&text.parse::<toml::Table>().unwrap().into())
    }

    #[test]
    fn the_table_is_read_strictly() {
        let config = read("listen = '127.0.0.1:9464'\nrecover_within = '2m'").unwrap();
        assert_eq!(config.listen, Some("127.0.0.1:9464".parse().unwrap()));
        assert_eq!(config.recover_within, Duration::from_secs(120));
        assert_eq!(read("").unwrap(), ServerConfig::default());
        assert_eq!(ServerConfig::default().listen, None, "nothing listens unasked");
        for (text, said, help) in [
            ("listen = ':9000'", "`listen` can't be \":9000\"", "127.0.0.1:9000"),
            ("listen = 'localhost:9464'", "`listen` can't be", "127.0.0.1:9464"),
            ("listen = 9464", "`listen` can't be 9464", "address and a port"),
            ("recover_within = '2'", "`recover_within` can't be \"2\"", "length of time"),
            ("port = 1", "unknown key `port`, expected `listen` or `recover_within`", "docs/configuration.md"),
        ] {
            let failure = read(text).unwrap_err();
            assert!(failure.message.contains(said), "{text}: {failure}");
            assert!(failure.help.as_ref().unwrap().contains(help), "{text}: {:?}", failure.help);
        }
    }
}
