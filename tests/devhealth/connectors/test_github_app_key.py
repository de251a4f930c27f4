import base64

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from devhealth.connectors.github_app import signed, signer


def test_the_signature_is_rsas_of_the_apps_key():
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    text, _, signature = signed("Iv1.8a61", 1_780_000_000, signer(pem.decode())).rpartition(".")
    found = base64.urlsafe_b64decode(f"{signature}==")
    key.public_key().verify(found, text.encode(), padding.PKCS1v15(), hashes.SHA256())
