/*
** applet: what the URLs of applets are answered with (see applet.h). Rows, and how they are
** found.
**
** The articles are known in part only: where they give no limit, the largest number here is
** ours.
**
** SPDX-License-Identifier: MIT
*/
#include "applet.h"

#include "slice.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

#define NAMED(text) .value.name = (text), .value.lua = (text)

static const char *const channels[] = {"single", "dual", NULL};
static const char *const music[] = {"operator_tone", "default_tone", NULL};
static const char *const playbacks[] = {"text", NULL};
static const char *const parties[] = {"both", NULL};
static const char *const destination_types[] = {"user", NULL};

static const exotel_reply_field number_fields[] = {
    {NAMED("numbers"), .list = 1, .value.type = EXOTEL_TAKES_PHONE, .value.most = 100,
     .value.about = "the numbers to dial, in their order; none of them: dial nobody",
     .value.source = "SUP"},
    {NAMED("trunk"), .value.type = EXOTEL_TAKES_TEXT, .value.max = 255,
     .value.about = "the SIP trunk to dial", .value.source = "SUP"},
};

static const exotel_reply_field user_fields[] = {
    {NAMED("contact_uri"), .value.type = EXOTEL_TAKES_TEXT, .value.required = 1,
     .value.max = 255, .value.about = "the user's number or address",
     .value.source = "SUP"},
    {NAMED("device_contact_uri"), .value.type = EXOTEL_TAKES_TEXT, .value.max = 255,
     .value.about = "the device's own", .value.source = "SUP"},
};

static const exotel_reply_field music_fields[] = {
    {NAMED("type"), .value.type = EXOTEL_TAKES_WORD, .value.required = 1,
     .value.max = 64, .value.choices = music, .value.about = "what is played",
     .value.source = "SUP"},
    {NAMED("value"), .value.type = EXOTEL_TAKES_TEXT, .value.max = 2048,
     .value.about = "its address, where the type wants one", .value.source = "SUP"},
};

static const exotel_reply_field playback_fields[] = {
    {NAMED("playback_to"), .value.type = EXOTEL_TAKES_WORD, .value.required = 1,
     .value.max = 64, .value.choices = parties, .value.about = "who hears it",
     .value.source = "SUP"},
    {NAMED("type"), .value.type = EXOTEL_TAKES_WORD, .value.required = 1,
     .value.max = 64, .value.choices = playbacks, .value.about = "what the value is",
     .value.source = "SUP"},
    {NAMED("value"), .value.type = EXOTEL_TAKES_TEXT, .value.required = 1,
     .value.max = 2048, .value.about = "the text to say, or the address to play",
     .value.source = "SUP"},
};

static const exotel_reply_field parallel_fields[] = {
    {NAMED("activate"), .value.type = EXOTEL_TAKES_BOOLEAN, .value.required = 1,
     .value.about = "whether several numbers are rung at once", .value.source = "SUP"},
    {NAMED("max_parallel_attempts"), .value.type = EXOTEL_TAKES_INTEGER, .value.min = 1,
     .value.max = 10, .value.about = "how many of them at once", .value.source = "SUP"},
};

static const exotel_reply_field prompt_fields[] = {
    {NAMED("text"), .value.type = EXOTEL_TAKES_TEXT, .value.about = "what is said",
     .value.source = "SUP"},
    {NAMED("audio_url"), .value.type = EXOTEL_TAKES_URL,
     .value.about = "the audio that is played", .value.source = "SUP"},
};

static const exotel_reply_shape numbers = {number_fields, COUNT(number_fields), 1};
static const exotel_reply_shape users = {user_fields, COUNT(user_fields), 0};
static const exotel_reply_shape music_on_hold = {music_fields, COUNT(music_fields), 0};
static const exotel_reply_shape playback = {playback_fields, COUNT(playback_fields), 0};
static const exotel_reply_shape parallel = {parallel_fields, COUNT(parallel_fields), 0};
static const exotel_reply_shape prompt = {prompt_fields, COUNT(prompt_fields), 1};

/* SUP 3000096873; of users the variant for call centres. */
static const exotel_reply_field connect_fields[] = {
    {NAMED("destination"), .shape = &numbers, .value.required = 1,
     .value.about = "whom to dial", .value.source = "SUP"},
    {NAMED("destination"), .list = 1, .shape = &users, .value.required = 1,
     .value.most = 100, .value.about = "the users to dial, with destination_type user",
     .value.source = "SUP"},
    {NAMED("destination_type"), .value.type = EXOTEL_TAKES_WORD, .value.max = 64,
     .value.choices = destination_types, .value.about = "what the destinations are",
     .value.source = "SUP"},
    {NAMED("fetch_after_attempt"), .value.type = EXOTEL_TAKES_BOOLEAN,
     .value.about =
         "whether the URL is asked again after each number that didn't answer",
     .value.source = "SUP"},
    {NAMED("outgoing_phone_number"), .value.type = EXOTEL_TAKES_PHONE,
     .value.about = "the ExoPhone that those who are dialled see",
     .value.source = "SUP"},
    {NAMED("record"), .value.type = EXOTEL_TAKES_BOOLEAN,
     .value.about = "whether the conversation is recorded", .value.source = "SUP"},
    {NAMED("recording_channels"), .value.type = EXOTEL_TAKES_CHOICE,
     .value.choices = channels,
     .value.about = "both parties in one channel, or one each", .value.source = "SUP"},
    {NAMED("max_ringing_duration"), .value.type = EXOTEL_TAKES_INTEGER,
     .value.max = 86400, .value.about = "seconds to ring", .value.source = "SUP"},
    {NAMED("max_conversation_duration"), .value.type = EXOTEL_TAKES_INTEGER,
     .value.max = 86400, .value.about = "seconds after which the conversation is cut",
     .value.source = "SUP"},
    {NAMED("music_on_hold"), .shape = &music_on_hold,
     .value.about = "what the caller hears while others are rung",
     .value.source = "SUP"},
    {NAMED("start_call_playback"), .shape = &playback,
     .value.about = "what is played before the conversation", .value.source = "SUP"},
    {NAMED("parallel_ringing"), .shape = &parallel,
     .value.about = "several numbers at once", .value.source = "SUP"},
    {NAMED("dial_passthru_event_url"), .value.type = EXOTEL_TAKES_URL,
     .value.about = "where it is told who is rung, and who is free again",
     .value.source = "SUP"},
    {NAMED("custom_params"), .value.type = EXOTEL_TAKES_PAIRS, .value.max = 200,
     .value.most = 3, .value.about = "SIP headers for the trunk",
     .value.source = "SUP"},
};

/* SUP 3000088074. */
static const exotel_reply_field dial_whom_fields[] = {
    {NAMED("numbers"), .list = 1, .form = EXOTEL_REPLY_ITEMS,
     .value.type = EXOTEL_TAKES_PHONE, .value.required = 1, .value.most = 100,
     .value.about = "the numbers to dial, in their order", .value.source = "SUP"},
};

/* SUP 3000084635. */
static const exotel_reply_field gather_fields[] = {
    {NAMED("gather_prompt"), .shape = &prompt, .value.required = 1,
     .value.about = "what asks for the digits", .value.source = "SUP"},
    {NAMED("max_input_digits"), .standard = "255", .value.type = EXOTEL_TAKES_INTEGER,
     .value.min = 1, .value.max = 255, .value.about = "as many end the input",
     .value.source = "SUP"},
    {NAMED("finish_on_key"), .standard = "#", .value.type = EXOTEL_TAKES_KEY,
     .value.about = "the key that ends the input", .value.source = "SUP"},
    {NAMED("input_timeout"), .standard = "5", .value.type = EXOTEL_TAKES_INTEGER,
     .value.max = 3600, .value.about = "seconds to wait for a key",
     .value.source = "SUP"},
    {NAMED("repeat_menu"), .standard = "0", .value.type = EXOTEL_TAKES_INTEGER,
     .value.max = 100,
     .value.about = "how often it is asked again when nothing was keyed",
     .value.source = "SUP"},
    {NAMED("repeat_gather_prompt"), .shape = &prompt,
     .value.about = "what asks then; without it gather_prompt", .value.source = "SUP"},
};

/* SUP 3000052018. */
static const exotel_reply_field switch_fields[] = {
    {NAMED("select"), .value.type = EXOTEL_TAKES_TEXT, .value.required = 1,
     .value.max = 255, .value.about = "the case to go on with", .value.source = "SUP"},
};

/* SUP 48285, 3000100184; JSON as integrators send it. */
static const exotel_reply_field greeting_fields[] = {
    {NAMED("text"), .form = EXOTEL_REPLY_TEXT, .value.type = EXOTEL_TAKES_TEXT,
     .value.about = "what is said", .value.source = "SUP"},
    {NAMED("audio"), .list = 1, .form = EXOTEL_REPLY_LINES,
     .value.type = EXOTEL_TAKES_URL, .value.most = 100,
     .value.about = "the audio that is played, one after the other",
     .value.source = "SUP"},
    {NAMED("greeting_url"), .value.type = EXOTEL_TAKES_URL,
     .value.about = "the audio that is played, told in JSON", .value.source = "SUP"},
};

static const exotel_reply_shape connect = {connect_fields, COUNT(connect_fields), 0};
static const exotel_reply_shape dial_whom = {dial_whom_fields, COUNT(dial_whom_fields),
                                             0};
static const exotel_reply_shape gather = {gather_fields, COUNT(gather_fields), 0};
static const exotel_reply_shape switch_case = {switch_fields, COUNT(switch_fields), 0};
static const exotel_reply_shape greeting = {greeting_fields, COUNT(greeting_fields), 1};

#define JSON "application/json"

static const exotel_reply replies[] = {
    {"connect", &connect, JSON, 0, "whom a Connect applet dials, and how", "SUP"},
    {"dial_whom", &dial_whom, NULL, 0, "whom a Connect applet dials, in plain text",
     "SUP"},
    {"gather", &gather, JSON, 0, "what a Gather applet asks for", "SUP"},
    {"switch", &switch_case, "text/plain", 1,
     "the case that a Switch applet goes on with", "SUP"},
    {"greeting", &greeting, JSON, 0, "what a Greeting applet says or plays", "SUP"},
};

/* SUP 48283. */
static const exotel_choice passthru_choices[] = {{"a", 200}, {"b", 302}};

const exotel_reply *exotel_replies(size_t *n) {
  *n = COUNT(replies);
  return replies;
}

const exotel_choice *exotel_passthru_choices(size_t *n) {
  *n = COUNT(passthru_choices);
  return passthru_choices;
}

const exotel_reply *exotel_reply_find(exotel_slice name) {
  size_t i;
  for (i = 0; i < COUNT(replies); i++) {
    if (exotel_slice_is(name, replies[i].name)) return &replies[i];
  }
  return NULL;
}

const exotel_reply_field *exotel_reply_field_find(const exotel_reply_shape *shape,
                                                  exotel_slice name, int list) {
  const exotel_reply_field *found = NULL;
  size_t i;
  for (i = 0; i < shape->nfields; i++) {
    if (!exotel_slice_is(name, shape->fields[i].value.name)) continue;
    if (found == NULL || shape->fields[i].list == list) found = &shape->fields[i];
  }
  return found;
}
