"""Commits as they came onto the default branch, with names and parents; finished pull requests."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Final

from devhealth.synthetic.cast import AGENT
from devhealth.synthetic.coding import Coding
from devhealth.synthetic.planned import Draft, Plan, commit_of
from devhealth.synthetic.rhythm import at, offset
from devhealth.synthetic.world import HOST, Commit, PullRequest

BY_BUTTON: Final = f"noreply@{HOST}"  # whose address is on what the provider itself commits
MAIN: Final = "main"
_FIRST_ID: Final = 1_000  # of reviews and comments, by the number of their pull request


@dataclass(slots=True)
class Landing:
    """`commits`: of the default branch so far, those that a fork began with among them."""

    coding: Coding
    commits: list[Commit] = field(default_factory=list)
    _count: int = 0

    def run(self) -> None:
        """All that came onto the branch, one after the other."""
        coding = self.coding
        landed: list[tuple[int, int, Plan | Draft]] = [
            *((plan.merged, plan.number, plan) for plan in coding.plans if plan.merged),
            *((each.committed, -place, each) for place, each in enumerate(coding.direct)),
        ]
        for _, _, each in sorted(landed, key=lambda entry: entry[:2]):
            if isinstance(each, Draft):
                self.commits.append(self._made(each, self._tip()))
            else:
                self._merge(each)
        for plan in coding.plans:
            if not plan.merged:
                plan.made = self._branch(plan, is_on_branch=False)

    def pull_requests(self) -> Iterator[PullRequest]:
        return (_pull_request(plan) for plan in self.coding.plans)

    def _merge(self, plan: Plan) -> None:
        is_squashed = self.coding.repository.merging == "squash"
        is_landing = plan.is_on_main and not is_squashed
        base = self._tip()
        plan.made = self._branch(plan, is_on_branch=is_landing)
        if is_landing:
            self.commits += plan.made
        made = self._squashed(plan) if is_squashed else self._merged(plan, base)
        plan.merge_commit = made.hash
        if plan.is_on_main:
            self.commits.append(made)

    def _branch(self, plan: Plan, *, is_on_branch: bool) -> tuple[Commit, ...]:
        found: list[Commit] = []
        parents = self._tip()
        for draft in plan.commits:
            made = self._made(draft, parents)
            found.append(made if is_on_branch else replace(made, is_on_branch=False))
            parents = (made.hash,)
        return tuple(found)

    def _merged(self, plan: Plan, base: tuple[str, ...]) -> Commit:
        subject = f"Merge pull request #{plan.number} from {head_of(plan)}"
        return _by_button(plan, self._name(), (*base, plan.made[-1].hash), subject)

    def _squashed(self, plan: Plan) -> Commit:
        """One commit of all; who signed any of them has signed it."""
        signed = dict.fromkeys(each for draft in plan.commits for each in draft.co_authors)
        subject = f"{plan.title} (#{plan.number})"
        squashed = _by_button(plan, self._name(), self._tip(), subject)
        files = {each.path: each for commit in plan.made for each in commit.files}
        return replace(
            squashed,
            files=tuple(files.values()),
            co_authors=tuple(signed),
            is_assisted=any(draft.is_assisted for draft in plan.commits),
            is_revert=subject.startswith('Revert "'),
        )

    def _made(self, draft: Draft, parents: tuple[str, ...]) -> Commit:
        """Every seventh commit bears another of the author's addresses, if they have any."""
        self._count += 1
        emails = draft.author.emails
        email = emails[self._count % len(emails)] if self._count % 7 == 3 else emails[0]
        return commit_of(draft, self._name(), parents, email=email)

    def _tip(self) -> tuple[str, ...]:
        return (self.commits[-1].hash,) if self.commits else ()

    def _name(self) -> str:
        self._count += 1
        text = f"{self.coding.world.seed}/{self.coding.repository.key}/{self._count}"
        return blake2b(text.encode(), digest_size=20).hexdigest()


def _by_button(plan: Plan, name: str, parents: tuple[str, ...], subject: str) -> Commit:
    when, author = plan.merged or 0, plan.author
    return Commit(
        hash=name,
        parents=parents,
        author=author.key,
        email=author.emails[0],
        committer_email=BY_BUTTON,
        authored_at=at(when),
        utc_offset_minutes=offset(author, when),
        committed_at=at(when),
        subject=subject,
        is_assisted=author.key == AGENT,
    )


def _pull_request(plan: Plan) -> PullRequest:
    files = [each for commit in plan.made for each in commit.files]
    reviews, comments = plan.spoken(plan.number * _FIRST_ID)
    return PullRequest(
        number=plan.number,
        title=plan.title,
        author=_unless_gone(plan),
        created_at=at(plan.created),
        updated_at=at(plan.last()),
        ready_at=None if plan.ready is None else at(plan.ready),
        is_draft=plan.is_draft,
        merged_at=at(plan.merged) if plan.merged else None,
        closed_at=at(plan.closed) if plan.closed else None,
        head_branch=head_of(plan),
        base_branch=MAIN if plan.is_on_main else "release-1",
        added=sum(each.added for each in files),
        deleted=sum(each.deleted for each in files),
        files_changed=len({each.path for each in files}),
        commits=plan.made,
        drafts=tuple((at(when), is_ready) for when, is_ready in plan.drafts),
        reopened_at=at(plan.reopened) if plan.reopened else None,
        merge_commit=plan.merge_commit,
        reviews=reviews,
        comments=comments,
        labels=plan.labels,
        reverts=plan.reverts.number if plan.reverts else None,
        refers_to=plan.refers_to,
        is_assisted=plan.is_assisted,
    )


def head_of(plan: Plan) -> str:
    """The revert button names branches so."""
    return f"revert-{plan.reverts.number}-{plan.reverts.head}" if plan.reverts else plan.head


def _unless_gone(plan: Plan) -> str | None:
    """Of every 127th the author's account is gone; commits keep their names."""
    return None if plan.nth % 127 == 100 else plan.author.key
