"""Names and addresses as far as they tell one person from another."""

import re
import unicodedata

_WORDS = """
    admin administrator anonymous bot build builder ci contact dev developer developers devops
    donotreply ec2user git github gitlab hello help hi hostmaster info jenkins localhost mac
    macbook mail maintainer maintainers me nobody noauthor none noreply office opensource ops pi
    postmaster root runner security service support svn sysadmin system team test tester ubuntu
    undefined unknown user username vagrant webmaster windows www you yourname
"""
ANYBODYS = frozenset(_WORDS.split())

_ACCENTS = re.compile("[\u0300-\u036f]")  # not all marks: in other scripts they are the vowels
_BETWEEN = re.compile(r"[\s.,_()\"\-\u2010-\u2015]+")
_WITHIN = re.compile("['`\u2018\u2019]")  # O'Brien is one word


def words(name: str) -> tuple[str, ...]:
    """A name's words without case and accents; none of a name that anybody may have."""
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", name)).casefold()
    found = tuple(word for word in _BETWEEN.split(_WITHIN.sub("", plain)) if word)
    return () if is_anybodys("".join(found)) or ANYBODYS.issuperset(found) else found


def canonical_address(email: str) -> str:
    """One text for all the ways to write to one mailbox; an address is compared by it only."""
    local, _, domain = email.strip().casefold().rpartition("@")
    local = local.partition("+")[0] or local
    if domain in ("gmail.com", "googlemail.com"):  # support.google.com/mail/answer/7436150
        return f"{local.replace('.', '')}@gmail.com"
    return f"{local}@{domain}"


def local_part(email: str) -> str:
    """What is before the `@`, without its `+tag`; '' without any."""
    return email.rpartition("@")[0].partition("+")[0].casefold()


def is_anybodys(text: str) -> bool:
    """A login, local part or word that says nothing of who it is."""
    plain = re.sub(r"[\d._\-]+", "", text.casefold())
    return len(plain) < 2 or plain in ANYBODYS
