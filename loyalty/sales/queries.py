"""Every question a sale asks, as SQL that travels in one batch.

``WHO`` is replaced by the expression that names the member: a parameter, or the owner of a scanned handle.
"""

from __future__ import annotations

from typing import Final

from loyalty.ledger import queries as ledger_queries

BY_ID: Final = "%(member_id)s::bigint"
BY_HANDLE: Final = "(SELECT member_id FROM code_handle WHERE handle = %(handle)s)"
BY_PUBLIC_ID: Final = "(SELECT coalesce(merged_into, member_id) FROM member WHERE public_id = %(public_id)s)"

LOCK: Final = f"SELECT {ledger_queries.ACCOUNT_COLUMNS} FROM account WHERE member_id = WHO FOR NO KEY UPDATE"
READ: Final = f"SELECT {ledger_queries.ACCOUNT_COLUMNS} FROM account WHERE member_id = WHO"
LOTS: Final = f"""
    SELECT {ledger_queries.LOT_COLUMNS} FROM lot WHERE member_id = WHO AND NOT closed ORDER BY expires_at, lot
"""
HOLDS: Final = (
    "SELECT id, unit, amount, until, pins, purpose FROM hold WHERE member_id = WHO AND state = 'open'"
)

# Everything else the decision needs, in one row. The tier counter is kept running: ``standing.window_milli`` is the sum
# since ``window_from``, and only what has left the window since is summed up here.
STATE: Final = """
SELECT m.member_id, m.public_id, m.given_name, m.family_name, m.locale, m.birthday, m.joined_at, m.status, m.tags,
  m.employee, m.favorite_store,
  s.tier, s.tier_since, s.tier_until, s.visits, s.last_visit_at, s.spent_minor, s.advanced_at,
  s.window_from, s.window_milli, w.window_from,
  (SELECT coalesce(sum(amount_milli), 0)::bigint FROM tier_earning e
    WHERE e.member_id = m.member_id AND e.earned_at > least(s.window_from, w.window_from)
      AND e.earned_at <= greatest(s.window_from, w.window_from)),
  CASE WHEN s.tier_until <= %(now)s THEN
    (SELECT jsonb_agg(jsonb_build_array(e.earned_at, e.amount_milli)) FROM tier_earning e
      WHERE e.member_id = m.member_id AND e.earned_at > s.tier_since) END,
  CASE WHEN s.tier_since > %(at)s THEN
    (SELECT c.from_tier FROM tier_change c WHERE c.member_id = m.member_id AND c.at > %(at)s
      ORDER BY c.number LIMIT 1) END,
  (SELECT jsonb_agg(jsonb_build_array(limit_key, period, since, until, times, amount)) FROM limit_counter l
    WHERE l.member_id = m.member_id
      AND (l.limit_key, l.period) IN (SELECT * FROM unnest(%(limit_keys)s::text[], %(periods)s::text[]))),
  (SELECT jsonb_agg(jsonb_build_array(o.id, o.offer, o.received_at, o.seen_at, o.activated_at, o.completed_at,
                                      o.window_from, o.window_until, o.progress, o.completed_by,
      (SELECT jsonb_agg(DISTINCT c.day) FROM challenge_step c
        WHERE c.member_id = o.member_id AND c.instance = o.id AND c.amount > 0)) ORDER BY o.position)
    FROM offer_instance o WHERE o.member_id = m.member_id AND NOT o.done),
  (SELECT jsonb_agg(jsonb_build_array(g.id, g.reward, g.valid_from, g.valid_until) ORDER BY g.valid_until, g.id)
    FROM reward_grant g WHERE g.member_id = m.member_id AND g.used_by IS NULL AND g.withdrawn_at IS NULL),
  (SELECT jsonb_agg(jsonb_build_array(encode(c.code_hash, 'hex'), c.id, c.coupon, c.member_id, c.uses_left,
                                      c.valid_from, c.valid_until))
    FROM coupon_code c WHERE c.code_hash = ANY(%(coupon_hashes)s::bytea[])),
  (SELECT jsonb_object_agg(p.sku, p.price_minor) FROM store_price p
    WHERE p.store = %(store)s AND p.sku = ANY(%(skus)s::text[])),
  (SELECT jsonb_agg(jsonb_build_array(limit_key, period, times, amount)) FROM (
     SELECT limit_key, period, sum(times) AS times, sum(amount) AS amount FROM budget_counter
     WHERE (limit_key, period) IN (SELECT * FROM unnest(%(budget_keys)s::text[], %(budget_periods)s::text[]))
     GROUP BY limit_key, period) b),
  (SELECT jsonb_object_agg(r.reward, r.taken) FROM reward_stock r WHERE r.reward = ANY(%(rewards)s::text[])),
  (SELECT jsonb_build_array(encode(k.request_hash, 'hex'), k.refused, k.answer) FROM request_key k
    WHERE k.client = %(client)s AND k.key = %(key)s LIMIT 1),
  (SELECT jsonb_build_array(d.kid, d.device_id, d.public_key, d.counter, d.status) FROM device_key d
    WHERE d.member_id = m.member_id AND d.kid = %(kid)s),
  (SELECT jsonb_build_array(u.reference, u.used_at) FROM code_use u
    WHERE u.member_id = m.member_id AND u.code = %(code_use)s),
  (SELECT t.status FROM till t WHERE t.id = %(till)s),
  (SELECT v.version FROM program_version v WHERE v.live_from <= %(at)s
    ORDER BY v.live_from DESC, v.version DESC LIMIT 1),
  (SELECT jsonb_object_agg(p.name, p.value) FROM preference p WHERE p.member_id = m.member_id AND p.value IS NOT NULL),
  EXISTS (SELECT FROM sale x WHERE x.id = %(sale_id)s)
FROM (SELECT WHO AS id) AS who
LEFT JOIN member m ON m.member_id = who.id
LEFT JOIN standing s ON s.member_id = who.id
LEFT JOIN LATERAL (SELECT WINDOW AS window_from) AS w ON true
"""
ROLLING: Final = "%(window_from)s::timestamptz"
# The member's year begins at each anniversary of joining.
ANNIVERSARY: Final = (
    "m.joined_at + make_interval(years => extract(year FROM age(%(at)s::timestamptz, m.joined_at))::int)"
)

SALE_COLUMNS: Final = (
    "member_id, id, channel, store, till, staff, occurred_at, recorded_at, program_version, tier, gross_minor, "
    "discount_minor, total_minor, returned_minor, earned_milli, spent_milli, state, offline, tenders, effects, seq, "
    "claimed_by"
)
LINE_COLUMNS: Final = (
    "line, sku, name, kind, category, quantity, unit_price_minor, discount_minor, net_minor, options, tags, "
    "returned_quantity"
)
SALE: Final = f"SELECT {SALE_COLUMNS} FROM sale WHERE id = %(sale)s ORDER BY member_id DESC LIMIT 1"
SALE_LINES: Final = f"""
    SELECT {LINE_COLUMNS} FROM sale_line
    WHERE sale_id = %(sale)s AND member_id = (SELECT max(member_id) FROM sale WHERE id = %(sale)s) ORDER BY position
"""
SALES: Final = f"""
    SELECT {SALE_COLUMNS} FROM sale
    WHERE member_id = %(member_id)s AND (occurred_at, id) < (%(before_at)s, %(before_id)s)
      AND (%(only)s::text[] IS NULL OR id = ANY(%(only)s))
    ORDER BY occurred_at DESC, id DESC LIMIT %(limit)s
"""
RETURNS: Final = """
    SELECT id, kind, occurred_at, lines, refunds, amount_minor, taken_milli, restored_milli FROM sale_return
    WHERE member_id = %(member_id)s AND sale_id = %(sale)s ORDER BY recorded_at, id
"""
STEPS_OF: Final = """
    SELECT instance, sale, line, amount, original, day, occurred_at FROM challenge_step
    WHERE member_id = %(member_id)s AND instance = ANY(%(instances)s) ORDER BY occurred_at, sale, line
"""
OFFERS_OF: Final = """
    SELECT id, offer, received_at, seen_at, activated_at, completed_at, window_from, window_until, progress,
           completed_by
    FROM offer_instance WHERE member_id = %(member_id)s AND id = ANY(%(instances)s) ORDER BY position
"""
# Whether the member was active in the same period by anything else than this sale.
OTHER_ACTIVITY: Final = """
    SELECT EXISTS (SELECT FROM sale WHERE member_id = %(member_id)s AND id <> %(sale)s AND state = 'settled'
                   AND occurred_at >= %(since)s AND occurred_at < %(until)s)
        OR EXISTS (SELECT FROM ledger_transaction WHERE member_id = %(member_id)s AND kind = 'top_up'
                   AND occurred_at >= %(since)s AND occurred_at < %(until)s)
"""
LAST_VISIT: Final = """
    SELECT max(occurred_at) FROM sale WHERE member_id = %(member_id)s AND id <> %(sale)s AND state = 'settled'
"""
LAST_ACTIVITY: Final = """
    SELECT greatest(
      (SELECT max(occurred_at) FROM sale WHERE member_id = %(member_id)s AND id <> %(sale)s AND state = 'settled'),
      (SELECT max(occurred_at) FROM ledger_transaction WHERE member_id = %(member_id)s AND kind = 'top_up'))
"""
# The moves between tiers that still hold, newest first, with the tier counter as it stands for that moment today.
TIER_MOVES: Final = """
    SELECT c.number, c.at, c.kind, c.from_tier, c.to_tier, c.prior_since, c.prior_until, c.window_from,
      (SELECT coalesce(sum(e.amount_milli), 0)::bigint FROM tier_earning e
        WHERE e.member_id = c.member_id AND e.earned_at > c.window_from AND e.earned_at <= c.at),
      (SELECT t.detail FROM ledger_transaction t WHERE t.member_id = c.member_id AND t.kind = 'sale'
        AND t.reference = 'sale:' || c.sale LIMIT 1)
    FROM tier_change c WHERE c.member_id = %(member_id)s AND c.kind <> 'undone' ORDER BY c.number DESC LIMIT 5
"""
TAKEN_OF_SALE: Final = """
    SELECT coalesce(sum(taken_milli), 0)::bigint FROM sale_return
    WHERE member_id = %(member_id)s AND sale_id = %(sale)s
"""
GIVE_BACK_LIMIT: Final = """
    UPDATE limit_counter SET times = greatest(times - %(times)s, 0), amount = greatest(amount - %(amount)s, 0)
    WHERE member_id = %(member_id)s AND limit_key = %(limit)s AND period = %(period)s
"""
# Any bucket that holds it will do: what counts is their sum.
GIVE_BACK_BUDGET: Final = """
    UPDATE budget_counter SET times = times - %(times)s, amount = amount - %(amount)s
    WHERE (limit_key, period, bucket) = (
      SELECT limit_key, period, bucket FROM budget_counter
      WHERE limit_key = %(limit)s AND period = %(period)s AND times >= %(times)s AND amount >= %(amount)s
      ORDER BY bucket LIMIT 1)
"""
LINES_OF_SALES: Final = f"""
    SELECT sale_id, {LINE_COLUMNS} FROM sale_line
    WHERE member_id = %(member_id)s AND sale_id = ANY(%(sales)s) ORDER BY sale_id, position
"""
PURCHASES: Final = """
    SELECT s.id, s.occurred_at, s.store, l.sku, l.options, l.quantity - l.returned_quantity
    FROM sale s JOIN sale_line l ON l.member_id = s.member_id AND l.sale_id = s.id
    WHERE s.member_id = %(member_id)s AND l.kind = 'product' AND l.quantity > l.returned_quantity
    ORDER BY s.occurred_at DESC, s.id, l.position LIMIT %(limit)s
"""
GIVE_BACK_GRANTS: Final = (
    "UPDATE reward_grant SET used_by = NULL WHERE member_id = %(member_id)s AND id = ANY(%(these)s)"
)
WITHDRAW_GRANTS: Final = """
    UPDATE reward_grant SET withdrawn_at = %(now)s
    WHERE member_id = %(member_id)s AND id = ANY(%(these)s) AND used_by IS NULL
"""
UNDO_PROMOTIONS: Final = (
    "UPDATE tier_change SET kind = 'undone' WHERE member_id = %(member_id)s AND number = ANY(%(these)s)"
)
GIVE_BACK_COUPONS: Final = "UPDATE coupon_code SET uses_left = uses_left + 1 WHERE id = ANY(%(these)s)"
GIVE_BACK_STOCK: Final = """
    UPDATE reward_stock SET taken = greatest(taken - back.count, 0)
    FROM (SELECT reward, count(*) AS count FROM unnest(%(these)s::text[]) AS b (reward) GROUP BY reward) AS back
    WHERE reward_stock.reward = back.reward
"""
LOWER_STEPS: Final = """
    UPDATE challenge_step SET amount = s.amount
    FROM unnest(%(amounts)s::bigint[], %(instances)s::text[], %(lines)s::text[]) AS s (amount, instance, line)
    WHERE challenge_step.member_id = %(member_id)s AND challenge_step.sale = %(sale)s
      AND challenge_step.instance = s.instance AND challenge_step.line = s.line
"""
REWRITE_EFFECTS: Final = (
    "UPDATE sale SET effects = %(effects)s::jsonb WHERE member_id = %(member_id)s AND id = %(sale)s"
)
LOWER_SALE: Final = """
    UPDATE sale SET returned_minor = returned_minor + %(amount)s, tenders = %(tenders)s::jsonb,
           effects = %(effects)s::jsonb, state = %(state)s
    WHERE member_id = %(member_id)s AND id = %(sale)s
"""
LOWER_LINES: Final = """
    UPDATE sale_line SET returned_quantity = r.quantity
    FROM unnest(%(lines)s::text[], %(quantities)s::bigint[]) AS r (line, quantity)
    WHERE sale_line.member_id = %(member_id)s AND sale_line.sale_id = %(sale)s AND sale_line.line = r.line
"""
INSERT_RETURN: Final = """
    INSERT INTO sale_return (member_id, id, sale_id, kind, occurred_at, recorded_at, till, staff, lines, refunds,
                             amount_minor, taken_milli, restored_milli, seq)
    VALUES (%(member_id)s, %(id)s, %(sale)s, %(kind)s, %(at)s, %(now)s, %(till)s, %(staff)s, %(lines)s::jsonb,
            %(refunds)s::jsonb, %(amount)s, %(taken)s, %(restored)s, %(seq)s)
"""
