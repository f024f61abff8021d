/**
 * Event files, as TensorBoard reads them: records of the TFRecord format (tensorflow/core/lib/io/record_writer.h), each an `Event` message
 * (tensorflow/core/util/event.proto, tensorflow/core/framework/summary.proto). One file after another may belong to a run.
 */
import { concat } from '../lib/concat'
import { crc32c } from '../lib/crc32'
import { bytesField, doubleField, floatField, intField, joined, messageField, textField, type Field } from './protobuf'

/** Numbers of the fields that are written. */
const ofEvent = { wallTime: 1, step: 2, fileVersion: 3, summary: 5, sessionLog: 7 } as const
const ofSummary = { value: 1 } as const
const ofValue = { tag: 1, simpleValue: 2, image: 4 } as const
const ofImage = { height: 1, width: 2, colorspace: 3, encoded: 4 } as const
const ofSessionLog = { status: 1 } as const
const sessionStarts = 1
const rgb = 3

/** A checksum is masked, because a checksum over bytes that hold checksums is weak. */
function masked(bytes: Uint8Array): number {
  const crc = crc32c(bytes)
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}

/** Bytes around an event: its length in eight bytes, their checksum; after it, its own checksum. */
const [before, after] = [12, 4]

function record(...fields: Field[]): Uint8Array<ArrayBuffer> {
  const data = joined(...fields)
  const head = new DataView(new ArrayBuffer(before))
  head.setBigUint64(0, BigInt(data.length), true)
  head.setUint32(8, masked(new Uint8Array(head.buffer, 0, 8)), true)
  const foot = new DataView(new ArrayBuffer(after))
  foot.setUint32(0, masked(data), true)
  return concat([new Uint8Array(head.buffer), data, new Uint8Array(foot.buffer)])
}

/** Where an event stands: the steps taken, and the time in seconds since 1970. */
export interface EventPlace {
  step: number
  time: number
}

const at = ({ step, time }: EventPlace): Field[] => [doubleField(ofEvent.wallTime, time), intField(ofEvent.step, step)]

/** What a file begins with. @param time in seconds since 1970 */
export const fileBegins = (time: number): Uint8Array<ArrayBuffer> =>
  record(doubleField(ofEvent.wallTime, time), textField(ofEvent.fileVersion, 'brain.Event:2'))

/** Says that the run goes on here: a reader drops what it has of this step and of later ones. */
export const runGoesOn = (place: EventPlace): Uint8Array<ArrayBuffer> =>
  record(...at(place), messageField(ofEvent.sessionLog, intField(ofSessionLog.status, sessionStarts)))

/** Numbers by tag, such as "loss/totalA". */
export const scalars = (place: EventPlace, values: readonly (readonly [tag: string, value: number])[]): Uint8Array<ArrayBuffer> =>
  record(
    ...at(place),
    messageField(
      ofEvent.summary,
      ...values.map(([tag, value]) => messageField(ofSummary.value, textField(ofValue.tag, tag), floatField(ofValue.simpleValue, value))),
    ),
  )

/** A picture by its tag: the bytes of a PNG. */
export interface EventPicture {
  tag: string
  width: number
  height: number
  png: Uint8Array
}

export const pictures = (place: EventPlace, all: readonly EventPicture[]): Uint8Array<ArrayBuffer> =>
  record(
    ...at(place),
    messageField(
      ofEvent.summary,
      ...all.map(({ tag, width, height, png }) =>
        messageField(
          ofSummary.value,
          textField(ofValue.tag, tag),
          messageField(
            ofValue.image,
            intField(ofImage.height, height),
            intField(ofImage.width, width),
            intField(ofImage.colorspace, rgb),
            bytesField(ofImage.encoded, png),
          ),
        ),
      ),
    ),
  )

/**
 * The step of the last numbers or pictures in a file of ours; 0 without any. A run that was killed may leave a part of a record behind: what comes
 * before it counts.
 */
export function lastStepIn(file: Uint8Array): number {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  let last = 0
  for (let i = 0; i + before + after <= file.length;) {
    const length = Number(view.getBigUint64(i, true))
    const end = i + before + length
    if (masked(file.subarray(i, i + 8)) !== view.getUint32(i + 8, true) || end + after > file.length) break
    last = stepOf(file.subarray(i + before, end)) ?? last
    i = end + after
  }
  return last
}

/** The step of an event with a summary, as it is written here: time, step, summary. Null for any other. */
function stepOf(event: Uint8Array): number | null {
  let i = 9
  if (event[i++] !== ofEvent.step * 8) return null
  let step = 0
  for (let unit = 1; i < event.length; unit *= 128) {
    const byte = event[i++]!
    step += (byte % 128) * unit
    if (byte < 128) return event[i] === ofEvent.summary * 8 + 2 ? step : null
  }
  return null
}
