# shellcheck shell=sh disable=SC2016,SC2154
#
# Sourced by install-deps and get-source: apt with the machine's own
# configuration, and apt with a package list that is private to this tree.

apt_dir="${BUILD:-$top/build}/apt"


# the machine's own lists, never asking a question

apt_own()
{
    DEBIAN_FRONTEND=noninteractive \
        apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@"
}


# the main mirror of this release, as the machine's own configuration has it

apt_mirror()
{
    codename=$(. /etc/os-release && echo "$VERSION_CODENAME")

    apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' \
            'Created-By: Packages' \
        | awk -v release="$codename" '
            $1 == release && $2 == "main" { print $3; found = 1; exit }
            END { exit !found }' \
        || {
            echo "no mirror of Debian $codename in apt's configuration" >&2
            return 1
        }
}


# every release pocket the machine uses (updates, security), as deb-src lines

apt_source_lines()
{
    codename=$(. /etc/os-release && echo "$VERSION_CODENAME")

    apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' \
            'Created-By: Packages' \
        | awk -v release="$codename" '
            $2 == "main" && index($1, release) == 1 && $1 !~ /backports/ {
                print "deb-src", $3, $1, "main"
            }' \
        | sort -u
}


# apt_private NAME COMMAND...: apt-get (or, for showsrc, apt-cache) with
# $apt_dir/NAME.list as the only list; state and cache stay in $apt_dir

apt_private()
{
    name=$1
    shift

    tool=apt-get
    [ "$1" != showsrc ] || tool=apt-cache

    mkdir -p "$apt_dir/$name/lists/partial" "$apt_dir/$name/archives/partial"

    "$tool" -o Dir::Etc::sourcelist="$apt_dir/$name.list" \
            -o Dir::Etc::sourceparts=/dev/null \
            -o Dir::Etc::preferences=/dev/null \
            -o Dir::Etc::preferencesparts=/dev/null \
            -o Dir::State::lists="$apt_dir/$name/lists" \
            -o Dir::Cache="$apt_dir/$name" \
            -o APT::Sandbox::User=root \
            -o Acquire::Retries=3 \
            "$@"
}


mkdir -p "$apt_dir"
