-- name: Machines by status
-- description: As currently listed by the pool.
-- display: row
-- x: status
-- y: machines
-- size: 8 x 7
SELECT status, count(*) AS machines
  FROM report.worker_status
 GROUP BY status
 ORDER BY machines DESC
