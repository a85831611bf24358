-- The report: what the four summaries say, on one page of Markdown.
.headers off
.mode list
select '# Flights that left New York in 2013';
select '';
select format('{:,} flights of {} carriers on {} routes. {:,} ({:.1f} %) were cancelled; the others left {:.1f} minutes late on average.',
              sum(flights)::bigint, count(*), any_value(routes),
              round(sum(flights * cancelled_share))::bigint,
              100 * sum(flights * cancelled_share) / sum(flights),
              sum(flights * (1 - cancelled_share) * mean_dep_delay) / sum(flights * (1 - cancelled_share)))
from 'by_carrier.parquet', (select count(*) as routes from 'by_route.parquet');
select format('The calmest hour to leave is {}:00 ({:+.1f} minutes), the worst {}:00 ({:+.1f}).',
              arg_min(hour, mean_dep_delay), min(mean_dep_delay),
              arg_max(hour, mean_dep_delay), max(mean_dep_delay))
from 'by_hour.parquet'
where flights >= 365;
select format('With visibility below 1 mile flights leave {:.0f} minutes later than is usual for their airport, month and hour, and {:.0f} % are cancelled.',
              more_than_usual, 100 * cancelled_share)
from 'weather_influence.parquet'
where measure = 'visibility' and class like 'a:%';
select '';
select format('Delays are in minutes at departure; "late" is {} minutes and more.', getvariable('late_after'));

select '';
select '## Carriers';
select '';
.headers on
.mode markdown
select name as carrier, flights,
       format('{:.1f}', mean_dep_delay)          as "mean delay",
       format('{:.0f}', median_dep_delay)        as median,
       format('{:.0f} %', 100 * late_share)      as late,
       format('{:.1f} %', 100 * cancelled_share) as cancelled
from 'by_carrier.parquet'
order by mean_dep_delay desc;

.headers off
.mode list
select '';
select '## The ten routes with the longest delays (of those flown daily)';
select '';
.headers on
.mode markdown
select origin || ' - ' || dest as route, coalesce(dest_name, '') as destination, flights,
       format('{:.1f}', mean_dep_delay)     as "mean delay",
       format('{:.0f} %', 100 * late_share) as late
from 'by_route.parquet'
where flights >= 365
order by mean_dep_delay desc
limit 10;

.headers off
.mode list
select '';
select '## The five worst days';
select '';
.headers on
.mode markdown
select day, flights, format('{:.0f}', mean_dep_delay) as "mean delay",
       format('{:.0f} %', 100 * cancelled_share)      as cancelled
from read_json('worst_days.json')
order by mean_dep_delay desc;

.headers off
.mode list
select '';
select '## Hours of scheduled departure';
select '';
.headers on
.mode markdown
select format('{:02d}:00', hour) as hour, flights,
       coalesce(format('{:.1f}', mean_dep_delay), '') as "mean delay",
       coalesce(format('{:.0f}', p90_dep_delay), '')  as "9 of 10 below",
       coalesce(format('{:.0f} %', 100 * late_share), '') as late
from 'by_hour.parquet'
order by by_hour.hour;

.headers off
.mode list
select '';
select '## Weather''s influence';
select '';
select '"More than usual" compares each flight with the mean of its airport, month and hour, so that';
select 'storms do not get the blame for busy summer evenings. Flights of one hour share their weather:';
select 'few hours make a loose figure. What goes together need not be cause and effect.';
select '';
.headers on
.mode markdown
select measure, substr(class, 4) as class, flights, hours,
       format('{:.1f}', mean_dep_delay)          as "mean delay",
       format('{:+.1f}', more_than_usual)        as "more than usual",
       format('{:.1f} %', 100 * cancelled_share) as cancelled
from 'weather_influence.parquet' as w
order by measure, w.class;
