-- The statements that make one schema like another: tables, rows, keys, indexes, foreign keys,
-- triggers, under the same names. To be asked with the search path on the source alone, so that
-- what the catalogue tells of its tables is not qualified, and run on the target's.
with tables as (
    select oid, relname from pg_class
    where relnamespace = %(source)s::regnamespace and relkind = 'r'
),
statements (step, place, statement) as (
    select 1, relname::text, format(
        'create table %%1$I.%%2$I (like %%3$I.%%2$I including all excluding indexes)',
        %(target)s, relname, %(source)s
    ) from tables
    union all
    select 2, relname::text, format(
        'insert into %%1$I.%%2$I overriding system value select * from %%3$I.%%2$I',
        %(target)s, relname, %(source)s
    ) from tables
    union all
    select 3, relname || '.' || attname, format(
        'select setval(pg_get_serial_sequence(%%1$L, %%2$L), coalesce(max(%%2$I), 1), '
        'count(*) > 0) from %%3$I.%%4$I',
        format('%%I.%%I', %(target)s, relname), attname, %(target)s, relname
    ) from tables join pg_attribute on attrelid = tables.oid and attidentity <> ''
    union all
    select case contype when 'f' then 6 else 4 end, relname || '.' || conname, format(
        'alter table %%I.%%I add constraint %%I %%s',
        %(target)s, relname, conname, pg_get_constraintdef(pg_constraint.oid)
    ) from tables join pg_constraint on conrelid = tables.oid and contype in ('p', 'u', 'x', 'f')
    union all
    select 5, relname || '.' || indexrelid, replace(
        pg_get_indexdef(indexrelid), format(' ON %%I.', %(source)s), format(' ON %%I.', %(target)s)
    ) from tables join pg_index on indrelid = tables.oid
    where not exists (select from pg_constraint where conindid = indexrelid and conrelid = indrelid)
    union all
    select 7, relname || '.' || tgname, replace(
        pg_get_triggerdef(pg_trigger.oid),
        format(' ON %%I.', %(source)s), format(' ON %%I.', %(target)s)
    ) from tables join pg_trigger on tgrelid = tables.oid and not tgisinternal
)
select statement from statements order by step, place
