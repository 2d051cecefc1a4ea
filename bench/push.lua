-- Pushes blobs that nobody has pushed before, each a POST and then a PUT to the place that the POST
-- was answered with, for as long as wrk runs.
--
-- Arguments: the repository, a file of random bytes, and a file with a line for each blob: what
-- stands before those bytes in it, and its digest. Which connection sends which of the requests
-- makes no difference to a registry.

local repository, tail, blobs
local places = {}
local at = 0
local all = {}

pushed, strange = 0, ""

function setup(thread)
   table.insert(all, thread)
end

function init(arguments)
   repository = arguments[1]
   tail = io.open(arguments[2], "rb"):read("*a")
   blobs = {}
   for line in io.lines(arguments[3]) do
      table.insert(blobs, line)
   end
   post = wrk.format("POST", "/v2/" .. repository .. "/blobs/uploads/", {["Content-Length"] = "0"})
end

function request()
   local place = table.remove(places)
   if place == nil then
      return post
   end
   at = at + 1
   if blobs[at] == nil then
      strange = "there were too few blobs"
      return post
   end
   local head, digest = blobs[at]:match("(%S+) (%S+)")
   local between = place:find("?", 1, true) and "&" or "?"
   local path = place:gsub("^https?://[^/]+", "") .. between .. "digest=" .. digest
   return wrk.format("PUT", path, {["Content-Type"] = "application/octet-stream"}, head .. tail)
end

function response(status, headers, body)
   if status == 202 then
      table.insert(places, headers["Location"] or headers["location"])
   elseif status == 201 then
      pushed = pushed + 1
   else
      strange = status .. " " .. body
   end
end

function done(summary)
   for _, thread in ipairs(all) do
      print("pushed " .. thread:get("pushed") .. " in " .. summary.duration .. " us")
      if thread:get("strange") ~= "" then
         print("strange: " .. thread:get("strange"))
      end
   end
end
