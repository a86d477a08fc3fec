// Bundles the browser side into src/ventanilla/ui/static/ventanilla/dist. Run by tools/build_assets.py.
import { build } from "esbuild";
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const outdir = path.join(root, "src/ventanilla/ui/static/ventanilla/dist");

rmSync(outdir, { recursive: true, force: true });

const result = await build({
  absWorkingDir: root,
  entryPoints: { app: "assets/js/app.js", editor: "assets/js/editor.js", styles: "assets/css/app.css" },
  outdir,
  bundle: true,
  minify: true,
  format: "iife",
  target: ["chrome123", "firefox121", "safari17.5"],
  external: ["*.svg"],
  legalComments: "none",
  charset: "utf8",
  metafile: true,
  logLevel: "warning",
});

// The licenses of everything that went into the bundles travel with them.
const packages = new Set(
  Object.keys(result.metafile.inputs)
    .map((file) => file.match(/^node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1])
    .filter(Boolean),
);
const notices = [...packages].sort().map((name) => {
  const folder = path.join(root, "node_modules", name);
  const { version, license } = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file && existsSync(path.join(folder, file)) ? readFileSync(path.join(folder, file), "utf8").trim() : "";
  return `${name} ${version} (${license})\n\n${text}\n`;
});
writeFileSync(path.join(outdir, "LICENSES.txt"), notices.join(`\n${"-".repeat(72)}\n\n`));
