/** Bundle a program of this folder and run it in this process: `node tests/app/start.mjs convergence.ts …`. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { bundle } from "./run.mjs";

const folder = await mkdtemp(join(tmpdir(), "regulars-app-"));
try {
  await import(pathToFileURL(await bundle(process.argv[2], folder)).href);
} finally {
  await rm(folder, { recursive: true, force: true });
}
