// Bundles the browser side into src/ventanilla/ui/static/ventanilla/dist. Run by tools/build_assets.py.
import { Resvg } from "@resvg/resvg-js";
import { build } from "esbuild";
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const outdir = path.join(root, "src/ventanilla/ui/static/ventanilla/dist");

rmSync(outdir, { recursive: true, force: true });

const result = await build({
  absWorkingDir: root,
  entryPoints: {
    app: "assets/js/app.js",
    editor: "assets/js/editor.js",
    styles: "assets/css/app.css",
    worker: "assets/js/worker.js",
  },
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

// The icons of the installed app, from the mark: light on green, which stands out on light and dark screens alike.
const mark = readFileSync(path.join(root, "src/ventanilla/ui/static/ventanilla/mark.svg"), "utf8");
const drawing = mark.replace(/^[^]*?<svg[^>]*>|<\/svg>\s*$/g, "");

/**
 * @param {string} name of the file
 * @param {number} size of a side in pixels
 * @param {{ground?: string, corner?: number, part: number}} how ground color, its rounded corner, the mark's share of a side
 */
function icon(name, size, { ground = "none", corner = 0, part }) {
  const [side, inset] = [100 * part, 50 * (1 - part)];
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">
    <rect width="100" height="100" rx="${corner}" fill="${ground}"/>
    <svg x="${inset}" y="${inset}" width="${side}" height="${side}" viewBox="0 0 16 16" fill="#fffefb">${drawing}</svg></svg>`;
  writeFileSync(path.join(outdir, name), new Resvg(svg, { fitTo: { mode: "width", value: size } }).render().asPng());
}
const GREEN = "#17594d";
icon("icon-192.png", 192, { ground: GREEN, corner: 22, part: 0.62 });
icon("icon-512.png", 512, { ground: GREEN, corner: 22, part: 0.62 });
// Cut by the device to a shape of its own: all that matters stands within the middle four fifths.
icon("icon-maskable.png", 512, { ground: GREEN, part: 0.5 });
icon("icon-apple.png", 180, { ground: GREEN, part: 0.58 });
// One color, beside the clock.
icon("badge.png", 96, { part: 0.9 });

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
