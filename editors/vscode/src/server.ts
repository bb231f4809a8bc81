// Finds the command `mon`, and says what is wrong where it can't be the server.

import { execFile } from "node:child_process";
import * as vscode from "vscode";

export interface Server {
  path: string;
  arguments: string[];
}

export interface Problem {
  message: string;
  help: string;
}

const PATIENCE_MS = 10_000;

export function configured(): Server {
  const settings = vscode.workspace.getConfiguration("bellwether.server");
  return { path: settings.get<string>("path", "mon").trim() || "mon", arguments: settings.get<string[]>("arguments", ["lsp"]) };
}

interface Ran {
  code: number | string;
  out: string;
}

function run(path: string, parameters: string[]): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(path, parameters, { timeout: PATIENCE_MS, windowsHide: true }, (error, out) => {
      resolve({ code: error === null ? 0 : (error.code ?? "killed"), out });
    });
  });
}

/** What keeps the configured command from being the server, or nothing. */
export async function problemOf(server: Server): Promise<Problem | undefined> {
  const told = await run(server.path, ["--version"]);
  if (told.code === "ENOENT") {
    return {
      message: `the command \`${server.path}\` was not found`,
      help: "install Bellwether, or write where the command is into the setting `bellwether.server.path`",
    };
  }
  if (told.code === "EACCES") {
    return {
      message: `the command \`${server.path}\` may not be run`,
      help: "give yourself the right to run it, or choose another one in the setting `bellwether.server.path`",
    };
  }
  const version = /^mon (\S+)/.exec(told.out)?.[1];
  if (version === undefined) {
    return {
      message: `\`${server.path}\` is not the command of Bellwether`,
      help: "write where `mon` is into the setting `bellwether.server.path`",
    };
  }
  const [verb] = server.arguments;
  if (verb === "lsp" && (await run(server.path, ["lsp", "--help"])).code !== 0) {
    return {
      message: `\`${server.path}\` is version ${version}, which is too old to help an editor`,
      help: "install a newer Bellwether; colours work without it",
    };
  }
  return undefined;
}
