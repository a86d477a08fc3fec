"""Mails of ours as they stand in a frame of a page."""

import base64

from ventanilla.mail.compose import Letter


def with_pictures(letter: Letter) -> str:
    """The HTML of a letter with the pictures that it carries, for a frame that loads nothing."""
    html = letter.html
    for file in letter.attachments:
        if file.content_id and f'"cid:{file.content_id}"' in html and file.content_type.startswith("image/"):
            data = base64.b64encode(file.content).decode("ascii")
            html = html.replace(f'"cid:{file.content_id}"', f'"data:{file.content_type};base64,{data}"')
    return html
