"""Organisations, their hosts, the people in them and the tokens that act for these."""

from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.db.models.functions import Lower
from django_tenants.models import DomainMixin, TenantMixin


def schema_name(organization_id: UUID) -> str:
    return f"org_{organization_id.hex}"


class Organization(TenantMixin):
    """A tenant. Its schema is named after its id, so that the slug may change."""

    auto_create_schema = False  # `services.create_organization` does, in its transaction
    schema_name: str

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    slug = models.SlugField(max_length=63, unique=True)
    name = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)
    suspended_at = models.DateTimeField(null=True, help_text="Null: it is open.")
    suspended_reason = models.TextField(
        default="", db_default="", help_text="For staff; nobody else is told."
    )
    deletion_asked_at = models.DateTimeField(
        null=True, help_text="Then all of it is being deleted, and it opens no more. Null: not."
    )
    ready_at = models.DateTimeField(
        null=True, help_text="When its tables were made. Null: they are not there yet."
    )

    allowed_origins = ArrayField(
        models.CharField(max_length=300),
        default=list,
        db_default=[],
        help_text="Whose pages in browsers may ask its API, exactly: https://app.example.",
    )

    def __str__(self) -> str:
        return str(self.slug)

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self.schema_name:
            self.schema_name = schema_name(self.id)
        super().save(*args, **kwargs)


class Domain(DomainMixin):
    """A host name of an organisation, lower case, without port."""


class UserManager(BaseUserManager):
    def create_user(self, email: str, password: str | None = None, **more: Any) -> "User":
        """By an operator, or by a link that was sent to the address: it counts as confirmed.

        Who signs up by themselves is made by allauth, and confirms it.
        """
        from allauth.account.models import EmailAddress  # its models need this one

        user = self.model(email=email.lower(), **more)
        user.set_password(password)
        with transaction.atomic(using=self._db):
            user.save(using=self._db)
            EmailAddress.objects.using(self._db).create(
                user=user, email=user.email, verified=True, primary=True
            )
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser):
    """A person, wherever they are a member. Logs in by e-mail."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False, help_text="One of the operator's own people.")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        constraints = (
            # With it, `unique` ignores case.
            models.CheckConstraint(
                name="user_email_is_lower_case", condition=models.Q(email=Lower("email"))
            ),
        )

    def __str__(self) -> str:
        return str(self.email)


class Role(models.TextChoices):
    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"
    VIEWER = "viewer"


class Membership(models.Model):
    """A person in an organisation, with one role."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="memberships"
    )
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("organization", "user"), name="one_membership_each"),
            models.CheckConstraint(
                name="membership_role_is_known", condition=models.Q(role__in=Role.values)
            ),
        )

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} of {self.organization_id}"


class Scope(models.TextChoices):
    """What a token may be used for, beside what its owner's role allows."""

    AUDIT_READ = "audit:read"
    ORGANIZATION_READ = "organization:read"
    ORGANIZATION_WRITE = "organization:write"
    MEMBERS_READ = "members:read"
    MEMBERS_WRITE = "members:write"
    TOKENS_READ = "tokens:read"
    TOKENS_WRITE = "tokens:write"
    INTEGRATIONS_READ = "integrations:read"
    INTEGRATIONS_WRITE = "integrations:write"
    BILLING_READ = "billing:read"
    BILLING_WRITE = "billing:write"
    METRICS_READ = "metrics:read"
    DIRECTORY_READ = "directory:read"
    DIRECTORY_WRITE = "directory:write"
    PIPELINE_READ = "pipeline:read"
    PIPELINE_WRITE = "pipeline:write"
    WEBHOOKS_READ = "webhooks:read"
    WEBHOOKS_WRITE = "webhooks:write"
    ALERTS_READ = "alerts:read"
    ALERTS_WRITE = "alerts:write"


class Session(models.Model):
    """A person logged in to one organisation, by a browser on its host or by a program.

    A program's is a family of refresh tokens, one of them unused; a browser's has none.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="sessions"
    )
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sessions")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(help_text="Then the person logs in again.")
    revoked_at = models.DateTimeField(null=True, help_text="Null: in force.")
    opened_by = models.CharField(
        max_length=64,
        default="",
        db_index=True,
        help_text="Digest of the login on the account host that it ends with. '': of none.",
    )
    staff = models.ForeignKey(
        User,
        null=True,
        on_delete=models.CASCADE,
        related_name="impersonations",
        help_text="Who acts as the person. Null: the person.",
    )
    reason = models.TextField(default="", help_text="Why staff act as the person.")

    def __str__(self) -> str:
        return f"{self.user_id} in {self.organization_id}"


class RefreshToken(models.Model):
    """What gets a session its next access token, once. Only its digest is kept."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="refresh_tokens")
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the text.")
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True, help_text="Null: it is the newest of its session.")

    def __str__(self) -> str:
        return f"of {self.session_id}"


class ApiToken(models.Model):
    """A key of one person to one organisation. Only its digest is kept."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="tokens")
    created_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    session = models.ForeignKey(
        Session,
        null=True,
        on_delete=models.CASCADE,
        related_name="access_tokens",
        help_text="Null: a person made it; else it is one of a session's, and in no list.",
    )
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=12, help_text="How it begins: to tell it from others.")
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the text.")
    scopes = ArrayField(models.CharField(max_length=40))
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, help_text="Null: never.")
    last_used_at = models.DateTimeField(null=True, help_text="To the minute. Null: not yet.")
    revoked_at = models.DateTimeField(null=True, help_text="Null: in force.")

    def __str__(self) -> str:
        return f"{self.prefix}…"


class Invitation(models.Model):
    """A membership offered to an address. It is open until accepted, revoked or expired."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="invitations"
    )
    email = models.EmailField(help_text="Where the link goes, in lower case.")
    role = models.CharField(max_length=10, choices=Role.choices)
    digest = models.CharField(
        max_length=64,
        null=True,
        unique=True,
        help_text="SHA-256 of the newest link's secret. Null: none has been sent.",
    )
    invited_by = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="invitations_made"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(help_text="From then on the link opens nothing.")
    sent_at = models.DateTimeField(null=True, help_text="Of the newest e-mail. Null: not yet.")
    send_error = models.TextField(default="", help_text="Why the e-mail could not be sent.")
    accepted_at = models.DateTimeField(null=True, help_text="Null: not yet.")
    revoked_at = models.DateTimeField(null=True, help_text="Null: not revoked.")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="one_open_invitation_each",
                fields=("organization", "email"),
                condition=models.Q(accepted_at=None, revoked_at=None),
            ),
            models.CheckConstraint(
                name="invited_email_is_lower_case", condition=models.Q(email=Lower("email"))
            ),
            models.CheckConstraint(
                name="invited_role_is_known", condition=models.Q(role__in=Role.values)
            ),
        )

    def __str__(self) -> str:
        return f"{self.role} of {self.organization_id}"


class AuditEntry(models.Model):
    """One change of something that the organisation administers. Never changed, never deleted.

    People and tokens are plain ids: an entry outlives them. It goes with its organisation, by a
    foreign key of the database's own (`append_only.py`).
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    organization = models.ForeignKey(
        Organization,
        on_delete=models.DO_NOTHING,
        related_name="audit_log",
        db_constraint=False,
        db_index=False,
    )
    at = models.DateTimeField(db_default=models.functions.Now())
    user_id = models.UUIDField(null=True, help_text="Who did it. Null: the operator.")
    token_id = models.UUIDField(null=True, help_text="By which token. Null: by none.")
    staff_id = models.UUIDField(
        null=True, help_text="Who of the operator's people acted as that person. Null: nobody."
    )
    action = models.CharField(max_length=60, help_text="The operation's name.")
    target = models.TextField(help_text="What was changed: `<kind>:<id>`.")
    before = models.JSONField(
        null=True, encoder=DjangoJSONEncoder, help_text="As it was. Null: there was nothing."
    )
    after = models.JSONField(
        null=True, encoder=DjangoJSONEncoder, help_text="As it is. Null: there is nothing."
    )
    request_id = models.CharField(max_length=64, help_text="`X-Request-Id`. '': no request.")

    class Meta:
        indexes = (
            models.Index(name="audit_newest", fields=("organization", "-at", "-id")),
            models.Index(name="audit_of_user", fields=("organization", "user_id", "-at", "-id")),
        )

    def __str__(self) -> str:
        return f"{self.action} {self.target}"
