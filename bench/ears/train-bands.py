#!/usr/bin/env python3
"""Makes media/ears/native/bands.txt: the network that gives telephone speech its missing bands back.

    python3 bench/ears/train-bands.py OUT

Needs numpy and Debian's flite espeak-ng sox sphinxbase-utils pocketsphinx-testdata. Speech: the tuning sentences by flite's
slt and kal16 and six espeak-ng voices, and the few human recordings of pocketsphinx-testdata. The voices the tests speak
with (awb, rms) and the held-out sentences are not used.
"""
import glob
import os
import subprocess
import sys
import tempfile

import numpy as np

NARROW, WIDE, CONTEXT, HIDDEN, EPOCHS = 19, 25, 3, 64, 16
LOW, HIGH = 130.0, 6800.0
DATA = os.path.join(os.path.dirname(__file__), '../../test/data/tuning-sentences.txt')
HUMANS = '/usr/share/pocketsphinx/test/data/'
work = tempfile.mkdtemp(prefix='jackfield-bands-')
rng = np.random.default_rng(9)


def mel(f):
    return 2595 * np.log10(1 + f / 700)


NARROW_HIGH = 700 * (10 ** ((mel(LOW) + (NARROW + 1) * (mel(HIGH) - mel(LOW)) / (WIDE + 1)) / 2595) - 1)


def run(*command):
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)


def speech():
    """Raw 16 kHz recordings by name."""
    sentences = [line.strip() for line in open(DATA) if line.strip()]
    sources = {}
    for n, text in enumerate(sentences):
        for voice in ('slt', 'kal16'):
            sources[f'{voice}-{n}'] = ['flite', '-voice', voice, '-t', text, '-o']
        if n % 5 == 0:
            for voice in ('en-us+f1', 'en-us+f2', 'en-us+f3', 'en-us+f4', 'en-us+m3', 'en-us+m7'):
                sources[f'{voice}-{n}'] = ['espeak-ng', '-v', voice, text, '-w']
    waves = {}
    for name, command in sources.items():
        waves[name] = os.path.join(work, name + '.wav')
        run(*command, waves[name])
    for path in glob.glob(HUMANS + 'librivox/*.wav') + glob.glob(HUMANS + 'cards/*.wav'):
        waves['human-' + os.path.basename(path)[:-4]] = path
    recordings = {}
    for name, path in waves.items():
        raw = os.path.join(work, name + '.raw')
        run('sox', '-D', path, '-t', 'raw', '-r', '16000', '-b', '16', '-e', 'signed', raw, 'pad', '0.3', '0.4')
        recordings[name] = np.fromfile(raw, '<i2').astype(float)
    return recordings


def mu_law(x):
    sign, magnitude = np.sign(x), np.minimum(np.abs(x), 32635) + 132
    segment = np.clip(np.floor(np.log2(magnitude)).astype(int) - 7, 0, 7)
    step = np.floor(magnitude / 2.0 ** (segment + 3)).astype(int) & 15
    return sign * (((step * 8 + 132) * 2.0**segment) - 132)


def telephone(x):
    """16 kHz to 8 kHz, a level a little different, G.711."""
    n = len(x) // 2 * 2
    spectrum = np.fft.rfft(x[:n])
    pass_band = np.clip((3950 - np.arange(len(spectrum)) * 16000 / n) / 150, 0, 1)
    y = np.fft.irfft((spectrum * pass_band)[: n // 4 + 1], n // 2) * 0.5
    return mu_law(np.round(y * 10 ** (rng.uniform(-3, 3) / 20)))


def log_bands(sounds, rate, bands, high):
    folder = tempfile.mkdtemp(dir=work)
    for name, x in sounds.items():
        np.clip(np.round(x), -32768, 32767).astype('<i2').tofile(f'{folder}/{name}.raw')
    open(folder + '/list', 'w').write('\n'.join(sounds) + '\n')
    run('sphinx_fe', '-c', folder + '/list', '-di', folder, '-ei', 'raw', '-raw', 'yes', '-do', folder, '-eo', 'bands',
        '-logspec', 'yes', '-samprate', str(rate), '-nfft', str(rate * 512 // 16000), '-lowerf', str(LOW), '-upperf',
        f'{high:.3f}', '-nfilt', str(bands), '-remove_noise', 'no', '-remove_silence', 'no', '-dither', 'no',
        '-input_endian', 'little')
    return {name: np.frombuffer(open(f'{folder}/{name}.bands', 'rb').read()[4:], '<f4').reshape(-1, bands).astype(float)
            for name in sounds}


def inputs(narrow):
    """Frames with their neighbours, relative to their common mean."""
    at = np.clip(np.arange(len(narrow))[:, None] + np.arange(-CONTEXT, CONTEXT + 1), 0, len(narrow) - 1)
    frames = narrow[at]
    mean = frames.mean((1, 2))
    return (frames - mean[:, None, None]).reshape(len(narrow), -1), mean


def examples(wide, narrow):
    n = min(len(wide), len(narrow))
    x, mean = inputs(narrow[:n])
    y = wide[:n] - inputs(wide[:n, :NARROW])[1][:, None]
    y[:, :NARROW] -= narrow[:n] - mean[:, None]
    return x, y


def train(x, y):
    """Two layers, tanh between, Adam. Returns w1 b1 w2 b2 with all scaling folded in."""
    mean, spread, offset = x.mean(0), x.std(0) + 0.1, y.mean(0)
    x, y = (x - mean) / spread, y - offset
    p = [rng.normal(0, x.shape[1] ** -0.5, (x.shape[1], HIDDEN)), np.zeros(HIDDEN),
         rng.normal(0, HIDDEN**-0.5, (HIDDEN, WIDE)), np.zeros(WIDE)]
    m, v, t = [0 * q for q in p], [0 * q for q in p], 0
    for epoch in range(EPOCHS):
        rate = 1e-3 * (1 + np.cos(np.pi * epoch / EPOCHS)) + 1e-5
        order = rng.permutation(len(x))
        for b in range(0, len(order), 256):
            xs, ys = x[order[b:b + 256]], y[order[b:b + 256]]
            h = np.tanh(xs @ p[0] + p[1])
            d = 2 * (h @ p[2] + p[3] - ys) / len(xs)
            dh = (d @ p[2].T) * (1 - h * h)
            t += 1
            for q, g in enumerate((xs.T @ dh + 1e-5 * p[0], dh.sum(0), h.T @ d, d.sum(0))):
                m[q] = 0.9 * m[q] + 0.1 * g
                v[q] = 0.999 * v[q] + 0.001 * g * g
                p[q] = p[q] - rate * (m[q] / (1 - 0.9**t)) / (np.sqrt(v[q] / (1 - 0.999**t)) + 1e-8)
    return p[0] / spread[:, None], p[1] - (mean / spread) @ p[0], p[2], p[3] + offset


def mean_cepstrum(network, narrow):
    w1, b1, w2, b2 = network
    x, mean = inputs(narrow)
    wide = np.tanh(x @ w1 + b1) @ w2 + b2 + mean[:, None]
    wide[:, :NARROW] += narrow - mean[:, None]
    i, j = np.arange(13)[:, None], np.arange(WIDE)[None]
    dct = np.cos(i * np.pi / WIDE * (j + 0.5)) * np.where(i == 0, np.sqrt(1 / WIDE), np.sqrt(2 / WIDE))
    return (wide @ dct.T) * (1 + 11 * np.sin(np.arange(13) * np.pi / 22))


def main():
    sounds = speech()
    wide = log_bands(sounds, 16000, WIDE, HIGH)
    narrow = log_bands({name: telephone(x) for name, x in sounds.items()}, 8000, NARROW, NARROW_HIGH)
    pairs = [examples(wide[name], narrow[name]) for name in sounds]
    network = train(np.concatenate([x for x, _ in pairs]), np.concatenate([y for _, y in pairs]))
    prior = np.concatenate([mean_cepstrum(network, narrow[name]) for name in sounds]).mean(0)
    w1, b1, w2, b2 = network
    with open(sys.argv[1], 'w') as out:
        out.write(f'jackfield-bands 1 {NARROW} {CONTEXT} {HIDDEN}\n')
        out.write(' '.join(f'{value:.2f}' for value in prior) + '\n')
        for row in [*w1, b1, *w2, b2]:
            out.write(' '.join(f'{value:.3f}' for value in row) + '\n')


main()
