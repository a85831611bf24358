#!/bin/bash
# layers.sh - holds the tree to the rules of the house that a compiler does not check:
#
#   an #include goes down or stays in its folder, never up or sideways;
#   a .c or .h opens with a comment that says what it is, and in the folders of the product names it;
#   only base/mem.c calls malloc and its kin;
#   no file names a path of somebody's machine or leaves work for later.
#
# Prints each breach as file:line: message. Exits 1 when there is one, and says how many files it saw.
set -u
cd "$(dirname "$0")/.." || exit 2
breaches=0

# folder: the folders whose headers it may include, besides its own.
declare -A below=(
	[base]=""
	[model]="base"
	[net]="base"
	[scheduler]="base model"
	[store]="base model"
	[executor/process]="base model"
	[web]="base model store executor/process"
	[daemon]="base model store executor/process scheduler web"
	[cli]="base model net web daemon"
)

breach()
{
	echo "$1"
	breaches=$((breaches + 1))
}

# The files of the tree: what git knows or would add.
list_files()
{
	git ls-files -z --cached --others --exclude-standard -- "$@" | sort -zu |
		while IFS= read -r -d '' file; do [ -f "$file" ] && printf '%s\n' "$file"; done
}

# Prints the folder of the table that a path lies in, or nothing.
folder_of()
{
	local folder

	for folder in "${!below[@]}"; do
		[[ $1 == "$folder"/* ]] && echo "$folder"
	done
}

check_includes()
{
	local file=$1 from allowed line path to

	from=$(folder_of "$file")
	[ -n "$from" ] || return 0
	allowed=" $from ${below[$from]} "
	while IFS=: read -r line path; do
		path=${path#*\"} path=${path%%\"*}
		to=$(folder_of "$path")
		if [ ! -f "$path" ]; then
			breach "$file:$line: include \"$path\" from the top of the tree, by its whole path"
		elif [[ $allowed != *" $to "* ]]; then
			breach "$file:$line: $from/ may not include \"$path\"; it may include:$allowed"
		fi
	done < <(grep -nE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' "$file")
}

check_head()
{
	local file=$1 head name=${1##*/}

	IFS= read -r head <"$file"
	if [ -n "$(folder_of "$file")" ]; then
		[[ $head == "/* $name - "* ]] ||
			breach "$file:1: open with a comment, \"/* $name - what it is ...\""
	elif [[ $head != "/* "?* ]]; then
		breach "$file:1: open with a comment that says what it is"
	fi
}

# Lines that are comment alone may speak of malloc(). What a library has allocated is given back with
# free(), beside a comment that says whose it is: "free(text); /* jansson's own */".
check_memory()
{
	local file=$1 line rest

	[ "$file" != base/mem.c ] && [ -n "$(folder_of "$file")" ] || return 0
	while IFS=: read -r line rest; do
		breach "$file:$line: only base/mem.c calls malloc and its kin: ${rest#"${rest%%[![:space:]]*}"}"
	done < <(grep -nE '(^|[^A-Za-z0-9_>.])(malloc|calloc|realloc|reallocarray|free|strdup|strndup|v?asprintf)\(' \
		"$file" |
		grep -vE "^[0-9]+:[[:space:]]*(/\*|\*|//)|free\([^)]*\); /\* [a-z]+'s own \*/")
}

check_words()
{
	local hit

	# The brackets keep this file from matching itself.
	while IFS= read -r hit; do
		breach "${hit:0:160}"
	done < <(list_files | xargs -d '\n' grep -InE \
		'(^|[^A-Za-z0-9_.$}-])/(w[o]rk|r[o]ot)/|(^|[^A-Za-z])(T[O]DO|F[I]XME|X[X]X)([^A-Za-z]|$)')
}

mapfile -t sources < <(list_files '*.c' '*.h')
for file in "${sources[@]}"; do
	check_includes "$file"
	check_head "$file"
	check_memory "$file"
done
check_words
echo "${#sources[@]} sources, $breaches breaches"
[ "$breaches" -eq 0 ] && [ "${#sources[@]}" -gt 0 ]
