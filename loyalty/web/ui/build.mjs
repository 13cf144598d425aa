/**
 * Build a face's pages: `node loyalty/web/ui/build.mjs [mobile_api] …` (all of them when none is named).
 *
 * Into `<face>/web/dist`: hashed assets (also as .br and .gz), the shell `index.html`, icons, and the service worker `sw.js`,
 * which knows every asset by its name and so changes when anything does.
 */

import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { Resvg } from "@resvg/resvg-js";
import { build } from "esbuild";

/** Each face with pages of its own, and the path it is served under. */
const FACES = { mobile_api: "/app/" };

const ICONS = { "icon-192.png": 192, "icon-512.png": 512 };
/** What systems cut to a shape of their own: the color reaches every edge, the cup stays in the middle four fifths. */
const MASKABLE = { "touch-180.png": 180, "maskable-192.png": 192, "maskable-512.png": 512 };
const SHARED = {
  bundle: true,
  minify: true,
  format: "esm",
  target: ["es2022", "chrome111", "safari16.4", "firefox115"],
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "none",
  logLevel: "warning",
};

const hashed = (content) => createHash("sha256").update(content).digest("hex").slice(0, 10);

/** Keep what is inside of a picture: the frame around it is ours. */
const pictures = {
  name: "pictures",
  setup(builder) {
    builder.onLoad({ filter: /\.svg$/ }, async ({ path }) => {
      const inside = (await readFile(path, "utf8")).replace(/^[\s\S]*?<svg[^>]*>|<\/svg>\s*$/g, "");
      return { contents: inside.replace(/\s*\n\s*/g, "").replaceAll(" />", "/>"), loader: "text" };
    });
  },
};

/**
 * Put all that `main` needs into one chunk: every module that is loaded later imports `main` (which is there by then), so
 * that what they share with it is shared by all of them. Twenty small files cost a phone three more round trips.
 */
const together = (main) => ({
  name: "together",
  setup(builder) {
    builder.onResolve({ filter: /^\./ }, async ({ path, kind, pluginData, ...from }) => {
      if (kind !== "dynamic-import" || pluginData === together) return undefined;
      const found = await builder.resolve(path, { ...from, kind, pluginData: together });
      return { ...found, pluginData: { isLater: true } };
    });
    builder.onLoad({ filter: /\.tsx?$/ }, async ({ path, pluginData }) => {
      if (!pluginData?.isLater) return undefined;
      const contents = `${await readFile(path, "utf8")}\nimport ${JSON.stringify(main)};\n`;
      return { contents, loader: path.endsWith("x") ? "tsx" : "ts" };
    });
  },
});

async function buildFace(face, base) {
  const source = join(face, "web", "src");
  const dist = join(face, "web", "dist");
  const main = resolve(source, "main.tsx");
  const { outputFiles, metafile } = await build({
    ...SHARED,
    entryPoints: [main],
    splitting: true,
    plugins: [pictures, together(main)],
    loader: { ".wasm": "file" },
    outdir: join(dist, "assets"),
    entryNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
    assetNames: "[name]-[hash]",
    metafile: true,
    write: false,
  });
  const files = new Map(
    outputFiles.map((file) => [`assets/${basename(file.path)}`, Buffer.from(file.contents)]),
  );
  for (const [name, content] of await icons()) files.set(`assets/${name}`, content);

  const named = (pattern) => [...files.keys()].filter((name) => pattern.test(name));
  const [script] = named(/^assets\/main-\w+\.js$/);
  const [style] = named(/^assets\/main-\w+\.css$/);
  const entry = Object.entries(metafile.outputs).find(([path]) => basename(path) === basename(script))[1];
  const first = entry.imports
    .filter((each) => each.kind === "import-statement")
    .map((each) => basename(each.path));
  const page = (await readFile(join(face, "web", "index.html"), "utf8"))
    .replace("<!-- assets -->", shellAssets(base, script, style, first))
    .replaceAll("{base}", base)
    .replace("{touch}", named(/touch-180/)[0])
    .replace("{icon}", named(/mark-/)[0]);
  files.set("index.html", Buffer.from(page));

  // What is large and needed seldom (the scanner's module) is loaded when it is; its name is in a script's, so a new
  // one makes a new version all the same.
  const list = [...files.keys()].filter((name) => name !== "index.html" && !name.endsWith(".wasm"));
  const version = hashed(list.join() + page);
  const worker = await build({
    ...SHARED,
    entryPoints: [join(source, "worker", "worker.ts")],
    define: { BASE: JSON.stringify(base), ASSETS: JSON.stringify(list), VERSION: JSON.stringify(version) },
    format: "iife",
    write: false,
  });
  files.set("sw.js", Buffer.from(worker.outputFiles[0].contents));
  await write(dist, files);
  return { files, first: ["index.html", script, style, ...first.map((name) => `assets/${name}`)] };
}

function shellAssets(base, script, style, first) {
  const preloads = first.map((name) => `<link rel="modulepreload" href="${base}assets/${name}">`);
  return [
    `<link rel="stylesheet" href="${base}${style}">`,
    ...preloads,
    `<script type="module" src="${base}${script}"></script>`,
  ].join("\n  ");
}

async function icons() {
  const mark = await readFile("loyalty/web/static/mark.svg");
  const whole = mark.toString().replace(/ rx="\d+"/, "");
  const drawn =
    (svg) =>
    ([name, width]) => {
      const png = new Resvg(svg, { fitTo: { mode: "width", value: width } }).render().asPng();
      return [name.replace(".png", `-${hashed(png)}.png`), png];
    };
  return [
    ...Object.entries(ICONS).map(drawn(mark)),
    ...Object.entries(MASKABLE).map(drawn(whole)),
    [`mark-${hashed(mark)}.svg`, mark],
  ];
}

/** Write a folder beside the old one and put it in its place: a server that starts meanwhile finds one or the other. */
async function write(dist, files) {
  const fresh = `${dist}.${process.pid}`;
  await mkdir(join(fresh, "assets"), { recursive: true });
  for (const [name, content] of files) {
    const path = join(fresh, name);
    await writeFile(path, content);
    if (name.endsWith(".png")) continue;
    await writeFile(`${path}.gz`, gzipSync(content, { level: 9 }));
    await writeFile(
      `${path}.br`,
      brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
    );
  }
  await rm(dist, { recursive: true, force: true });
  await rename(fresh, dist);
}

const asked = process.argv.slice(2);
for (const [face, base] of Object.entries(FACES)) {
  if (asked.length && !asked.includes(face)) continue;
  const { files, first } = await buildFace(face, base);
  const kilobytes = first.reduce((sum, name) => sum + gzipSync(files.get(name)).length, 0) / 1000;
  console.log(`${face}: ${files.size} files, first load ${kilobytes.toFixed(1)} kB (gzip)`);
}
