/** Headers whose samples are in a file beside them: .hdr with .img, .mhd with .raw or .zraw, .nhdr with any. */

/** File names of such headers. */
export const isDetachedHeader = (name: string): boolean => /\.(hdr|mhd|nhdr)$/i.test(name)

/** Bytes searched for the name of the other file: such headers are short texts. */
export const headerBytes = 2 ** 16

/**
 * The path of the file with the samples, from the header or, for an .hdr, from its name; null if there is none, or several.
 * @param name with its folders @param head up to `headerBytes` of the header
 */
export function samplesFileOf(name: string, head: Uint8Array): string | null {
  if (/\.hdr$/i.test(name)) return name.replace(/\.hdr$/i, '.img')
  const text = new TextDecoder('latin1').decode(head)
  const said = (text.startsWith('NRRD') ? /^data ?file: *(.*)$/im : /^\s*ElementDataFile\s*=\s*(.*)$/im).exec(text)?.[1]?.trim()
  if (!said || isSeveral(said) || said.toUpperCase() === 'LOCAL') return null
  const folder = name.slice(0, name.search(/[^/\\]*$/))
  // An absolute path belongs to the machine that wrote it.
  const relative = /^([/\\]|[a-z]:)/i.test(said) ? said.slice(said.search(/[^/\\]*$/)) : said.replace(/^\.[/\\]/, '')
  return folder + relative
}

/** A list of files, or a pattern for them. */
export const isSeveral = (said: string): boolean => /^LIST\b/i.test(said) || said.includes('%')
