"""A coverage-guided hunt for bytes that break a property, or end the process inside pycrdt.

    ./test fuzz [--minutes 10] [--no-yjs]

atheris (libFuzzer) chooses inputs by which branches of codec, guard and storage they reach. What passes the guard is
tried on a document in real Yjs, too. The corpus stays in build/fuzz and the next hunt goes on from there; an input that
fails is left beside it, and `./test fuzz FILE` tries it again. Give it a name in a test before you mend what it found.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import atheris

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / "build" / "fuzz"
sys.path.insert(0, str(ROOT))

with atheris.instrument_imports(include=["collab.protocol", "documents"]):
    from tests.fuzz import properties
    from tests.fuzz.judge import Judge

from tests.collab.protocol.samples import vectors  # noqa: E402


class Disagreement(Exception):
    """Yjs fails over what the guard lets pass."""


def hunting(judge: Judge | None) -> Callable[[bytes], None]:
    def try_one(data: bytes) -> None:
        way, raw = properties.spoken(data)
        passed = way(raw)
        if passed and judge is not None and way is properties.an_update and (fault := judge.ask("t", raw)):
            raise Disagreement(f"{raw.hex()}: {fault}")

    return try_one


def prepare_corpus() -> Path:
    corpus = HOME / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    begun = [(properties.an_update, vector["hex"]) for vector in vectors("updates") if len(vector["hex"]) < 400]
    begun += [(properties.a_state_vector, vector["hex"]) for vector in vectors("state_vectors")[:20]]
    begun += [(properties.a_frame, frame["hex"]) for frame in vectors("frames")]
    for number, (way, raw) in enumerate(begun):
        (corpus / f"vector-{number}").write_bytes(properties.written(way, bytes.fromhex(raw)))
    for number in range(len(properties.WAYS)):
        for how in (1, 2):
            for seed in range(8):
                choices = bytes((seed * 37 + at * at * 11) % 256 for at in range(120))
                (corpus / f"choices-{number}-{how}-{seed}").write_bytes(bytes((number, how)) + choices)
    return corpus


def main() -> None:
    arguments = argparse.ArgumentParser(prog="./test fuzz", description=__doc__.partition("\n")[0])
    arguments.add_argument("--minutes", type=float, default=10)
    arguments.add_argument("--no-yjs", action="store_true", help="faster: leave Yjs out")
    arguments.add_argument("files", nargs="*", help="try these inputs again")
    given = arguments.parse_args()
    engine = [sys.argv[0], f"-artifact_prefix={HOME}/", "-timeout=10", "-rss_limit_mb=2048", "-max_len=2048"]
    if given.files:
        engine += given.files
    else:
        engine += [f"-max_total_time={round(given.minutes * 60)}", "-print_final_stats=1", str(prepare_corpus())]
    judge = None if given.no_yjs else Judge().__enter__()
    atheris.Setup(engine, hunting(judge))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
