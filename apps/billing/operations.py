"""What can be done with tiers and payments, and by whom."""

from apps.orgs.models import Role, Scope
from apps.orgs.operations import Operation

BILLING_READ = Operation("billing.read", Role.VIEWER, Scope.BILLING_READ)
BILLING_CHECKOUT = Operation("billing.checkout", Role.ADMIN, Scope.BILLING_WRITE)
BILLING_PORTAL = Operation("billing.portal", Role.ADMIN, Scope.BILLING_WRITE)

OPERATIONS = (BILLING_READ, BILLING_CHECKOUT, BILLING_PORTAL)
