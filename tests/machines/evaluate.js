// The reference implementation of JSONata, as a second opinion: lines of {expression, bindings} in, lines of what it says out.
"use strict";

const jsonata = require("jsonata");
const readline = require("node:readline");

async function said({ expression, bindings }) {
  try {
    const made = jsonata(expression);
    made.registerFunction("parse", (text) => (text === undefined ? undefined : JSON.parse(text)));
    const value = await made.evaluate(undefined, bindings);
    return value === undefined || typeof value === "function" ? { failed: true } : { value };
  } catch (error) {
    return { failed: true, why: error.message };
  }
}

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    process.stdout.write(JSON.stringify(await said(JSON.parse(line))) + "\n");
  }
}

main();
