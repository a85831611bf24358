# embed.cmake - writes what is built under DIST as C: cmake -DDIST=... -DOUT=... -P embed.cmake
#
# DIST/assets/ holds the files, DIST/manifest.json says which of them a page links. Without them the
# pages work as plain markup.
function(write_bytes file out)
	set(packed ${OUT}.gz)
	file(ARCHIVE_CREATE OUTPUT ${packed} PATHS ${file} FORMAT raw COMPRESSION GZip
		COMPRESSION_LEVEL 9 MTIME "2020-01-01 00:00:00 UTC")
	file(READ ${packed} hex HEX)
	file(REMOVE ${packed})
	string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
	string(REGEX REPLACE "(................................................................................)"
		"\\1\n\t" bytes "${bytes}")
	set(${out} "${bytes}" PARENT_SCOPE)
endfunction()

set(type_css "text/css; charset=utf-8")
set(type_js "text/javascript; charset=utf-8")
set(type_svg "image/svg+xml")
set(type_json "application/json")
set(type_png "image/png")

set(arrays "")
set(rows "")
set(number 0)
file(GLOB files ${DIST}/assets/*)
foreach(file IN LISTS files)
	get_filename_component(name ${file} NAME)
	get_filename_component(extension ${file} LAST_EXT)
	string(SUBSTRING "${extension}" 1 -1 extension)
	if(NOT DEFINED type_${extension})
		message(FATAL_ERROR "no media type is known for ${name}")
	endif()
	set(hashed false)
	if(name MATCHES "-[A-Za-z0-9_-]+\\.[a-z]+$")
		set(hashed true)
	endif()
	write_bytes(${file} bytes)
	string(APPEND arrays "static const unsigned char bytes_${number}[] = {\n\t${bytes}\n};\n")
	string(APPEND rows "\t{\"${name}\", \"${type_${extension}}\", bytes_${number}, sizeof bytes_${number}, ${hashed}},\n")
	math(EXPR number "${number} + 1")
endforeach()

set(links "")
foreach(link IN ITEMS early script style icons favicon)
	set(name "")
	if(EXISTS ${DIST}/manifest.json)
		file(READ ${DIST}/manifest.json manifest)
		string(JSON name ERROR_VARIABLE missing GET "${manifest}" ${link})
		if(missing)
			set(name "")
		else()
			set(name "/${name}")
		endif()
	endif()
	string(APPEND links "\t.${link} = \"${name}\",\n")
endforeach()

file(WRITE ${OUT} "/* Made by embed.cmake. */\n#include \"web/page/asset.h\"\n\n${arrays}
const struct asset asset_table[] = {\n${rows}\t{NULL, NULL, NULL, 0, false},\n};
const size_t asset_count = ${number};
const struct asset_links asset_links = {\n${links}};\n")
