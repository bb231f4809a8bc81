// The compiler as a module of WebAssembly: how it is asked, and the worker that asks it, so that a long check never stops the page.
"use strict";

globalThis.Compiler = class Compiler {
  #module;
  #exports;

  constructor(module) {
    this.#module = module;
    this.#start();
  }

  static async of(bytes) {
    return new Compiler(await WebAssembly.compile(bytes));
  }

  #start() {
    this.#exports = new WebAssembly.Instance(this.#module, {}).exports;
  }

  // The answer to a question. Where the compiler stops in the middle, it is begun anew for the next question.
  ask(name, question) {
    const bytes = new TextEncoder().encode(JSON.stringify(question));
    try {
      const at = this.#exports.input(bytes.length);
      if (at === 0) return { error: "the rules and posts are too long for this page" };
      new Uint8Array(this.#exports.memory.buffer, at, bytes.length).set(bytes);
      const length = this.#exports[name]();
      // The memory may have grown, and another buffer holds it then.
      const answer = new Uint8Array(this.#exports.memory.buffer, this.#exports.output(), length);
      return JSON.parse(new TextDecoder().decode(answer));
    } catch (failure) {
      this.#start();
      return { failure: String(failure) };
    }
  }
};

if (typeof WorkerGlobalScope !== "undefined") {
  let compiler;
  // The first message holds the module's bytes, each other one a question.
  onmessage = async ({ data }) => {
    if (data.bytes) {
      compiler = Compiler.of(data.bytes);
    } else {
      const answer = (await compiler).ask(data.name, data.question);
      postMessage({ id: data.id, answer });
    }
  };
}
