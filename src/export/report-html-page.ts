/** What every page of a report is made of: text that cannot do harm, numbers, sections, tables. */
import { reportStyle } from './report-html-style'

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Text for HTML, including attributes; invalid characters become a replacement character. */
export const escape = (text: string) =>
  text.replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]/gu, '\ufffd').replace(/[&<>"']/g, (c) => entities[c]!)

/** A name, isolated so that right-to-left text does not reorder what surrounds it. */
export const named = (name: string) => `<bdi>${escape(name)}</bdi>`

export const count = (n: number) => n.toLocaleString('en-US')
export const dice = (value: number | null | undefined) =>
  value === null || value === undefined || Number.isNaN(value) ? '–' : value.toFixed(3)
export const percent = (share: number) => (Number.isFinite(share) ? `${(share * 100).toFixed(1)} %` : '–')

/** A page that needs no network and no script, and whose policy allows neither. @param style more of it, after that of all reports */
export const page = (title: string, content: string, version: string, style = '') => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${reportStyle}${style}</style>
</head>
<body>
<main>
${content}
<footer><p>Written by Exemplar Lab ${escape(version)}, research software. Not a medical device, not approved by anyone for any purpose, not for diagnosis or treatment. This file holds all that it shows: it loads nothing, sends nothing and runs no script.</p></footer>
</main>
</body>
</html>
`

export const plural = (n: number, what: string) => `${count(n)} ${what}${n === 1 ? '' : 's'}`

export const section = (heading: string, content: string) => {
  const id = heading.toLowerCase().replace(/[^a-z]+/g, '-')
  return `<section aria-labelledby="${id}"><h2 id="${id}">${heading}</h2>\n${content}\n</section>`
}

/** A table may be wider than a phone's screen; then it can also be scrolled by keyboard. */
export const scroll = (name: string, how: 'fit' | 'names-wrap', content: string) =>
  `<div class="scroll ${how}" tabindex="0" role="group" aria-label="Table: ${name}">${content}</div>`

export const swatch = (color: string) => `<span class="swatch" style="background:${color}"></span>`
