"""Messages over the limit, cut by the frame reader: what is left, and that the next frame begins where it should."""

from collections.abc import Generator

from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from collab.launch.socket_protocol import HEAD_BYTES, CuttingReader

LIMIT = 3_000
messages = st.lists(st.one_of(st.integers(0, 200), st.integers(2_900, 3_100), st.just(70_000)), min_size=1, max_size=4)


def frames_of(sizes: list[int], pinged: bool) -> list[Frame]:
    """One message in so many pieces, perhaps with a ping before the last."""
    frames = [
        Frame(Opcode.CONT if number else Opcode.BINARY, bytes([number]) * size, fin=number == len(sizes) - 1)
        for number, size in enumerate(sizes)
    ]
    return [*frames[:-1], Frame(Opcode.PING, b"8 bytes!"), frames[-1]] if pinged else frames


def read(reader: CuttingReader, stream: bytes, step: int) -> list[Frame]:
    found: list[Frame] = []

    def parse() -> Generator[None]:
        while True:
            found.append((yield from Frame.parse(reader.read_exact, mask=True, max_size=LIMIT)))

    parser = parse()
    next(parser)
    for at in range(0, len(stream), step):
        reader.feed_data(stream[at : at + step])
        next(parser)
    return found


@given(st.lists(st.tuples(messages, st.booleans()), max_size=5), st.sampled_from([1_000, 70_001, 10**7]))
def test_each_message_is_whole_within_the_limit_and_a_beginning_beyond(
    sent: list[tuple[list[int], bool]], step: int
) -> None:
    reader = CuttingReader()
    reader.cut_above(LIMIT)
    frames = [frame for sizes, pinged in sent for frame in frames_of(sizes, pinged)]
    found = read(reader, b"".join(frame.serialize(mask=True) for frame in frames), step)
    assert [(frame.opcode, frame.fin) for frame in found] == [(frame.opcode, frame.fin) for frame in frames]
    whole = 0
    for was, frame in zip(frames, found, strict=True):
        if was.opcode is Opcode.PING:
            assert frame.data == was.data
            continue
        whole = len(was.data) + (whole if was.opcode is Opcode.CONT else 0)
        if whole <= LIMIT:
            assert frame.data == was.data
        else:
            assert len(frame.data) <= HEAD_BYTES
            assert bytes(was.data).startswith(bytes(frame.data))


def test_untold_it_reads_as_any_other() -> None:
    frames = frames_of([100, 2_900], pinged=True)
    found = read(CuttingReader(), b"".join(frame.serialize(mask=True) for frame in frames), 7)
    assert [bytes(frame.data) for frame in found] == [bytes(frame.data) for frame in frames]
