/*
** events: the fields of webhooks as data, a part of api (see api.h).
**
** One table for every sender: StatusCallbacks (S003), Passthru and agent requests (SUP,
** the support pages), streams and integrations (DEV). Names are found whatever their case.
**
** SPDX-License-Identifier: MIT
*/
#include "api.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

static const exotel_field event_fields[] = {
    {"CallSid", NULL, 0, "call_sid", EXOTEL_IS_TEXT, 0, "S003"},
    {"EventType", NULL, 0, "event_type", EXOTEL_IS_WORD, 0, "S003"},
    {"Status", NULL, 0, "status", EXOTEL_IS_WORD, 0, "S003"},
    {"DateCreated", NULL, 0, "date_created", EXOTEL_IS_TIME, 0, "S003"},
    {"DateUpdated", NULL, 0, "date_updated", EXOTEL_IS_TIME, 0, "S003"},
    {"StartTime", NULL, 0, "start_time", EXOTEL_IS_TIME, 0, "S003"},
    {"EndTime", NULL, 0, "end_time", EXOTEL_IS_TIME, 0, "S003"},
    {"From", NULL, 0, "from", EXOTEL_IS_TEXT, 0, "S003"},
    {"To", NULL, 0, "to", EXOTEL_IS_TEXT, 0, "S003"},
    {"PhoneNumberSid", NULL, 0, "phone_number_sid", EXOTEL_IS_TEXT, 0, "S003"},
    {"Direction", NULL, 0, "direction", EXOTEL_IS_WORD, 0, "S003"},
    {"Duration", NULL, 0, "duration", EXOTEL_IS_INTEGER, 0, "NEW"},
    {"ConversationDuration", NULL, 0, "conversation_duration", EXOTEL_IS_INTEGER, 0,
     "S003"},
    {"RecordingUrl", NULL, 0, "recording_url", EXOTEL_IS_TEXT, 0, "S003"},
    {"CustomField", NULL, 0, "custom_field", EXOTEL_IS_VERBATIM, 0, "S003"},
    {"Legs[].Id", "legs", 0, "id", EXOTEL_IS_INTEGER, EXOTEL_IMPLIED, "ours"},
    {"Legs[].Status", "legs", 0, "status", EXOTEL_IS_WORD, 0, "S003"},
    {"Legs[].OnCallDuration", "legs", 0, "on_call_duration", EXOTEL_IS_INTEGER, 0,
     "S003"},
    {"Legs[].AnsweredBy", "legs", 0, "answered_by", EXOTEL_IS_WORD, 0, "NEW"},
    {"Legs[].Number", "legs", 0, "number", EXOTEL_IS_TEXT, 0, "SUP"},
    {"Legs[].Type", "legs", 0, "type", EXOTEL_IS_WORD, 0, "SUP"},
    {"Legs[].CallerId", "legs", 0, "caller_id", EXOTEL_IS_TEXT, 0, "SUP"},
    {"Legs[].CauseCode", "legs", 0, "cause_code", EXOTEL_IS_TEXT, 0, "SUP"},
    {"Legs[].Cause", "legs", 0, "cause", EXOTEL_IS_INTEGER, 0, "SUP"},
    {"Legs[].DisconnectedBy", "legs", 0, "disconnected_by", EXOTEL_IS_TEXT, 0, "SUP"},
    {"Legs[].Insights.Status", "legs", 0, "insights_status", EXOTEL_IS_WORD, 0, "SUP"},
    {"Legs[].Insights.DetailedStatus", "legs", 0, "insights_detailed_status",
     EXOTEL_IS_TEXT, 0, "SUP"},
    {"Legs[].Insights.RingingDuration", "legs", 0, "insights_ringing_duration",
     EXOTEL_IS_NUMBER, 0, "SUP"},
    {"CallFrom", NULL, 0, "call_from", EXOTEL_IS_TEXT, 0, "SUP"},
    {"CallTo", NULL, 0, "call_to", EXOTEL_IS_TEXT, 0, "SUP"},
    {"Created", NULL, 0, "created", EXOTEL_IS_TIME, 0, "SUP"},
    {"CurrentTime", NULL, 0, "current_time", EXOTEL_IS_TIME, 0, "SUP"},
    {"CallType", NULL, 0, "call_type", EXOTEL_IS_WORD, 0, "SUP"},
    {"CallStatus", NULL, 0, "call_status", EXOTEL_IS_WORD, 0, "SUP"},
    {"DialCallStatus", NULL, 0, "dial_call_status", EXOTEL_IS_WORD, 0, "SUP"},
    {"DialCallDuration", NULL, 0, "dial_call_duration", EXOTEL_IS_INTEGER, 0, "SUP"},
    {"DialWhomNumber", NULL, 0, "dial_whom_number", EXOTEL_IS_TEXT, 0, "SUP"},
    {"ForwardedFrom", NULL, 0, "forwarded_from", EXOTEL_IS_TEXT, 0, "SUP"},
    {"OutgoingPhoneNumber", NULL, 0, "outgoing_phone_number", EXOTEL_IS_TEXT, 0, "SUP"},
    {"ProcessStatus", NULL, 0, "process_status", EXOTEL_IS_WORD, 0, "SUP"},
    {"RecordingAvailableBy", NULL, 0, "recording_available_by", EXOTEL_IS_TIME, 0,
     "SUP"},
    {"digits", NULL, 0, "digits", EXOTEL_IS_KEYS, 0, "SUP"},
    {"flow_id", NULL, 0, "flow_id", EXOTEL_IS_TEXT, 0, "SUP"},
    {"tenant_id", NULL, 0, "tenant_id", EXOTEL_IS_TEXT, 0, "SUP"},
    {"AgentEmail", NULL, 0, "agent_email", EXOTEL_IS_TEXT, 0, "SUP"},
    {"Stream.StreamSID", NULL, 0, "stream_sid", EXOTEL_IS_TEXT, 0, "SUP"},
    {"Stream.Status", NULL, 0, "stream_status", EXOTEL_IS_WORD, 0, "SUP"},
    {"Stream.Duration", NULL, 0, "stream_duration", EXOTEL_IS_NUMBER, 0, "SUP"},
    {"Stream.RecordingUrl", NULL, 0, "stream_recording_url", EXOTEL_IS_TEXT, 0, "SUP"},
    {"Stream.StreamUrl", NULL, 0, "stream_url", EXOTEL_IS_TEXT, 0, "SUP"},
    {"Stream.DisconnectedBy", NULL, 0, "stream_disconnected_by", EXOTEL_IS_TEXT, 0,
     "SUP"},
    {"Stream.DetailedStatus", NULL, 0, "stream_detailed_status", EXOTEL_IS_TEXT, 0,
     "SUP"},
    {"Stream.Error", NULL, 0, "stream_error", EXOTEL_IS_TEXT, 0, "SUP"},
    {"AppId", NULL, 0, "app_id", EXOTEL_IS_TEXT, 0, "DEV"},
    {"AppUserID", NULL, 0, "app_user_id", EXOTEL_IS_TEXT, 0, "DEV"},
    {"VirtualNumber", NULL, 0, "virtual_number", EXOTEL_IS_TEXT, 0, "DEV"},
    {"FromNumber", NULL, 0, "from_number", EXOTEL_IS_TEXT, 0, "DEV"},
    {"ToNumber", NULL, 0, "to_number", EXOTEL_IS_TEXT, 0, "DEV"},
    {"CallState", NULL, 0, "call_state", EXOTEL_IS_WORD, 0, "DEV"},
    {"TotalDuration", NULL, 0, "total_duration", EXOTEL_IS_INTEGER, 0, "DEV"},
    {"CreatedAt", NULL, 0, "created_at", EXOTEL_IS_TIME, 0, "DEV"},
    /* Of an agent's event the status is the agent's, not the call's. */
    {"Status", NULL, 0, "agent_status", EXOTEL_IS_WORD, EXOTEL_MOVED, "SUP"},
};

static const char *const own_names[] = {"kind", "final", "dedup_key", "files", NULL};

static const exotel_record_type event_type = {"event", event_fields,
                                              COUNT(event_fields), own_names};

/* A table of rows too long for those who count on the maximum doesn't compile. */
typedef char rows_fit[COUNT(event_fields) <= EXOTEL_ROWS_MAX ? 1 : -1];

const exotel_record_type *exotel_event_type(void) {
  return &event_type;
}
