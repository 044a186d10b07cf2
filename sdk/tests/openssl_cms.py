"""OpenSSL's verdict on a detached CMS signature: CMS_verify of the machine's libcrypto, in this process, by ctypes.

The command line would take 10 ms a message, and the fuzz test asks for tens of thousands. What it does is what
`openssl cms -verify -binary -inform DER -content … -CAfile …` does; test_cms_fuzz compares the two.
"""

import ctypes
import ctypes.util
from ctypes import POINTER, byref, c_char_p, c_int, c_long, c_uint, c_void_p, create_string_buffer

from cryptography.hazmat.primitives.serialization import Encoding

_BINARY = 0x80
_POINTERS = (
    "BIO_new_mem_buf", "BIO_new", "BIO_s_mem", "d2i_CMS_bio", "X509_STORE_new", "d2i_X509", "X509_VERIFY_PARAM_new",
)  # fmt: skip


class OpenSsl:
    """A trust store at a moment, and its verdicts."""

    def __init__(self, trusted, moment):
        name = ctypes.util.find_library("crypto")
        if name is None:
            raise FileNotFoundError("no libcrypto on this machine")
        self.lib = ctypes.CDLL(name)
        for pointer in _POINTERS:
            getattr(self.lib, pointer).restype = c_void_p
        self.lib.d2i_X509.argtypes = [c_void_p, POINTER(c_char_p), c_long]
        self.lib.BIO_new_mem_buf.argtypes = [c_void_p, c_int]
        self.lib.CMS_verify.argtypes = [c_void_p] * 5 + [c_uint]
        self.lib.X509_VERIFY_PARAM_set_time.argtypes = [c_void_p, c_long]
        self.lib.BIO_new.argtypes = [c_void_p]
        for function in ("CMS_ContentInfo_free", "BIO_free", "X509_free", "X509_VERIFY_PARAM_free"):
            getattr(self.lib, function).argtypes = [c_void_p]
            getattr(self.lib, function).restype = None
        self.lib.d2i_CMS_bio.argtypes = [c_void_p, c_void_p]
        self.lib.X509_STORE_add_cert.argtypes = [c_void_p, c_void_p]
        self.lib.X509_STORE_set1_param.argtypes = [c_void_p, c_void_p]
        self.store = self._store(trusted, moment)

    def _store(self, trusted, moment):
        store = self.lib.X509_STORE_new()
        for certificate in trusted:
            data = certificate.public_bytes(Encoding.DER)
            start = c_char_p(data)
            loaded = self.lib.d2i_X509(None, byref(start), len(data))
            assert loaded
            assert self.lib.X509_STORE_add_cert(store, loaded) == 1
            self.lib.X509_free(loaded)
        parameters = self.lib.X509_VERIFY_PARAM_new()
        self.lib.X509_VERIFY_PARAM_set_time(parameters, int(moment.timestamp()))
        assert self.lib.X509_STORE_set1_param(store, parameters) == 1
        self.lib.X509_VERIFY_PARAM_free(parameters)
        return store

    def accepts(self, content, signature):
        """Whether OpenSSL takes the signature for one over the content, by a certificate that it trusts."""
        kept = (
            create_string_buffer(signature, max(len(signature), 1)),
            create_string_buffer(content, max(len(content), 1)),
        )
        source = self.lib.BIO_new_mem_buf(kept[0], len(signature))
        message = self.lib.d2i_CMS_bio(source, None)
        trailing = self.lib.BIO_ctrl(c_void_p(source), 10, c_long(0), None)  # BIO_CTRL_PENDING
        self.lib.BIO_free(source)
        if not message:
            self.lib.ERR_clear_error()
            return False
        data, out = self.lib.BIO_new_mem_buf(kept[1], len(content)), self.lib.BIO_new(self.lib.BIO_s_mem())
        verdict = self.lib.CMS_verify(message, None, self.store, data, out, _BINARY)
        self.lib.BIO_free(data)
        self.lib.BIO_free(out)
        self.lib.CMS_ContentInfo_free(message)
        self.lib.ERR_clear_error()
        return verdict == 1 and trailing == 0
