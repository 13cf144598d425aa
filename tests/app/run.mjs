/**
 * Run the app's unit tests: `node tests/app/run.mjs [--mistake name] [file…]` (all files when none is named).
 *
 * Each file is bundled (TypeScript, no browser) and run by Node's own test runner in a process of its own. With a
 * mistake of `mistakes.mjs` the core is built wrongly on purpose: then the tests it names have to fail.
 */

import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { MISTAKES } from "./mistakes.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = resolve(HERE, "../..");
const CORE = join(ROOT, "mobile_api/web/src");

/** Put a mistake's text in place of the right one; a text that is not there (any more) is an error. */
function wrong(mistake) {
  return {
    name: "wrong",
    setup(builder) {
      const path = join(CORE, mistake.file);
      builder.onLoad({ filter: /\.tsx?$/ }, async (args) => {
        if (args.path !== path) return undefined;
        const right = await readFile(path, "utf8");
        const parts = right.split(mistake.right);
        if (parts.length !== 2) throw new Error(`${mistake.file} has ${parts.length - 1} × ${mistake.right}`);
        return { contents: parts.join(mistake.wrong), loader: "ts" };
      });
    },
  };
}

/** Bundle a file of this folder for Node; return where. */
export async function bundle(file, folder, mistake) {
  const outfile = join(folder, `${basename(file, ".ts")}.mjs`);
  await build({
    entryPoints: [join(HERE, file)],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    tsconfig: join(ROOT, "tsconfig.json"),
    logLevel: "error",
    sourcemap: "inline",
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
    plugins: mistake ? [wrong(mistake)] : [],
  });
  return outfile;
}

function run(path, args = []) {
  const child = spawn(process.execPath, ["--enable-source-maps", ...args, path], {
    stdio: "inherit",
    cwd: ROOT,
  });
  return new Promise((done) => child.on("close", (code) => done(code ?? 1)));
}

async function main(args) {
  const at = args.indexOf("--mistake");
  const name = at < 0 ? undefined : args.splice(at, 2)[1];
  const mistake = name && MISTAKES[name];
  if (name && !mistake) throw new Error(`no mistake is called ${name}`);
  const all = (await readdir(HERE)).filter((file) => file.endsWith(".test.ts"));
  const folder = await mkdtemp(join(tmpdir(), "regulars-app-"));
  let failed = 0;
  try {
    for (const file of args.length ? args : mistake ? [mistake.caught] : all.sort()) {
      failed |= await run(await bundle(file, folder, mistake), ["--test-reporter=spec"]);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return failed;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main(process.argv.slice(2));
