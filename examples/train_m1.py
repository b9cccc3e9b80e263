#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Trains the float twin of the integer transformer of docs/m1.md, quantisation in the loop.

    python3 examples/train_m1.py --train FOLDER --valid FOLDER --out FOLDER --minutes 90 [--preset fast]
    python3 examples/train_m1.py --out FOLDER --resume
    python3 examples/train_m1.py --load FOLDER/model.safetensors --valid FOLDER
    python3 examples/train_m1.py --load FOLDER/model.safetensors --text FILE --dump N --out FILE.f32

The folders hold text files whose documents end with a NUL byte. FOLDER/model.safetensors is the model that measured best; its layout stands
at `export`. `--dump` writes the log2 probabilities of the next byte at each of the first N bytes of a text, raw float32 [N, 256].
Needs PyTorch (1.13 will do; 2 for a GPU: --device cuda, docs/training.md has batch and rates) and numpy. On a CPU, OMP_NUM_THREADS=1
OMP_WAIT_POLICY=passive MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=100000000000 MALLOC_TOP_PAD_=268435456 in the environment save up to 40 %
of the time (page faults).
"""
import argparse
import csv
import functools
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
        if self.feed not in ("squared", "gated", "swiglu"):
            sys.exit("feed must be squared, gated or swiglu")
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
        if self.feed != "squared":
            result["feed"] = self.feed
        if min(self.contexts) < self.context:
            result["contexts"] = ",".join(map(str, self.contexts))
        return result

    def matrices(self):
        names = ["mix"] if self.tables else []
        for layer in range(self.layers):
            names += ["layers.%d.%s" % (layer, name) for name in ("qkv", "out", "up", "down")]
        return names + ["symbols"]


# ---- rows of the n-gram tables: section 3, in the lowest 32 bits of 64 ----

LOW = 0xFFFFFFFF
M = 0x9E3779B1


@functools.lru_cache(None)
def powers(base, count, device):
    """base^0, base^1, ... modulo 2^32."""
    result = [1]
    while len(result) < count:
        result.append(result[-1] * base & LOW)
    return torch.tensor(result, device=device)


def rows_of(shape, tokens, first):
    """tokens: int64 [batch, length]; first: where in its row each one's sequence begins, with START. int64 [batch, length, tables], rows in
    the one array of all tables."""
    length = tokens.shape[1]
    place = torch.arange(length, device=tokens.device)
    since = place - first
    result = torch.empty(*tokens.shape, len(shape.tables), dtype=torch.int64, device=tokens.device)

    def put(t, h):
        h = (h ^ (h >> 15)) * 0x2C1B3C6D & LOW
        result[:, :, t] = (h >> (32 - shape.tables[t][2])) + shape.offsets[t]

    longest = max([order for kind, order, _ in shape.tables if kind == 0], default=0)
    h = torch.zeros_like(tokens)
    for j in range(longest):  # the hash of n bytes goes on to that of n + 1
        before = torch.where(since >= j, tokens.roll(j, 1), START) if j else tokens
        h = (h * M + before + 1) & LOW
        for t, (kind, order, _) in enumerate(shape.tables):
            if kind == 0 and order == j + 1:
                put(t, h)

    if any(kind == 1 for kind, _, _ in shape.tables):
        upper = (tokens >= 65) & (tokens <= 90)
        letter = upper | ((tokens >= 97) & (tokens <= 122)) | ((tokens >= 128) & (tokens <= 255))
        step = torch.where(upper, tokens + 33, tokens + 1)
        # The hash of a word, w = (w + step) M for each letter, is a difference of sums over the row, since M has an inverse modulo 2^32.
        sums = torch.where(letter, step * powers(pow(M, -1, 1 << 32), length, tokens.device) & LOW, 0).cumsum(1)
        before = torch.where(letter, 0, place).cummax(1)[0]  # the last one that is no letter: START is none
        words = (sums - sums.gather(1, before) & LOW) * (powers(M, length, tokens.device) * M & LOW) & LOW
        words = torch.where(letter, words, 0)
        previous = words.roll(1, 1)
        end = torch.where(~letter & (since > 0) & (previous != 0), place, 0).cummax(1)[0]
        ended = torch.where(end > first, previous.gather(1, end), 0)
        apart = torch.where(letter, 0, (tokens + 1) * 0x85EBCA6B & LOW)
        for t, (kind, order, _) in enumerate(shape.tables):
            if kind == 1:
                put(t, ((words if order == 1 else words * M + ended + 1) + apart) & LOW)
    return result


# ---- operations with the integer model's rounding; gradients pass straight through ----

def fused(function):
    """On a GPU, one kernel for what would be many."""
    compiled = []

    def call(*arguments):
        if not arguments[0].is_cuda:
            return function(*arguments)
        if not compiled:
            torch._dynamo.config.recompile_limit = 32
            compiled.append(torch.compile(function, dynamic=False))
        try:
            return compiled[0](*arguments)
        except torch._dynamo.exc.TorchDynamoException as error:  # no compiler there, for one
            print("%s runs as many kernels: %s" % (function.__name__, str(error)[:200]), file=sys.stderr)
            compiled[0] = function
            return function(*arguments)

    return call


@fused
def norm_quant(x, unit, dtype):
    x = x.float()
    r = torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-12)
    return (x * (r * unit)).round_().clamp_(-127, 127).mul_(1.0 / unit).to(dtype), r


@fused
def norm_gradient(g, x, r):
    y = x.float() * r
    g = g.float()
    return (g - y * (g * y).mean(-1, keepdim=True)).mul_(r)


class NormQuant(torch.autograd.Function):
    """x / root mean square, in steps of 1 / unit."""
    @staticmethod
    def forward(ctx, x, unit, dtype):
        y, r = norm_quant(x, unit, dtype)
        ctx.save_for_backward(x, r)
        return y

    @staticmethod
    def backward(ctx, g):
        return norm_gradient(g, *ctx.saved_tensors), None, None


@fused
def quant(x, unit, dtype):
    return (x.float() * unit).round_().clamp_(-127, 127).mul_(1.0 / unit).to(dtype)


@fused
def quant_gradient(g, x, limit):
    return g.float() * (x.float().abs() < limit)


class Quant(torch.autograd.Function):
    """Steps of 1 / unit, no more than 127 of them."""
    @staticmethod
    def forward(ctx, x, unit, dtype):
        ctx.limit = 127.5 / unit
        ctx.save_for_backward(x)
        return quant(x, unit, dtype)

    @staticmethod
    def backward(ctx, g):
        return quant_gradient(g, ctx.saved_tensors[0], ctx.limit), None, None


@fused
def square_quant(x):
    t = (x.float() * 128).round_().clamp_(0, 511)
    return t.mul_(t).mul_(2.0 ** -10).floor_().mul_(1.0 / 16).to(x.dtype)


@fused
def square_gradient(g, x):
    return x.clamp(0, 511.0 / 128).mul_(2).mul_(g)


class SquareQuant(torch.autograd.Function):
    """min(relu(x), 511/128)^2, rounded down to steps of 1/16."""
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return square_quant(x)

    @staticmethod
    def backward(ctx, g):
        return square_gradient(g, *ctx.saved_tensors)


def through_gates(gradient, g, u, opening, slope):
    """The gradient of g * opening * u by g and u; none where it was limited."""
    gradient = gradient * ((g * opening * u).abs() < 127.5 / 16)
    return torch.cat([gradient * slope * u, gradient * g * opening], -1)


@fused
def gate_quant(x):
    g, u = (x.float() * 128).round_().clamp_(-512, 511).chunk(2, -1)
    y = g * (g + 256).clamp_(0, 512) * u
    return y.mul_(2.0 ** -19).round_().clamp_(-127, 127).mul_(1.0 / 16).to(x.dtype)


@fused
def gate_gradient(gradient, x):
    g, u = x.clamp(-4, 511.0 / 128).chunk(2, -1)
    opening = (g / 4 + 0.5).clamp_(0, 1)
    return through_gates(gradient, g, u, opening, opening + torch.where(g.abs() < 2, g / 4, torch.zeros_like(g)))


class GateQuant(torch.autograd.Function):
    """g * min(max(g / 4 + 1/2, 0), 1) * u of x's halves g and u, in steps of 1/16, no more than 127 of them."""
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return gate_quant(x)

    @staticmethod
    def backward(ctx, gradient):
        return gate_gradient(gradient, *ctx.saved_tensors)


def dips():
    """2^16 x / (1 + e^x) of x = 0, 1/128, ..., 4 in integers (docs/m1.md, section 6)."""
    e = 1 << 31
    for n in range(513):
        yield (512 * n * e + ((1 << 31) + e) // 2) // ((1 << 31) + e)
        e = e * 2130771797 >> 31


DIPS = {"cpu": torch.tensor(list(dips()), dtype=torch.float32)}


@fused
def swiglu_quant(x, dip):
    g, u = (x.float() * 128).round_().clamp_(-512, 511).chunk(2, -1)
    y = (g.clamp(min=0) * 512 - dip[g.abs().nan_to_num(0).long()]) * u
    return y.mul_(2.0 ** -19).round_().clamp_(-127, 127).mul_(1.0 / 16).to(x.dtype)


@fused
def swiglu_gradient(gradient, x):
    g, u = x.clamp(-4, 511.0 / 128).chunk(2, -1)
    opening = torch.sigmoid(g)
    return through_gates(gradient, g, u, opening, opening * (1 + g * (1 - opening)))


class SwigluQuant(torch.autograd.Function):
    """g * sigmoid(g) * u of x's halves g and u, in steps of 1/16, no more than 127 of them."""
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        place = str(x.device)
        if place not in DIPS:
            DIPS[place] = DIPS["cpu"].to(x.device)
        return swiglu_quant(x, DIPS[place])

    @staticmethod
    def backward(ctx, gradient):
        return swiglu_gradient(gradient, *ctx.saved_tensors)


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


@fused
def bits_of(logits, wanted):
    s = logits * LN2
    at = s.gather(1, wanted[:, None])
    most = s.amax(1, keepdim=True)
    s = s.sub_(most).exp_()
    z = s.sum(1, keepdim=True)
    return (z.log() + most - at).squeeze(1) / LN2, s.div_(z)


@fused
def bits_gradient(g, p, wanted):
    hit = torch.arange(p.shape[1], device=p.device) == wanted[:, None]
    return (p - hit.to(p.dtype)).mul_(g[:, None])


class Bits(torch.autograd.Function):
    """Bits of each byte, of logits in binary orders of magnitude; keeps the probabilities, which is twice as fast as the library's on a CPU."""
    @staticmethod
    def forward(ctx, logits, wanted):
        bits, p = bits_of(logits, wanted)
        ctx.save_for_backward(p, wanted)
        return bits

    @staticmethod
    def backward(ctx, g):
        return bits_gradient(g, *ctx.saved_tensors), None


@fused
def weights_of(s, bias, first, dtype):
    """s: [batch, blocks, kv, shared, chunk, window]; weights of 8 bits, and their sums."""
    s = s + bias
    s.masked_fill_(torch.arange(s.shape[-1], device=s.device) < first[:, :, None, None, :, None], MASKED)
    s.sub_(s.amax(-1, keepdim=True).sub_(math.log(255))).exp_().round_()
    return s.to(dtype), s.sum(-1, keepdim=True)


@fused
def score_gradient(g, p, mean, dtype):
    return (g.float() - mean).mul_(p).to(dtype)


class Attention(torch.autograd.Function):
    """Weights of 8 bits as the integer model has them, in chunks, so that keys out of the window cost little.

    q [batch, length, heads, head_width] times temperature, k and v [batch, length, kv, head_width], bias [heads, chunk, context + chunk],
    first [batch, length]: where the sequence of each position begins.
    """
    @staticmethod
    def blocks(t, chunk, shared):
        """[batch, blocks * chunk, kv * shared, width] as [batch, blocks, kv, shared * chunk, width]."""
        batch, length, heads, width = t.shape
        t = t.view(batch, length // chunk, chunk, heads // shared, shared, width)
        return t.permute(0, 1, 3, 4, 2, 5).reshape(batch, length // chunk, heads // shared, shared * chunk, width)

    @staticmethod
    def rows(t, chunk, shared):
        """The same backwards."""
        batch, blocks, kv, _, width = t.shape
        t = t.view(batch, blocks, kv, shared, chunk, width).permute(0, 1, 4, 2, 3, 5)
        return t.reshape(batch, blocks * chunk, kv * shared, width)

    @staticmethod
    def windows(t, chunk, context):
        """[batch, length, kv, width] as [batch, blocks, kv, context + chunk, width]: each block with as much before it as it can see."""
        t = F.pad(t, (0, 0, 0, 0, context, 0)).unfold(1, context + chunk, chunk)
        return t.transpose(-1, -2)

    @staticmethod
    def joined(t, chunk, context):
        """The gradient of `windows`."""
        batch, blocks, kv, window, width = t.shape
        parts = t.view(batch, blocks, kv, window // chunk, chunk, width)
        result = torch.zeros(batch, blocks + context // chunk, chunk, kv, width, dtype=t.dtype, device=t.device)
        for part in range(window // chunk):
            result[:, part:part + blocks] += parts[:, :, :, part].transpose(2, 3)
        return result.flatten(1, 2)[:, context:]

    @staticmethod
    def forward(ctx, q, k, v, bias, first):
        length, heads, kv = q.shape[1], q.shape[2], k.shape[2]
        chunk = bias.shape[1]
        context, shared = bias.shape[2] - chunk, heads // kv
        more = -length % chunk
        if more:
            q, k, v = (F.pad(t, (0, 0, 0, 0, 0, more)) for t in (q, k, v))
            first = F.pad(first, (0, more))
        queries = Attention.blocks(q, chunk, shared)
        batch, blocks = queries.shape[:2]
        from_window = first.view(batch, blocks, chunk) - torch.arange(-context, blocks * chunk - context, chunk, device=q.device)[:, None]
        s = queries @ Attention.windows(k, chunk, context).transpose(-1, -2)
        p, z = weights_of(s.view(batch, blocks, kv, shared, chunk, -1), bias.view(kv, shared, chunk, -1), from_window, v.dtype)
        p, z = p.view(s.shape), z.view(*s.shape[:-1], 1)
        o = (p @ Attention.windows(v, chunk, context)).float().div_(z)
        ctx.save_for_backward(k, v, bias, queries, p, z, o)
        ctx.length = length
        return Attention.rows(o, chunk, shared)[:, :length]

    @staticmethod
    def backward(ctx, g):
        k, v, bias, queries, p, z, o = ctx.saved_tensors
        chunk = bias.shape[1]
        context, shared = bias.shape[2] - chunk, bias.shape[0] // k.shape[2]
        more = k.shape[1] - ctx.length
        if more:
            g = F.pad(g, (0, 0, 0, 0, 0, more))
        g = Attention.blocks(g, chunk, shared) / z
        mean = (g * o).sum(-1, keepdim=True)
        g = g.to(v.dtype)
        dv = Attention.joined(p.transpose(-1, -2) @ g, chunk, context).float()
        ds = score_gradient(g @ Attention.windows(v, chunk, context).transpose(-1, -2), p, mean, k.dtype)
        dbias = ds.sum((0, 1), dtype=torch.float32).view(bias.shape)
        dq = Attention.rows(ds @ Attention.windows(k, chunk, context), chunk, shared).float()
        dk = Attention.joined(ds.transpose(-1, -2) @ queries, chunk, context).float()
        return dq[:, :ctx.length], dk[:, :ctx.length], dv[:, :ctx.length], dbias, None


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
        self.scores = torch.float32 if torch.device(device).type == "cuda" else dtype  # of attention and symbols; a GPU has time for it
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
            p[name + "up"] = randn(s.width ** -0.5, s.hidden if s.feed == "squared" else 2 * s.hidden, s.width)
            p[name + "down"] = randn(near * s.hidden ** -0.5, s.width, s.hidden)
        self.p = {name: tensor.to(self.device).requires_grad_() for name, tensor in p.items()}
        self.table = torch.zeros(s.rows, s.columns, device=self.device) if s.tables else None
        self.settle()

    @torch.no_grad()
    def settle(self):
        """Chooses each matrix's w anew."""
        greatest = torch.stack([self.p[name].abs().max() for name in self.shape.matrices()]).tolist()
        for name, most in zip(self.shape.matrices(), greatest):
            self.exponents[name] = max(6, min(12, math.floor(math.log2(127.5 / max(most, 1e-9)))))

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

    def forward(self, tokens, first, learn=False):
        """tokens, first: int64 [batch, length]; sequences begin with START at `first` of each one. Logits in binary orders of magnitude, all
        positions one after the other."""
        s, p, dtype = self.shape, self.p, self.dtype
        x = F.embedding(tokens.view(-1), p["bytes"])
        if s.tables:
            self.index = rows_of(s, tokens, first).view(-1)
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
            q = (q * (p[name + "temperature"] * LN2)[:, None]).to(self.scores)
            k, v = k.to(self.scores), Quant.apply(v, 32, dtype)
            bias = biases(p[name + "relative"], s.contexts[layer], s.contexts[layer] // 2)
            q, k, v = (t.reshape(*tokens.shape, -1, s.head_width) for t in (q, k, v))
            at_once = len(first) if first.is_cuda else 1  # a CPU has its caches to mind
            o = torch.cat([Attention.apply(*parts, bias, some) for *parts, some in zip(*(t.split(at_once) for t in (q, k, v, first)))])
            x = x + self.linear(Quant.apply(o.reshape(tokens.numel(), -1), 64, dtype), name + "out")
            feed = {"squared": SquareQuant, "gated": GateQuant, "swiglu": SwigluQuant}[s.feed]
            x = x + self.linear(feed.apply(self.linear(NormQuant.apply(x, 16, dtype), name + "up")), name + "down")
        return self.linear(NormQuant.apply(x, 16, self.scores), "symbols") + p["bias"]

    def losses(self, batch, learn=False):
        """Bits of each byte."""
        tokens, target, first = batch
        return Bits.apply(self.forward(tokens, first, learn), target.view(-1))


# ---- the file: safetensors ----

def export(model, path):
    """float32 in natural units: `bytes` [257, width], `mix` [width, tables * columns], `tables.T` [2^row_bits, columns], `layers.I.qkv`
    [(heads + 2 kv) * head_width, width] (queries, keys, values), `layers.I.temperature` [heads] and `layers.I.relative` [heads, context of the layer] (both in
    binary orders of magnitude), `layers.I.out` [width, heads * head_width], `layers.I.up` [hidden, width] (gated, swiglu: twice as many rows, gates first), `layers.I.down` [width, hidden], `symbols`
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
    """The documents of a folder's files, each ended by a NUL byte or the file's end. No sequence goes over the end of one."""
    def __init__(self, folder, device):
        paths = sorted(os.path.join(folder, name) for name in os.listdir(folder))
        parts = [np.fromfile(path, np.uint8) for path in paths if os.path.isfile(path)]
        self.bytes = np.concatenate([np.concatenate([part, np.zeros(1, np.uint8)]) for part in parts] or [np.zeros(0, np.uint8)])
        ends = np.flatnonzero(self.bytes == 0)
        begins = np.concatenate([np.zeros(1, np.int64), ends[:-1] + 1])[:len(ends)]
        self.begins, self.sizes = begins[ends > begins], (ends - begins)[ends > begins]
        if not len(self.sizes):
            sys.exit(folder + ": no text")
        self.sums = np.cumsum(self.sizes)
        self.there = torch.from_numpy(self.bytes).to(device)

    def draw(self, random, count, length, short):
        """Where sequences begin, and their sizes: documents whole, or `length` bytes of one from a random place. Long ones: one in nine from the
        document's start; short ones: half of them from the start of a word near by."""
        place = random.integers(0, self.sums[-1], count)
        which = np.searchsorted(self.sums, place, "right")
        size = np.minimum(self.sizes[which], length)
        last = self.sizes[which] - size
        at = np.minimum(place - (self.sums[which] - self.sizes[which]), last)
        if not short:
            at = np.where(random.integers(0, 9, count) == 0, 0, random.integers(0, last + 1))
        begin = self.begins[which] + at
        if short:
            near = np.minimum(begin[:, None] + np.arange(-1, 64), len(self.bytes) - 1)
            near = self.bytes[near] > 32
            start = near[:, 1:] & ~near[:, :-1]
            step = np.where(start.any(1) & (np.arange(count) % 2 == 0), start.argmax(1), 0)
            begin += np.where(step <= last - at, step, 0)
        return begin, size

    def rows(self, random, count, length, short=0):
        """Begins and sizes of sequences that fill `count` rows one after the other. Those of a whole row come first; what is shorter goes on in
        the next row, as another sequence."""
        needed = count * length
        begin, size = self.draw(random, 2 * count * (length // short if short else 1) + 16, short or length, short)
        while size.sum() < needed:
            more = self.draw(random, len(size), short or length, short)
            begin, size = np.concatenate([begin, more[0]]), np.concatenate([size, more[1]])
        enough = np.searchsorted(np.cumsum(size), needed) + 1
        order = np.argsort(size[:enough] != (short or length), kind="stable")
        size = np.diff(np.minimum(np.cumsum(size[order]), needed), prepend=0)
        return np.stack([begin[order], size])

    def batch(self, random, count, length, short_rows):
        """Tokens, the bytes to predict and where in its row each one's sequence begins: int64 [count, length]; the last `short_rows` are of
        short fresh starts."""
        parts = [self.rows(random, *row) for row in ((count - short_rows, length), (short_rows, length, SHORT)) if row[0]]
        both = torch.from_numpy(np.concatenate(parts, 1))
        begin, size = both.pin_memory().to(self.there.device, non_blocking=True) if self.there.is_cuda else both
        start = size.cumsum(0) - size
        both = torch.stack([begin - start, start], 1).repeat_interleave(size, 0, output_size=count * length)
        column = torch.arange(length, device=size.device)
        row = torch.arange(0, count * length, length, device=size.device)[:, None]
        place = both[:, 0].view(count, length) + row + column
        first = (both[:, 1].view(count, length) - row).clamp_(min=0)
        target = self.there[place].long()
        return torch.where(first == column, START, self.there[(place - 1).clamp_(min=0)].long()), target, first


def validate(model, texts, rows, pieces):
    """Bits a byte: overall on long pieces, at positions 0-7 and 8-31, and where the window is full. In batches of `rows`, as in training."""
    context, length = model.shape.context, 2 * model.shape.context
    random = np.random.default_rng(1)
    sums = torch.zeros(4, 2, dtype=torch.float64)
    with torch.no_grad():
        for short in (0, 1):
            for _ in range(-(-pieces // rows)):
                batch = texts.batch(random, rows, length, rows * short)
                bits = model.losses(batch).view(rows, length)
                since = torch.arange(length, device=bits.device) - batch[2]
                parts = {1: since < 8, 2: (since >= 8) & (since < SHORT)}
                if not short:
                    parts.update({0: since >= 0, 3: since >= context})
                for which, part in parts.items():
                    sums[which] += torch.stack([(bits * part).sum().double(), part.sum().double()]).cpu()
    return [float(bits / count) if count else math.nan for bits, count in sums]


# ---- optimisers ----

class Muon:
    """Momentum whose update of a matrix is made orthogonal (Newton-Schulz iteration), for the hidden matrices; those of one size go together."""
    def __init__(self, tensors, dtype):
        self.tensors, self.dtype = tensors, dtype
        self.momentum = {name: torch.zeros_like(tensor) for name, tensor in tensors.items()}
        self.groups = {}
        for name, tensor in tensors.items():
            self.groups.setdefault(tuple(tensor.shape), []).append(name)

    @torch.no_grad()
    def step(self, rate, decay):
        for (height, width), names in self.groups.items():
            updates = []
            for name in names:
                m, g = self.momentum[name], self.tensors[name].grad
                m.mul_(0.95).add_(g, alpha=0.05)
                updates.append(g.lerp(m, 0.95))
            x = torch.stack(updates)
            tall = height > width
            x = x.transpose(1, 2) if tall else x
            x = (x / (x.flatten(1).norm(dim=1)[:, None, None] + 1e-12)).to(self.dtype)
            for _ in range(5):
                a = x @ x.transpose(1, 2)
                x = 3.4445 * x + (-4.7750 * a + 2.0315 * (a @ a)) @ x
            x = (x.transpose(1, 2) if tall else x).float()
            for name, update in zip(names, x):
                self.tensors[name].mul_(1 - rate * decay).add_(update, alpha=-rate * max(1, height / width) ** 0.5)


class RowOptimiser:
    """Adagrad, or Adam without momentum, on the rows of the tables that a step has used."""
    def __init__(self, table, kind):
        self.table, self.kind = table, kind
        self.square = torch.zeros_like(table)
        self.count = torch.zeros(table.shape[0], 1, device=table.device)

    @torch.no_grad()
    def step(self, index, grad, rate, most):
        if self.table.is_cuda:  # all rows: less work than finding those that were used
            g = torch.zeros_like(self.table).index_add_(0, index, grad)
            used = torch.zeros_like(self.count).index_fill_(0, index, 1)
            index = slice(None)
        else:
            index, place = torch.unique(index, return_inverse=True)
            g = torch.zeros(len(index), grad.shape[1]).index_add_(0, place, grad)
            used = torch.ones(len(index), 1)
        self.table[index], self.square[index], self.count[index] = moved_rows(
            self.table[index], self.square[index], self.count[index], g, used, torch.full((), rate, device=g.device), most, self.kind == "adagrad")


@fused
def moved_rows(table, square, count, g, used, rate, most, sums):
    """Rows that were not used have no gradient and stay."""
    if sums:
        square = square.addcmul(g, g)
        mean = square
    else:
        count = count + used
        square = square.lerp(g * g, 0.01 * used)
        mean = square / (1 - 0.99 ** count).clamp(min=1e-12)
    return (table - rate * g / (mean.sqrt() + 1e-12)).clamp(-most, most), square, count


# ---- training ----

def rows_of_batch(size, shape):
    """Length of a row, rows of a step, and how many of these hold short fresh starts: an eighth, if there are so many."""
    length = 2 * shape.context
    count = max(1, size // length)
    return length, count, count // 8


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
        if o.feed != "squared" and o.hidden is None:  # three matrices at the cost of two
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
    texts, held = Texts(o.train, o.device), Texts(o.valid, o.device)
    length, count, short_rows = rows_of_batch(o.batch, shape)
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
    best = state.get("best", math.inf) if state else math.inf
    sum_bits, sum_bytes, since, recent = 0.0, 0, time.time(), 0.0
    budget = 60.0 * o.minutes
    parameters = sum(t.numel() for t in model.p.values())
    print("%d dense parameters, %d in tables" % (parameters, shape.rows * shape.columns if shape.tables else 0), flush=True)

    def save():
        torch.save(dict(shape=shape.values(), dense={name: t.data for name, t in model.p.items()}, adam=adam.state_dict(), muon=muon.momentum,
                        table=model.table, square=rows and rows.square, count=rows and rows.count, step=step, seen=seen,
                        elapsed=time.time() - begin, options={name: value for name, value in vars(o).items()
                                                              if isinstance(value, (int, float, str))}, best=best), file("checkpoint.new"))
        os.replace(file("checkpoint.new"), file("checkpoint.pt"))

    while True:
        elapsed = time.time() - begin
        done = min(1.0, elapsed / budget)
        ended = done >= 1
        if not ended:
            warm = min(1.0, (step + 1) / 100)
            factor = warm * (1 - done) ** o.power + 0.002
            losses = model.losses(texts.batch(random, count, length, short_rows), True)
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
            sum_bits += losses.detach().double().sum()  # a number only where it is wanted: a GPU need not be waited for
            sum_bytes += losses.numel()
            seen += losses.numel()
        if ended or time.time() - measured > o.valid_seconds:
            model.settle()
            recent = float(sum_bits) / sum_bytes if sum_bytes else recent
            speed = sum_bytes / 1000 / max(1e-9, time.time() - since)
            result = validate(model, held, count, o.valid_pieces)
            line = [round(elapsed), step, seen, round(recent, 4)] + [round(bits, 4) for bits in result]
            writer.writerow(line + [round(factor, 4), round(speed, 2)])
            log.flush()
            print("%6d s  step %d  %.1f MB  train %.4f  valid %.4f  0-7 %.4f  8-31 %.4f  full %.4f  %.1f KB/s" %
                  (elapsed, step, seen / 1e6, line[3], *result, speed), flush=True)
            if not math.isfinite(result[0]):
                sys.exit("diverged")
            if result[0] < best:
                best = result[0]
                export(model, file("model.safetensors"))
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
    result = validate(model, Texts(o.valid, o.device), rows_of_batch(o.batch, model.shape)[1], o.valid_pieces)
    print("valid %.4f  0-7 %.4f  8-31 %.4f  full %.4f" % tuple(result))


def dump(o):
    model = load(o.load, o.device, torch.float32)  # products exact, so that only the integer model's own rounding is left to differ
    with open(o.text, "rb") as file:
        text = np.frombuffer(file.read(o.dump), np.uint8).astype(np.int64)
    tokens = torch.from_numpy(np.concatenate([[START], text[:-1]])[None]).to(o.device)
    with torch.no_grad():
        logits = model.forward(tokens, torch.zeros_like(tokens))
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
    add("--feed", choices=("squared", "gated", "swiglu"), default="squared", help="gated, swiglu: two thirds of the preset's hidden, if not given")
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
    if torch.device(o.device).type == "cuda":
        torch.set_float32_matmul_precision("high")  # what is rounded to 8 bits stays exact
        torch.backends.cuda.matmul.allow_bf16_reduced_precision_reduction = False
    if not o.load:
        train(o)
    elif o.dump:
        dump(o)
    else:
        measure(o)


if __name__ == "__main__":
    main()
