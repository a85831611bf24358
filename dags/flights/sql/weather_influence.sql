-- How much later flights leave in bad weather than is usual at that place and time.
--
-- A flight meets the weather of its origin in the hour of its scheduled departure. Bad weather and
-- bad hours go together (thunderstorms come in summer afternoons, when all flights are late), so
-- the plain mean of a class says too much. Therefore each flight is also compared with the mean of
-- its own airport, month and hour: "more than usual" is the mean of those differences. The flights
-- of one hour share their weather, so it is the number of hours that tells how firm a figure is.
create temp view flights as
from read_parquet('flights/*/*.parquet', hive_partitioning = true);

create temp table usual as
select origin, month, hour, avg(dep_delay) as dep_delay, avg(cancelled::int) as cancelled
from flights
group by origin, month, hour;

create temp table met as
select f.origin, f.time_hour, f.dep_delay, f.cancelled::int as cancelled,
       f.dep_delay - u.dep_delay         as more_delay,
       f.cancelled::int - u.cancelled    as more_cancelled,
       case when visib < 1 then 'a: below 1 mile'
            when visib < 3 then 'b: 1 to 3 miles'
            when visib < 10 then 'c: 3 to 10 miles'
            when visib >= 10 then 'd: 10 miles' end           as visibility,
       case when wind_speed < 10 then 'a: below 10 mph'
            when wind_speed < 20 then 'b: 10 to 20 mph'
            when wind_speed < 30 then 'c: 20 to 30 mph'
            when wind_speed >= 30 then 'd: 30 mph and more' end as wind,
       case when precip = 0 then 'a: none'
            when precip < 0.1 then 'b: below 0.1 inch an hour'
            when precip >= 0.1 then 'c: 0.1 inch an hour and more' end as precipitation
from flights f
join usual u using (origin, month, hour)
left join 'weather.parquet' w using (origin, time_hour);

copy (
    select measure, coalesce(class, 'z: not known')   as class,
           count(*)                                   as flights,
           count(distinct (origin, time_hour))        as hours,
           avg(dep_delay)                             as mean_dep_delay,
           avg(more_delay)                            as more_than_usual,
           avg(cancelled)                             as cancelled_share,
           avg(more_cancelled)                        as more_cancelled
    from (
        select 'visibility' as measure, visibility as class, * from met
        union all by name select 'wind' as measure, wind as class, * from met
        union all by name select 'precipitation' as measure, precipitation as class, * from met
    )
    group by all
    order by measure, class
) to 'weather_influence.parquet' (format parquet);

-- Each measure sorts every flight into exactly one class.
create temp table verdict as
select error(format('weather_influence: {} holds {} flights of {}', measure, held, wanted))
from (select measure, sum(flights) as held from 'weather_influence.parquet' group by measure),
     (select count(*) as wanted from flights)
where held <> wanted;

select measure, class, flights, round(more_than_usual, 1) as more_than_usual
from 'weather_influence.parquet';
