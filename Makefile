# Builds the Lua module, runs its tests and its demo. `make help` lists the targets.

# Which Lua runs, its headers and its C interface; of these names the latter two are known.
LUA      ?= lua5.4
EVERY_LUA = lua5.1 lua5.2 lua5.3 lua5.4 luajit
HEADERS   = $(patsubst luajit,luajit-2.1,$(filter $(EVERY_LUA),$(notdir $(LUA))))
LUA_INC  ?= /usr/include/$(or $(HEADERS),lua5.4)
LUA_ABI  ?= $(patsubst lua%,%,$(patsubst luajit-2.1,lua5.1,$(or $(HEADERS),lua5.4)))
PREFIX   ?= /usr/local
CC       ?= cc
SECONDS  ?= 60

# What is built and installed. Without curl (libcurl) a client wants a transport of its own,
# without httpd (libmicrohttpd) there is no sandbox, and without sys neither of them;
# EXOTEL_MODULES=core is all that building requests and reading answers and webhooks takes.
EXOTEL_MODULES ?= core curl httpd sys

# Where libraries are, if the compiler doesn't know: NAME_INCDIR and NAME_LIBDIR of these.
LIBRARIES = CJSON EXPAT CURL MICROHTTPD
INCDIRS   = $(addprefix -I,$(sort $(foreach l,$(LIBRARIES),$($(l)_INCDIR))))
LIBDIRS   = $(addprefix -L,$(sort $(foreach l,$(LIBRARIES),$($(l)_LIBDIR))))

WARNINGS = -Wall -Wextra -pedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
           -Wwrite-strings
CFLAGS   ?= -O2 -g
C        = $(CC) -std=c99 -fPIC -fvisibility=hidden $(WARNINGS) $(CFLAGS) $(CPPFLAGS) $(INCDIRS)

# Each other Lua has its own place.
B     := build$(patsubst %,/%,$(filter-out lua5.4,$(filter $(EVERY_LUA),$(notdir $(LUA)))))
LIB   := $(B)/lib/exotel
TREE  := $(CURDIR)

# What each shared object is made of, and all that it links.
core_SRC   := $(wildcard csrc/core/*.c) $(addprefix csrc/lua/l_,core.c answer.c api.c applet.c \
              gcra.c http1.c json.c query.c record.c request.c response.c work.c write.c)
core_LIBS  := -lcjson -lexpat
curl_SRC   := $(wildcard csrc/curl/*.c) $(addprefix csrc/lua/l_,curl.c answer.c multi.c \
              transfer.c) $(addprefix csrc/core/,base64.c buffer.c decimal.c header.c slice.c \
              text.c time.c utf8.c) csrc/sys/clock.c
curl_LIBS  := -lcurl -lpthread -ldl -lm
httpd_SRC  := $(wildcard csrc/httpd/*.c) csrc/lua/l_httpd.c csrc/core/buffer.c \
              csrc/sys/address.c csrc/sys/clock.c
httpd_LIBS := -lmicrohttpd -lm
sys_SRC    := $(wildcard csrc/sys/*.c) csrc/lua/l_sys.c csrc/lua/l_gate.c
sys_LIBS   := -lm
MODULES    := $(EXOTEL_MODULES)
UNKNOWN    := $(filter-out core curl httpd sys,$(MODULES))
ifneq ($(UNKNOWN),)
$(error EXOTEL_MODULES has $(UNKNOWN): it takes core curl httpd sys)
endif
ifeq ($(filter core,$(MODULES)),)
$(error EXOTEL_MODULES lacks core, which all others need)
endif

CORE_C   := $(wildcard csrc/core/*.c)

# Searched by the programs that the targets run; ;; keeps the default places.
export LUA_PATH  := $(TREE)/lua/?.lua;;
export LUA_CPATH := $(TREE)/$(B)/lib/?.so;;

.DEFAULT_GOAL := all
.PHONY: all chaos demo test test-all test-nginx test-redis specs lint fuzz torture bench \
        bench-nginx performance check-rows check-layers reference check-reference rock env deps \
        install clean help

all: $(MODULES:%=$(LIB)/%.so) $(LIB).so ## build the shared objects into build/lib

define module
$(LIB)/$(1).so: $$($(1)_SRC:%.c=$(B)/obj/%.o)
	@mkdir -p $$(@D)
	$$(CC) -shared -o $$@ $$^ $$(LDFLAGS) $$(LIBDIRS) $$($(1)_LIBS)
endef
$(foreach m,$(MODULES),$(eval $(call module,$(m))))

# Tells why a module isn't there.
$(LIB).so: $(B)/obj/csrc/lua/l_absent.o
	@mkdir -p $(@D)
	$(CC) -shared -o $@ $^ $(LDFLAGS)

$(B)/obj/csrc/lua/%.o: csrc/lua/%.c
	@mkdir -p $(@D)
	$(C) -I$(LUA_INC) -MMD -MP -c -o $@ $<

$(B)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(C) -MMD -MP -c -o $@ $<

-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)

demo: ## dial on a sandbox, receive the callbacks, print the settled call
	@sh tools/deps.sh run
	@$(MAKE) --no-print-directory -s all
	@$(LUA) examples/demo.lua

test: ## build, then all specs on LUA (lua5.4) and the core's C tests under ASan and UBSan
	@sh tools/deps.sh test
	@$(MAKE) --no-print-directory -s all ctests
	@sh tools/test.sh

test-all: ## the same for each of lua5.1, lua5.2, lua5.3, lua5.4 and luajit
	@MAKE="$(MAKE)" sh tools/test_all.sh $(EVERY_LUA)

specs: ## build, then all specs on LUA (lua5.4)
	@sh tools/deps.sh test
	@$(MAKE) --no-print-directory -s all
	@sh tools/test.sh specs

test-nginx: ## build for LuaJIT too, then the specs of spec/nginx, which start a real nginx
	@sh tools/deps.sh nginx
	@$(MAKE) --no-print-directory -s all
	@$(MAKE) --no-print-directory -s all LUA=luajit
	@sh tools/test.sh nginx

test-redis: ## build for LuaJIT too, then the specs of spec/redis, which start a real Redis
	@sh tools/deps.sh redis
	@$(MAKE) --no-print-directory -s all
	@$(MAKE) --no-print-directory -s all LUA=luajit
	@sh tools/test.sh redis

# The core's tests, and the core itself, compiled with the sanitizers.
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
CHECKED  := $(CC) -std=c99 -g -O1 $(WARNINGS) $(SANITIZE)
CTESTS   := $(patsubst spec/c/%_test.c,build/ctest/%,$(wildcard spec/c/*_test.c))
CORE_O   := $(CORE_C:%.c=build/checked/%.o)

.PHONY: ctests
ctests: $(CTESTS)

$(CTESTS): $(CORE_O)

build/ctest/%: spec/c/%_test.c $(wildcard spec/c/*.h) $(wildcard csrc/core/*.h)
	@mkdir -p $(@D)
	$(CHECKED) -o $@ $< $(CORE_O) $(core_LIBS)

build/checked/%.o: %.c $(wildcard csrc/core/*.h)
	@mkdir -p $(@D)
	$(CHECKED) -c -o $@ $<

env: ## print the exports of LUA, LUA_PATH and LUA_CPATH for this tree
	@echo "export LUA='$(LUA)'"
	@echo "export LUA_PATH='$(LUA_PATH)'"
	@echo "export LUA_CPATH='$(LUA_CPATH)'"

deps: ## install what building and testing need (Debian, as root)
	@sh tools/deps.sh test

lint: ## luacheck, clang-format, clang-tidy, warnings as errors (gcc, clang; every Lua)
	@sh tools/deps.sh lint
	@sh tools/lint.sh

fuzz: ## fuzz every decoder for SECONDS (60) in all
	@sh tools/deps.sh test
	@SECONDS=$(SECONDS) sh tools/fuzz.sh

torture: ## let every allocation fail in turn, in the core and in every Lua entry
	@sh tools/deps.sh test
	@$(MAKE) --no-print-directory -s all
	@sh tools/torture.sh

# The first core that this process may use: a figure of CPU time depends on who wakes whom where.
ONE_CORE = taskset -c $$(taskset -cp $$$$ | sed 's/.*: *\([0-9]*\).*/\1/')

bench: ## print what webhooks, pages, a GET and an export cost, beside others (about 3 minutes)
	@sh tools/deps.sh bench
	@$(MAKE) --no-print-directory -s all $(B)/bench/floor.so $(B)/bench/bare.so
	@LUA_CPATH="$(TREE)/$(B)/bench/?.so;$(LUA_CPATH)"; export LUA_CPATH; \
	  for name in callback page get export; do \
	    test $$name = get && run= || run="$(ONE_CORE)"; \
	    $$run $(LUA) bench/$$name.lua || exit 1; echo; done

bench-nginx: ## print what a webhook costs a worker of nginx, beside others (about 7 minutes)
	@sh tools/deps.sh bench-nginx
	@$(MAKE) --no-print-directory -s all
	@$(MAKE) --no-print-directory -s all build/luajit/bench/floor.so LUA=luajit
	@$(LUA) bench/nginx.lua

performance: all ## write what `make bench` and `make bench-nginx` print into docs/performance.md
	@MAKE="$(MAKE)" CC="$(CC)" LUA="$(LUA)" sh tools/performance.sh $(BENCHES)

$(B)/bench/bare.so: bench_LIBS := -lcurl
$(B)/bench/%.so: bench/%.c csrc/lua/compat.h
	@mkdir -p $(@D)
	$(C) -I$(LUA_INC) -shared -o $@ $< $(LDFLAGS) $(LIBDIRS) $(bench_LIBS)

chaos: all ## dial 10,000 times through all faults: no phone rings twice, each call settles
	@sh tools/deps.sh test
	@$(LUA) spec/chaos/run.lua
	@$(LUA) spec/chaos/run.lua --dials 500 --naive

check-rows: all ## fail where a row of the api tables has no spec row
	@$(LUA) tools/check_rows.lua

reference: all ## write docs/reference.md and docs/exotel.d.lua from the module's tables
	@mkdir -p docs
	@$(LUA) tools/reference.lua docs

check-reference: all ## fail where what `make reference` writes isn't what stands in docs
	@LUA=$(LUA) sh tools/check_reference.sh

check-layers: ## fail where a wall between the folders is broken
	@sh tools/check_layers.sh

LUA_DIR  = $(DESTDIR)$(PREFIX)/share/lua/$(LUA_ABI)
CLIB_DIR = $(DESTDIR)$(PREFIX)/lib/lua/$(LUA_ABI)
BIN_DIR  = $(DESTDIR)$(PREFIX)/bin
DOC_DIR  = $(DESTDIR)$(PREFIX)/share/doc/lua-exotel

# The one list of what is installed: the rock is made of it as well.
install: all ## install under PREFIX (default /usr/local), staged in DESTDIR
	@find lua/ -name '*.lua' | while read -r file; do \
	  install -D -m 644 "$$file" "$(LUA_DIR)/$${file#lua/}" || exit 1; done
	@for module in $(MODULES); do \
	  install -D -m 755 $(LIB)/$$module.so "$(CLIB_DIR)/exotel/$$module.so" || exit 1; done
	@install -D -m 755 $(LIB).so "$(CLIB_DIR)/exotel.so"
	@install -D -m 755 bin/exotel "$(BIN_DIR)/exotel"
	@sed -i '1s|lua5\.4$$|$(notdir $(LUA))|' "$(BIN_DIR)/exotel"
	@for file in README.md CHANGELOG.md LICENSE docs/exotel.d.lua \
	  $(filter-out docs/performance.md,$(wildcard docs/*.md)); do \
	  install -D -m 644 $$file "$(DOC_DIR)/$${file##*/}" || exit 1; done

rock: ## build the rock with luarocks, offline, into build/rock and call it from there
	@sh tools/deps.sh test
	@LUA=$(LUA) LUA_ABI=$(LUA_ABI) sh tools/rock.sh

clean: ## remove what was built
	rm -rf $(B)

help: ## list the targets
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/\1\t\2/p' Makefile | expand -t 16
