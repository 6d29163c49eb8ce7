"""The other side of `peer_speed.py`: DCGAN's networks and game in PyTorch, as its own users would write them.

Run by `peer_speed.py` with the Python of an environment that has torch; it answers one line of JSON for each line that it
reads: how many steps to train, and in which way ("eager" or "compile").
"""

import copy
import json
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

BATCH, LATENTS, WIDTH, CLASSES = 64, 64, 32, 10


class UpsampledConv(nn.Module):
    """Nearest upsampling and a 3x3 convolution, folded into one transposed convolution as ours is."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(inputs, outputs, 3, 3) * (2 / (9 * inputs)) ** 0.5)
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x):
        kernel = F.pad(self.weight, (0, 0, 1, 0)) + F.pad(self.weight, (0, 0, 0, 1))
        kernel = F.pad(kernel, (1, 0)) + F.pad(kernel, (0, 1))
        return F.conv_transpose2d(x, kernel.flip(2, 3), self.bias, stride=2, padding=1)


class Modulated(nn.Module):
    """Each filter scaled and shifted by what latents and label say."""

    def __init__(self, filters):
        super().__init__()
        self.scale, self.shift = (nn.Linear(LATENTS + LATENTS // 2, filters) for _ in range(2))

    def forward(self, x, style):
        return F.leaky_relu(
            x * (1 + self.scale(style)[..., None, None]) + self.shift(style)[..., None, None], 0.2
        )


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(CLASSES, LATENTS // 2)
        self.dense = nn.Linear(LATENTS + LATENTS // 2, 7 * 7 * 4 * WIDTH)
        self.modulated = nn.ModuleList([Modulated(n * WIDTH) for n in (4, 2, 1)])
        self.up = nn.ModuleList(
            [UpsampledConv(4 * WIDTH, 2 * WIDTH), UpsampledConv(2 * WIDTH, WIDTH)]
        )
        self.last = nn.Conv2d(WIDTH, 1, 3, padding=1)

    def forward(self, latents, labels):
        style = torch.cat([latents, self.embedding(labels)], 1)
        x = self.modulated[0](self.dense(style).view(-1, 4 * WIDTH, 7, 7), style)
        for up, modulated in zip(self.up, self.modulated[1:], strict=True):
            x = modulated(up(x), style)
        return torch.tanh(self.last(x))


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.down = nn.ModuleList(
            [
                nn.Conv2d(1, WIDTH, 4, 2, 1),
                nn.Conv2d(WIDTH, 2 * WIDTH, 4, 2, 1),
                nn.Conv2d(2 * WIDTH, 4 * WIDTH, 3, 1, 1),
            ]
        )
        self.dense = nn.Linear(7 * 7 * 4 * WIDTH, 4 * WIDTH)
        self.logit = nn.Linear(4 * WIDTH, 1)
        self.direction = nn.Embedding(CLASSES, 4 * WIDTH)

    def forward(self, x, labels):
        for layer in self.down:
            x = F.leaky_relu(layer(x), 0.2)
        x = F.leaky_relu(self.dense(x.flatten(1)), 0.2)
        return self.logit(x) + (x * self.direction(labels)).sum(1, keepdim=True)


class Game:
    """The relativistic game without penalties, whose second derivatives `torch.compile` has none of."""

    def __init__(self, compiled, memory):
        torch.manual_seed(0)
        self.generator = Generator().to(memory_format=memory)
        self.discriminator = Discriminator().to(memory_format=memory)
        self.average = copy.deepcopy(self.generator)
        self.optimizers = [
            torch.optim.Adam(network.parameters(), 1e-3, betas=(0.0, 0.9))
            for network in (self.generator, self.discriminator)
        ]
        self.g, self.d = self.generator, self.discriminator
        if compiled:
            self.g, self.d = torch.compile(self.generator), torch.compile(self.discriminator)
        self.rows = torch.randint(0, 256, (512, 1, 28, 28), dtype=torch.uint8)
        self.labels = torch.arange(512) % CLASSES
        self.memory = memory

    def step(self, order):
        real = (self.rows[order].float() / 127.5 - 1).contiguous(memory_format=self.memory)
        labels = self.labels[order]
        fake = self.g(torch.randn(BATCH, LATENTS), labels)
        on_real, on_fake = self.d(real, labels), self.d(fake.detach(), labels)
        loss = F.softplus(on_fake - on_real).mean()
        self.optimizers[1].zero_grad()
        loss.backward()
        self.optimizers[1].step()
        for parameter in self.discriminator.parameters():
            parameter.requires_grad_(False)
        with torch.no_grad():
            on_real = self.d(real, labels)
        loss = F.softplus(on_real - self.d(fake, labels)).mean()
        self.optimizers[0].zero_grad()
        loss.backward()
        self.optimizers[0].step()
        for parameter in self.discriminator.parameters():
            parameter.requires_grad_(True)
        with torch.no_grad():
            torch._foreach_lerp_(
                list(self.average.parameters()), list(self.generator.parameters()), 0.002
            )
        return loss

    def run(self, steps):
        order = torch.randperm(512)
        for index in range(steps):
            first = index * BATCH % 512
            loss = self.step(order[first : first + BATCH])
        return loss.item()


def main():
    games = {}
    for line in sys.stdin:
        way, memory, steps = line.split()
        if (way, memory) not in games:
            layout = {"channels_last": torch.channels_last, "nchw": torch.contiguous_format}
            games[way, memory] = Game(way == "compile", layout[memory])
        game = games[way, memory]
        wall, cpu = time.perf_counter(), time.process_time()
        game.run(int(steps))
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        print(json.dumps({"wall": wall, "cpu": cpu, "torch": torch.__version__}), flush=True)


if __name__ == "__main__":
    main()
