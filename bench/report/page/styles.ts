/** How pages look: light and dark by one set of colours, on paper, on a phone. */
const COLORS = `
:root {
  color-scheme: light dark;
  --page: light-dark(#f7f7f5, #131417);
  --card: light-dark(#ffffff, #1b1d21);
  --ink: light-dark(#1b1e23, #e7e8ea);
  --soft: light-dark(#5a616b, #a2a8b1);
  --line: light-dark(#e1e2e4, #2f3237);
  --faint: light-dark(#eff0f0, #24262b);
  --focus: light-dark(#1a5fb4, #78aeff);
  --good: light-dark(#1b7f4b, #57c98a);
  --bad: light-dark(#b3261e, #ff8a80);
  --native: light-dark(#1562c5, #69aaff);
  --ts: light-dark(#c2560c, #f6a04d);
  --mixed: light-dark(#7b46b5, #c39cf5);
  --limit: light-dark(#6c737d, #9aa1ab);
  --tcp: light-dark(#0d7f67, #45c9a6);
  --dgram: light-dark(#93790c, #d4bd4d);
  --other-1: light-dark(#b02a7a, #f286bd);
  --other-2: light-dark(#4d7a12, #a5cf53);
  --other-3: light-dark(#0d7791, #56c7e0);
  --other-4: light-dark(#a3262f, #fa8088);
  --other-5: light-dark(#5f5650, #b9b0a8);
}
:root[data-theme="light"] { color-scheme: light; }
:root[data-theme="dark"] { color-scheme: dark; }
.t-native { color: var(--native); } .t-ts { color: var(--ts); } .t-mixed { color: var(--mixed); }
.t-limit { color: var(--limit); } .t-tcp { color: var(--tcp); } .t-dgram { color: var(--dgram); }
.t-other-1 { color: var(--other-1); } .t-other-2 { color: var(--other-2); } .t-other-3 { color: var(--other-3); }
.t-other-4 { color: var(--other-4); } .t-other-5 { color: var(--other-5); }
.t-better { color: var(--good); } .t-worse { color: var(--bad); } .t-same, .t-control { color: var(--limit); } .t-unclear { color: var(--dgram); }
`;

const FRAME = `
* { box-sizing: border-box; }
html { scroll-padding-top: 4rem; -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif; font-variant-numeric: tabular-nums; }
a { color: inherit; text-underline-offset: 0.2em; }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; border-radius: 3px; }
svg:focus:not(:focus-visible) { outline: none; }
.skip { position: absolute; left: -99rem; }
.skip:focus { left: 1rem; top: 0.5rem; z-index: 3; background: var(--card); padding: 0.4rem 0.8rem; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
header { position: sticky; top: 0; z-index: 2; background: color-mix(in srgb, var(--page) 92%, transparent); backdrop-filter: blur(8px); border-bottom: 1px solid var(--line); }
.bar, main, footer { max-width: 1180px; margin: 0 auto; padding: 0 20px; }
.bar { display: flex; align-items: center; gap: 0.5rem 1.5rem; min-height: 3.25rem; }
h1 { font-size: 1rem; font-weight: 650; margin: 0; white-space: nowrap; }
nav { flex: 1; min-width: 0; overflow-x: auto; scrollbar-width: none; }
nav ul { display: flex; gap: 1.1rem; list-style: none; margin: 0; padding: 0.4rem 2px; }
nav a { color: var(--soft); text-decoration: none; white-space: nowrap; font-size: 0.86rem; }
nav a:hover { color: var(--ink); text-decoration: underline; }
.theme { display: flex; border: 1px solid var(--line); border-radius: 7px; overflow: hidden; background: var(--card); }
.theme[hidden] { display: none; }
.theme button { border: 0; background: none; color: var(--soft); font: inherit; font-size: 0.78rem; padding: 0.22rem 0.6rem; cursor: pointer; }
.theme button[aria-pressed="true"] { background: var(--faint); color: var(--ink); font-weight: 600; }
.theme button:focus-visible { outline-offset: -2px; }
.intro { padding: 1.6rem 0 0; }
section { padding: 2.4rem 0 0.4rem; }
h2 { font-size: 1.35rem; font-weight: 650; letter-spacing: -0.01em; margin: 0 0 0.2rem; }
h3 { font-size: 0.95rem; font-weight: 600; color: var(--soft); margin: 1.6rem 0 0.7rem; }
h4 { font-size: 0.95rem; font-weight: 600; line-height: 1.35; margin: 0; }
.lead { color: var(--soft); max-width: 46rem; margin: 0 0 1rem; }
footer { color: var(--soft); font-size: 0.82rem; padding-top: 2.5rem; padding-bottom: 2.5rem; }
.verdicts, .faults, .tiles, .legend, .legend-text { list-style: none; margin: 0; padding: 0; }
.verdicts { color: var(--soft); font-size: 0.9rem; }
.notes { margin-top: 1rem; max-width: 52rem; }
.verdicts li { margin: 0 0 0.3rem; }
.badge { display: inline-block; font-size: 0.76rem; font-weight: 650; padding: 0.05rem 0.5rem; border-radius: 99px; border: 1px solid currentColor; margin-right: 0.3rem; }
.badge.good { color: var(--good); } .badge.bad { color: var(--bad); }
.faults { color: var(--bad); font-size: 0.9rem; margin: 0.6rem 0; overflow-wrap: anywhere; }
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 165px), 1fr)); gap: 12px; margin-top: 1.1rem; }
.tile { display: flex; flex-direction: column; background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 0.75rem 0.9rem; }
.tile .what { color: var(--soft); font-size: 0.82rem; }
.tile .number { font-size: 1.75rem; font-weight: 600; letter-spacing: -0.02em; line-height: 1.3; white-space: nowrap; }
.tile .unit { font-size: 0.95rem; font-weight: 500; letter-spacing: 0; }
.tile .more { color: var(--soft); font-size: 0.78rem; line-height: 1.4; }
`;

const CHARTS = `
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 360px), 1fr)); gap: 14px; align-items: start; }
.chart { margin: 0; min-width: 0; background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 0.9rem 0.9rem 0.7rem; }
.grid.two { grid-template-columns: repeat(auto-fill, minmax(min(100%, 480px), 1fr)); }
.chart.wide { grid-column: 1 / -1; }
.what { color: var(--soft); font-size: 0.82rem; margin: 0 0 0.4rem; }
.note { color: var(--soft); font-size: 0.8rem; margin: 0.3rem 0; }
.legend { display: flex; flex-wrap: wrap; gap: 0.15rem 0.35rem; margin: 0 -0.3rem 0.2rem; }
.legend button { display: flex; align-items: center; gap: 0.4rem; border: 0; background: none; border-radius: 5px; color: var(--ink); font: inherit; font-size: 0.8rem; padding: 0.1rem 0.35rem; cursor: pointer; }
.legend button:hover { background: var(--faint); }
.legend button[aria-pressed="false"] { color: var(--soft); text-decoration: line-through; }
.legend button[aria-pressed="false"] .key { opacity: 0.35; }
.key { width: 22px; height: 10px; flex: none; }
.plot { display: block; width: 100%; max-width: 460px; margin: 0 auto; height: auto; overflow: visible; touch-action: pan-y; }
.plot text { font-size: 12px; fill: var(--soft); }
.plot .group { fill: var(--ink); font-weight: 600; font-size: 12px; }
.plot .name { fill: var(--ink); }
.plot .figure { fill: var(--soft); }
.plot .group, .plot .name, .plot .figure { stroke: var(--card); stroke-width: 4px; paint-order: stroke; }
.plot .grid { stroke: var(--line); }
.plot .grid.minor { stroke: var(--faint); }
.plot .axis { stroke: var(--soft); }
.plot .origin { stroke: var(--soft); stroke-dasharray: 3 3; }
.plot .cursor { stroke: var(--soft); stroke-dasharray: 2 3; visibility: hidden; }
.plot .cursor.on { visibility: visible; }
.line { fill: none; stroke: currentColor; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
.spread { fill: none; stroke: currentColor; stroke-width: 1.5; opacity: 0.55; }
.dot { fill: currentColor; stroke: var(--card); stroke-width: 1.2; }
.bar.mark { fill: currentColor; }
.series .bar ~ .spread { stroke: var(--ink); opacity: 0.6; }
.dash-1 .line { stroke-dasharray: 6 4; } .dash-2 .line { stroke-dasharray: 2 4; } .dash-3 .line { stroke-dasharray: 8 3 2 3; }
.dash-1 .dot, .dash-2 .dot, .dash-3 .dot { fill: var(--card); stroke: currentColor; stroke-width: 1.8; }
.dash-1 rect.bar { opacity: 0.72; } .dash-2 rect.bar { opacity: 0.52; } .dash-3 rect.bar { opacity: 0.38; }
.aim { stroke: var(--good); stroke-width: 2.5; fill: none; }
.series.off { display: none; }
.series.pale { opacity: 0.22; }
.mark.near { stroke: var(--ink); stroke-width: 2; }
#tip { position: absolute; z-index: 4; max-width: min(22rem, calc(100vw - 16px)); background: var(--card); color: var(--ink); border: 1px solid var(--line); border-radius: 8px; box-shadow: 0 6px 20px rgb(0 0 0 / 0.18); padding: 0.45rem 0.65rem; font-size: 0.82rem; line-height: 1.45; pointer-events: none; }
#tip[hidden] { display: none; }
#tip b { display: block; font-weight: 600; margin-bottom: 0.15rem; }
#tip table { border-collapse: collapse; font-size: inherit; }
#tip td { padding: 0 0 0 0.5rem; border: 0; text-align: left; white-space: normal; vertical-align: top; }
#tip td:first-child { padding: 0 0.35rem 0 0; }
#tip i { display: inline-block; width: 9px; height: 9px; border-radius: 50%; background: currentColor; }
`;

const TABLES = `
.scroll { overflow-x: auto; }
.values { margin-top: 0.45rem; font-size: 0.82rem; min-width: 0; }
summary { cursor: pointer; color: var(--soft); width: fit-content; }
table { border-collapse: collapse; font-size: 0.82rem; }
caption { text-align: left; font-weight: 600; padding: 0 0 0.35rem; }
.values caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
th, td { padding: 0.22rem 0.75rem 0.22rem 0; text-align: right; white-space: nowrap; font-weight: 400; border-bottom: 1px solid var(--line); }
thead th { color: var(--soft); vertical-align: bottom; }
th:first-child, td:first-child { text-align: left; }
th:last-child, td:last-child { padding-right: 0; }
.table { grid-column: 1 / -1; min-width: 0; margin-bottom: 1rem; }
.grid > .values { grid-column: 1 / -1; margin: 0; }
.legend-text { grid-column: 1 / -1; color: var(--soft); font-size: 0.82rem; }
.heat table { width: 100%; border-spacing: 2px; border-collapse: separate; table-layout: auto; }
.heat th, .heat td { border: 0; padding: 0.42rem 0.5rem; }
.heat th[scope="row"] { padding-left: 0; }
.heat thead th { text-align: center; }
.heat .cell { text-align: center; border-radius: 4px; }
.heat .above { background: color-mix(in srgb, var(--native) calc(var(--strength) * 0.62), var(--faint)); }
.heat .below { background: color-mix(in srgb, var(--ts) calc(var(--strength) * 0.62), var(--faint)); }
.heat .none { color: var(--soft); text-align: center; }
.facts dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 0.15rem 1rem; margin: 0.5rem 0 0; font-size: 0.86rem; }
.facts dt { color: var(--soft); }
.facts dd { margin: 0; overflow-wrap: anywhere; }
`;

const PLACES = `
@media (max-width: 640px) {
  .bar, main, footer { padding-left: 14px; padding-right: 14px; }
  .bar { flex-wrap: wrap; padding-top: 0.5rem; justify-content: space-between; }
  nav { order: 3; flex-basis: 100%; }
  html { scroll-padding-top: 6rem; }
  .tiles { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 8px; }
  .tile .number { font-size: 1.45rem; }
  .chart { padding: 0.75rem 0.7rem 0.6rem; }
}
@media (prefers-reduced-motion: no-preference) { html { scroll-behavior: smooth; } }
@media print {
  :root { color-scheme: light; --page: #fff; }
  header { position: static; } nav, .theme, .skip, #tip { display: none; }
  .chart, .table, .tile { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  .scroll { overflow: visible; }
  body { font-size: 11px; }
}
`;

export const STYLES = COLORS + FRAME + CHARTS + TABLES + PLACES;
