/**
 * Whether the name of a file looks like the name or the number of a person. It cannot know; it looks for what hospitals put into names, and leaves
 * alone what data sets count with:
 * - "DOE^JOHN", as DICOM writes names of persons;
 * - a common given name as a word beside another word, such as "smith_anna";
 * - a word such as "mrn", "dob" or "ssn" with something after it;
 * - a date with its year, such as 19570423, 2024-01-31 or 31.01.2024;
 * - a number of six digits or more that counts to more than 100,000, alone or after up to four letters, such as "P1234567": neither
 *   "case_00003" nor "ISIC_0012345", nor digits in a digest.
 */

const givenNames = new Set(
  (
    'aaron adam ahmed alan albert alejandro alexander alfred ali alice amanda amelia amy ana andrea andreas andrew angela anita ann anna anne antonio ' +
    'arthur barbara benjamin bernd bernhard betty brian carla carlos carmen carol caroline catherine charles charlotte chris christian christina christine ' +
    'christopher claudia cynthia daniel david deborah dennis diana dieter donald dorothy douglas edward elena elisabeth elizabeth emily emma eric erik esther ' +
    'eva fatima felix fernando francesco francisco frank franz fritz gabriel george georg gerald gerhard gertrude giovanni giuseppe gregory hannah hans harold ' +
    'hassan heather heinrich helen helga helmut henry herbert ibrahim ines ingrid irene isabel ivan jack jacob james jan jane janet jason javier jean jeffrey ' +
    'jennifer jessica joan johannes john jonathan jorge jose joseph joshua juan judith julia julie juergen karen karin karl katharina katherine kathleen ' +
    'kenneth kevin klaus kumar larry laura lauren linda lisa louis lucas lucia luis luigi manfred manuel marco margaret maria marie marta martha martin mary ' +
    'matthew mehmet melissa michael miguel mohamed mohammad mohammed monica monika muhammad mustafa nancy nathan nicholas nicole nikolai olga oliver olivia ' +
    'omar pablo patricia patrick paul pedro peter petra philip pierre rachel rainer ralph raymond rebecca renate ricardo richard robert roberto roger ronald ' +
    'rosa ruth ryan sabine samuel sandra sara sarah scott sergei sharon shirley silvia simon sofia sophia sophie stefan stephanie stephen steven susan susanne ' +
    'teresa theresa thomas timothy tobias ursula victor victoria vincent virginia vladimir walter werner william wolfgang yusuf zoe'
  ).split(' '),
)

/** Words after which something of a person stands. */
const keyWords = /^(mrn|dob|ssn|nhs|nhsno|birthdate|birthday|born|surname|lastname|firstname)$/

const year = '(?:19|20)\\d\\d'
const month = '(?:0[1-9]|1[0-2])'
const day = '(?:0[1-9]|[12]\\d|3[01])'
const dates = new RegExp(
  [
    `(?<!\\d)${year}${month}${day}(?!\\d)`,
    `(?<!\\d)${year}[-_. ]${month}[-_. ]${day}(?!\\d)`,
    `(?<!\\d)${day}[-_. ]${month}[-_. ]${year}(?!\\d)`,
  ].join('|'),
)

/** UUIDs and digests: their digits count nothing. */
const digest = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(?<![0-9a-z])(?=[0-9]*[a-f])[0-9a-f]{16,}(?![0-9a-z])/gi

/** Why the name of a file, folders included, looks like a person's, as "has a date"; null where it does not. */
export function whyPersonal(name: string): string | null {
  const text = name.normalize('NFD').replace(/\p{M}/gu, '').replace(digest, '')
  if (/\p{L}\^\p{L}/u.test(text)) return 'has a name as DICOM writes it'
  const words = text
    .replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')
  if (words.some((word, i) => keyWords.test(word) && i + 1 < words.length)) return 'has a word such as MRN or DOB'
  // The last one is the ending.
  const letters = words.slice(0, -1).filter((word) => /^\p{L}{2,}$/u.test(word))
  if (letters.length > 1 && letters.some((word) => givenNames.has(word))) return 'has a given name'
  if (dates.test(text)) return 'has a date'
  if (words.some((word) => Number(/^\p{L}{0,4}(\d{6,})$/u.exec(word)?.[1] ?? 0) > 100_000)) return 'has a long number'
  return null
}
