# nginx-auth-tenant: every target is a script of util/, readable and usable on
# its own.  Output goes to build/.
#
#   make                 the dynamic module, for the machine's nginx
#   make run             the quick start
#   make test            everything that CI runs; T=t/010-harness.t one file
#   make unit            the core's unit tests
#   make fuzz            FUZZ_TIME=600 seconds each; FUZZ_TARGET=jws one only
#   make coverage        of the core, with its thresholds
#   make mutate          each rule taken out must fail a test; M=jws one area
#   make bench           what the module costs, beside its peers; make
#                        bench-core, bench-nginx, bench-peers, bench-scale
#                        (SCALE=short) one of them; bench-callgrind besides
#   make faults          what goes wrong, under load; FAULTS=short, E="E4 E13"
#   make lint            style, shell, documentation
#   make install         the module, for the machine's nginx
#   make help            this list

.PHONY: all help build deps static sanitize test unit fuzz coverage mutate \
        bench bench-core bench-nginx bench-peers bench-scale bench-callgrind \
        faults lint run install clean

all: build

help:
	@sed -n 's/^#   //p' Makefile

deps:
	util/install-deps $(or $(DEPS),test)

build:
	util/install-deps build
	util/build dynamic

static:
	util/install-deps test
	util/build static

sanitize:
	util/install-deps test
	util/test sanitize

test:
	util/install-deps test
	util/test $(or $(T),all)

unit:
	util/install-deps test
	util/unit plain

fuzz:
	util/install-deps test
	util/fuzz $(FUZZ_TARGET)

coverage:
	util/install-deps test
	util/coverage

mutate:
	util/install-deps test
	util/mutate

bench:
	util/install-deps run
	util/build dynamic
	$(MAKE) -C bench core nginx peers scale

bench-core:
	util/install-deps build
	$(MAKE) -C bench core

bench-nginx:
	util/install-deps run
	util/build dynamic
	$(MAKE) -C bench nginx

bench-peers:
	util/install-deps run
	util/build dynamic
	$(MAKE) -C bench peers

bench-scale:
	util/install-deps run
	util/build dynamic
	$(MAKE) -C bench scale

bench-callgrind:
	util/install-deps test
	util/build static
	$(MAKE) -C bench callgrind

faults:
	util/install-deps test
	util/build dynamic
	util/build stop
	util/faults $(E)

lint:
	util/install-deps test
	util/lint

run:
	util/install-deps run
	util/build dynamic
	util/quickstart

install: build
	util/install

clean:
	rm -rf build
