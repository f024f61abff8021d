"""One iteration of CMEMS in PyTorch, in double precision: the oracle that src/method/step.ts is held to.

    step_oracle.py FOLDER expected.json

Written from docs/method.md and not from the TypeScript; norms, activations, pools, gradients and optimisers are PyTorch's own. FOLDER holds
a fixture: fixture.json names cases with their settings, and tensors with shape and first value in fixture.bin (float32, little-endian). A
fixture says what goes in (weights, images, boxes, dropout factors); pseudo-labels, masks, CutMix, losses, ramp and learning rate are made
here. Layouts are the fixture's: images [N, S, S], convolution kernels HWIO, dropout factors [N, H, W, C], feature factors [N, C].
"""
import json
import math
import os
import re
import sys

import numpy as np
import torch
import torch.nn.functional as F

torch.set_num_threads(1)
LEVELS = range(5)
MODELS = 'AB'

folder, out = sys.argv[1:]
with open(os.path.join(folder, 'fixture.json')) as file:
    fixture = json.load(file)
values = np.fromfile(os.path.join(folder, 'fixture.bin'), '<f4')


def tensor(name):
    """A tensor of the fixture, in double precision."""
    shape, first = fixture['tensors'][name]['shape'], fixture['tensors'][name]['first']
    return torch.from_numpy(values[first : first + math.prod(shape)].astype('f8')).reshape(shape)


def group(prefix):
    """All tensors of the fixture below a prefix, by the rest of their name, in the fixture's order."""
    return {name[len(prefix) :]: tensor(name) for name in fixture['tensors'] if name.startswith(prefix)}


# ---- network and losses ---------------------------------------------------------------------------------------------------------------


class Network:
    """h o f: weights by name as leaves, running statistics that training passes move, dropout factors by level."""

    def __init__(self, model, norm, dropout):
        self.weights = {name: w.requires_grad_() for name, w in group(f'{model}.parameters/').items()}
        self.running = group(f'{model}.buffers/')
        self.norm, self.dropout = norm, dropout

    def conv(self, name, x):
        kernel = self.weights[name + '.weight'].permute(3, 2, 0, 1)
        return F.conv2d(x, kernel, self.weights[name + '.bias'], padding=kernel.shape[2] // 2)

    def block(self, name, x, dropout=None):
        for n in '12':
            x = self.conv(f'{name}.conv{n}', x)
            norm = f'{name}.norm{n}'
            weight, bias = self.weights[norm + '.weight'], self.weights[norm + '.bias']
            if self.norm == 'batch':
                mean, variance = self.running[norm + '.running_mean'], self.running[norm + '.running_var']
                x = F.batch_norm(x, mean, variance, weight, bias, training=True, momentum=0.1, eps=1e-5)
            else:
                x = F.group_norm(x, max(1, min(len(weight) // 4, 8)), weight, bias, eps=1e-5)
            x = F.leaky_relu(x, 0.01)
            if n == '1' and dropout is not None:
                x = x * dropout
        return x

    def encode(self, x):
        features = []
        for l in LEVELS:
            x = self.block(f'down.{l}', x if l == 0 else F.max_pool2d(x, 2), self.dropout.get(l))
            features.append(x)
        return features

    def decode(self, features):
        x = features[4]
        for l in (3, 2, 1, 0):
            up = F.interpolate(self.conv(f'squeeze.{l}', x), scale_factor=2, mode='bilinear', align_corners=True)
            x = self.block(f'up.{l}', torch.cat([features[l], up], 1))
        return self.conv('head', x)


def cross_entropy(z, target, w):
    """sum(w CE), to be divided by the norm."""
    return -(F.log_softmax(z, 1).gather(1, target[:, None])[:, 0] * w).sum()


def dice(z, target, w, e=1e-5):
    P, w = F.softmax(z, 1), w[:, None]
    t = F.one_hot(target, z.shape[1]).permute(0, 3, 1, 2)
    over = lambda q: q.sum((0, 2, 3))
    return (1 - (2 * over(w * P * t) + e) / (over(w * P * P) + over(w * t) + e)).mean()


def supervised(z, y, balance):
    """L_sup; y is -1 where the label is unknown."""
    w = (y >= 0).double()
    y = y.clamp(min=0).long()
    v = torch.bincount(y[w > 0], minlength=z.shape[1]).clamp(min=1).double()[y] ** -balance * w
    return cross_entropy(z, y, v) / v.sum().clamp(min=1) / 2 + dice(z, y, w) / 2


def unsupervised(kind, z, y, m):
    """l(z, Yhat, m)."""
    return dice(z, y, m) if kind == 'dice' else cross_entropy(z, y, m) / m.numel()


def cut_mix(maps, boxes, partners):
    """Inside its box each image takes the values of its partner."""
    mixed = maps.clone()
    for i, (x, y, width, height) in enumerate(boxes.long().tolist()):
        mixed[i, y : y + height, x : x + width] = maps[int(partners[i]), y : y + height, x : x + width]
    return mixed


def check_factors(factors, drop, perturbed=True):
    """Factors either keep, scaled by 1 / (1 - drop), or drop; where nothing is perturbed they are 1."""
    allowed = torch.tensor([0, 1 / (1 - drop)] if perturbed else [1.0]).double()
    assert ((factors[..., None] - allowed).abs().min(-1).values < 1e-6).all(), 'factors that neither keep nor drop'


def check_feature_views(views, kind, drop):
    """`all` perturbs all levels of one view, `each` a level of its own in each of five, `random` some levels of one."""
    levels = [{l for l in LEVELS if (view[l] != 1).any()} for view in views]
    assert levels == [{l} for l in LEVELS] if kind == 'each' else len(levels) == 1 and levels[0], f'{kind} perturbs {levels}'
    assert kind != 'all' or levels == [set(LEVELS)], f'all perturbs {levels}'
    for view, own in zip(views, levels):
        for l in LEVELS:
            check_factors(view[l], drop, l in own)


# ---- schedules ------------------------------------------------------------------------------------------------------------------------


def ramp(share, warmup, length):
    if share < warmup:
        return 0.0
    return math.exp(-5 * (1 - min(1, (share - warmup) / length)) ** 2) if length > 0 else 1.0


# ---- one iteration --------------------------------------------------------------------------------------------------------------------


def iteration(case, s, t):
    """One iteration with settings s at step t: metrics and gradients of both networks by name, and the networks after their passes."""
    x_weak = tensor(case + '/weak')
    r = ramp(t / s['steps'], s['warmup'], s['ramp'])
    image_term, feature_term = s['imageTerm'] and r > 0, s['featureTerm'] and r > 0

    nets, F_, own, labels, masks, margin = [], [], [], [], [], 1.0
    for model in MODELS:
        given = group(f'{case}/{model}.')
        x_e, x_s = given['exemplar.x'], given['synthetic.x'] if s['synthetic'] else given['exemplar.x'][:0]
        strong = [cut_mix(given['strong'], given['boxes'], given['partners'])] if image_term else []
        x = torch.cat([x_e, x_s, *strong, x_weak])[:, None]
        E, P, U = len(x_e), len(x_s), len(x_weak)
        clean = len(x) - U
        own.append(given)
        dropout = {int(l): d.permute(0, 3, 1, 2) for l, d in group(f'{case}/{model}.dropout/').items()}
        assert set(dropout) == {3, 4}, 'dropout on the last two levels only'
        check_factors(dropout[3], s['dropout'] / 3)
        check_factors(dropout[4], s['dropout'])
        net = Network(model, s['norm'], dropout)
        features = net.encode(x)
        with torch.no_grad():
            best = F.softmax(net.decode([f[clean:] for f in features]), 1).sort(1, descending=True)
        confidence = best.values[:, 0]
        labels.append(best.indices[:, 0])
        masks.append((confidence >= s['tau']).double())
        margin = min(margin, (confidence - s['tau']).abs().min().item(), (confidence - best.values[:, 1]).min().item())
        nets.append(net)
        F_.append(features)
    # Single precision must decide every pixel as double precision does, or nothing can be compared.
    if margin < 5e-6:
        sys.exit(f'{case}: a pixel is {margin:.1e} from another decision; choose another seed')

    metrics, gradients = {'ramp': r, 'learningRate': s['learningRate'] * (1 - t / s['steps']) ** s['polyPower']}, {}
    for k, model in enumerate(MODELS):
        net, features = nets[k], F_[k]
        j = 1 - k if s['teacher'] == 'cross' else k
        factors = group(f'{case}/{model}.features/')
        views = len(factors) // 5
        g = [[factors[f'{v}/{l}'] for l in LEVELS] for v in range(views)]
        if feature_term:
            check_feature_views(g, s['featurePerturb'], s['featureDrop'])
        perturbed = [[features[l][clean:] * own[l][:, :, None, None] for l in LEVELS] for own in g]
        z = net.decode([torch.cat([features[l][:clean], *(view[l] for view in perturbed)]) for l in LEVELS])
        z_e, z_s, z_strong, *z_views = z.split([E, P, U if image_term else 0] + [U] * views)

        L_E = supervised(z_e, own[k]['exemplar.y'], s['classBalance'])
        L_S = supervised(z_s, own[k]['synthetic.y'], s['classBalance']) if s['synthetic'] else 0
        L_ip, L_fp = 0, 0
        if image_term:
            boxes = own[k]['boxes'], own[k]['partners']
            mixed, m = cut_mix(labels[j], *boxes), cut_mix(masks[j], *boxes)
            L_ip = unsupervised(s['unsupervisedLoss'], z_strong, mixed, m)
        if feature_term:
            L_fp = sum(unsupervised(s['unsupervisedLoss'], z_view, labels[j], masks[j]) for z_view in z_views) / views
        L = s['lambdaE'] * L_E + s['lambdaS'] * L_S + r * (s['lambdaIp'] * L_ip + s['lambdaFp'] * L_fp)
        gradients[model] = dict(zip(net.weights, torch.autograd.grad(L, list(net.weights.values()))))

        terms = {'total': L, 'exemplar': L_E, 'synthetic': L_S, 'image': L_ip, 'feature': L_fp}
        # None for a term that is off.
        metrics.update({name + model: term.item() if torch.is_tensor(term) else None for name, term in terms.items()})
        metrics['confident' + model] = masks[k].mean().item()
        metrics['foreground' + model] = (labels[k] > 0).double().mean().item()
    metrics['agreement'] = (labels[0] == labels[1]).double().mean().item()
    return metrics, gradients, nets


def updated(model, net, gradients, s, lr, t, optimizer):
    """What one update adds to the weights of a network, and the optimiser's memory after it, from the fixture's memory before it."""
    m, v = group(f'{model}.m/'), group(f'{model}.v/')
    after = {name: w.detach().clone().requires_grad_() for name, w in net.weights.items()}
    if optimizer == 'adam':
        opt = torch.optim.Adam(after.values(), lr, (0.9, 0.999), 1e-8, s['weightDecay'])
    else:
        opt = torch.optim.SGD(after.values(), lr, s['momentum'], weight_decay=s['weightDecay'])
    for name, w in after.items():
        w.grad = gradients[name]
        if optimizer == 'adam':
            opt.state[w] = {'step': torch.tensor(float(t)), 'exp_avg': m[name], 'exp_avg_sq': v[name]}
        else:
            opt.state[w] = {'momentum_buffer': m[name]}
    opt.step()
    flat = lambda tensors: torch.cat([q.detach().flatten() for q in tensors])
    memory = ('exp_avg', 'exp_avg_sq') if optimizer == 'adam' else ('momentum_buffer',)
    states = {key: digest(flat(opt.state[w][key] for w in after.values())) for key in memory}
    return {'change': digest(flat(after[name] - w for name, w in net.weights.items())), **states}


# ---- what is kept ---------------------------------------------------------------------------------------------------------------------

projections = list(group('projection/').values())


def digest(q):
    """The Euclidean norm of a tensor, then its products with random vectors: a deviation d of it moves each product by about |d| / 2."""
    q = q.flatten()
    return [q.norm().item(), *(torch.dot(q, p[: len(q)]).item() for p in projections)]


def expected(case, s, t):
    metrics, gradients, nets = iteration(case, s, t)
    update = lambda k, optimizer: updated(MODELS[k], nets[k], gradients[MODELS[k]], s, metrics['learningRate'], t, optimizer)
    return {
        'metrics': metrics,
        'gradients': {model: {name: digest(g) for name, g in gradients[model].items()} for model in MODELS},
        'running': {model: {name: digest(b) for name, b in nets[k].running.items()} if s['norm'] == 'batch' else {} for k, model in enumerate(MODELS)},
        'adam': {model: update(k, 'adam') for k, model in enumerate(MODELS)},
        'sgd': {model: update(k, 'sgd') for k, model in enumerate(MODELS)},
    }


def rounded(value):
    if isinstance(value, dict):
        return {key: rounded(v) for key, v in value.items()}
    if isinstance(value, list):
        return [rounded(v) for v in value]
    return value if value is None else float(f'{value:.7g}')


if __name__ == '__main__':
    all_cases = {case: expected(case, given['settings'], given['t']) for case, given in fixture['cases'].items()}
    text = json.dumps(rounded(all_cases), indent=2)
    # One line for each list of numbers.
    text = re.sub(r'\[[^][{}]*\]', lambda found: re.sub(r'\s+', ' ', found[0]).replace('[ ', '[').replace(' ]', ']'), text)
    with open(out, 'w') as file:
        file.write(text + '\n')
