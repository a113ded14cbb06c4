-- api: the core's tables of the API as one Lua table, which all modules read and none changes:
-- operations, records, regions, statuses and words (see core.api); and by_name, the operations
-- by their names.
--
-- SPDX-License-Identifier: MIT

local api = require("exotel.core").api()

api.by_name = {}
for _, operation in ipairs(api.operations) do api.by_name[operation.name] = operation end

return api
