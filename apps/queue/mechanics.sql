-- The queue's own mechanics, as functions: one call each, planned once a connection.
--
-- Locks are taken in one order: a service's own rows, units, the share, the slots by name. Only a
-- slot is ever waited for by somebody who holds a share; shares and pending units that are locked
-- are passed over. So there is no deadlock, and nobody is above a limit.
--
-- A share that is held is passed over whatever it has; one that is made of the same organisation
-- is held like its others.
--
-- Times that an index is to know are of the statement (`statement_timestamp`), others of the clock.

-- Whether a queue has something for a worker to do, elsewhere than in this share. A level is how
-- many a share has running; with it an index finds what is due, however many shares there are.
create or replace function queue_is_due(p_queue text, p_share bigint default null)
returns boolean language sql stable
set search_path = public set plan_cache_mode = force_generic_plan as $$
    select exists (
        select from generate_series(0, {most_running} - 1) as level, lateral (
            select from queue_queueshare
            where queue = p_queue and running = level and running < "limit" and not is_held
              and next_at <= statement_timestamp() and id is distinct from p_share
            limit 1
        ) as found
    )
$$;

-- A unit that one of the same key, pending already, may stand for; that one then waits for the
-- caller's commit.
create or replace function queue_add(
    p_organization uuid, p_queue text, p_actor text, p_ids jsonb, p_key text, p_slots jsonb,
    p_request text, p_not_before timestamptz, p_limit int, p_tier text
) returns table (unit bigint, due timestamptz) language plpgsql
set search_path = public set plan_cache_mode = force_generic_plan as $$
begin
    if not exists (select from queue_queueshare
                   where organization_id = p_organization and queue = p_queue) then
        insert into queue_queueshare
            (organization_id, queue, running, "limit", tier, is_held, expiries, redeliveries)
        values (p_organization, p_queue, 0, p_limit, p_tier,
                exists (select from queue_queueshare
                        where organization_id = p_organization and is_held),
                0, 0)
        on conflict do nothing;
    end if;
    if p_slots <> '{{}}' then
        insert into queue_slot (organization_id, name, running, "limit")
        select p_organization, key, 0, value::int from jsonb_each(p_slots)
        where not exists (select from queue_slot
                          where organization_id = p_organization and name = key)
        on conflict do nothing;
    end if;
    return query
        insert into queue_workunit
            (organization_id, queue, actor, ids, state, dedupe_key, slots, request_id,
             not_before, starts, delays, fence, worker, stop_requested, error)
        values
            (p_organization, p_queue, p_actor, p_ids, 'pending', p_key,
             array(select jsonb_object_keys(p_slots) order by 1), p_request,
             coalesce(p_not_before, clock_timestamp()), 0, 0, 0, '', false, '')
        on conflict (organization_id, dedupe_key) where state = 'pending' and not dedupe_key = ''
        do update set not_before = least(queue_workunit.not_before, excluded.not_before)
        returning id, not_before;
end $$;

-- A share learns when its next unit is due; whether anything of the queue is due now.
create or replace function queue_notice(p_organization uuid, p_queue text, p_due timestamptz)
returns boolean language plpgsql
set search_path = public set plan_cache_mode = force_generic_plan as $$
begin
    update queue_queueshare set next_at = least(next_at, p_due)
    where organization_id = p_organization and queue = p_queue
      and (next_at is null or next_at > p_due);
    return queue_is_due(p_queue);
end $$;

-- Who waits for these slots goes on, the oldest first, as many as there is room for. One that is
-- locked is being ended. Gives the queues that they are in.
create or replace function queue_wake(p_organization uuid, p_names text[])
returns table (woken_queue text, due timestamptz) language sql
set search_path = public set plan_cache_mode = force_generic_plan as $$
    with woken as (
        update queue_workunit set waits_for = null where id in (
            select waiter.id from queue_slot s, lateral (
                select id from queue_workunit u
                where u.organization_id = p_organization and u.waits_for = s.name
                  and u.state = 'pending'
                order by not_before, id limit greatest(s."limit" - s.running, 0)
                for update skip locked
            ) as waiter
            where s.organization_id = p_organization and s.name = any (p_names)
        ) returning queue, not_before
    )
    select queue::text, min(not_before) from woken group by queue
$$;

-- The unit that comes next: of the organisation with the fewest running, then the oldest; of that
-- organisation the oldest whose slots are free. Units that want a taken slot are parked, those
-- like them too. No row: nothing is due.
create or replace function queue_claim(p_queue text, p_lease interval, p_worker text)
returns table (
    unit bigint, organization uuid, unit_actor text, unit_ids jsonb, unit_fence bigint,
    claimed timestamptz, unit_starts smallint, unit_delays smallint, is_stop_requested boolean,
    request text, unit_slots text[], is_more_due boolean
) language plpgsql
set search_path = public set plan_cache_mode = force_generic_plan as $$
declare
    v_share record;
    v_unit record;
    v_taken text;
    v_has_parked boolean;
    v_is_due boolean;
begin
    loop
        select found.id, found.organization_id into v_share
        from generate_series(0, {most_running} - 1) as level, lateral (
            select s.id, s.organization_id from queue_queueshare s
            where s.queue = p_queue and s.running = level and s.running < s."limit"
              and not s.is_held and s.next_at <= statement_timestamp()
            order by s.next_at limit 1 for update skip locked
        ) as found
        limit 1;
        if not found then
            return;
        end if;
        v_has_parked := false;
        loop
            select u.id, u.slots, u.starts into v_unit from queue_workunit u
            where u.organization_id = v_share.organization_id and u.queue = p_queue
              and u.state = 'pending' and u.waits_for is null
              and u.not_before <= statement_timestamp()
            order by u.not_before, u.id limit 1 for update skip locked;
            exit when not found;
            v_taken := null;
            if cardinality(v_unit.slots) > 0 then
                -- Two statements: a condition would be pushed down below the lock, and whoever
                -- seemed free then would not be locked at all.
                perform from queue_slot s
                where s.organization_id = v_share.organization_id
                  and s.name = any (v_unit.slots)
                order by s.name for update;
                select s.name into v_taken from queue_slot s
                where s.organization_id = v_share.organization_id
                  and s.name = any (v_unit.slots) and s.running >= s."limit"
                order by s.name limit 1;
            end if;
            if v_taken is null then
                update queue_slot set running = running + 1
                where cardinality(v_unit.slots) > 0
                  and organization_id = v_share.organization_id and name = any (v_unit.slots);
                return query
                    with share as (
                        update queue_queueshare s set
                            running = s.running + 1,
                            redeliveries = s.redeliveries + (v_unit.starts > 0)::int,
                            claimed_at = greatest(
                                date_trunc('milliseconds', clock_timestamp()),
                                s.claimed_at + interval '1 millisecond'
                            ),
                            next_at = (
                                select u.not_before from queue_workunit u
                                where u.organization_id = v_share.organization_id
                                  and u.queue = p_queue and u.state = 'pending'
                                  and u.waits_for is null and u.id <> v_unit.id
                                order by u.not_before limit 1
                            )
                        where s.id = v_share.id
                        returning s.claimed_at, s.running < s."limit" and not s.is_held
                            and coalesce(s.next_at <= clock_timestamp(), false) as is_due
                    )
                    update queue_workunit u set
                        state = 'running', starts = u.starts + 1, fence = u.fence + 1,
                        claimed_at = share.claimed_at,
                        lease_until = clock_timestamp() + p_lease, worker = p_worker
                    from share where u.id = v_unit.id
                    returning u.id, u.organization_id, u.actor::text, u.ids, u.fence,
                        u.claimed_at, u.starts, u.delays, u.stop_requested, u.request_id::text,
                        u.slots::text[], share.is_due or queue_is_due(p_queue, v_share.id);
                return;
            end if;
            update queue_workunit u set waits_for = v_taken where u.id = v_unit.id or u.id in (
                select alike.id from (
                    select c.id, c.slots from queue_workunit c
                    where c.organization_id = v_share.organization_id and c.queue = p_queue
                      and c.state = 'pending' and c.waits_for is null
                      and c.not_before <= statement_timestamp()
                    order by c.not_before, c.id limit {most_parked} for update skip locked
                ) as alike
                where v_taken = any (alike.slots)
            );
            v_has_parked := true;
            if cardinality(v_unit.slots) > 1 then
                -- It may have been let go on by a slot that it does not use now. Whoever is woken
                -- in another queue is told by the clock.
                perform queue_wake(
                    v_share.organization_id, array_remove(v_unit.slots::text[], v_taken)
                );
            end if;
        end loop;
        update queue_queueshare s set next_at = (
            select u.not_before from queue_workunit u
            where u.organization_id = v_share.organization_id and u.queue = p_queue
              and u.state = 'pending' and u.waits_for is null
            order by u.not_before limit 1
        )
        where s.id = v_share.id
        returning coalesce(s.next_at <= statement_timestamp(), false) into v_is_due;
        if v_is_due and not v_has_parked then
            return;  -- somebody holds its unit, and rings when he lets go
        end if;
    end loop;
end $$;

-- The end of a running unit, as the last act of its transaction. No row: it is not this claim's
-- any more, or was to stop. What would be pending again while another one of its key is leaves the
-- field to that one. Gives when it is due again, and which queues go on because of its slots.
create or replace function queue_end(
    p_unit bigint, p_fence bigint, p_state text, p_error text, p_delay interval, p_starts smallint,
    p_delays smallint
) returns table (told_queue text, due timestamptz) language plpgsql
set search_path = public set plan_cache_mode = force_generic_plan as $$
declare
    v_mine record;
    v_ended record;
begin
    select u.organization_id, u.dedupe_key into v_mine from queue_workunit u where u.id = p_unit;
    if p_state = 'pending' and v_mine.dedupe_key <> '' and exists (
        select from queue_workunit o
        where o.organization_id = v_mine.organization_id and o.dedupe_key = v_mine.dedupe_key
          and o.state = 'pending'
    ) then
        p_state := 'canceled';
    end if;
    update queue_workunit u set
        state = p_state,
        error = p_error,
        lease_until = null,
        finished_at = case when p_state <> 'pending' then clock_timestamp() end,
        not_before = case when p_state = 'pending' then clock_timestamp() + p_delay
                          else u.not_before end,
        starts = p_starts,
        delays = p_delays
    where u.id = p_unit and u.fence = p_fence and u.state = 'running'
      and (not u.stop_requested or p_state <> 'completed')
    returning u.organization_id, u.queue, u.slots, u.not_before into v_ended;
    if not found then
        return;
    end if;
    update queue_queueshare s set running = s.running - 1
    where s.organization_id = v_ended.organization_id and s.queue = v_ended.queue;
    return query select v_ended.queue::text,
        case when p_state = 'pending' then v_ended.not_before end;
    if cardinality(v_ended.slots) > 0 then
        update queue_slot s set running = s.running - 1 where s.id in (
            select l.id from queue_slot l
            where l.organization_id = v_ended.organization_id and l.name = any (v_ended.slots)
            order by l.name for update
        );
        return query select * from queue_wake(v_ended.organization_id, v_ended.slots::text[]);
    end if;
end $$;
