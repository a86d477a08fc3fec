"""Encryption for one device, against the example that the standard gives."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from ventanilla.core import webpush

# RFC 8291, section 5 and appendix A.
PLAIN = b"When I grow up, I want to be a watermelon"
SENDER = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
RECEIVER = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
SECRET = "BTBZMqHH6r4Tts7J_aSIgg"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
CIPHERED = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQ"
    "pu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def test_the_example_of_the_standard():
    number = int.from_bytes(webpush._bytes(SENDER), "big")
    sender = ec.derive_private_key(number, ec.SECP256R1())
    made = webpush.encrypt(PLAIN, p256dh=RECEIVER, auth=SECRET, salt=webpush._bytes(SALT), sender=sender)
    assert webpush._text(made) == CIPHERED


def test_no_message_is_ciphered_twice_the_same_and_none_is_too_long():
    made = {webpush.encrypt(b"x", p256dh=RECEIVER, auth=SECRET) for _ in range(2)}
    assert len(made) == 2
    assert len(webpush.encrypt(b"x" * webpush.MOST_BYTES, p256dh=RECEIVER, auth=SECRET)) == 4096
    with pytest.raises(ValueError, match="more than"):
        webpush.encrypt(b"x" * (webpush.MOST_BYTES + 1), p256dh=RECEIVER, auth=SECRET)


@pytest.mark.parametrize(
    ("p256dh", "auth"), [("", SECRET), (RECEIVER, "AAAA"), (RECEIVER[:-4] + "AAAA", SECRET), ("é", "é")]
)
def test_what_are_no_keys(p256dh, auth):
    with pytest.raises(webpush.BadKeys):
        webpush.check_keys(p256dh, auth)
