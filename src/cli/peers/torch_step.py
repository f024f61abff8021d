"""The training step in PyTorch, written from docs/method.md as PyTorch's documentation suggests.

    torch_step.py FIXTURE.json FIXTURE.bin DEVICE THREADS

The fixture is that of fixture.ts, its arrays as shape and first value in a file of float32. DEVICE is cuda or cpu; cpu if there is no cuda. The
first line of JSON on standard output says what runs; then each line of standard input is a number of steps, and is answered by a line with their
seconds, and the losses of the last: four terms of network A, then of B.
"""
import json
import math
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

header, values, device, threads = sys.argv[1:]
if not torch.cuda.is_available():
    device = 'cpu'
torch.set_num_threads(int(threads))
torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
with open(header) as file:
    fixture = json.load(file)
flat = np.fromfile(values, '<f4')


def load(value):
    """The fixture with its arrays as tensors."""
    if isinstance(value, dict) and set(value) == {'shape', 'first'}:
        end = value['first'] + math.prod(value['shape'])
        return torch.from_numpy(flat[value['first'] : end].reshape(value['shape']).copy()).to(device)
    if isinstance(value, dict):
        return {key: load(one) for key, one in value.items()}
    return [load(one) for one in value] if isinstance(value, list) else value


f = load(fixture)
E = f['counts']['exemplars']
L = len(f['images']['labeled'])
U = len(f['images']['weak'])
nets = [{name: w.requires_grad_() for name, w in net.items()} for net in f['networks']]
x = torch.cat([f['images'][name] for name in ('labeled', 'strong', 'weak')])
y = f['images']['target'].long()
pasted, partners = f['cutMix']['pasted'] > 0, f['cutMix']['partners'].long()
factors = [[level[:, :, None, None] for level in levels] for levels in f['factors']]


def block(p, name, x, drop=0.0):
    for n in '12':
        x = F.conv2d(x, p[f'{name}.conv{n}.weight'], p[f'{name}.conv{n}.bias'], padding=1)
        weight = p[f'{name}.norm{n}.weight']
        x = F.leaky_relu(F.group_norm(x, max(1, min(len(weight) // 4, 8)), weight, p[f'{name}.norm{n}.bias']), 0.01)
        if n == '1' and drop > 0:
            x = F.dropout(x, drop)
    return x


def encode(p, x):
    features = []
    for l, drop in enumerate(f['dropout']):
        x = block(p, f'down.{l}', x if l == 0 else F.max_pool2d(x, 2), drop)
        features.append(x)
    return features


def decode(p, features):
    x = features[4]
    for l in (3, 2, 1, 0):
        x = F.conv2d(x, p[f'squeeze.{l}.weight'], p[f'squeeze.{l}.bias'])
        x = F.interpolate(x, scale_factor=2, mode='bilinear', align_corners=True)
        x = block(p, f'up.{l}', torch.cat([features[l], x], 1))
    return F.conv2d(x, p['head.weight'], p['head.bias'], padding=1)


def dice(z, y, w, e=1e-5):
    P, w = z.softmax(1), w[:, None]
    t = F.one_hot(y, z.shape[1]).permute(0, 3, 1, 2).float()
    over = lambda q: q.sum((0, 2, 3))
    return (1 - (2 * over(w * P * t) + e) / (over(w * P * P) + over(w * t) + e)).mean()


def supervised(z, y):
    w, y = (y >= 0).float(), y.clamp(min=0)
    return (F.cross_entropy(z, y, reduction='none') * w).sum() / w.sum().clamp(min=1) / 2 + dice(z, y, w) / 2


optimizers = [torch.optim.Adam(net.values(), f['learningRate'], weight_decay=f['weightDecay']) for net in nets]


def step():
    features = [encode(p, x) for p in nets]
    with torch.no_grad():
        best = [decode(p, [level[-U:] for level in levels]).softmax(1).max(1) for p, levels in zip(nets, features)]
    labels, masks = [b.indices for b in best], [(b.values >= f['tau']).float() for b in best]
    cut = lambda maps: torch.where(pasted, maps[partners], maps)
    losses = []
    for k, p in enumerate(nets):
        z = decode(p, [torch.cat([level[:-U], level[-U:] * own]) for level, own in zip(features[k], factors[k])])
        Y, m = labels[1 - k], masks[1 - k]
        terms = [supervised(z[:E], y[:E]), supervised(z[E:L], y[E:L]), dice(z[L:-U], cut(Y), cut(m)), dice(z[-U:], Y, m)]
        optimizers[k].zero_grad()
        sum(slope * term for slope, term in zip(f['slopes'], terms)).backward()
        optimizers[k].step()
        losses += terms
    return losses


print(json.dumps({'version': torch.__version__, 'device': torch.cuda.get_device_name() if device == 'cuda' else 'cpu'}), flush=True)
for line in sys.stdin:
    begun = time.perf_counter()
    for _ in range(int(line)):
        losses = step()
    losses = [loss.item() for loss in losses]  # waits for the device
    print(json.dumps({'seconds': time.perf_counter() - begun, 'losses': losses}), flush=True)
