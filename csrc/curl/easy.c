/*
** easy: one libcurl handle, set up for one request after the other (see easy.h).
**
** libcurl's callbacks append to buffers and count, and one asks to be told of a line;
** nothing else runs under its frames. Every option is set anew for a request:
** curl_easy_reset forgets options and keeps connections, TLS sessions and the loaded
** certificates. Only what is the same for every request of an owner stays between one GET
** and the next.
**
** SPDX-License-Identifier: MIT
*/
#define _GNU_SOURCE
#include "easy.h"

#include "../core/ascii.h"
#include "../core/base64.h"
#include "../core/header.h"
#include "../core/slice.h"
#include "library.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define HEADER_MAX 65536  /* bytes of one header of a request */
#define IDLE_SECONDS 60L  /* a connection unused this long isn't taken again */
#define LIFE_SECONDS 600L /* nor one this old, so that a moved address is noticed */

/* {=================================================================
** Callbacks: they see libcurl's frames, so they do little more than append and count
** ================================================================== */

static size_t on_body(char *p, size_t size, size_t n, void *context) {
  exotel_easy *t = context;
  if (exotel_buffer_add(&t->result->body, p, size * n) == EXOTEL_BUFFER_OK)
    return size * n;
  t->too_large |= t->result->body.state == EXOTEL_BUFFER_FULL;
  return size * n + 1; /* any other number than was given ends the transfer */
}

/* Where libcurl would add a folded line to what is freed (exotel_curl_adds_to_freed): it
** tells of a line before that, and such a one is made a line of its own, and refused. */
static int on_line(CURL *handle, curl_infotype type, char *p, size_t n, void *context) {
  exotel_easy *t = context;
  (void)handle;
  if (type != CURLINFO_HEADER_IN || n == 0 || (*p != ' ' && *p != '\t')) return 0;
  t->folded = 1;
  *p = 'x';
  return 0;
}

/* Told only of the line behind a status line: libcurl tells of much more at other times. */
static void watch_next_line(exotel_easy *t, int watch) {
  if (t->watches == watch || !exotel_curl_adds_to_freed()) return;
  curl_easy_setopt(t->handle, CURLOPT_VERBOSE, watch ? 1L : 0L);
  t->watches = watch;
}

/* In any case, since libcurl looks past it. */
static int is_status_line(const char *p, size_t n) {
  return n > 5 && exotel_slice_is_nocase(exotel_slice_between(p, p + 5), "HTTP/");
}

/* Such a one libcurl can't read, and takes for a 200. */
static int is_without_version(const char *p) {
  return memcmp(p, "HTTP/", 5) != 0 || !exotel_is_digit(p[5]);
}

/* A new status line (after 100-continue) begins a new answer. */
static size_t on_header(char *p, size_t size, size_t n, void *context) {
  exotel_easy *t = context;
  exotel_buffer *b = &t->result->headers;
  int begins = is_status_line(p, size * n);
  n *= size;
  t->misread |= begins && is_without_version(p);
  if (t->misread) return n + 1;
  watch_next_line(t, begins);
  if (t->folded) return n + 1;
  if (begins) {
    exotel_buffer_reset(b);
    t->header_lines = 0;
    t->head_ended = 0;
    return n;
  }
  t->head_ended |= n <= 2; /* the line end alone */
  if (++t->header_lines <= EXOTEL_HEADER_LINES_MAX &&
      exotel_buffer_add(b, p, n) == EXOTEL_BUFFER_OK)
    return n;
  t->too_large |= b->state != EXOTEL_BUFFER_NOMEMORY;
  return n + 1;
}

/* Called when the connection stands and before each send of the request. */
static int on_send(void *context, char *ip, char *local_ip, int port, int local_port) {
  exotel_easy *t = context;
  (void)ip;
  (void)local_ip;
  (void)port;
  (void)local_port;
  if (t->result->sent > 0 && t->send_once) {
    t->repeated = 1;
    return CURL_PREREQFUNC_ABORT;
  }
  t->result->sent++;
  return CURL_PREREQFUNC_OK;
}

static int is_loopback(const struct sockaddr *address) {
  if (address->sa_family == AF_INET) {
    const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)address;
    return (ntohl(in->sin_addr.s_addr) >> 24) == 127;
  }
  if (address->sa_family == AF_INET6) {
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)address;
    return IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr);
  }
  return 0;
}

/* No child process inherits the socket; and plain http goes to loopback only, whatever
** a name was resolved to. */
static curl_socket_t on_open(void *context, curlsocktype purpose,
                             struct curl_sockaddr *address) {
  exotel_easy *t = context;
  if (purpose != CURLSOCKTYPE_IPCXN) return CURL_SOCKET_BAD;
  if (t->plain && !t->plain_anywhere && !is_loopback(&address->addr)) {
    t->refused = 1;
    return CURL_SOCKET_BAD;
  }
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* }================================================================== */

/* {=================================================================
** Options
** ================================================================== */

typedef struct setting {
  CURL *handle;
  CURLcode code; /* the first failure */
} setting;

static void set_long(setting *s, CURLoption option, long value) {
  if (s->code == CURLE_OK) s->code = curl_easy_setopt(s->handle, option, value);
}

static void set_text(setting *s, CURLoption option, const char *value) {
  if (s->code == CURLE_OK) s->code = curl_easy_setopt(s->handle, option, value);
}

static void set_list(setting *s, CURLoption option, struct curl_slist *value) {
  if (s->code == CURLE_OK) s->code = curl_easy_setopt(s->handle, option, value);
}

static void set_callbacks(setting *s, exotel_easy *t) {
  CURL *c = s->handle;
  curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(c, CURLOPT_WRITEDATA, (void *)t);
  curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(c, CURLOPT_HEADERDATA, (void *)t);
  curl_easy_setopt(c, CURLOPT_DEBUGFUNCTION, on_line);
  curl_easy_setopt(c, CURLOPT_DEBUGDATA, (void *)t);
  curl_easy_setopt(c, CURLOPT_PREREQFUNCTION, on_send);
  curl_easy_setopt(c, CURLOPT_PREREQDATA, (void *)t);
  curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, on_open);
  curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, (void *)t);
  curl_easy_setopt(c, CURLOPT_ERRORBUFFER, t->error);
}

/* Only https, or http where it was chosen; never a redirect. */
static void set_protocols(setting *s, int http) {
#if LIBCURL_VERSION_NUM >= 0x075500
  set_text(s, CURLOPT_PROTOCOLS_STR, http ? "http" : "https");
  set_text(s, CURLOPT_REDIR_PROTOCOLS_STR, "https");
#else
  set_long(s, CURLOPT_PROTOCOLS, http ? CURLPROTO_HTTP : CURLPROTO_HTTPS);
  set_long(s, CURLOPT_REDIR_PROTOCOLS, CURLPROTO_HTTPS);
#endif
  set_long(s, CURLOPT_FOLLOWLOCATION, 0L);
  set_long(s, CURLOPT_HTTP09_ALLOWED, 0L);
  set_long(s, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
}

/* The CA directory is off: with it libcurl doesn't keep the certificates it has read. */
static void set_tls(setting *s, const exotel_transfer_options *o) {
  set_long(s, CURLOPT_SSL_VERIFYPEER, 1L);
  set_long(s, CURLOPT_SSL_VERIFYHOST, 2L);
  set_long(s, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
  set_text(s, CURLOPT_CAPATH, NULL);
  if (o->ca_file != NULL) set_text(s, CURLOPT_CAINFO, o->ca_file);
}

/* An answer of a proxy to CONNECT isn't one of the service, whose headers it isn't shown. */
static void set_proxy(setting *s, const exotel_transfer_options *o, int plain) {
  const char *proxy = plain && !o->plain_http ? "" : o->proxy; /* loopback needs none */
  set_long(s, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set_long(s, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE);
  if (proxy == NULL) return;
  set_text(s, CURLOPT_PROXY, proxy);
  /* else the environment is asked for exceptions */
  if (*proxy == '\0') set_text(s, CURLOPT_NOPROXY, "*");
}

/* The account's credentials come with the request, and from nowhere else. */
static void set_connection(setting *s) {
  set_long(s, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
  set_long(s, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
  set_long(s, CURLOPT_NOSIGNAL, 1L);
  set_long(s, CURLOPT_MAXAGE_CONN, IDLE_SECONDS);
  set_long(s, CURLOPT_MAXLIFETIME_CONN, LIFE_SECONDS);
#if LIBCURL_VERSION_NUM >= 0x075700
  set_long(s, CURLOPT_QUICK_EXIT, 1L); /* giving up doesn't wait for a name lookup */
#endif
}

/* The answer to a HEAD has no body, whatever length its headers give. */
static void set_body(setting *s, const exotel_transfer_request *r) {
  curl_off_t size = (curl_off_t)r->body_size;
  if (r->body == NULL && strcmp(r->method, "POST") != 0) {
    set_long(s, strcmp(r->method, "HEAD") == 0 ? CURLOPT_NOBODY : CURLOPT_HTTPGET, 1L);
    return;
  }
  if (s->code == CURLE_OK)
    s->code = curl_easy_setopt(s->handle, CURLOPT_POSTFIELDSIZE_LARGE, size);
  set_text(s, CURLOPT_COPYPOSTFIELDS, r->body != NULL ? r->body : "");
}

/* Appends to a list that libcurl doesn't copy. Returns 0 without memory. */
static int append(struct curl_slist **list, const char *line) {
  struct curl_slist *longer = curl_slist_append(*list, line);
  if (longer != NULL) *list = longer;
  return longer != NULL;
}

static int append_header(exotel_easy *t, const exotel_header *h) {
  exotel_buffer *line = &t->line;
  line->max = HEADER_MAX;
  exotel_buffer_reset(line);
  exotel_buffer_add(line, h->name.p, h->name.n);
  exotel_buffer_adds(line, ": ");
  exotel_buffer_add(line, h->value.p, h->value.n);
  return line->state == EXOTEL_BUFFER_OK && append(&t->headers, line->p);
}

/* Who authorizes itself: NULL for nobody, or by a header of its own. */
static const char *user_of(const exotel_transfer_request *r) {
  size_t i;
  for (i = 0; r->username != NULL && i < r->nheaders; i++) {
    if (exotel_slice_is_nocase(r->headers[i].name, "Authorization")) return NULL;
  }
  return r->username;
}

static const char *password_of(const exotel_transfer_request *r) {
  return r->password != NULL ? r->password : "";
}

/* Adds "Authorization" to the headers. Left to libcurl it is spelt anew for each request. */
static int append_credentials(exotel_easy *t, const exotel_transfer_request *r) {
  exotel_buffer *line = &t->line, *pair = &t->credentials;
  line->max = pair->max = HEADER_MAX;
  exotel_buffer_reset(line);
  exotel_buffer_adds(pair, r->username);
  exotel_buffer_addc(pair, ':');
  exotel_buffer_adds(pair, password_of(r));
  exotel_buffer_adds(line, "Authorization: Basic ");
  exotel_base64_encode(line, exotel_slice_held(pair));
  return pair->state == EXOTEL_BUFFER_OK && line->state == EXOTEL_BUFFER_OK &&
         append(&t->headers, line->p);
}

/* Whether they are those of the last request, or neither has any. */
static int has_credentials(const exotel_easy *t, const exotel_transfer_request *r) {
  const char *user = user_of(r), *pair = t->credentials.p;
  size_t n = user == NULL ? 0 : strlen(user);
  if (user == NULL || t->credentials.n == 0)
    return user == NULL && t->credentials.n == 0;
  return strncmp(pair, user, n) == 0 && pair[n] == ':' &&
         strcmp(pair + n + 1, password_of(r)) == 0;
}

static int is_line(const char *line, const exotel_header *h) {
  size_t n = h->name.n, m = h->value.n;
  return strncmp(line, h->name.p, n) == 0 && strncmp(line + n, ": ", 2) == 0 &&
         strncmp(line + n + 2, h->value.p, m) == 0 && line[n + 2 + m] == '\0';
}

/* Whether the request's headers are those of the last one, which the handle has still. */
static int has_headers(const exotel_easy *t, const exotel_transfer_request *r) {
  const struct curl_slist *line = t->headers;
  size_t i;
  if (!has_credentials(t, r)) return 0;
  if (t->credentials.n > 0) line = line->next;
  for (i = 0; i < r->nheaders; i++, line = line->next) {
    if (line == NULL || !is_line(line->data, &r->headers[i])) return 0;
  }
  return line == NULL && r->body == NULL;
}

static void free_headers(exotel_easy *t) {
  curl_slist_free_all(t->headers);
  t->headers = NULL;
  exotel_buffer_reset(&t->credentials);
}

/* "Expect:" keeps libcurl from asking before it sends a body. */
static int make_headers(exotel_easy *t, const exotel_transfer_request *r) {
  size_t i;
  free_headers(t);
  if (user_of(r) != NULL && !append_credentials(t, r)) return 0;
  if (r->body != NULL && !append(&t->headers, "Expect:")) return 0;
  for (i = 0; i < r->nheaders; i++) {
    if (!append_header(t, &r->headers[i])) return 0;
  }
  return 1;
}

static void set_headers(setting *s, exotel_easy *t, const exotel_transfer_request *r) {
  if (has_headers(t, r)) return;
  set_list(s, CURLOPT_HTTPHEADER, NULL); /* it points to those that are freed */
  if (s->code == CURLE_OK && !make_headers(t, r)) s->code = CURLE_OUT_OF_MEMORY;
  set_list(s, CURLOPT_HTTPHEADER, t->headers);
}

static void free_resolve(exotel_easy *t) {
  curl_slist_free_all(t->resolve);
  t->resolve = NULL;
}

/* What is the same for all requests of these options that are plain or not. */
static void set_lasting(setting *s, exotel_easy *t, const exotel_transfer_options *o) {
  set_callbacks(s, t);
  set_protocols(s, t->plain);
  set_tls(s, o);
  set_proxy(s, o, t->plain);
  set_connection(s);
  if (o->resolve != NULL && !append(&t->resolve, o->resolve))
    s->code = CURLE_OUT_OF_MEMORY;
  if (t->resolve != NULL) set_list(s, CURLOPT_RESOLVE, t->resolve);
  if (o->user_agent != NULL) set_text(s, CURLOPT_USERAGENT, o->user_agent);
}

/* What all GETs of an owner have in common besides. */
static void set_kind(setting *s, const exotel_transfer_request *r) {
  set_body(s, r);
  set_text(s, CURLOPT_CUSTOMREQUEST, r->method);
}

/* `*was`: what the option has been set to. */
static void set_changed(setting *s, CURLoption option, long *was, long value) {
  if (*was == value) return;
  set_long(s, option, value);
  *was = value;
}

static void set_request(setting *s, exotel_easy *t, const exotel_transfer_request *r) {
  if (s->code == CURLE_OK)
    s->code = exotel_location_set(&t->location, t->handle, r->url);
  set_changed(s, CURLOPT_TIMEOUT_MS, &t->timeout_ms, r->timeout_ms);
  set_changed(s, CURLOPT_CONNECTTIMEOUT_MS, &t->connect_timeout_ms,
              r->connect_timeout_ms);
  set_changed(s, CURLOPT_FRESH_CONNECT, &t->fresh, r->fresh_connection ? 1L : 0L);
  set_headers(s, t, r);
}

/* }================================================================== */

/* {=================================================================
** What came of it
** ================================================================== */

static exotel_transfer_failure failure_of(const exotel_easy *t, CURLcode code) {
  if (t->repeated) return EXOTEL_TRANSFER_REPEATED;
  if (t->refused) return EXOTEL_TRANSFER_REFUSED;
  if (t->too_large) return EXOTEL_TRANSFER_TOO_LARGE;
  if (t->folded || t->misread) return EXOTEL_TRANSFER_PROTOCOL;
  switch (code) {
    case CURLE_OK: /* also for a head that was cut: that is no whole answer */
      return t->head_ended ? EXOTEL_TRANSFER_DONE : EXOTEL_TRANSFER_CLOSED;
    case CURLE_OUT_OF_MEMORY:
    case CURLE_WRITE_ERROR: return EXOTEL_TRANSFER_MEMORY;
    case CURLE_COULDNT_RESOLVE_HOST: return EXOTEL_TRANSFER_RESOLVE;
    case CURLE_COULDNT_CONNECT:
    case CURLE_INTERFACE_FAILED: return EXOTEL_TRANSFER_CONNECT;
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_PROXY: return EXOTEL_TRANSFER_PROXY;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_INVALIDCERTSTATUS: return EXOTEL_TRANSFER_TLS;
    case CURLE_OPERATION_TIMEDOUT: return EXOTEL_TRANSFER_TIMEOUT;
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE: /* before a request is sent, only a proxy is talked to */
      return t->result->sent > 0 ? EXOTEL_TRANSFER_CLOSED : EXOTEL_TRANSFER_PROXY;
    case CURLE_WEIRD_SERVER_REPLY: return EXOTEL_TRANSFER_PROTOCOL;
    case CURLE_UNSUPPORTED_PROTOCOL: /* also HTTP/0.9, which has no status line */
      return t->result->sent > 0 ? EXOTEL_TRANSFER_PROTOCOL : EXOTEL_TRANSFER_REFUSED;
    default: return EXOTEL_TRANSFER_OTHER;
  }
}

/* Then libcurl repeats the proxy's whole address, and with it a password. */
static int shows_proxy(const char *text) {
  static const char begin[] = "Unsupported proxy";
  return strncmp(text, begin, sizeof begin - 1) == 0;
}

/* By this code libcurl may also mean that a line is longer than it reads. */
static int is_memory_or_line(const exotel_easy *t, CURLcode code) {
  return code == CURLE_OUT_OF_MEMORY && t->result->sent > 0 && !t->head_ended;
}

static void describe(exotel_easy *t, CURLcode code) {
  exotel_transfer_result *r = t->result;
  const char *text = t->error[0] != '\0' ? t->error : curl_easy_strerror(code);
  if (is_memory_or_line(t, code))
    text = "not enough memory, or a line of the answer's headers is too long";
  if (shows_proxy(text)) text = "the proxy's address is none that can be used";
  if (t->too_large) text = "the answer is larger than the limit";
  if (t->folded) text = "the first header line is folded";
  if (t->misread) text = "the status line has no version of HTTP";
  if (t->refused) text = "plain http goes to a loopback address only";
  if (t->repeated) text = "libcurl was about to send it a second time";
  if (code == CURLE_OK) text = "the connection ended inside the headers";
  snprintf(r->message, sizeof r->message, "%s", text);
}

static double seconds_to(CURL *handle, CURLINFO what) {
  curl_off_t microseconds = 0;
  curl_easy_getinfo(handle, what, &microseconds);
  return (double)microseconds / 1e6;
}

/* libcurl counts from the beginning; 0 is what never came. */
static double between(double from, double to) {
  return to > 0 && to >= from ? to - from : -1;
}

/* Of a connection that was used before, looking up and connecting took no time. */
static void take_phases(CURL *handle, exotel_transfer_result *r) {
  exotel_transfer_phases *p = &r->phases;
  double lookup = seconds_to(handle, CURLINFO_NAMELOOKUP_TIME_T);
  double connect = seconds_to(handle, CURLINFO_CONNECT_TIME_T);
  double tls = seconds_to(handle, CURLINFO_APPCONNECT_TIME_T);
  double sent = seconds_to(handle, CURLINFO_PRETRANSFER_TIME_T);
  double first = seconds_to(handle, CURLINFO_STARTTRANSFER_TIME_T);
  r->has_phases = 1;
  p->lookup = between(0, lookup);
  p->connect = between(lookup, connect);
  p->tls = between(connect, tls);
  p->wait = between(sent, first);
  p->read = first > 0 ? between(first, r->seconds) : -1;
}

void exotel_easy_end(exotel_easy *t, CURLcode code) {
  exotel_transfer_result *r = t->result;
  curl_off_t microseconds = 0;
  if (t->handle != NULL) {
    watch_next_line(t, 0);
    curl_easy_getinfo(t->handle, CURLINFO_RESPONSE_CODE, &r->status);
    curl_easy_getinfo(t->handle, CURLINFO_NUM_CONNECTS, &r->connections);
    curl_easy_getinfo(t->handle, CURLINFO_TOTAL_TIME_T, &microseconds);
  }
  if (t->misread) r->status = 0; /* nobody gave it */
  r->seconds = (double)microseconds / 1e6;
  if (t->phases && t->handle != NULL) take_phases(t->handle, r);
  r->code = (int)code;
  t->refused &= r->sent == 0; /* else the name has another address, which was taken */
  r->failure = failure_of(t, code);
  if (r->failure != EXOTEL_TRANSFER_DONE) describe(t, code);
  t->result = NULL;
}

/* }================================================================== */

static void empty_result(exotel_transfer_result *r, const exotel_transfer_options *o) {
  exotel_buffer_reset(&r->headers);
  exotel_buffer_reset(&r->body);
  r->headers.max = o->max_headers;
  r->body.max = o->max_body;
  r->failure = EXOTEL_TRANSFER_OTHER;
  r->sent = r->code = 0;
  r->status = r->connections = 0;
  r->seconds = 0;
  r->has_phases = 0;
  r->message[0] = '\0';
}

static int is_get(const exotel_transfer_request *r) {
  return r->body == NULL && !r->send_once && strcmp(r->method, "GET") == 0;
}

/* The handle, which points to the lists, forgets first. */
static void forget_all(exotel_easy *t) {
  if (t->handle != NULL) curl_easy_reset(t->handle);
  free_headers(t);
  free_resolve(t);
  t->timeout_ms = t->connect_timeout_ms = t->fresh = 0;
  t->watches = 0;
}

static void forget_last(exotel_easy *t) {
  t->header_lines = 0;
  t->head_ended = 0;
  t->too_large = t->refused = t->repeated = t->folded = t->misread = 0;
  t->error[0] = '\0';
}

CURLcode exotel_easy_begin(exotel_easy *t, const exotel_transfer_options *options,
                           const exotel_transfer_request *request,
                           exotel_transfer_result *result) {
  int plain = strncmp(request->url, "http://", 7) == 0;
  int lasts = t->ready_for_get && t->plain == plain && is_get(request);
  setting s;
  forget_last(t);
  empty_result(result, options);
  t->result = result;
  t->plain = plain;
  t->plain_anywhere = options->plain_http;
  t->send_once = request->send_once;
  t->phases = request->phases;
  t->ready_for_get = 0;
  if (!exotel_curl_start()) return CURLE_OUT_OF_MEMORY;
  if (!lasts) forget_all(t);
  if (t->handle == NULL) t->handle = curl_easy_init();
  if (t->handle == NULL) return CURLE_OUT_OF_MEMORY;
  s.handle = t->handle;
  s.code = CURLE_OK;
  if (!lasts) set_lasting(&s, t, options);
  if (!lasts) set_kind(&s, request);
  set_request(&s, t, request);
  t->ready_for_get = t->one_owner && s.code == CURLE_OK && is_get(request);
  return s.code;
}

void exotel_easy_close(exotel_easy *t) {
  exotel_sigpipe held;
  if (t->handle != NULL) {
    exotel_sigpipe_hold(&held);
    curl_easy_cleanup(t->handle);
    exotel_sigpipe_release(&held);
    t->handle = NULL;
  }
  free_headers(t);
  free_resolve(t);
  exotel_location_free(&t->location);
  exotel_buffer_free(&t->credentials);
  exotel_buffer_free(&t->line);
  t->ready_for_get = 0;
}

void exotel_easy_abandon(exotel_easy *t) {
  t->handle = NULL;
  t->headers = t->resolve = NULL; /* the old handle still points to them */
  exotel_buffer_reset(&t->credentials);
  t->ready_for_get = t->watches = 0;
}
