/*
** library: libcurl as a guest of the process (see library.h).
**
** SPDX-License-Identifier: MIT
*/
#define _GNU_SOURCE
#include "library.h"

#include "transfer.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int initialised, adds_to_freed;

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
  unsigned version;
  if (set != NULL && kept == NULL) return;
  if (kept != NULL) unsetenv("SSLKEYLOGFILE");
  initialised = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  if (kept != NULL) setenv("SSLKEYLOGFILE", kept, 1);
  free(kept);
  version = curl_version_info(CURLVERSION_NOW)->version_num;
  adds_to_freed = version >= 0x075300 && version <= 0x080100;
  pin();
}

int exotel_curl_start(void) {
  pthread_once(&once, initialise);
  return initialised;
}

int exotel_curl_adds_to_freed(void) {
  return adds_to_freed;
}

const char *exotel_transfer_version(int *timed_lookups) {
  const curl_version_info_data *info;
  exotel_curl_start();
  info = curl_version_info(CURLVERSION_NOW);
  *timed_lookups = (info->features & CURL_VERSION_ASYNCHDNS) != 0;
  return info->version;
}

static void only_sigpipe(sigset_t *set) {
  sigemptyset(set);
  sigaddset(set, SIGPIPE);
}

/* OpenSSL may write to a closed connection. Only a signal that was blocked before can be
** pending. */
void exotel_sigpipe_hold(exotel_sigpipe *s) {
  sigset_t set;
  only_sigpipe(&set);
  pthread_sigmask(SIG_BLOCK, &set, &s->before);
  s->was_pending = 0;
  if (!sigismember(&s->before, SIGPIPE)) return;
  sigpending(&set);
  s->was_pending = sigismember(&set, SIGPIPE);
}

/* One that we caused is taken away first. */
void exotel_sigpipe_release(const exotel_sigpipe *s) {
  static const struct timespec now = {0, 0};
  sigset_t set;
  only_sigpipe(&set);
  if (!s->was_pending) {
    while (sigtimedwait(&set, NULL, &now) == SIGPIPE)
      continue;
  }
  pthread_sigmask(SIG_SETMASK, &s->before, NULL);
}
