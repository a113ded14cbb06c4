-- api: the core's tables of the API as one Lua table, which all modules read and none changes:
-- operations, records, regions, statuses and words (see core.api).
--
-- SPDX-License-Identifier: MIT

return require("exotel.core").api()
