# Builds src/core alone - no nginx anywhere near it - with the unit tests and
# the fuzz targets.  Called by util/unit, util/fuzz and util/coverage:
#
#   make -f util/core.mk OUT=build/unit [CC= CFLAGS= LDFLAGS= JANSSON=] units
#
# JANSSON names a directory of jansson's source to compile and instrument
# like the core itself, instead of the system's library.

CC := gcc
CFLAGS := -O1
WARN := -Wall -Wextra -Werror
INCS := -Isrc/core -It/unit

core_src := $(wildcard src/core/*.c)
core_obj := $(core_src:src/core/%.c=$(OUT)/core/%.o)

# a test may include the .c that it tests, to reach its statics: the core is
# an archive, of which the linker takes only what is missing

unit_src := $(wildcard t/unit/*_test.c)
unit_bin := $(unit_src:t/unit/%.c=$(OUT)/%)

# likewise for the fuzz targets, t/fuzz/*_fuzz.c

fuzz_src := $(wildcard t/fuzz/*_fuzz.c)
fuzz_bin := $(fuzz_src:t/fuzz/%.c=$(OUT)/%)
replay_bin := $(fuzz_src:t/fuzz/%.c=$(OUT)/%_replay)

ifdef JANSSON
jansson_src := $(wildcard $(JANSSON)/src/*.c)
jansson_obj := $(jansson_src:$(JANSSON)/src/%.c=$(OUT)/jansson/%.o)
jansson_lib := $(OUT)/jansson.a
else
jansson_lib := -ljansson
endif

core_lib := $(OUT)/core.a
LIBS := -lcrypto -lpthread -lm


.PHONY: units fuzzers replays objects

units: $(unit_bin)
fuzzers: $(fuzz_bin)
replays: $(replay_bin)
objects: $(core_obj)


$(OUT)/core $(OUT)/jansson $(OUT)/fuzz:
	mkdir -p $@

$(OUT)/core/%.o: src/core/%.c | $(OUT)/core
	$(CC) $(CFLAGS) $(WARN) $(INCS) -MMD -MP -c -o $@ $<

$(OUT)/fuzz/%.o: t/fuzz/%.c | $(OUT)/fuzz
	$(CC) $(CFLAGS) $(WARN) $(INCS) -It/fuzz -MMD -MP -c -o $@ $<

$(OUT)/fuzz/standalone.o: t/fuzz/standalone/main.c | $(OUT)/fuzz
	$(CC) $(CFLAGS) $(WARN) -c -o $@ $<

$(OUT)/jansson/%.o: $(JANSSON)/src/%.c | $(OUT)/jansson
	$(CC) $(CFLAGS) -w -DHAVE_CONFIG_H -Iutil/jansson -I$(JANSSON)/src \
	    -c -o $@ $<

$(OUT)/core.a: $(core_obj)
	rm -f $@
	ar rcs $@ $^

$(OUT)/jansson.a: $(jansson_obj)
	rm -f $@
	ar rcs $@ $^

$(OUT)/%_test: t/unit/%_test.c $(core_lib) \
               $(filter %.a,$(jansson_lib))
	$(CC) $(CFLAGS) $(WARN) $(INCS) -MMD -MP $(LDFLAGS) -o $@ $< \
	    $(core_lib) $(jansson_lib) $(LIBS)

$(OUT)/%_replay: $(OUT)/fuzz/%.o $(OUT)/fuzz/standalone.o \
                 $(core_lib) $(filter %.a,$(jansson_lib))
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(OUT)/fuzz/$*.o \
	    $(OUT)/fuzz/standalone.o $(core_lib) $(jansson_lib) $(LIBS)

$(fuzz_bin): $(OUT)/%: $(OUT)/fuzz/%.o $(core_lib) \
                       $(filter %.a,$(jansson_lib))
	$(CC) $(CFLAGS) -fsanitize=fuzzer $(LDFLAGS) -o $@ $(OUT)/fuzz/$*.o \
	    $(core_lib) $(jansson_lib) $(LIBS)

.SECONDARY:

-include $(wildcard $(OUT)/*.d $(OUT)/core/*.d $(OUT)/fuzz/*.d)
