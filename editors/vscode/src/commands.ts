// What the palette offers beside the server's own actions.

import * as path from "node:path";
import * as vscode from "vscode";

import { configured } from "./server";

/** The folder whose tests are meant: that of the file in front, else the first one that is open. */
function folderInFront(): string | undefined {
  const document = vscode.window.activeTextEditor?.document;
  if (document?.languageId === "mon" && document.uri.scheme === "file") return path.dirname(document.uri.fsPath);
  return vscode.workspace.workspaceFolders?.find((folder) => folder.uri.scheme === "file")?.uri.fsPath;
}

export async function runTests(): Promise<void> {
  const folder = folderInFront();
  if (folder === undefined) {
    void vscode.window.showWarningMessage("there is no folder whose tests could be run: open one, or save the file first");
    return;
  }
  await vscode.workspace.saveAll(false);
  const task = new vscode.Task(
    { type: "bellwether", task: "test" },
    vscode.TaskScope.Workspace,
    `mon test ${path.basename(folder)}`,
    "bellwether",
    new vscode.ProcessExecution(configured().path, ["test", "."], { cwd: folder }),
  );
  task.presentationOptions = { reveal: vscode.TaskRevealKind.Always, clear: true };
  await vscode.tasks.executeTask(task);
}

/** Copies the text that a lens gives along, else one of those that the lenses of the file in front show. */
export async function copyExplanation(given?: unknown): Promise<void> {
  const text = typeof given === "string" ? given : await chosenLens();
  if (text === undefined) return;
  await vscode.env.clipboard.writeText(text);
  vscode.window.setStatusBarMessage("copied what the lens says", 3000);
}

async function chosenLens(): Promise<string | undefined> {
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined) return undefined;
  const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
    "vscode.executeCodeLensProvider",
    editor.document.uri,
    Number.MAX_SAFE_INTEGER,
  );
  const shown = (lenses ?? []).flatMap((lens) => {
    const label = lens.command?.title;
    return label ? [{ label, description: `line ${lens.range.start.line + 1}` }] : [];
  });
  if (shown.length === 0) {
    void vscode.window.showInformationMessage("no lens says anything of this file");
    return undefined;
  }
  const line = `line ${editor.selection.active.line + 1}`;
  shown.sort((a, b) => Number(b.description === line) - Number(a.description === line));
  const [only] = shown;
  if (shown.length === 1) return only?.label;
  return (await vscode.window.showQuickPick(shown, { placeHolder: "which one is to be copied" }))?.label;
}
