"""In whose name a mail goes out: the brand of its reader's organization, else that of its mailbox, else the general
one. What one of them leaves open the next one says."""

from dataclasses import dataclass

from ventanilla.brands.models import Brand
from ventanilla.brands.queries import Shown, brand_shown, default_brand, picture_with
from ventanilla.core.htmltext import html_to_text
from ventanilla.core.labels import text_in
from ventanilla.files.queries import read_blob
from ventanilla.installation.queries import installation
from ventanilla.mail.compose import Attachment
from ventanilla.mail.models import Mailbox, Outgoing
from ventanilla.people.branding import own_brand

LOGO_ID = "logo@ventanilla"
MOST_LOGO_HEIGHT = 48


@dataclass(frozen=True)
class Face:
    """The brands that have a say in a mail, the nearest first, and the mail's language."""

    brands: tuple[Shown, ...]
    mailbox: Mailbox | None
    language: str

    @property
    def sender(self) -> str:
        """The name of the sender: of the customer's brand, else the mailbox, the general brand, the installation."""
        nearest = next((brand for brand in self.brands if brand.content.sender), None)
        own = text_in(nearest.content.sender, self.language) if nearest else ""
        mailbox = self.mailbox.name if self.mailbox else ""
        if nearest is not None and nearest == default_brand():
            return mailbox or own or self.company
        return own or mailbox or self.company

    @property
    def company(self) -> str:
        """What the nearest brand with a name is called, else the installation."""
        nearest = next((brand for brand in self.brands if brand.content.name), None)
        return (text_in(nearest.content.name, self.language) if nearest else "") or installation().name

    @property
    def signature(self) -> str:
        """The signature as safe HTML; empty where nobody has one."""
        nearest = next((brand for brand in self.brands if brand.content.signature), None)
        return text_in(nearest.content.signature, self.language) if nearest else ""

    @property
    def signature_text(self) -> str:
        """The same in plain text."""
        return html_to_text(self.signature).strip()

    @property
    def logo(self) -> "LogoInMail | None":
        """The logo of the nearest brand that has one."""
        found = next((brand.logo for brand in self.brands if brand.logo is not None), None)
        if found is None:
            return None
        height = min(found.height, MOST_LOGO_HEIGHT)
        return LogoInMail(found.sha256, max(1, round(found.width * height / found.height)), height, self.company)


@dataclass(frozen=True)
class LogoInMail:
    """A logo as a mail shows it: an inline image (`cid`), no bigger than `width` × `height` pixels."""

    sha256: str
    width: int
    height: int
    name: str

    cid = LOGO_ID

    def attachment(self) -> Attachment | None:
        """Its bytes as a part of the mail; nothing when they are lost."""
        picture = picture_with(self.sha256)
        if picture is None:
            return None
        try:
            return Attachment("logo.png", picture.blob.content_type, read_blob(picture.blob), LOGO_ID)
        except FileNotFoundError:
            return None


def face_of(outgoing: Outgoing, language: str, tried: Brand | None = None) -> Face:
    """In whose name this mail goes out. `tried`: the brand whose readers' mail is looked at beforehand."""
    person, ticket, mailbox = outgoing.person, outgoing.ticket, outgoing.mailbox
    organization = (ticket.organization_id if ticket is not None else None) or (
        person.organization_id if person is not None else None
    )
    chain = (
        brand_shown(tried.pk) if tried is not None else None,
        own_brand(organization),
        brand_shown(mailbox.brand_id) if mailbox is not None else None,
        default_brand(),
    )
    brands = {brand.pk: brand for brand in chain if brand is not None}
    return Face(tuple(brands.values()), mailbox, language)
