/*
** agent: one libcurl handle with its connections (see agent.h).
**
** libcurl's callbacks append to buffers and count; nothing else runs under its frames.
** Every option is set anew for every request: curl_easy_reset forgets options and keeps
** connections, TLS sessions and the loaded certificates.
**
** SPDX-License-Identifier: MIT
*/
#define _GNU_SOURCE
#include "agent.h"

#include <curl/curl.h>
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#if LIBCURL_VERSION_NUM < 0x075000
#error "libcurl 7.80 or newer is needed: CURLOPT_PREREQFUNCTION decides outcomes"
#endif

#define IDLE_SECONDS 60L  /* a connection unused this long isn't taken again */
#define LIFE_SECONDS 600L /* nor one this old, so that a moved address is noticed */
#define HEADER_LINES 200

struct exotel_agent {
  CURL *easy; /* NULL until the first request, and again after a fork */
  pid_t owner;
  struct curl_slist *headers, *resolve;
  char *ca_file, *proxy, *user_agent, *resolve_entry;
  int plain_http;
  /* the request at work */
  const exotel_agent_request *request;
  exotel_agent_result *result;
  size_t header_lines;
  int head_ended; /* the empty line behind the headers came */
  int too_large, refused, repeated;
  char error[CURL_ERROR_SIZE];
};

/* {=================================================================
** The process
** ================================================================== */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int initialised;

/* Keeps this library loaded: libcurl and its threads outlive a dlclose of ours. */
static void pin(void) {
  Dl_info info;
  if (dladdr((void *)&initialised, &info) != 0 && info.dli_fname != NULL)
    dlopen(info.dli_fname, RTLD_LAZY | RTLD_NODELETE | RTLD_NOLOAD);
}

/* libcurl reads SSLKEYLOGFILE once, here: with it the environment could have the keys of
** every connection written to a file. It is put back at once. Never undone: others in
** the process may use libcurl too. */
static void initialise(void) {
  const char *set = getenv("SSLKEYLOGFILE");
  char *kept = set == NULL ? NULL : strdup(set);
  if (set != NULL && kept == NULL) return;
  if (kept != NULL) unsetenv("SSLKEYLOGFILE");
  initialised = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  if (kept != NULL) setenv("SSLKEYLOGFILE", kept, 1);
  free(kept);
  pin();
}

const char *exotel_agent_version(int *timed_lookups) {
  const curl_version_info_data *info;
  pthread_once(&once, initialise);
  info = curl_version_info(CURLVERSION_NOW);
  *timed_lookups = (info->features & CURL_VERSION_ASYNCHDNS) != 0;
  return info->version;
}

/* OpenSSL may write to a closed connection: SIGPIPE is held back in this thread, and one
** that we caused is taken away again. */
static int hold_sigpipe(sigset_t *before) {
  sigset_t pipe_only, pending;
  sigemptyset(&pipe_only);
  sigaddset(&pipe_only, SIGPIPE);
  sigpending(&pending);
  pthread_sigmask(SIG_BLOCK, &pipe_only, before);
  return sigismember(&pending, SIGPIPE);
}

static void release_sigpipe(const sigset_t *before, int was_pending) {
  static const struct timespec now = {0, 0};
  sigset_t pipe_only;
  sigemptyset(&pipe_only);
  sigaddset(&pipe_only, SIGPIPE);
  if (!was_pending) {
    while (sigtimedwait(&pipe_only, NULL, &now) == SIGPIPE)
      continue;
  }
  pthread_sigmask(SIG_SETMASK, before, NULL);
}

/* Says goodbye to every server, some of which may be gone. */
static void clean_up(CURL *easy) {
  sigset_t before;
  int was_pending = hold_sigpipe(&before);
  curl_easy_cleanup(easy);
  release_sigpipe(&before, was_pending);
}

/* }================================================================== */

/* {=================================================================
** Callbacks: they see libcurl's frames, so they only append and count
** ================================================================== */

static size_t on_body(char *p, size_t size, size_t n, void *context) {
  exotel_agent *a = context;
  if (exotel_buffer_add(&a->result->body, p, size * n) == EXOTEL_BUFFER_OK)
    return size * n;
  a->too_large |= a->result->body.state == EXOTEL_BUFFER_FULL;
  return size * n + 1; /* any other number than was given ends the transfer */
}

/* A new status line (after 100-continue) begins a new answer. */
static size_t on_header(char *p, size_t size, size_t n, void *context) {
  exotel_agent *a = context;
  exotel_buffer *b = &a->result->headers;
  n *= size;
  if (n > 5 && memcmp(p, "HTTP/", 5) == 0) {
    exotel_buffer_reset(b);
    a->header_lines = 0;
    a->head_ended = 0;
    return n;
  }
  a->head_ended |= n <= 2; /* the line end alone */
  if (++a->header_lines <= HEADER_LINES &&
      exotel_buffer_add(b, p, n) == EXOTEL_BUFFER_OK)
    return n;
  a->too_large |= b->state != EXOTEL_BUFFER_NOMEMORY;
  return n + 1;
}

/* Called when the connection stands and before each send of the request. */
static int on_send(void *context, char *ip, char *local_ip, int port, int local_port) {
  exotel_agent *a = context;
  (void)ip;
  (void)local_ip;
  (void)port;
  (void)local_port;
  if (a->result->sent > 0 && a->request->send_once) {
    a->repeated = 1;
    return CURL_PREREQFUNC_ABORT;
  }
  a->result->sent++;
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
  exotel_agent *a = context;
  int plain = strncmp(a->request->url, "http://", 7) == 0;
  if (purpose != CURLSOCKTYPE_IPCXN) return CURL_SOCKET_BAD;
  if (plain && !a->plain_http && !is_loopback(&address->addr)) {
    a->refused = 1;
    return CURL_SOCKET_BAD;
  }
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* }================================================================== */

/* {=================================================================
** Options
** ================================================================== */

typedef struct setting {
  CURL *easy;
  CURLcode code; /* the first failure */
} setting;

static void set_long(setting *s, CURLoption option, long value) {
  if (s->code == CURLE_OK) s->code = curl_easy_setopt(s->easy, option, value);
}

static void set_text(setting *s, CURLoption option, const char *value) {
  if (s->code == CURLE_OK) s->code = curl_easy_setopt(s->easy, option, value);
}

static void set_list(setting *s, CURLoption option, struct curl_slist *value) {
  if (s->code == CURLE_OK) s->code = curl_easy_setopt(s->easy, option, value);
}

static void set_callbacks(setting *s, exotel_agent *a) {
  CURL *c = s->easy;
  curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(c, CURLOPT_WRITEDATA, (void *)a);
  curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(c, CURLOPT_HEADERDATA, (void *)a);
  curl_easy_setopt(c, CURLOPT_PREREQFUNCTION, on_send);
  curl_easy_setopt(c, CURLOPT_PREREQDATA, (void *)a);
  curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, on_open);
  curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, (void *)a);
  curl_easy_setopt(c, CURLOPT_ERRORBUFFER, a->error);
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
static void set_tls(setting *s, const exotel_agent *a) {
  set_long(s, CURLOPT_SSL_VERIFYPEER, 1L);
  set_long(s, CURLOPT_SSL_VERIFYHOST, 2L);
  set_long(s, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
  set_text(s, CURLOPT_CAPATH, NULL);
  if (a->ca_file != NULL) set_text(s, CURLOPT_CAINFO, a->ca_file);
}

static void set_credentials(setting *s, const exotel_agent_request *r) {
  set_long(s, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
  set_long(s, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
  if (r->username == NULL) return;
  set_long(s, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
  set_text(s, CURLOPT_USERNAME, r->username);
  set_text(s, CURLOPT_PASSWORD, r->password == NULL ? "" : r->password);
}

/* An answer of a proxy to CONNECT isn't one of the service. */
static void set_proxy(setting *s, const exotel_agent *a, int http) {
  const char *proxy = http && !a->plain_http ? "" : a->proxy; /* loopback needs none */
  set_long(s, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  if (proxy != NULL) set_text(s, CURLOPT_PROXY, proxy);
}

static void set_connection(setting *s, const exotel_agent *a) {
  const exotel_agent_request *r = a->request;
  set_long(s, CURLOPT_NOSIGNAL, 1L);
  set_long(s, CURLOPT_TIMEOUT_MS, r->timeout_ms);
  set_long(s, CURLOPT_CONNECTTIMEOUT_MS, r->connect_timeout_ms);
  set_long(s, CURLOPT_FRESH_CONNECT, r->fresh_connection ? 1L : 0L);
  set_long(s, CURLOPT_MAXAGE_CONN, IDLE_SECONDS);
  set_long(s, CURLOPT_MAXLIFETIME_CONN, LIFE_SECONDS);
#if LIBCURL_VERSION_NUM >= 0x075700
  set_long(s, CURLOPT_QUICK_EXIT, 1L);
#endif
  if (a->resolve != NULL) set_list(s, CURLOPT_RESOLVE, a->resolve);
}

static void set_request(setting *s, const exotel_agent *a) {
  const exotel_agent_request *r = a->request;
  set_text(s, CURLOPT_URL, r->url);
  if (r->body != NULL || strcmp(r->method, "POST") == 0) {
    if (s->code == CURLE_OK)
      s->code = curl_easy_setopt(s->easy, CURLOPT_POSTFIELDSIZE_LARGE,
                                 (curl_off_t)r->body_size);
    set_text(s, CURLOPT_POSTFIELDS, r->body != NULL ? r->body : "");
  } else {
    set_long(s, CURLOPT_HTTPGET, 1L);
  }
  set_text(s, CURLOPT_CUSTOMREQUEST, r->method);
  set_list(s, CURLOPT_HTTPHEADER, a->headers);
  if (a->user_agent != NULL) set_text(s, CURLOPT_USERAGENT, a->user_agent);
}

static CURLcode set_all(exotel_agent *a) {
  int http = strncmp(a->request->url, "http://", 7) == 0;
  setting s;
  s.easy = a->easy;
  s.code = CURLE_OK;
  curl_easy_reset(a->easy);
  set_callbacks(&s, a);
  set_protocols(&s, http);
  set_tls(&s, a);
  set_credentials(&s, a->request);
  set_proxy(&s, a, http);
  set_connection(&s, a);
  set_request(&s, a);
  return s.code;
}

/* }================================================================== */

/* {=================================================================
** What came of it
** ================================================================== */

static exotel_agent_failure failure_of(const exotel_agent *a, CURLcode code) {
  if (a->repeated) return EXOTEL_AGENT_REPEATED;
  if (a->refused) return EXOTEL_AGENT_REFUSED;
  if (a->too_large) return EXOTEL_AGENT_TOO_LARGE;
  switch (code) {
    case CURLE_OK: /* also for a head that was cut: that is no whole answer */
      return a->head_ended ? EXOTEL_AGENT_DONE : EXOTEL_AGENT_CLOSED;
    case CURLE_OUT_OF_MEMORY:
    case CURLE_WRITE_ERROR: return EXOTEL_AGENT_MEMORY;
    case CURLE_COULDNT_RESOLVE_HOST: return EXOTEL_AGENT_RESOLVE;
    case CURLE_COULDNT_CONNECT:
    case CURLE_INTERFACE_FAILED: return EXOTEL_AGENT_CONNECT;
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_PROXY: return EXOTEL_AGENT_PROXY;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_INVALIDCERTSTATUS: return EXOTEL_AGENT_TLS;
    case CURLE_OPERATION_TIMEDOUT: return EXOTEL_AGENT_TIMEOUT;
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE: /* before a request is sent, only a proxy is talked to */
      return a->result->sent > 0 ? EXOTEL_AGENT_CLOSED : EXOTEL_AGENT_PROXY;
    case CURLE_WEIRD_SERVER_REPLY: return EXOTEL_AGENT_PROTOCOL;
    case CURLE_UNSUPPORTED_PROTOCOL: /* also HTTP/0.9, which has no status line */
      return a->result->sent > 0 ? EXOTEL_AGENT_PROTOCOL : EXOTEL_AGENT_REFUSED;
    default: return EXOTEL_AGENT_OTHER;
  }
}

const char *exotel_agent_failure_name(exotel_agent_failure failure) {
  static const char *const names[] = {
      "done",     "resolve",   "connect",  "tls",     "proxy",  "timeout", "closed",
      "protocol", "too_large", "repeated", "address", "memory", "other"};
  return names[failure];
}

static void describe(exotel_agent *a, CURLcode code) {
  exotel_agent_result *r = a->result;
  const char *text = a->error[0] != '\0' ? a->error : curl_easy_strerror(code);
  if (a->too_large) text = "the answer is larger than the limit";
  if (a->refused) text = "plain http goes to a loopback address only";
  if (a->repeated) text = "libcurl was about to send it a second time";
  if (code == CURLE_OK) text = "the connection ended inside the headers";
  snprintf(r->message, sizeof r->message, "%s", text);
}

static void take_result(exotel_agent *a, CURLcode code) {
  exotel_agent_result *r = a->result;
  curl_off_t microseconds = 0;
  curl_easy_getinfo(a->easy, CURLINFO_RESPONSE_CODE, &r->status);
  curl_easy_getinfo(a->easy, CURLINFO_NUM_CONNECTS, &r->connections);
  curl_easy_getinfo(a->easy, CURLINFO_TOTAL_TIME_T, &microseconds);
  r->seconds = (double)microseconds / 1e6;
  r->code = (int)code;
  r->failure = failure_of(a, code);
  if (r->failure != EXOTEL_AGENT_DONE) describe(a, code);
}

void exotel_agent_result_init(exotel_agent_result *r, size_t max_headers,
                              size_t max_body) {
  memset(r, 0, sizeof *r);
  exotel_buffer_init(&r->headers, max_headers);
  exotel_buffer_init(&r->body, max_body);
}

void exotel_agent_result_free(exotel_agent_result *r) {
  exotel_buffer_free(&r->headers);
  exotel_buffer_free(&r->body);
}

/* }================================================================== */

static int copy(char **to, const char *from) {
  if (from == NULL) return 1;
  *to = strdup(from);
  return *to != NULL;
}

exotel_agent *exotel_agent_new(const exotel_agent_options *o) {
  exotel_agent *a = calloc(1, sizeof *a);
  if (a == NULL) return NULL;
  a->plain_http = o->plain_http;
  if (copy(&a->ca_file, o->ca_file) && copy(&a->proxy, o->proxy) &&
      copy(&a->user_agent, o->user_agent) && copy(&a->resolve_entry, o->resolve))
    return a;
  exotel_agent_free(a);
  return NULL;
}

/* Abandoned, not cleaned up: that would say goodbye on the parent's connections. */
static void abandon_after_fork(exotel_agent *a) {
  if (a->easy == NULL || a->owner == getpid()) return;
  a->easy = NULL;
  a->headers = NULL; /* the old handle still points to them */
  a->resolve = NULL;
}

void exotel_agent_free(exotel_agent *a) {
  if (a == NULL) return;
  abandon_after_fork(a);
  if (a->easy != NULL) clean_up(a->easy);
  curl_slist_free_all(a->headers);
  curl_slist_free_all(a->resolve);
  free(a->ca_file);
  free(a->proxy);
  free(a->user_agent);
  free(a->resolve_entry);
  free(a);
}

static int make_handle(exotel_agent *a) {
  pthread_once(&once, initialise);
  abandon_after_fork(a);
  if (a->easy != NULL) return 1;
  if (!initialised) return 0;
  if (a->resolve_entry != NULL) {
    a->resolve = curl_slist_append(NULL, a->resolve_entry);
    if (a->resolve == NULL) return 0;
  }
  a->easy = curl_easy_init();
  a->owner = getpid();
  return a->easy != NULL;
}

static int append_header(exotel_agent *a, const char *line) {
  struct curl_slist *longer = curl_slist_append(a->headers, line);
  if (longer != NULL) a->headers = longer;
  return longer != NULL;
}

/* "Expect:" keeps libcurl from asking before it sends a body. */
static int make_headers(exotel_agent *a) {
  const char *const *line = a->request->headers;
  curl_slist_free_all(a->headers);
  a->headers = NULL;
  if (!append_header(a, "Expect:")) return 0;
  for (; *line != NULL; line++) {
    if (!append_header(a, *line)) return 0;
  }
  return 1;
}

static void clear_result(exotel_agent *a) {
  exotel_agent_result *r = a->result;
  exotel_buffer_reset(&r->headers);
  exotel_buffer_reset(&r->body);
  r->failure = EXOTEL_AGENT_OTHER;
  r->sent = r->code = 0;
  r->status = r->connections = 0;
  r->seconds = 0;
  r->message[0] = '\0';
  a->header_lines = 0;
  a->head_ended = 0;
  a->too_large = a->refused = a->repeated = 0;
  a->error[0] = '\0';
}

static CURLcode transfer(exotel_agent *a) {
  sigset_t before;
  CURLcode code = set_all(a);
  int was_pending;
  if (code != CURLE_OK) return code;
  was_pending = hold_sigpipe(&before);
  code = curl_easy_perform(a->easy);
  release_sigpipe(&before, was_pending);
  return code;
}

void exotel_agent_perform(exotel_agent *a, const exotel_agent_request *request,
                          exotel_agent_result *result) {
  a->request = request;
  a->result = result;
  clear_result(a);
  if (make_handle(a) && make_headers(a)) {
    take_result(a, transfer(a));
  } else {
    result->failure = EXOTEL_AGENT_MEMORY;
    result->code = (int)CURLE_OUT_OF_MEMORY;
    describe(a, CURLE_OUT_OF_MEMORY);
  }
  a->request = NULL;
  a->result = NULL;
}
