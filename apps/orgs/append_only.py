"""The audit log only grows: the database itself refuses every other statement.

An entry goes with its organisation and not before: the foreign key cascades in the database, and
when it does, the organisation is gone already, which is the one DELETE that the trigger lets pass.
So nobody deletes entries of an organisation that there is, by whatever way. (Who owns the table
can still take the trigger away: that is a migration, and it is seen.)
"""

from django.db.migrations import RunSQL

APPEND_ONLY = RunSQL(
    """
    alter table orgs_auditentry add constraint audit_goes_with_its_organization
        foreign key (organization_id) references orgs_organization (id) on delete cascade;

    create function public.devhealth_keep_audit() returns trigger language plpgsql as $$
    begin
        if tg_op = 'DELETE' and not exists (
            select from public.orgs_organization where id = old.organization_id
        ) then
            return old;
        end if;
        raise check_violation using message = 'the audit log is only added to';
    end $$;

    create trigger keep_audit before update or delete on orgs_auditentry
        for each row execute function public.devhealth_keep_audit();

    create trigger keep_all_audit before truncate on orgs_auditentry
        for each statement
        execute function public.devhealth_refuse('the audit log is only added to');
    """,
    """
    drop trigger keep_all_audit on orgs_auditentry;
    drop trigger keep_audit on orgs_auditentry;
    drop function public.devhealth_keep_audit();
    alter table orgs_auditentry drop constraint audit_goes_with_its_organization;
    """,
)
