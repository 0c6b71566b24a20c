"""Recorded editing: what several clients' editors would have sent, from a seed."""

import random
from typing import Any

from pycrdt import Doc, TransactionEvent, XmlElement, XmlFragment, XmlText

WORDS = ["weft ", "writes ", "together ", "and ", "keeps ", "é ", "漢字 ", "\n"]


class Typist:
    """One client: types, deletes and formats in a document of paragraphs, and remembers each update it makes."""

    def __init__(self, client_id: int, seed: int, words: list[str] = WORDS) -> None:
        self.doc: Doc[Any] = Doc(client_id=client_id)
        self.random = random.Random(seed)
        self.words = words
        self.made: list[bytes] = []
        self._receiving = False

        def keep(event: TransactionEvent) -> None:
            if not self._receiving:
                self.made.append(event.update)

        self._subscription = self.doc.observe(keep)
        self.body = self.doc.get("default", type=XmlFragment)

    def receive(self, update: bytes) -> None:
        self._receiving = True
        self.doc.apply_update(update)
        self._receiving = False

    def edit(self) -> bytes:
        """One random edit. Positions are those of whole characters, as a sane editor's are."""
        before = len(self.made)
        while len(self.made) == before:
            with self.doc.transaction():
                self._edit()
        return self.made[-1]

    def _edit(self) -> None:
        paragraphs = list(self.body.children)
        if not paragraphs or self.random.random() < 0.01:
            paragraph = self.body.children.insert(self.random.randint(0, len(paragraphs)), XmlElement("paragraph"))
            paragraph.children.append(XmlText())
            return
        if len(paragraphs) > 3 and self.random.random() < 0.005:
            del self.body.children[self.random.randrange(len(paragraphs))]
            return
        paragraph = self.random.choice(paragraphs)
        assert isinstance(paragraph, XmlElement)
        text = next(iter(paragraph.children))
        assert isinstance(text, XmlText)
        content = "".join(run for run, _ in text.diff())
        at = self.random.randint(0, len(content))
        offset = len(content[:at].encode())
        dice = self.random.random()
        if content[at:] and dice < 0.25:
            del text[offset : offset + len(content[at : at + self.random.randint(1, 5)].encode())]
        elif content[at:] and dice < 0.3:
            text.format(offset, offset + len(content[at].encode()), {"bold": {}})
        else:
            text.insert(offset, self.random.choice(self.words))


def session(seed: int, edits: int, clients: int = 3, words: list[str] = WORDS) -> list[bytes]:
    """The updates of clients that hear each other now and then, in an order that a server might have logged."""
    rand = random.Random(seed)
    typists = [Typist(1000 * seed + number, seed + number, words) for number in range(clients)]
    heard = [0] * clients
    log: list[bytes] = []
    for _ in range(edits):
        at = rand.randrange(clients)
        if rand.random() < 0.2:
            for update in log[heard[at] :]:
                typists[at].receive(update)
            heard[at] = len(log)
        log.append(typists[at].edit())
    return log


def typed(seed: int, edits: int) -> list[bytes]:
    """One update a keystroke of one person: the cursor mostly stays where they write, and a fifth is backspace."""
    rand = random.Random(seed)
    typist = Typist(seed + 1, seed)
    with typist.doc.transaction():
        text = typist.body.children.append(XmlElement("paragraph")).children.append(XmlText())
    length = cursor = 0
    for _ in range(edits):
        if rand.random() < 0.01:
            cursor = rand.randint(0, length)
        if cursor and rand.random() < 0.2:
            del text[cursor - 1 : cursor]
            length, cursor = length - 1, cursor - 1
        else:
            text.insert(cursor, rand.choice("etaoin shrdlu"))
            length, cursor = length + 1, cursor + 1
    return typist.made
