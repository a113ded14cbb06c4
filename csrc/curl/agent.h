/*
** agent: one libcurl handle with its connections, for one client. Knows no Lua.
**
** A request is performed whole and blocking.
**
** SPDX-License-Identifier: MIT
*/
#ifndef EXOTEL_AGENT_H
#define EXOTEL_AGENT_H

#include "transfer.h"

typedef struct exotel_agent exotel_agent;

/* A new agent, or NULL without memory. The options are copied. Touches no network and
** makes no handle yet. */
exotel_agent *exotel_agent_new(const exotel_transfer_options *options);

/* Performs `request` and fills `result`, which is the caller's. After a fork the first
** request takes a new handle and abandons the old one, whose connections are the
** parent's. */
void exotel_agent_perform(exotel_agent *a, const exotel_transfer_request *request,
                          exotel_transfer_result *result);

/* Closes all. In a forked child the parent's connections are left alone. NULL is fine. */
void exotel_agent_free(exotel_agent *a);

#endif
