"""Certificates of authorities that an administrator trusts beside the system's own (PEM, RFC 7468). Pure."""

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificates


def certificates_in(text: bytes) -> str:
    """The certificates of a text alone, in PEM form: whatever else stands there is not kept. Raises `ValueError`."""
    found = load_pem_x509_certificates(text)
    return "".join(certificate.public_bytes(Encoding.PEM).decode("ascii") for certificate in found)


def authority_names(pem: str) -> str:
    """Whose certificates these are, for people."""
    return ", ".join(one.subject.rfc4514_string() for one in load_pem_x509_certificates(pem.encode("ascii")))[:200]
