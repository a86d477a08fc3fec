"""What somebody wrote, made safe before any transaction begins: the only way text and files enter a message."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ventanilla.core.htmlclean import clean_html, clean_rich_text
from ventanilla.core.htmltext import html_to_text
from ventanilla.files.models import Blob
from ventanilla.tickets.mentions import marked_in

MOST_TEXT_CHARACTERS = 2_000_000


@dataclass(frozen=True)
class File:
    """A stored file under the name its sender gave it; `content_id` when the text shows it (cid)."""

    blob: Blob
    name: str
    content_type: str
    content_id: str = ""


@dataclass(frozen=True)
class Content:
    """Text, cleaned HTML and files. `folded_…` is what screens fold away: quotes, signatures.

    `mentions`: whom the author means (`mentions.marked_in`).
    """

    text: str = ""
    html: str = ""
    folded_text: str = ""
    folded_html: str = ""
    foreign: bool = False
    files: tuple[File, ...] = ()
    mentions: tuple[tuple[str, int], ...] = ()

    @classmethod
    def of_text(cls, text: str, files: Sequence[File] = ()) -> "Content":
        """Plain text from a form or the API."""
        plain = text.replace("\x00", "").replace("\r\n", "\n")
        return cls(text=plain[:MOST_TEXT_CHARACTERS].strip(), files=tuple(files))

    @classmethod
    def of_rich_text(cls, html: str, files: Sequence[File] = ()) -> "Content":
        """HTML of our own editor."""
        whole = html.replace("\x00", "")[:MOST_TEXT_CHARACTERS]
        clean = clean_rich_text(whole)
        return cls(text=html_to_text(clean).strip(), html=clean, files=tuple(files), mentions=marked_in(whole))

    @classmethod
    def of_foreign_html(cls, html: str, files: Sequence[File] = ()) -> "Content":
        """HTML from outside (API, other programs): cleaned now, framed when shown."""
        clean = clean_html(html.replace("\x00", "")[:MOST_TEXT_CHARACTERS])
        return cls(text=html_to_text(clean).strip(), html=clean, foreign=True, files=tuple(files))

    def with_files(self, files: Sequence[File]) -> "Content":
        """The same with these files added."""
        return replace(self, files=(*self.files, *files))

    @property
    def empty(self) -> bool:
        """Whether there is nothing to say: no text, no image in it, no file."""
        return not (self.text or self.files or "<img" in self.html or self.folded_text)
