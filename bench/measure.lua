-- measure: what benches share. Instructions are counted by callgrind, in a run of the same
-- program as `lua BENCH count ROW`, between the beginning and the end of floor.repeated.
--
-- SPDX-License-Identifier: MIT

local measure = {}

--- The text of a fixture.
function measure.fixture(name)
  local file = assert(io.open("spec/fixtures/" .. name, "rb"))
  local text = file:read "a"
  file:close()
  return text
end

--- The middle one of an odd number of values, which are sorted.
function measure.median(values)
  table.sort(values)
  return values[(#values + 1) // 2]
end

local function count(index)
  local pipe = assert(io.popen(("valgrind --tool=callgrind --callgrind-out-file=/dev/null"
    .. " --toggle-collect=floor_repeated %s %s count %d 2>&1"):format(arg[-1], arg[0], index)))
  local said = pipe:read "a"
  pipe:close()
  return assert(tonumber(said:match "Collected : (%d+)"), said)
end

--- The instructions of the row of that index, over all that it repeats: the median of so many
--- runs, an odd number, since Lua's hashes differ from run to run.
function measure.instructions(index, runs)
  local counts = {}
  for run = 1, runs do counts[run] = count(index) end
  return measure.median(counts)
end

--- Seconds of this process's CPU time that a call takes.
function measure.seconds(fn, ...)
  local began = os.clock()
  fn(...)
  return os.clock() - began
end

--- The cores that this process may use, by their numbers.
function measure.cores()
  local list = {}
  for line in io.lines "/proc/self/status" do
    local ranges = line:match "^Cpus_allowed_list:%s*(.*)"
    for first, last in (ranges or ""):gmatch "(%d+)%-?(%d*)" do
      for core = tonumber(first), tonumber(last) or tonumber(first) do list[#list + 1] = core end
    end
  end
  return list
end

--- Keeps a process on one core.
function measure.pin(pid, core)
  local done = os.execute(("taskset -acp %d %d > /dev/null"):format(core, pid))
  assert(done == true or done == 0, "taskset can't pin a process")
end

return measure
