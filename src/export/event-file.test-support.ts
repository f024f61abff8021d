/** Event files as others read them: by the TFRecord format and the protobuf wire format alone, in plain Python, and by TensorBoard itself. */
import { findPython, needs, runPython } from '../lib/python.test-support'

export const plainPython = findPython('struct')
export const pythonWithTensorBoard = findPython('tensorboard')
export const needsPython = (name: string): string => needs(name, plainPython, 'its standard library')
export const needsTensorBoard = (name: string): string => needs(name, pythonWithTensorBoard, 'tensorboard')

/** What a folder of event files says. */
export interface Read {
  /** By tag, in the order of the files; steps that a later start has taken back are not there. */
  scalars: Record<string, [step: number, value: number][]>
  images: Record<string, [step: number, width: number, height: number, png: string][]>
  /** Bytes after the last whole record of any file. */
  cutOff: number
}

const reader = `
import base64, glob, json, os, struct, sys

def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff

def masked(data):
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + 0xa282ead8) & 0xffffffff

def records(data):
    while len(data) >= 12:
        length, check = struct.unpack('<QI', data[:12])
        assert masked(data[:8]) == check, 'checksum of a length'
        if len(data) < 16 + length: break
        body = data[12:12 + length]
        assert masked(body) == struct.unpack('<I', data[12 + length:16 + length])[0], 'checksum of a record'
        yield body
        data = data[16 + length:]
    global cut
    cut += len(data)

def varint(data, i):
    value = shift = 0
    while True:
        value |= (data[i] & 127) << shift
        shift += 7
        i += 1
        if data[i - 1] < 128: return value, i

def fields(data):
    i = 0
    while i < len(data):
        key, i = varint(data, i)
        kind = key & 7
        if kind == 0: value, i = varint(data, i)
        elif kind == 1: value, i = struct.unpack('<d', data[i:i + 8])[0], i + 8
        elif kind == 5: value, i = struct.unpack('<f', data[i:i + 4])[0], i + 4
        else:
            length, i = varint(data, i)
            value, i = data[i:i + length], i + length
        yield key >> 3, value

cut = 0
scalars, images = {}, {}
for path in sorted(glob.glob(os.path.join(sys.argv[1], '*tfevents*'))):
    for n, body in enumerate(records(open(path, 'rb').read())):
        event = dict(fields(body))
        assert event[1] > 1.6e9, 'a time'
        if n == 0:
            assert event[3] == b'brain.Event:2', 'the version comes first'
            continue
        step = event[2]
        if 7 in event and dict(fields(event[7])).get(1) == 1:
            for values in [*scalars.values(), *images.values()]:
                values[:] = [one for one in values if one[0] < step]
        if 5 not in event: continue
        for number, value in fields(event[5]):
            assert number == 1
            value = dict(fields(value))
            tag = value[1].decode()
            if 4 in value:
                image = dict(fields(value[4]))
                images.setdefault(tag, []).append([step, image[2], image[1], base64.b64encode(image[4]).decode()])
            else: scalars.setdefault(tag, []).append([step, value[2]])
print(json.dumps({'scalars': scalars, 'images': images, 'cutOff': cut}))
`

const tensorBoard = `
import base64, json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
all = EventAccumulator(sys.argv[1], size_guidance={'scalars': 0, 'images': 0}, purge_orphaned_data=True).Reload()
tags = all.Tags()
print(json.dumps({
    'scalars': {tag: [[one.step, one.value] for one in all.Scalars(tag)] for tag in tags['scalars']},
    'images': {tag: [[one.step, one.width, one.height, base64.b64encode(one.encoded_image_string).decode()] for one in all.Images(tag)] for tag in tags['images']},
    'cutOff': 0,
}))
`

function read(python: string | null, code: string, folder: string): Read {
  const { status, output } = runPython(python!, ['-c', code, folder])
  if (status !== 0) throw new Error(output)
  // TensorBoard logs what it drops.
  return JSON.parse(output.split('\n').find((line) => line.startsWith('{'))!) as Read
}

/** As a reader that shares nothing with us sees the event files in a folder. @throws Error where a checksum or the order of records is wrong */
export const readEvents = (folder: string): Read => read(plainPython, reader, folder)
/** As TensorBoard does. */
export const readByTensorBoard = (folder: string): Read => read(pythonWithTensorBoard, tensorBoard, folder)
