-- For wrk: so many requests a second in all, evenly spaced, whatever the answers take.
--   wrk -s paced.lua URL -- PER_SECOND [PREFIX]    with PREFIX: stores notes, whose idempotency keys begin with it
local ffi = require('ffi')
ffi.cdef('struct benchmark_time { long s; long ns; }; int clock_gettime(int, struct benchmark_time *);')
local MONOTONIC = 1
-- Connections are opened meanwhile: requests must not wait for the handshakes of others
local OPENING = 1000
local time = ffi.new('struct benchmark_time')

local function milliseconds()
  ffi.C.clock_gettime(MONOTONIC, time)
  return tonumber(time.s) * 1e3 + tonumber(time.ns) / 1e6
end

local interval, prefix, due
local written = 0

function init(arguments)
  interval = 1000 / tonumber(arguments[1])
  prefix = arguments[2]
end

-- wrk calls this before each request of each connection, and each call gets the next moment
function delay()
  local now = milliseconds()
  due = due and math.max(due + interval, now) or now + OPENING
  return math.floor(due - now)
end

function request()
  if not prefix then
    return wrk.format('GET')
  end
  written = written + 1
  local key = prefix .. '-' .. written
  local headers = { ['Content-Type'] = 'application/json', ['Idempotency-Key'] = key }
  return wrk.format('POST', nil, headers, '{"text":"note ' .. key .. '"}')
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"microseconds":%d,"median":%d,"p99":%d,"failed":%d}\n',
    summary.requests,
    summary.duration - OPENING * 1000,
    latency:percentile(50),
    latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.timeout + errors.status
  ))
end
