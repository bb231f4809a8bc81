// The extension: starts `mon lsp` and keeps it running; everything that is known of rules comes from there.

import * as vscode from "vscode";
import { LanguageClient, type LanguageClientOptions, type ServerOptions } from "vscode-languageclient/node";

import { copyExplanation, runTests } from "./commands";
import { configured, problemOf } from "./server";

let client: LanguageClient | undefined;
let log: vscode.OutputChannel;
// Starts and stops follow one another, also where several are asked for at once.
let turn: Promise<void> = Promise.resolve();

export function activate(context: vscode.ExtensionContext): void {
  log = vscode.window.createOutputChannel("Bellwether");
  const command = (name: string, action: (...given: unknown[]) => unknown): vscode.Disposable =>
    vscode.commands.registerCommand(`bellwether.${name}`, action);
  context.subscriptions.push(
    log,
    command("restartServer", restart),
    command("showLog", () => log.show()),
    command("runTests", runTests),
    command("copyExplanation", copyExplanation),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration("bellwether.server")) void restart();
    }),
  );
  void restart();
}

export function deactivate(): Promise<void> {
  turn = turn.then(stop);
  return turn;
}

function restart(): Promise<void> {
  turn = turn.then(stop).then(start).catch(report);
  return turn;
}

async function stop(): Promise<void> {
  const running = client;
  client = undefined;
  await running?.stop().catch(() => undefined);
}

async function start(): Promise<void> {
  const server = configured();
  const problem = await problemOf(server);
  if (problem !== undefined) {
    log.appendLine(`${problem.message}\nhelp: ${problem.help}`);
    void offerHelp(`${problem.message}: ${problem.help}`);
    return;
  }
  const run = { command: server.path, args: server.arguments };
  const serverOptions: ServerOptions = { run, debug: run };
  const clientOptions: LanguageClientOptions = {
    documentSelector: [
      { language: "mon", scheme: "file" },
      { language: "mon", scheme: "untitled" },
    ],
    outputChannel: log,
    // Lists that rules name are read by the server too.
    synchronize: { fileEvents: vscode.workspace.createFileSystemWatcher("**/*.{mon,csv,tsv,txt,lst,toml}") },
  };
  const starting = new LanguageClient("bellwether", "Bellwether", serverOptions, clientOptions);
  client = starting;
  await starting.start();
}

function report(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  log.appendLine(`the server did not start: ${message}`);
  void offerHelp(`the server of Bellwether did not start: ${message}`);
}

async function offerHelp(message: string): Promise<void> {
  const [settings, again, show] = ["Open Settings", "Try Again", "Show Log"] as const;
  const chosen = await vscode.window.showErrorMessage(message, settings, again, show);
  if (chosen === settings) await vscode.commands.executeCommand("workbench.action.openSettings", "bellwether.server");
  if (chosen === again) await restart();
  if (chosen === show) log.show();
}
