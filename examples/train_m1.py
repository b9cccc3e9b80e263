#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Trains the float twin of the integer transformer of docs/m1.md, quantisation in the loop.

    python3 examples/train_m1.py --train FOLDER --valid FOLDER --out FOLDER --minutes 90 [--preset fast]
    python3 examples/train_m1.py --out FOLDER --resume
    python3 examples/train_m1.py --load FOLDER/model.safetensors --valid FOLDER
    python3 examples/train_m1.py --load FOLDER/model.safetensors --text FILE --dump N --out FILE.f32

The folders hold text files whose documents end with a NUL byte. FOLDER/model.safetensors is written anew with every checkpoint; its layout stands
at `export`. `--dump` writes the log2 probabilities of the next byte at each of the first N bytes of a text, raw float32 [N, 256].
Needs PyTorch (1.13 will do) and numpy. On a CPU, OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=100000000000
MALLOC_TOP_PAD_=268435456 in the environment save up to 40 % of the time (page faults).
"""
import argparse
import csv
import json
import math
import os
import struct
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

START = 256
LN2 = math.log(2)
MASKED = -1e4  # a score that exp makes an exact zero
SHORT = 32  # length of the short fresh starts in a batch

PRESETS = {
    "fast": dict(width=128, layers=2, heads=4, shared=4, head_width=32, hidden=512, context=256, columns=32, table_bits=4,
                 tables="0:2:14,0:3:16,0:4:16,0:5:16,0:6:15,1:1:15,1:2:15"),
    "base": dict(width=256, layers=4, heads=4, shared=4, head_width=64, hidden=1024, context=512, columns=32, table_bits=4,
                 tables="0:2:14,0:3:16,0:4:16,0:5:16,0:6:15,1:1:15,1:2:16"),
}


# ---- the shape ----

def numbers(text):
    """[128, 512] of "128,512"."""
    if not all(part.isdecimal() for part in text.split(",")) and text:
        sys.exit("numbers with commas between are wanted, not " + text)
    return [int(part) for part in text.split(",") if part]


class Shape:
    def __init__(self, values):
        self.tables = [tuple(int(n) for n in table.split(":")) for table in values["tables"].split(",") if table]
        for name in ("width", "layers", "heads", "shared", "head_width", "hidden", "context", "columns", "table_bits"):
            setattr(self, name, int(values[name]))
        self.contexts = numbers(values.get("contexts", "")) or [self.context] * self.layers
        if len(self.contexts) != self.layers or max(self.contexts) != self.context:
            sys.exit("contexts must be one a layer, the longest being the context")
        if any(context % 16 or not 16 <= context <= 4096 for context in self.contexts):
            sys.exit("contexts must be multiples of 16 from 16 to 4096")
        if self.heads % self.shared or self.table_bits not in (4, 8):
            sys.exit("shared must divide heads, table_bits be 4 or 8")
        self.feed = values.get("feed", "squared")
        if self.feed not in ("squared", "gated"):
            sys.exit("feed must be squared or gated")
        self.kv = self.heads // self.shared
        self.unit = 16 if self.head_width >= 64 else 22
        self.hottest = 2.0 ** 17 / self.head_width * self.unit ** 2 / 2.0 ** 19
        sizes = [1 << bits for _, _, bits in self.tables]
        self.offsets = [sum(sizes[:t]) for t in range(len(sizes))]
        self.rows = sum(sizes)

    def values(self):
        result = {name: str(getattr(self, name)) for name in
                  ("width", "layers", "heads", "shared", "head_width", "hidden", "context", "columns", "table_bits")}
        result["tables"] = ",".join("%d:%d:%d" % table for table in self.tables)
        if self.feed == "gated":
            result["feed"] = "gated"
        if min(self.contexts) < self.context:
            result["contexts"] = ",".join(map(str, self.contexts))
        return result

    def matrices(self):
        names = ["mix"] if self.tables else []
        for layer in range(self.layers):
            names += ["layers.%d.%s" % (layer, name) for name in ("qkv", "out", "up", "down")]
        return names + ["symbols"]


# ---- rows of the n-gram tables: section 3, in 32-bit arithmetic that wraps ----

def rows_of(shape, tokens):
    """tokens: int [batch, length] from a reset on; gives int64 [batch, length, tables], rows in the one array of all tables."""
    batch, length = tokens.shape
    M = np.uint32(0x9E3779B1)
    u = tokens.astype(np.uint32)
    result = np.empty((batch, length, len(shape.tables)), np.int64)

    def put(t, h):
        h = (h ^ (h >> np.uint32(15))) * np.uint32(0x2C1B3C6D)
        result[:, :, t] = (h >> np.uint32(32 - shape.tables[t][2])).astype(np.int64) + shape.offsets[t]

    longest = max([order for kind, order, _ in shape.tables if kind == 0], default=0)
    h = np.zeros_like(u)
    for j in range(longest):  # the hash of n bytes goes on to that of n + 1
        h *= M
        h[:, j:] += u[:, :length - j] + np.uint32(1)
        h[:, :j] += np.uint32(START + 1)
        for t, (kind, order, _) in enumerate(shape.tables):
            if kind == 0 and order == j + 1:
                put(t, h)

    if any(kind == 1 for kind, _, _ in shape.tables):
        upper = (u >= 65) & (u <= 90)
        letter = upper | ((u >= 97) & (u <= 122)) | ((u >= 128) & (u <= 255))
        step = np.ascontiguousarray((u + np.where(upper, np.uint32(33), np.uint32(1))).T)
        inside = np.ascontiguousarray(letter.T)
        words, ended = np.empty_like(step), np.empty_like(step)
        w, e = np.zeros(batch, np.uint32), np.zeros(batch, np.uint32)
        for i in range(length):
            e = np.where(~inside[i] & (w != 0), w, e)
            w = np.where(inside[i], (w + step[i]) * M, np.uint32(0))
            words[i], ended[i] = w, e
        words, ended = words.T, ended.T
        apart = np.where(letter, np.uint32(0), (u + np.uint32(1)) * np.uint32(0x85EBCA6B))
        for t, (kind, order, _) in enumerate(shape.tables):
            if kind == 1:
                put(t, (words if order == 1 else words * M + ended + np.uint32(1)) + apart)
    return result


# ---- operations with the integer model's rounding; gradients pass straight through ----

class NormQuant(torch.autograd.Function):
    """x / root mean square, in steps of 1 / unit."""
    @staticmethod
    def forward(ctx, x, unit, dtype):
        x = x.float()
        r = torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-12)
        ctx.save_for_backward(x, r)
        return (x * (r * unit)).round_().clamp_(-127, 127).mul_(1.0 / unit).to(dtype)

    @staticmethod
    def backward(ctx, g):
        x, r = ctx.saved_tensors
        y = x * r
        g = g.float()
        return (g - y * (g * y).mean(-1, keepdim=True)).mul_(r), None, None


class Quant(torch.autograd.Function):
    """Steps of 1 / unit, no more than 127 of them."""
    @staticmethod
    def forward(ctx, x, unit, dtype):
        x = x.float()
        ctx.limit = 127.5 / unit
        ctx.save_for_backward(x)
        return (x * unit).round_().clamp_(-127, 127).mul_(1.0 / unit).to(dtype)

    @staticmethod
    def backward(ctx, g):
        x, = ctx.saved_tensors
        return g.float() * (x.abs() < ctx.limit), None, None


class SquareQuant(torch.autograd.Function):
    """min(relu(x), 511/128)^2, rounded down to steps of 1/16."""
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        t = (x.float() * 128).round_().clamp_(0, 511)
        return t.mul_(t).mul_(2.0 ** -10).floor_().mul_(1.0 / 16).to(x.dtype)

    @staticmethod
    def backward(ctx, g):
        x, = ctx.saved_tensors
        return x.clamp(0, 511.0 / 128).mul_(2).mul_(g)


class GateQuant(torch.autograd.Function):
    """g * min(max(g / 4 + 1/2, 0), 1) * u of x's halves g and u, in steps of 1/16, no more than 127 of them."""
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        g, u = (x.float() * 128).round_().clamp_(-512, 511).chunk(2, -1)
        y = g * (g + 256).clamp_(0, 512) * u
        return y.mul_(2.0 ** -19).round_().clamp_(-127, 127).mul_(1.0 / 16).to(x.dtype)

    @staticmethod
    def backward(ctx, gradient):
        x, = ctx.saved_tensors
        g, u = x.clamp(-4, 511.0 / 128).chunk(2, -1)
        opening = (g / 4 + 0.5).clamp_(0, 1)
        slope = opening + torch.where(g.abs() < 2, g / 4, torch.zeros_like(g))
        gradient = gradient * ((g * opening * u).abs() < 127.5 / 16)
        return torch.cat([gradient * slope * u, gradient * g * opening], -1)


class Linear(torch.autograd.Function):
    """x times a matrix rounded to integers times 2^-w."""
    @staticmethod
    def forward(ctx, x, weight, w):
        scale = 2.0 ** w
        rounded = (weight * scale).round_().clamp_(-127, 127).mul_(1 / scale).to(x.dtype)
        ctx.save_for_backward(x, rounded)
        return x @ rounded.t()

    @staticmethod
    def backward(ctx, g):
        x, rounded = ctx.saved_tensors
        g = g.to(x.dtype)
        return g @ rounded, (g.t() @ x).float(), None


class Bits(torch.autograd.Function):
    """Bits of each byte, of logits in binary orders of magnitude; keeps the probabilities, which is twice as fast as the library's on a CPU."""
    @staticmethod
    def forward(ctx, logits, wanted):
        s = logits * LN2
        at = s.gather(1, wanted[:, None])
        most = s.amax(1, keepdim=True)
        s.sub_(most).exp_()
        z = s.sum(1, keepdim=True)
        ctx.save_for_backward(s.div_(z), wanted)
        return (z.log() + most - at).squeeze(1) / LN2

    @staticmethod
    def backward(ctx, g):
        p, wanted = ctx.saved_tensors
        p.scatter_add_(1, wanted[:, None], torch.full_like(g, -1.0)[:, None])
        return p.mul_(g[:, None]), None


class Attention(torch.autograd.Function):
    """Weights of 8 bits as the integer model has them, in chunks, so that keys out of the window cost little.

    q [batch, length, heads, head_width] times temperature, k and v [batch, length, kv, head_width], bias [heads, chunk, context + chunk].
    """
    @staticmethod
    def forward(ctx, q, k, v, bias):
        batch, length, heads, width = q.shape
        kv, chunk = k.shape[2], bias.shape[1]
        context, shared = bias.shape[2] - chunk, heads // kv
        kt, vt = k.transpose(1, 2), v.transpose(1, 2)
        result = torch.empty(batch, length, heads, width, dtype=torch.float32, device=q.device)
        saved = []
        for a in range(0, length, chunk):
            b = min(a + chunk, length)
            first = max(0, a - context)
            queries = q[:, a:b].transpose(1, 2).reshape(batch, kv, shared * (b - a), width)
            add = bias[:, :b - a, context - (a - first):context + b - a].reshape(1, kv, shared * (b - a), b - first)
            s = torch.matmul(queries, kt[:, :, first:b].transpose(-1, -2))
            s = s.add_(add) if s.dtype == torch.float32 else s + add
            s.sub_(s.amax(-1, keepdim=True).sub_(math.log(255))).exp_().round_()
            z = s.sum(-1, keepdim=True)
            s = s.to(v.dtype)
            o = torch.matmul(s, vt[:, :, first:b]).float().div_(z)
            result[:, a:b] = o.view(batch, heads, b - a, width).transpose(1, 2)
            saved += [queries, s, z, o]
        ctx.save_for_backward(k, v, bias, *saved)
        return result

    @staticmethod
    def backward(ctx, g):
        k, v, bias, *saved = ctx.saved_tensors
        batch, length, heads, width = g.shape
        kv, chunk = k.shape[2], bias.shape[1]
        context, shared = bias.shape[2] - chunk, heads // kv
        kt, vt = k.transpose(1, 2), v.transpose(1, 2)
        dq = torch.empty(batch, length, heads, width, dtype=torch.float32, device=g.device)
        dk = torch.zeros(batch, kv, length, width, dtype=torch.float32, device=g.device)
        dv = torch.zeros_like(dk)
        dbias = torch.zeros_like(bias)
        for n, a in enumerate(range(0, length, chunk)):
            queries, p, z, o = saved[4 * n:4 * n + 4]
            b = min(a + chunk, length)
            first = max(0, a - context)
            go = g[:, a:b].transpose(1, 2).reshape(batch, kv, shared * (b - a), width) / z
            mean = (go * o).sum(-1, keepdim=True)
            go = go.to(v.dtype)
            dv[:, :, first:b] += torch.matmul(p.transpose(-1, -2), go)
            ds = torch.matmul(go, vt[:, :, first:b].transpose(-1, -2)).sub(mean).mul_(p)
            dbias[:, :b - a, context - (a - first):context + b - a] += ds.sum(0).view(heads, b - a, b - first)
            ds = ds.to(k.dtype)
            dq[:, a:b] = torch.matmul(ds, kt[:, :, first:b]).view(batch, heads, b - a, width).transpose(1, 2)
            dk[:, :, first:b] += torch.matmul(ds.transpose(-1, -2), queries)
        return dq, dk.transpose(1, 2), dv.transpose(1, 2), dbias


def biases(relative, context, chunk):
    """[heads, chunk, context + chunk]: entry (i, j) has distance context + i - j; a row shifted by one a line, by views alone."""
    size = context + 2 * chunk
    shift = torch.arange(size, device=relative.device)
    shift = torch.where(shift < context + chunk, shift, shift - size)
    distance = context - shift
    row = torch.where((distance >= 0) & (distance < context), relative[:, distance.clamp(0, context - 1)] * LN2,
                      torch.full((), MASKED, device=relative.device))
    heads = relative.shape[0]
    flat = row.unsqueeze(1).expand(heads, chunk, size).reshape(heads, chunk * size)
    return flat[:, :chunk * (size - 1)].view(heads, chunk, size - 1)[:, :, :context + chunk]


# ---- the model ----

class Model:
    def __init__(self, shape, device, dtype):
        self.shape, self.device, self.dtype = shape, device, dtype
        self.p = {}  # the dense tensors, named as in the file
        self.exponents = {}
        self.table = None  # the rows of all tables
        self.index, self.rows = None, None  # the rows of the last step, whose gradients the optimiser of the tables wants

    def init(self):
        s = self.shape
        randn = lambda deviation, *size: torch.randn(*size) * deviation
        near = 0.5 / math.sqrt(2 * s.layers)  # what is added to the stream starts small
        p = {"bytes": randn(0.5, START + 1, s.width), "symbols": randn(0.03, 256, s.width), "bias": torch.zeros(256)}
        if s.tables:
            p["mix"] = randn(0.1, s.width, len(s.tables) * s.columns)
        for layer in range(s.layers):
            name = "layers.%d." % layer
            p[name + "qkv"] = randn(s.width ** -0.5, (s.heads + 2 * s.kv) * s.head_width, s.width)
            p[name + "temperature"] = torch.full((s.heads,), 1 / LN2 / math.sqrt(s.head_width))
            slope = 2.0 ** (-8.0 * torch.arange(1, s.heads + 1) / s.heads) / LN2
            p[name + "relative"] = -slope[:, None] * torch.arange(s.contexts[layer])
            p[name + "out"] = randn(near * (s.heads * s.head_width) ** -0.5, s.width, s.heads * s.head_width)
            p[name + "up"] = randn(s.width ** -0.5, 2 * s.hidden if s.feed == "gated" else s.hidden, s.width)
            p[name + "down"] = randn(near * s.hidden ** -0.5, s.width, s.hidden)
        self.p = {name: tensor.to(self.device).requires_grad_() for name, tensor in p.items()}
        self.table = torch.zeros(s.rows, s.columns, device=self.device) if s.tables else None
        self.settle()

    @torch.no_grad()
    def settle(self):
        """Chooses each matrix's w anew."""
        for name in self.shape.matrices():
            greatest = max(float(self.p[name].abs().max()), 1e-9)
            self.exponents[name] = max(6, min(12, math.floor(math.log2(127.5 / greatest))))

    @torch.no_grad()
    def limit(self):
        """Keeps everything where the integer model can hold it."""
        for name, tensor in self.p.items():
            if name in self.exponents:
                tensor.clamp_(-127 / 64, 127 / 64)
            elif name.endswith("temperature"):
                tensor.clamp_(0, self.shape.hottest)
            elif name != "bias":
                tensor.clamp_(-31.9, 31.9) if name == "bytes" else tensor.clamp_(-1000, 1000)

    @torch.no_grad()
    def start_from(self, other):
        """Takes over the tables of a model that has the same ones, and as much as fits of what leads into and out of the layers."""
        if self.shape.tables != other.shape.tables or self.shape.columns != other.shape.columns:
            sys.exit("--start: its n-gram tables are others")
        self.table.copy_(other.table)
        for name in ("mix", "bytes", "symbols", "bias"):
            part = tuple(slice(0, min(a, b)) for a, b in zip(self.p[name].shape, other.p[name].shape))
            self.p[name][part] = other.p[name][part]
        self.settle()

    def linear(self, x, name):
        return Linear.apply(x, self.p[name], self.exponents[name])

    def forward(self, groups, learn=False):
        """groups: token arrays [batch, length], each row from a reset on. Logits in binary orders of magnitude, all positions one after the other."""
        s, p, dtype = self.shape, self.p, self.dtype
        tokens = torch.from_numpy(np.concatenate([g.reshape(-1) for g in groups])).long().to(self.device)
        x = F.embedding(tokens, p["bytes"])
        if s.tables:
            index = np.concatenate([rows_of(s, g).reshape(-1) for g in groups])
            self.index = torch.from_numpy(index).to(self.device)
            rows = self.table[self.index]
            step, most = (4, 7) if s.table_bits == 4 else (64, 127)
            rows = rows.mul_(step).round_().clamp_(-most, most).div_(step)
            self.rows = rows.requires_grad_() if learn else None
            x = x + self.linear(rows.view(tokens.numel(), -1).to(dtype), "mix")
        for layer in range(s.layers):
            name = "layers.%d." % layer
            qkv = self.linear(NormQuant.apply(x, 16, dtype), name + "qkv").view(-1, s.heads + 2 * s.kv, s.head_width)
            qk, v = qkv.split((s.heads + s.kv, s.kv), 1)
            q, k = NormQuant.apply(qk, s.unit, torch.float32).split((s.heads, s.kv), 1)
            q = (q * (p[name + "temperature"] * LN2)[:, None]).to(dtype)
            k, v = k.to(dtype), Quant.apply(v, 32, dtype)
            bias = biases(p[name + "relative"], s.contexts[layer], max(16, s.contexts[layer] // 2))
            parts, at = [], 0
            for g in groups:
                part = slice(at, at + g.size)
                at += g.size
                o = Attention.apply(*(t[part].view(*g.shape, -1, s.head_width) for t in (q, k, v)), bias)
                parts.append(o.view(g.size, -1))
            x = x + self.linear(Quant.apply(torch.cat(parts), 64, dtype), name + "out")
            feed = GateQuant if s.feed == "gated" else SquareQuant
            x = x + self.linear(feed.apply(self.linear(NormQuant.apply(x, 16, dtype), name + "up")), name + "down")
        return self.linear(NormQuant.apply(x, 16, dtype), "symbols") + p["bias"]

    def losses(self, groups, targets, learn=False):
        """Bits of each byte."""
        wanted = torch.from_numpy(np.concatenate([t.reshape(-1) for t in targets])).long().to(self.device)
        return Bits.apply(self.forward(groups, learn), wanted)


# ---- the file: safetensors ----

def export(model, path):
    """float32 in natural units: `bytes` [257, width], `mix` [width, tables * columns], `tables.T` [2^row_bits, columns], `layers.I.qkv`
    [(heads + 2 kv) * head_width, width] (queries, keys, values), `layers.I.temperature` [heads] and `layers.I.relative` [heads, context of the layer] (both in
    binary orders of magnitude), `layers.I.out` [width, heads * head_width], `layers.I.up` [hidden, width] (gated: twice as many rows, gates first), `layers.I.down` [width, hidden], `symbols`
    [256, width], `bias` [256] (binary orders of magnitude). The metadata holds the shape, and each matrix's w as it was trained with."""
    s = model.shape
    tensors = {name: tensor.detach() for name, tensor in model.p.items()}
    for t, (_, _, bits) in enumerate(s.tables):
        tensors["tables.%d" % t] = model.table[s.offsets[t]:s.offsets[t] + (1 << bits)]
    header = {"__metadata__": dict(s.values(), format="equinfo-m1", version="1",
                                   exponents=",".join("%s=%d" % pair for pair in model.exponents.items()))}
    at = 0
    for name, tensor in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [at, at + 4 * tensor.numel()]}
        at += 4 * tensor.numel()
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path + ".new", "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for tensor in tensors.values():
            file.write(tensor.cpu().numpy().astype("<f4").tobytes())
    os.replace(path + ".new", path)


def load(path, device, dtype):
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = file.read()
    metadata = header.pop("__metadata__")
    if metadata.get("format") != "equinfo-m1":
        sys.exit(path + ": not an equinfo-m1 file")
    model = Model(Shape(metadata), device, dtype)
    tables = []
    for name, entry in header.items():
        first, last = entry["data_offsets"]
        tensor = torch.from_numpy(np.frombuffer(data[first:last], "<f4").reshape(entry["shape"]).copy()).to(device)
        if name.startswith("tables."):
            tables.append((int(name[7:]), tensor))
        else:
            model.p[name] = tensor.requires_grad_()
    if tables:
        model.table = torch.cat([tensor for _, tensor in sorted(tables, key=lambda pair: pair[0])])
    for pair in metadata["exponents"].split(","):
        name, w = pair.split("=")
        model.exponents[name] = int(w)
    return model


# ---- texts ----

class Texts:
    def __init__(self, folder, length):
        paths = sorted(os.path.join(folder, name) for name in os.listdir(folder))
        self.files = [np.memmap(path, np.uint8, "r") for path in paths if os.path.isfile(path) and os.path.getsize(path) > length + 64]
        sizes = np.array([file.size for file in self.files], float)
        if not len(sizes):
            sys.exit("%s: no files of more than %d bytes" % (folder, length + 64))
        self.share = sizes / sizes.sum()

    def take(self, random, count, length, words=0):
        """count pieces from random places, the first `words` of them from starts of words; gives tokens and the bytes to predict."""
        target = np.empty((count, length), np.uint8)
        for n, which in enumerate(random.choice(len(self.files), count, p=self.share)):
            file = self.files[which]
            at = int(random.integers(0, file.size - length - 64))
            if n < words:
                near = np.array(file[at:at + 64])
                space = np.flatnonzero((near[:-1] <= 32) & (near[1:] > 32))
                at += int(space[0]) + 1 if len(space) else 0
            target[n] = file[at:at + length]
        tokens = np.empty((count, length), np.int64)
        tokens[:, 0] = START
        tokens[:, 1:] = target[:, :-1]
        return tokens, target

    def batch(self, random, size, length):
        """Long pieces, and short fresh ones of an eighth of the bytes."""
        short = size // 8 // SHORT
        parts = [self.take(random, max(1, (size - short * SHORT) // length), length)]
        if short:
            parts.append(self.take(random, short, SHORT, short // 2))
        return [tokens for tokens, _ in parts], [target for _, target in parts]


def validate(model, texts, pieces):
    """Bits a byte: overall on long pieces, at positions 0-7 and 8-31, and where the window is full."""
    context = model.shape.context
    random = np.random.default_rng(1)
    long, wanted = texts.take(random, pieces, 2 * context)
    short, also = texts.take(random, 8 * pieces, SHORT, 4 * pieces)
    with torch.no_grad():
        bits = [model.losses([long[n:n + 8]], [wanted[n:n + 8]]).view(-1, 2 * context) for n in range(0, pieces, 8)]
        bits = torch.cat(bits).cpu()
        fresh = model.losses([short], [also]).view(-1, SHORT).cpu()
    starts = torch.cat([bits[:, :SHORT], fresh])
    return [float(part.mean()) for part in (bits, starts[:, :8], starts[:, 8:], bits[:, context:])]


# ---- optimisers ----

class Muon:
    """Momentum whose update of a matrix is made orthogonal (Newton-Schulz iteration), for the hidden matrices."""
    def __init__(self, tensors, dtype):
        self.tensors, self.dtype = tensors, dtype
        self.momentum = {name: torch.zeros_like(tensor) for name, tensor in tensors.items()}

    @torch.no_grad()
    def step(self, rate, decay):
        for name, tensor in self.tensors.items():
            m = self.momentum[name]
            m.mul_(0.95).add_(tensor.grad, alpha=0.05)
            x = tensor.grad.lerp(m, 0.95)
            tall = x.shape[0] > x.shape[1]
            x = x.t() if tall else x
            x = (x / (x.norm() + 1e-12)).to(self.dtype)
            for _ in range(5):
                a = x @ x.t()
                x = 3.4445 * x + (-4.7750 * a + 2.0315 * (a @ a)) @ x
            x = x.t() if tall else x
            tensor.mul_(1 - rate * decay).add_(x.float(), alpha=-rate * max(1, tensor.shape[0] / tensor.shape[1]) ** 0.5)


class RowOptimiser:
    """Adagrad, or Adam without momentum, on the rows of the tables that a step has used."""
    def __init__(self, table, kind):
        self.table, self.kind = table, kind
        self.square = torch.zeros_like(table)
        self.count = torch.zeros(table.shape[0], 1, device=table.device)

    @torch.no_grad()
    def step(self, index, grad, rate, most):
        index, place = torch.unique(index, return_inverse=True)
        g = torch.zeros(len(index), grad.shape[1], device=grad.device).index_add_(0, place, grad)
        square = self.square[index]
        if self.kind == "adagrad":
            square.addcmul_(g, g)
            self.square[index] = square
        else:
            count = self.count[index] + 1
            square.mul_(0.99).addcmul_(g, g, value=0.01)
            self.count[index], self.square[index] = count, square
            square = square / (1 - 0.99 ** count)
        rows = self.table[index].addcdiv_(g, square.sqrt_().add_(1e-12), value=-rate)
        self.table[index] = rows.clamp_(-most, most)


# ---- training ----

def train(o):
    if not o.out:
        sys.exit("--out is needed")
    random = np.random.default_rng(o.seed)
    torch.manual_seed(o.seed)
    os.makedirs(o.out, exist_ok=True)
    file = lambda name: os.path.join(o.out, name)
    state = torch.load(file("checkpoint.pt"), map_location=o.device) if o.resume else None
    if state:
        for name in ("train", "valid", "minutes", "batch", "rate", "muon", "table_rate", "table_kind", "decay", "power", "valid_pieces"):
            if name not in o.given:
                setattr(o, name, state["options"][name])
        shape = Shape(state["shape"])
    else:
        values = {name: PRESETS[o.preset][name] if getattr(o, name) is None else getattr(o, name) for name in PRESETS[o.preset]}
        if o.feed == "gated" and o.hidden is None:  # three matrices at the cost of two
            values["hidden"] = (2 * values["hidden"] + 95) // 96 * 32
        if o.contexts:
            values["context"] = max(numbers(o.contexts))
        shape = Shape(dict(values, feed=o.feed, contexts=o.contexts or ""))
    if not (o.train and o.valid and o.minutes):
        sys.exit("--train, --valid and --minutes are needed")

    model = Model(shape, o.device, o.dtype)
    model.init()
    if o.start and not state:
        model.start_from(load(o.start, o.device, o.dtype))
    texts, held = Texts(o.train, 2 * shape.context), Texts(o.valid, 2 * shape.context)
    hidden = {name: t for name, t in model.p.items() if name in shape.matrices() and name != "symbols" and o.muon > 0}
    rest = {name: t for name, t in model.p.items() if name not in hidden}
    plain = [t for name, t in rest.items() if name in model.exponents]
    scores = [t for name, t in rest.items() if name.endswith("relative")]
    others = [t for t in rest.values() if not any(t is u for u in plain + scores)]
    adam = torch.optim.AdamW([dict(params=plain, weight_decay=o.decay, share=1.0), dict(params=others, weight_decay=0.0, share=1.0),
                              dict(params=scores, weight_decay=0.0, share=5.0)], lr=o.rate, betas=(0.9, 0.95), eps=1e-10)
    muon = Muon(hidden, o.dtype)
    rows = RowOptimiser(model.table, o.table_kind) if shape.tables else None
    most = 1.87 if shape.table_bits == 4 else 1.98
    step, seen, before, factor = 0, 0, 0.0, 0.0
    if state:
        for name, tensor in state["dense"].items():
            model.p[name].data.copy_(tensor)
        adam.load_state_dict(state["adam"])
        for name, tensor in state["muon"].items():
            muon.momentum[name].copy_(tensor)
        if rows:
            model.table.copy_(state["table"])
            rows.square.copy_(state["square"])
            rows.count.copy_(state["count"])
        step, seen, before = state["step"], state["seen"], state["elapsed"]
        random = np.random.default_rng(o.seed + step)
        model.settle()

    begin, saved, measured = time.time() - before, time.time(), time.time()
    log = open(file("log.csv"), "a", newline="")
    writer = csv.writer(log)
    if not log.tell():
        writer.writerow("seconds step bytes train valid first8 next24 full rate kb_per_s".split())
    sum_bits, sum_bytes, since, recent = 0.0, 0, time.time(), 0.0
    budget = 60.0 * o.minutes
    parameters = sum(t.numel() for t in model.p.values())
    print("%d dense parameters, %d in tables" % (parameters, shape.rows * shape.columns if shape.tables else 0), flush=True)

    def save():
        torch.save(dict(shape=shape.values(), dense={name: t.data for name, t in model.p.items()}, adam=adam.state_dict(), muon=muon.momentum,
                        table=model.table, square=rows and rows.square, count=rows and rows.count, step=step, seen=seen,
                        elapsed=time.time() - begin, options={name: value for name, value in vars(o).items()
                                                              if isinstance(value, (int, float, str))}), file("checkpoint.new"))
        os.replace(file("checkpoint.new"), file("checkpoint.pt"))
        export(model, file("model.safetensors"))

    while True:
        elapsed = time.time() - begin
        done = min(1.0, elapsed / budget)
        ended = done >= 1
        if not ended:
            warm = min(1.0, (step + 1) / 100)
            factor = warm * (1 - done) ** o.power + 0.002
            groups, targets = texts.batch(random, o.batch, 2 * shape.context)
            losses = model.losses(groups, targets, True)
            for tensor in model.p.values():
                tensor.grad = None
            loss = losses.mean() * LN2
            loss.backward()
            torch.nn.utils.clip_grad_norm_(list(rest.values()), 1.0)
            for group in adam.param_groups:
                group["lr"] = o.rate * group["share"] * factor
            adam.step()
            muon.step(o.muon * factor, o.decay)
            if rows:
                rows.step(model.index, model.rows.grad.view(-1, shape.columns), o.table_rate * factor, most)
            model.limit()
            if step % 10 == 0 or step < 100:
                model.settle()
            step += 1
            sum_bits += float(losses.detach().sum())
            sum_bytes += losses.numel()
            seen += losses.numel()
        if ended or time.time() - measured > o.valid_seconds:
            model.settle()
            speed = sum_bytes / 1000 / max(1e-9, time.time() - since)
            result = validate(model, held, o.valid_pieces * (4 if ended else 1))
            recent = sum_bits / sum_bytes if sum_bytes else recent
            line = [round(elapsed), step, seen, round(recent, 4)] + [round(bits, 4) for bits in result]
            writer.writerow(line + [round(factor, 4), round(speed, 2)])
            log.flush()
            print("%6d s  step %d  %.1f MB  train %.4f  valid %.4f  0-7 %.4f  8-31 %.4f  full %.4f  %.1f KB/s" %
                  (elapsed, step, seen / 1e6, line[3], *result, speed), flush=True)
            if not math.isfinite(result[0]):
                sys.exit("diverged")
            sum_bits, sum_bytes = 0.0, 0
            if ended or time.time() - saved > o.save_seconds:
                save()
                saved = time.time()
            since = measured = time.time()
        if ended:
            print("exponents", model.exponents)
            return


def measure(o):
    model = load(o.load, o.device, torch.float32)
    result = validate(model, Texts(o.valid, 2 * model.shape.context), 4 * o.valid_pieces)
    print("valid %.4f  0-7 %.4f  8-31 %.4f  full %.4f" % tuple(result))


def dump(o):
    model = load(o.load, o.device, torch.float32)  # products exact, so that only the integer model's own rounding is left to differ
    with open(o.text, "rb") as file:
        text = np.frombuffer(file.read(o.dump), np.uint8).astype(np.int64)
    with torch.no_grad():
        logits = model.forward([np.concatenate([[START], text[:-1]])[None]])
        logs = (torch.log_softmax(logits * LN2, -1) / LN2).cpu().numpy()
    logs.astype("<f4").tofile(o.out)
    print("%.4f bits a byte" % -logs[np.arange(len(text)), text].mean())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--train", help="folder of text files")
    add("--valid", help="folder of text files that are measured only")
    add("--out", help="folder for the outputs; with --dump, the file")
    add("--minutes", type=float, help="wall-clock budget; the rate falls to nothing at its end")
    add("--preset", choices=sorted(PRESETS), default="fast")
    for name, value in PRESETS["fast"].items():
        add("--" + name.replace("_", "-"), type=type(value))
    add("--feed", choices=("squared", "gated"), default="squared", help="gated: two thirds of the preset's hidden, if not given")
    add("--contexts", help="positions that attention sees in each layer, the first one first, with commas")
    add("--batch", type=int, default=8192, help="bytes a step")
    add("--rate", type=float, default=3e-3, help="AdamW's")
    add("--muon", type=float, default=0.02, help="Muon's rate, for the hidden matrices; 0: AdamW for these too")
    add("--table-rate", type=float, default=0.1)
    add("--table-kind", choices=("adagrad", "adam"), default="adagrad")
    add("--decay", type=float, default=0.05)
    add("--power", type=float, default=1.0, help="of the fall of the rate")
    add("--valid-pieces", type=int, default=48)
    add("--valid-seconds", type=float, default=60)
    add("--save-seconds", type=float, default=240)
    add("--seed", type=int, default=1)
    add("--threads", type=int, default=1)
    add("--device", default="cpu")
    add("--products", choices=("bf16", "fp32"), default="bf16", help="arithmetic of the matrix products; all rounded operands are exact in both")
    add("--resume", action="store_true")
    add("--start", help="a model whose n-gram tables to begin with; the new one must have the same tables")
    add("--load", help="a file to measure on --valid or, with --dump, on a text")
    add("--text", help="a text, for --dump")
    add("--dump", type=int, help="write log2 probabilities for so many bytes")
    o = parser.parse_args()
    o.given = {word[2:].split("=")[0].replace("-", "_") for word in sys.argv[1:] if word.startswith("--")}
    o.dtype = torch.bfloat16 if o.products == "bf16" else torch.float32
    torch.set_num_threads(o.threads)
    if not o.load:
        train(o)
    elif o.dump:
        dump(o)
    else:
        measure(o)


if __name__ == "__main__":
    main()
