//! A repository of git in a folder of its own, with the command that is tested on its path.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::tool::Ran;

pub struct Repository {
    folder: tempfile::TempDir,
}

impl Repository {
    pub fn new() -> Self {
        let repository = Self { folder: tempfile::tempdir().unwrap() };
        repository.git(&["init", "--quiet"]);
        repository
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Runs git, which must not fail, and gives what it printed.
    pub fn git(&self, arguments: &[&str]) -> String {
        let ran = self.run("git", arguments, &[]);
        assert_eq!(ran.code, 0, "git {arguments:?}: {ran:?}");
        ran.out.trim().to_owned()
    }

    /// Stages all and commits it; gives the commit.
    pub fn commit(&self, message: &str) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--no-verify", "--allow-empty", "-m", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Runs a program in the repository. Nothing of the settings of git around it counts.
    pub fn run(&self, program: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Ran {
        let own = Path::new(env!("CARGO_BIN_EXE_mon")).parent().unwrap().to_path_buf();
        let others = std::env::var_os("PATH").unwrap_or_default();
        let path: OsString = std::env::join_paths(std::iter::once(own).chain(std::env::split_paths(&others))).unwrap();
        let mut command = Command::new(program);
        command.current_dir(self.path()).args(arguments).stdin(Stdio::null()).env("PATH", path).env("NO_COLOR", "1");
        for name in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"] {
            command.env_remove(name);
        }
        command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "desk").env(format!("GIT_{who}_EMAIL"), "desk@acme.example");
        }
        let ran = Ran::from(command.envs(environment.iter().copied()).output().unwrap());
        assert!(!ran.err.contains("panicked"), "a panic reached the user: {}", ran.err);
        ran
    }
}
