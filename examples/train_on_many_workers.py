"""One GAN trained by several processes, on one machine or on many; killed and started again, it goes on.

    python examples/train_on_many_workers.py              # two workers on this machine, a few minutes
    python examples/train_on_many_workers.py --quick      # under a minute; checks the wiring

Without TF_CONFIG this script starts `--workers` copies of itself on this machine, each with its own TF_CONFIG. On a
cluster, start one copy a machine yourself with TF_CONFIG set as TensorFlow documents it; nothing else changes. A worker
that dies takes the others down with it (collectives wait for all); start the same command again and every worker goes
on from the last finished epoch. Digits of scikit-learn, so nothing is downloaded.
"""

import argparse
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys


def free_ports(number: int) -> list[int]:
    sockets = [socket.socket() for _ in range(number)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def start_workers(number: int, arguments: list[str]) -> list[subprocess.Popen]:
    """One process a worker, on this machine."""
    addresses = [f"127.0.0.1:{port}" for port in free_ports(number)]
    workers = []
    for index in range(number):
        task = {"type": "worker", "index": index}
        config = json.dumps({"cluster": {"worker": addresses}, "task": task})
        environment = {**os.environ, "TF_CONFIG": config}
        workers.append(subprocess.Popen([sys.executable, __file__, *arguments], env=environment))
        print(f"worker {index} is process {workers[-1].pid}", flush=True)
    return workers


def wait_for_all(workers: list[subprocess.Popen]) -> bool:
    """Whether all ended well; the first that fails ends the others, which would wait for it for ever."""
    left = {worker.pid for worker in workers}
    while left:
        pid, status = os.wait()
        left.discard(pid)
        if status:
            for other in left:
                os.kill(other, signal.SIGKILL)
            return False
    return True


def work(args: argparse.Namespace) -> None:
    """What every worker does; the strategy comes before anything else of TensorFlow."""
    import tensorflow as tf

    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    import keras

    import gankeras as gk

    index = json.loads(os.environ["TF_CONFIG"])["task"]["index"]
    images = gk.images.datasets.load_digits()
    keras.utils.set_random_seed(args.seed)  # the same first weights everywhere
    with strategy.scope():
        codec = gk.images.ImageCodec(images.shape, class_names=images.class_names)
        gan = gk.images.DCGAN(codec, width=8 if args.quick else 32, seed=args.seed)
        gan.compile(steps=args.epochs * args.steps)
    # A folder of its own for each worker: they write at the same time.
    folder = pathlib.Path(args.out) / f"worker_{index}"
    history = gan.fit(
        images.x_train,
        images.y_train,
        batch_size=64,  # over all workers
        epochs=args.epochs,
        steps_per_epoch=args.steps,
        callbacks=[keras.callbacks.BackupAndRestore(folder / "backup", delete_checkpoint=False)],
        verbose=2 if index == 0 else 0,
    )
    gan.save(folder / "gan.keras")
    (folder / "history.json").write_text(json.dumps(history.history), encoding="utf-8")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", default="runs/train_on_many_workers")
    parser.add_argument("--quick", action="store_true", help="under a minute; checks the wiring")
    args = parser.parse_args(arguments)
    args.steps = 10 if args.quick else 400
    if "TF_CONFIG" in os.environ:
        work(args)
        return 0
    workers = start_workers(args.workers, arguments if arguments is not None else sys.argv[1:])
    if wait_for_all(workers):
        return 0
    print("A worker failed. Start the same command again: it goes on from the last epoch.")
    return 1


if __name__ == "__main__":
    sys.exit(main())
