//! Bellwether for Zed: says which command is the server.

use zed_extension_api::settings::LspSettings;
use zed_extension_api::{Command, Extension, LanguageServerId, Result, Worktree, register_extension};

struct Bellwether;

impl Extension for Bellwether {
    fn new() -> Self {
        Self
    }

    /// The command of the settings (`lsp.mon.binary`), else `mon` on the `PATH`.
    fn language_server_command(&mut self, server: &LanguageServerId, worktree: &Worktree) -> Result<Command> {
        let binary = LspSettings::for_worktree(server.as_ref(), worktree).ok().and_then(|settings| settings.binary);
        let (path, arguments) = binary.map_or((None, None), |binary| (binary.path, binary.arguments));
        let command = path.or_else(|| worktree.which("mon")).ok_or(
            "the command `mon` was not found: install Bellwether, or write where it is into the setting `lsp.mon.binary.path`",
        )?;
        let args = arguments.unwrap_or_else(|| vec!["lsp".to_owned()]);
        Ok(Command { command, args, env: worktree.shell_env() })
    }
}

register_extension!(Bellwether);
