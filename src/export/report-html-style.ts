import { modelColours } from '../image/palette'

const { A, B } = modelColours

/** The whole style of a report: light or dark as on the reader's system, and light on paper. */
export const reportStyle = `
:root{--ground:#f4f5f3;--surface:#fff;--line:#dcdfdd;--text:#15191c;--quiet:#596068;--a:${A.light};--b:${B.light};--mark:#fff3d6;color-scheme:light}
@media screen and (prefers-color-scheme:dark){:root{--ground:#0d1013;--surface:#15191d;--line:#2a3036;--text:#e7eaec;--quiet:#9ca5ae;--a:${A.dark};--b:${B.dark};--mark:#3a2f12;color-scheme:dark}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--text);font:14px/1.45 system-ui,'Segoe UI',Roboto,'Helvetica Neue',sans-serif;font-variant-numeric:tabular-nums}
main{max-width:1080px;margin:0 auto;padding:32px 24px 48px}
h1{margin:0 0 4px;font-size:26px;line-height:1.2;letter-spacing:-.01em}
h2{margin:0 0 12px;font-size:17px}
h3{margin:16px 0 4px;font-size:13px}
p{margin:0 0 8px;max-width:75ch}
section>ul:not([class]){margin:0;padding-left:20px}
section{margin-top:20px;padding:20px;background:var(--surface);border:1px solid var(--line);border-radius:10px}
.quiet,figcaption small{color:var(--quiet)}
.notice{margin:16px 0 0;padding:10px 14px;background:var(--mark);border-left:4px solid var(--b);border-radius:4px;max-width:none}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(130px,1fr));gap:14px 20px;margin:0}
.facts dt{color:var(--quiet);font-size:12px}
.facts dd{margin:0;font-size:16px;font-weight:600;overflow-wrap:anywhere}
.facts dd small{display:block;font-size:12px;font-weight:400;color:var(--quiet)}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(290px,100%),1fr));gap:16px 20px}
figure{margin:0;min-width:0;break-inside:avoid}
.chart figcaption{font-weight:600;font-size:13px}
.chart svg{display:block;width:100%;height:auto}
.chart text{fill:var(--quiet);font-size:11px}
.grid{stroke:var(--line)}
.curve{fill:none;stroke-width:1.75;stroke-linecap:round;stroke-linejoin:round;stroke:var(--text)}
.curve.a{stroke:var(--a)}.curve.b{stroke:var(--b);stroke-dasharray:6 4}.curve.fit{stroke:var(--quiet);stroke-dasharray:1 4}
.chart text.end{font-weight:600;fill:var(--text)}.chart text.a{fill:var(--a)}.chart text.b{fill:var(--b)}.chart text.fit{fill:var(--quiet)}
.pictures{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(150px,45%),1fr));gap:16px 14px}
.pictures figcaption{margin-top:4px;font-size:12px;overflow-wrap:anywhere}
.pictures small{display:block}
.pair{grid-column:span 2}
.sides{display:grid;grid-template-columns:1fr 1fr;gap:4px}
.picture{display:block;width:100%;height:auto;max-width:320px;border-radius:4px;background:#000}
.picture image{image-rendering:pixelated}
.picture path{fill:none;stroke-width:1.75px;vector-effect:non-scaling-stroke}
.picture .casing{stroke:#000;stroke-width:4px;stroke-opacity:.75}
.legend{display:flex;flex-wrap:wrap;gap:4px 16px;list-style:none;margin:0 0 12px;padding:0}
.swatch{display:inline-block;width:12px;height:12px;margin-right:6px;border:1px solid var(--quiet);border-radius:2px;vertical-align:-1px;print-color-adjust:exact;-webkit-print-color-adjust:exact}
.color{white-space:nowrap}
.scroll{overflow-x:auto}
.changed small{font-weight:400}
.scroll:focus-visible{outline:2px solid var(--a);outline-offset:2px}
table{border-collapse:collapse;width:100%;font-size:13px}
th,td{padding:5px 14px 5px 0;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
th:last-child,td:last-child{padding-right:0}
tr{break-inside:avoid}
thead th{color:var(--quiet);font-weight:600;vertical-align:bottom}
tbody th{font-weight:400}
.names-wrap tbody th{overflow-wrap:anywhere;min-width:120px}
.fit table,table.fit{width:auto}
table.fit th{white-space:nowrap}
.number{text-align:right;white-space:nowrap}
.settings{columns:2 360px;column-gap:32px}
.settings table{break-inside:avoid;margin-bottom:18px}
.settings caption{text-align:left;font-weight:600;padding-bottom:2px}
.settings td{width:27%}
.changed th,.changed td{background:var(--mark);font-weight:600;print-color-adjust:exact;-webkit-print-color-adjust:exact}
details{margin-top:8px}
summary{cursor:pointer}
.names{columns:3 200px;margin:8px 0 0;padding-left:20px;font-size:12px;overflow-wrap:anywhere}
footer{margin-top:24px;color:var(--quiet);font-size:12px}
@media (max-width:600px){main{padding:20px 12px}section{padding:14px}th,td{padding-right:8px}}
@media print{@page{margin:14mm}body{background:#fff;font-size:11px}main{max-width:none;padding:0}section{border:0;padding:0;margin-top:22px}h2{break-after:avoid}.scroll{overflow:visible}.pictures{grid-template-columns:repeat(5,1fr)}.charts{grid-template-columns:repeat(3,1fr)}}
`
