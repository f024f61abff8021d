/**
 * The program that comes with every export: it rebuilds the network of src/nn/unet.ts in PyTorch, loads both models and checks that they
 * return the stored test vector. Kept as text in a module, because that can be read in a worker, in Node and in tests.
 */
export const loadPy = String.raw`#!/usr/bin/env python3
"""Loads the two networks of an Exemplar Lab run in PyTorch. Research software, not a medical device.

    python3 load.py [FOLDER]     checks that both networks return the stored test vector (FOLDER: where this file is)
    python3 load.py FOLDER scan.nii.gz labels.nii.gz      segments a NIfTI volume that the networks have not learnt from

    from load import load, predict, predict_nifti
    net_a, net_b, config = load('FOLDER')
    labels, probabilities = predict(image, net_a, net_b, config)      # image: numpy array [height, width]
    labels = predict_nifti('scan.nii.gz', net_a, net_b, config)       # numpy array [columns, rows, slices], as stored

Needs PyTorch and NumPy, nothing else.
"""
import gzip
import json
import math
import os
import struct
import sys

try:
    import numpy as np
    import torch
    import torch.nn as nn
    import torch.nn.functional as F
except ImportError as error:
    sys.exit('load.py needs PyTorch and NumPy (%s): install them with "pip install torch numpy".' % error)

TOLERANCE = 1e-4


def read_safetensors(path):
    """All tensors of a safetensors file: 8 bytes of header length, a JSON header, the values."""
    with open(path, 'rb') as file:
        (length,) = struct.unpack('<Q', file.read(8))
        header = json.loads(file.read(length).decode('utf-8'))
        values = file.read()
    types = {'F32': '<f4', 'I32': '<i4', 'U8': 'u1'}
    tensors = {}
    for name, entry in header.items():
        if name != '__metadata__':
            start, end = entry['data_offsets']
            array = np.frombuffer(values[start:end], types[entry['dtype']]).reshape(entry['shape'])
            tensors[name] = torch.from_numpy(array.copy())
    return tensors


def norm(kind, channels):
    if kind == 'batch':
        return nn.BatchNorm2d(channels, eps=1e-5)
    return nn.GroupNorm(max(1, min(channels // 4, 8)), channels, eps=1e-5)


class Block(nn.Module):
    """3x3 convolution, norm, LeakyReLU, dropout, and the same again without dropout."""

    def __init__(self, inputs, outputs, kind, dropout):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.norm1 = norm(kind, outputs)
        self.dropout = nn.Dropout(dropout)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.norm2 = norm(kind, outputs)

    def forward(self, x):
        x = self.dropout(F.leaky_relu(self.norm1(self.conv1(x)), 0.01))
        return F.leaky_relu(self.norm2(self.conv2(x)), 0.01)


class UNet(nn.Module):
    """Images [batch, 1, size, size] with values in 0..1 to logits [batch, classes, size, size]; size is a multiple of 16.

    Dropout acts in training mode only; give your own probabilities, one for each level, to train on.
    """

    def __init__(self, base, classes, kind, dropout=(0, 0, 0, 0, 0)):
        super().__init__()
        w = [base * 2 ** level for level in range(5)]
        self.down = nn.ModuleList([Block(w[i - 1] if i else 1, w[i], kind, dropout[i]) for i in range(5)])
        self.squeeze = nn.ModuleList([nn.Conv2d(w[i + 1], w[i], 1) for i in range(4)])
        self.up = nn.ModuleList([Block(2 * w[i], w[i], kind, 0) for i in range(4)])
        self.head = nn.Conv2d(base, classes, 3, padding=1)

    def forward(self, x):
        features = []
        for i, down in enumerate(self.down):
            x = down(F.max_pool2d(x, 2) if i else x)
            features.append(x)
        for i in (3, 2, 1, 0):
            larger = F.interpolate(self.squeeze[i](x), scale_factor=2, mode='bilinear', align_corners=True)
            x = self.up[i](torch.cat([features[i], larger], 1))
        return self.head(x)


def load(folder):
    """The two networks, ready to predict, and the content of config.json."""
    with open(os.path.join(folder, 'config.json'), encoding='utf-8') as file:
        config = json.load(file)
    nets = []
    for letter in 'ab':
        net = UNet(config['config']['baseWidth'], len(config['classes']), config['config']['norm'])
        name = 'model-%s.safetensors' % letter
        weights = read_safetensors(os.path.join(folder, name))
        missing, unexpected = net.load_state_dict(weights, strict=False)
        # A counter that BatchNorm keeps for training; it has no part in a prediction.
        missing = [key for key in missing if not key.endswith('num_batches_tracked')]
        if missing or unexpected:
            raise ValueError('%s does not fit config.json: missing %s, unexpected %s' % (name, missing, unexpected))
        nets.append(net.eval())
    return nets[0], nets[1], config


def nearest(x):
    return math.floor(x + 0.5)


def frame(width, height, spacing, config):
    """The part of an image that the networks see (left, top, width, height), and where it lies in their square input."""
    settings = config['config']
    size, share = settings['size'], settings['crop']
    left, top = (min(n - 1, nearest(settings[key] * n)) for n, key in ((width, 'regionX'), (height, 'regionY')))
    w = max(1, min(width - left, nearest(settings['regionWidth'] * width)))
    h = max(1, min(height - top, nearest(settings['regionHeight'] * height)))
    if share < 1:
        ratio = spacing[1] / spacing[0] if spacing else 1
        side = share * min(w, h * ratio)
        cw, ch = max(1, math.floor(side)), max(1, math.floor(side / ratio))
        left, top, w, h = left + (w - cw) // 2, top + (h - ch) // 2, cw, ch
    sx, sy = spacing or (1, 1)
    longest = max(w * sx, h * sy)
    if spacing and config['data']['millimetresAcross']:
        longest = max(longest, config['data']['millimetresAcross'])
    iw, ih = (max(1, min(size, nearest(size * n / longest))) for n in (w * sx, h * sy))
    return (left, top, w, h), ((size - iw) // 2, (size - ih) // 2, iw, ih)


@torch.no_grad()
def predict(image, net_a, net_b, config, spacing=None):
    """Labels [height, width] and probabilities [classes, height, width] of one image, a NumPy array [height, width] of any range.

    spacing: millimetres per column and per row, where the images have it. The steps are those of the app: a value that is not finite
    becomes the least of the image; the region of interest and of it the central part; resized into the middle of the network's
    square, bilinear with antialiasing, proportions kept; the 1st to 99.5th percentile of the values, or the window of the settings,
    stretched to 0..1 and the rest clamped; the mean of both networks' probabilities, or those of one (the setting "inference"); back to
    the size it had, bilinear; the most probable class. What the networks do not see is background (class 0).
    """
    settings = config['config']
    size = settings['size']
    height, width = image.shape
    image = np.asarray(image, 'f4')
    finite = np.isfinite(image)
    if not finite.all():
        # One alone would leave no percentile and no mask. Many programs write NaN around a brain.
        image = np.where(finite, image, image[finite].min() if finite.any() else 0)
    (left, top, w, h), (x0, y0, iw, ih) = frame(width, height, spacing, config)
    x = torch.from_numpy(np.ascontiguousarray(image[top:top + h, left:left + w], 'f4'))[None, None]
    x = F.interpolate(x, (ih, iw), mode='bilinear', antialias=True)
    if settings['windowWidth'] > 0:
        x = (x - settings['windowCenter']) / settings['windowWidth'] + 0.5
    else:
        low, high = torch.quantile(x.flatten(), 0.01), torch.quantile(x.flatten(), 0.995)
        x = (x - low) / (high - low + 1e-6)
    x = F.pad(x.clamp(0, 1), (x0, size - iw - x0, y0, size - ih - y0))
    a, b = net_a(x).softmax(1), net_b(x).softmax(1)
    small = {'mean': (a + b) / 2, 'A': a, 'B': b}[settings['inference']][:, :, y0:y0 + ih, x0:x0 + iw]
    probabilities = torch.zeros(small.shape[1], height, width)
    probabilities[0] = 1
    probabilities[:, top:top + h, left:left + w] = F.interpolate(small, (h, w), mode='bilinear', antialias=True)[0]
    return probabilities.argmax(0).to(torch.uint8).numpy(), probabilities.numpy()


def read_nifti(path):
    """Header, voxels [columns, rows, slices] of the first frame in the units of the file, and affine (or None) and spacing of a NIfTI-1 file."""
    with (gzip.open if path.endswith('.gz') else open)(path, 'rb') as file:
        data = file.read()
    order = '<' if len(data) >= 348 and struct.unpack_from('<i', data)[0] == 348 else '>'
    read = lambda kind, at: struct.unpack_from(order + kind, data, at)
    types = {2: 'u1', 4: 'i2', 8: 'i4', 16: 'f4', 64: 'f8', 256: 'i1', 512: 'u2', 768: 'u4'}
    if len(data) < 352 or data[344:347] != b'n+1' or read('h', 70)[0] not in types:
        raise ValueError('%s is not a NIfTI-1 file of whole or floating-point numbers' % path)
    axes = read('8h', 40)
    size = tuple(n if i < axes[0] else 1 for i, n in enumerate(axes[1:4]))
    kind = np.dtype(order + types[read('h', 70)[0]])
    voxels = np.frombuffer(data, kind, math.prod(size), int(read('f', 108)[0])).reshape(size, order='F').astype('f8')
    slope, intercept = read('2f', 112)
    if slope != 0 and math.isfinite(slope) and math.isfinite(intercept):
        voxels = voxels * slope + intercept
    unit = {1: 1000, 3: 0.001}.get(data[123] & 7, 1)
    flip, *steps = read('4f', 76)
    affine = None
    if read('h', 254)[0] > 0:
        affine = np.array(read('12f', 280)).reshape(3, 4)[:, :3]
    elif read('h', 252)[0] > 0:
        b, c, d = read('3f', 256)
        a = math.sqrt(max(0, 1 - b * b - c * c - d * d))
        turn = [[a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
                [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
                [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - c * c - b * b]]
        affine = np.array(turn) * [steps[0], steps[1], steps[2] * (-1 if flip < 0 else 1)]
    spacing = np.abs(steps) if affine is None else np.sqrt((affine ** 2).sum(0))
    return data, voxels, affine, tuple(float(step) * unit for step in spacing)


def axes_of(affine):
    """For each axis of a volume the direction of the patient that is nearest (0 right-left, 1 back-front, 2 feet-head), and its sign."""
    cosines = np.abs(affine / np.maximum(np.sqrt((affine ** 2).sum(0)), 1e-12))
    found = [None] * 3
    for _ in range(3):
        direction, axis = np.unravel_index(np.argmax(cosines), (3, 3))
        found[axis] = (int(direction), 1 if affine[direction, axis] > 0 else -1)
        cosines[direction, :] = cosines[:, axis] = -1
    return found


def predict_nifti(path, net_a, net_b, config):
    """Labels [columns, rows, slices] of a NIfTI-1 volume, of a series its first frame, in its own layout: slice by slice, cut and turned as
    the app does, without geometry along the axis of the run.

    With orientation, slices lie as radiologists view them, the patient's left on the right, front or head up. The settings "largest" and
    "holes" are left to other programs: scipy.ndimage.label finds connected parts.
    """
    _, voxels, affine, spacing = read_nifti(path)
    widest = int(np.argmax(spacing)) if max(spacing) > 1.2 * sorted(spacing)[1] else 2
    axis = widest if voxels.shape[2] > 1 else 2
    directions = None if affine is None else axes_of(affine)
    looks = (config.get('domain') or {}).get('looks') or {}
    if min(voxels.shape) > 1:
        if directions and looks.get('plane'):
            axis = next(i for i in range(3) if directions[i][0] == ('sagittal', 'coronal', 'axial').index(looks['plane']))
        else:
            axis = looks.get('axis', axis)
    across, down = (i for i in range(3) if i != axis)
    flips = (False, False)
    if directions:
        across, down = sorted((across, down), key=lambda i: directions[i][0])
        # To the right are left or back, downwards back or feet: the negative ends.
        flips = (directions[across][1] > 0, directions[down][1] > 0)
    labels = np.zeros(voxels.shape, 'u1')
    # Views of the same memory: what is written into the one stands in the other.
    stacks = [np.moveaxis(array, (axis, down, across), (0, 1, 2)) for array in (voxels, labels)]
    seen, out = [stack[:, ::-1 if flips[1] else 1, ::-1 if flips[0] else 1] for stack in stacks]
    known = (spacing[across], spacing[down]) if min(spacing) > 0 else None
    for image, target in zip(seen, out):
        target[...] = predict(np.ascontiguousarray(image), net_a, net_b, config, known)[0]
    return labels


def write_nifti(path, labels, like, config):
    """Labels as a NIfTI-1 file with the geometry of another and the values that the exemplar's mask had."""
    data = read_nifti(like)[0]
    order = '<' if struct.unpack_from('<i', data)[0] == 348 else '>'
    values = [entry['value'] for entry in config['classes']]
    kind, datatype, bits = 'u1', 2, 8
    if all(value.isdigit() and int(value) <= 32767 for value in values) and len(set(values)) == len(values):
        if any(int(value) > 255 for value in values):
            kind, datatype, bits = order + 'i2', 4, 16
        labels = np.array([int(value) for value in values], kind)[labels]
    header = bytearray(data[:348]) + bytes(4)
    struct.pack_into(order + '8h', header, 40, 3, *labels.shape, 1, 1, 1, 1)
    struct.pack_into(order + '2h', header, 70, datatype, bits)
    struct.pack_into(order + '3f', header, 108, 352, 0, 0)
    with (gzip.open if path.endswith('.gz') else open)(path, 'wb') as file:
        file.write(bytes(header) + labels.tobytes(order='F'))


@torch.no_grad()
def check(folder):
    """Runs both networks on the stored input; the largest differences from the stored softmax, for A and B."""
    net_a, net_b, _ = load(folder)
    vector = read_safetensors(os.path.join(folder, 'test-vector.safetensors'))
    differences = []
    for net, name in ((net_a, 'softmax_a'), (net_b, 'softmax_b')):
        found, stored = net(vector['input']).softmax(1), vector[name]
        if found.shape != stored.shape:
            raise ValueError('%s has shape %s, but the network returns %s' % (name, tuple(stored.shape), tuple(found.shape)))
        differences.append((found - stored).abs().max().item())
    return differences


if __name__ == '__main__':
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    if len(sys.argv) == 4:
        try:
            net_a, net_b, config = load(folder)
            write_nifti(sys.argv[3], predict_nifti(sys.argv[2], net_a, net_b, config), sys.argv[2], config)
        except (OSError, ValueError, KeyError, RuntimeError, struct.error) as error:
            sys.exit('load.py could not segment %s: %s: %s' % (sys.argv[2], type(error).__name__, error))
        sys.exit()
    try:
        differences = check(folder)
    except (OSError, ValueError, KeyError, RuntimeError, struct.error) as error:
        sys.exit('load.py could not check %s: %s: %s' % (folder, type(error).__name__, error))
    for model, difference in zip('AB', differences):
        print('model %s: largest difference from the stored test vector %.3g' % (model, difference))
    # Asked this way round, because a difference that is not a number is not small either.
    if not all(difference <= TOLERANCE for difference in differences):
        sys.exit('The networks do not return the stored test vector within %g: the files are damaged or do not belong together.' % TOLERANCE)
    print('Both networks return the stored test vector within %g.' % TOLERANCE)
`
