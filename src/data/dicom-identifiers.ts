/**
 * The fields of DICOM files that can identify a person. The guide is the Basic Application Level Confidentiality Profile (PS3.15, table E.1-1): its fields that
 * stand in images are named here, and of all others those that their kind gives away: names of persons, dates, times, unique identifiers, free text,
 * and private fields, of which nobody knows what they hold.
 */
import type { DataSet } from 'dicom-parser'
import { textOf } from './dicom-header'

/** A field, and what it says in the files at hand. */
export interface Identifier {
  /** "ggggeeee"; empty for all private fields together. */
  tag: string
  name: string
  value: string
}

/**
 * What is done with a field in a DICOM SEG: `always` are the unique identifiers without which no viewer finds the images that it lies on, written as they
 * are or, where files are renamed, others in their place; `asked` are those copied where somebody asks for it. No other field is ever written, nor any of them in a file that is not a DICOM SEG.
 */
export const segFields: ReadonlyMap<string, 'always' | 'asked'> = new Map([
  ...['00080018', '0020000d', '0020000e', '00200052'].map((tag) => [tag, 'always'] as const),
  ...['00080020', '00080030', '00080050', '00080090', '00100010', '00100020', '00100030', '00100040', '00200010', '00201040'].map(
    (tag) => [tag, 'asked'] as const,
  ),
])

const names: Record<string, string> = {
  '00080012': 'Instance Creation Date',
  '00080013': 'Instance Creation Time',
  '00080014': 'Instance Creator UID',
  '00080018': 'SOP Instance UID',
  '00080020': 'Study Date',
  '00080021': 'Series Date',
  '00080022': 'Acquisition Date',
  '00080023': 'Content Date',
  '0008002a': 'Acquisition DateTime',
  '00080030': 'Study Time',
  '00080031': 'Series Time',
  '00080032': 'Acquisition Time',
  '00080033': 'Content Time',
  '00080050': 'Accession Number',
  '00080080': 'Institution Name',
  '00080081': 'Institution Address',
  '00080082': 'Institution Code Sequence',
  '00080090': "Referring Physician's Name",
  '00080092': "Referring Physician's Address",
  '00080094': "Referring Physician's Telephone Numbers",
  '00080096': 'Referring Physician Identification',
  '0008009c': "Consulting Physician's Name",
  '00080201': 'Timezone Offset From UTC',
  '00081010': 'Station Name',
  '00081030': 'Study Description',
  '0008103e': 'Series Description',
  '00081040': 'Institutional Department Name',
  '00081048': 'Physician(s) of Record',
  '00081050': "Performing Physician's Name",
  '00081060': 'Name of Physician(s) Reading Study',
  '00081070': "Operators' Name",
  '00081080': 'Admitting Diagnoses Description',
  '00081110': 'Referenced Study Sequence',
  '00081111': 'Referenced Performed Procedure Step',
  '00081120': 'Referenced Patient Sequence',
  '00081140': 'Referenced Image Sequence',
  '00081155': 'Referenced SOP Instance UID',
  '00081195': 'Transaction UID',
  '00082111': 'Derivation Description',
  '00084000': 'Identifying Comments',
  '00100010': "Patient's Name",
  '00100020': 'Patient ID',
  '00100021': 'Issuer of Patient ID',
  '00100030': "Patient's Birth Date",
  '00100032': "Patient's Birth Time",
  '00100040': "Patient's Sex",
  '00100050': "Patient's Insurance Plan",
  '00101000': 'Other Patient IDs',
  '00101001': 'Other Patient Names',
  '00101002': 'Other Patient IDs Sequence',
  '00101005': "Patient's Birth Name",
  '00101010': "Patient's Age",
  '00101020': "Patient's Size",
  '00101030': "Patient's Weight",
  '00101040': "Patient's Address",
  '00101050': 'Insurance Plan Identification',
  '00101060': "Patient's Mother's Birth Name",
  '00101080': 'Military Rank',
  '00101081': 'Branch of Service',
  '00101090': 'Medical Record Locator',
  '00102000': 'Medical Alerts',
  '00102110': 'Allergies',
  '00102150': 'Country of Residence',
  '00102152': 'Region of Residence',
  '00102154': "Patient's Telephone Numbers",
  '00102160': 'Ethnic Group',
  '00102180': 'Occupation',
  '001021a0': 'Smoking Status',
  '001021b0': 'Additional Patient History',
  '001021c0': 'Pregnancy Status',
  '001021d0': 'Last Menstrual Date',
  '001021f0': "Patient's Religious Preference",
  '00102203': "Patient's Sex Neutered",
  '00102297': 'Responsible Person',
  '00102299': 'Responsible Organization',
  '00104000': 'Patient Comments',
  '00120010': 'Clinical Trial Sponsor Name',
  '00120020': 'Clinical Trial Protocol ID',
  '00120030': 'Clinical Trial Site ID',
  '00120031': 'Clinical Trial Site Name',
  '00120040': 'Clinical Trial Subject ID',
  '00120042': 'Clinical Trial Subject Reading ID',
  '00180010': 'Contrast/Bolus Agent',
  '00181000': 'Device Serial Number',
  '00181002': 'Device UID',
  '00181004': 'Plate ID',
  '00181005': 'Generator ID',
  '00181007': 'Cassette ID',
  '00181008': 'Gantry ID',
  '00181012': 'Date of Secondary Capture',
  '00181014': 'Time of Secondary Capture',
  '00181030': 'Protocol Name',
  '00181200': 'Date of Last Calibration',
  '00181201': 'Time of Last Calibration',
  '00181400': 'Acquisition Device Processing Description',
  '00184000': 'Acquisition Comments',
  '0018700a': 'Detector ID',
  '0018a003': 'Contribution Description',
  '0020000d': 'Study Instance UID',
  '0020000e': 'Series Instance UID',
  '00200010': 'Study ID',
  '00200052': 'Frame of Reference UID',
  '00200200': 'Synchronization Frame of Reference UID',
  '00201040': 'Position Reference Indicator',
  '00204000': 'Image Comments',
  '00209161': 'Concatenation UID',
  '00209164': 'Dimension Organization UID',
  '00281199': 'Palette Color Lookup Table UID',
  '00284000': 'Image Presentation Comments',
  '00321030': 'Reason for Study',
  '00321032': 'Requesting Physician',
  '00321033': 'Requesting Service',
  '00321060': 'Requested Procedure Description',
  '00324000': 'Study Comments',
  '00380010': 'Admission ID',
  '00380020': 'Admitting Date',
  '00380021': 'Admitting Time',
  '00380050': 'Special Needs',
  '00380060': 'Service Episode ID',
  '00380300': 'Current Patient Location',
  '00380400': "Patient's Institution Residence",
  '00380500': 'Patient State',
  '00384000': 'Visit Comments',
  '00400006': "Scheduled Performing Physician's Name",
  '00400241': 'Performed Station AE Title',
  '00400242': 'Performed Station Name',
  '00400243': 'Performed Location',
  '00400244': 'Performed Procedure Step Start Date',
  '00400245': 'Performed Procedure Step Start Time',
  '00400250': 'Performed Procedure Step End Date',
  '00400251': 'Performed Procedure Step End Time',
  '00400253': 'Performed Procedure Step ID',
  '00400254': 'Performed Procedure Step Description',
  '00400275': 'Request Attributes Sequence',
  '00400280': 'Comments on the Performed Procedure Step',
  '00401001': 'Requested Procedure ID',
  '00401400': 'Requested Procedure Comments',
  '00402016': 'Placer Order Number',
  '00402017': 'Filler Order Number',
  '00402400': 'Imaging Service Request Comments',
  '0040a075': 'Verifying Observer Name',
  '0040a123': 'Person Name',
  '0040a124': 'UID',
  '00700084': "Content Creator's Name",
  '00880140': 'Storage Media File-set UID',
  '00880200': 'Icon Image Sequence',
  '04000100': 'Digital Signature UID',
  '04000561': 'Original Attributes Sequence',
  '30060002': 'Structure Set Label',
  '30060008': 'Structure Set Date',
  '30060009': 'Structure Set Time',
  '30060024': 'Referenced Frame of Reference UID',
  '4008010c': 'Interpretation Author',
  '40084000': 'Results Comments',
}

/** Kinds of value whose fields are listed even if they are not named above. */
const kinds: Record<string, string> = {
  PN: 'a name of a person',
  DA: 'a date',
  DT: 'a date and time',
  TM: 'a time',
  LT: 'free text',
  ST: 'free text',
  UC: 'free text',
  UT: 'free text',
  UR: 'an address',
}

/** Unique identifiers that the standard gives, to kinds of files and not to anything of a person. */
const ofStandard = /^1\.2\.840\.10008\./

const mostCharacters = 64

/**
 * The fields of a file that can identify a person, with their values, in the order of their tags; empty ones are left out. Those within sequences are among
 * them, each once.
 */
export function identifiersIn(data: DataSet): Identifier[] {
  const found = new Map<string, Identifier>()
  let ofOthers = 0
  const add = (tag: string, name: string, value: string) => {
    const [all, short] = [[...value], [...value].slice(0, mostCharacters).join('')]
    if (value !== '' && !found.has(tag)) found.set(tag, { tag, name, value: all.length > mostCharacters ? `${short}…` : short })
  }
  const visit = (set: DataSet, depth: number) => {
    for (const [key, element] of Object.entries(set.elements)) {
      const tag = key.slice(1)
      const group = parseInt(tag.slice(0, 4), 16)
      if (group === 2 || group === 0x7fe0) continue
      if (group % 2 === 1) {
        ofOthers++
        continue
      }
      const { vr, items } = element
      if (items) {
        if (names[tag]) add(tag, names[tag], items.length === 1 ? '1 entry' : `${items.length} entries`)
        // Deeper than this nothing is that a person wrote.
        if (depth < 8) for (const { dataSet } of items) if (dataSet) visit(dataSet, depth + 1)
        continue
      }
      const text = names[tag] || vr === 'UI' || (vr && kinds[vr]) ? textOf(set, key, data).replace(/\p{Cc}+/gu, ' ') : ''
      if (names[tag]) add(tag, names[tag], text)
      else if (vr === 'UI' && !ofStandard.test(text)) add(tag, `(${tag.slice(0, 4)},${tag.slice(4)}) a unique identifier`, text)
      else if (vr && kinds[vr]) add(tag, `(${tag.slice(0, 4)},${tag.slice(4)}) ${kinds[vr]}`, text)
    }
  }
  visit(data, 0)
  if (ofOthers > 0) add('', 'Private fields', ofOthers === 1 ? '1 field' : `${ofOthers} fields`)
  return [...found.values()].sort((a, b) => (a.tag < b.tag ? -1 : 1))
}
