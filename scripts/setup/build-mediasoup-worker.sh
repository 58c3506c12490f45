#!/usr/bin/env bash
# Builds the mediasoup media worker from the source that the npm package ships (its folder worker/), using Debian packages
# for every dependency. Set-up runs it where upstream's own binary cannot be had; see scripts/setup/debian.mjs for the
# packages (workerPackages). The one thing downloaded is the distribution's own source of libsrtp2, by apt: see libsrtp below.
#
#   SOURCE=node_modules/mediasoup WORK=/some/scratch OUT=/some/mediasoup-worker JOBS=2 build-mediasoup-worker.sh
#
#   SOURCE  the unpacked npm package         (default: node_modules/mediasoup of this project)
#   WORK    scratch folder; when it holds the beginning of an earlier, interrupted build, that is continued
#   OUT     where the binary goes
#   JOBS    parallel compile jobs            (default 2)
#   SRTP    `system`: link the distribution's libsrtp2 as it is, without trying to build it
#
# Consumers of the result drop telephone-event packets, as upstream's do: digits are read before RTP enters mediasoup.
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
SOURCE=${SOURCE:-$HERE/../../node_modules/mediasoup}
WORK=${WORK:-$HERE/../../.jackfield/worker-build}
OUT=${OUT:-$HERE/../../.jackfield/mediasoup-worker}
JOBS=${JOBS:-2}
SRTP=${SRTP:-source}

say() { printf '[build-worker] %s\n' "$*"; }

# The source is copied and corrected once; compiling goes on where it was interrupted.
SOURCE=$(cd "$SOURCE" && pwd)
VERSION=$(sed -n 's/^[[:space:]]*"version": "\(.*\)",*$/\1/p' "$SOURCE/package.json" | head -1)
STAMP="$VERSION $SOURCE $(sha256sum <"${BASH_SOURCE[0]}" | cut -c1-16)"
W="$WORK/worker"
SHIMS="$WORK/shims"
if [ "$(cat "$WORK/prepared" 2>/dev/null || true)" != "$STAMP" ]; then
say "preparing the source of $VERSION"
rm -rf "$WORK"; mkdir -p "$SHIMS"
cp -R "$SOURCE/worker" "$W"

# --- shim headers -----------------------------------------------------------
mkdir -p "$SHIMS/ankerl"
cat >"$SHIMS/ankerl/unordered_dense.h" <<'H'
// Stand-in for ankerl::unordered_dense: same names, standard containers.
#pragma once
#include <functional>
#include <unordered_map>
#include <unordered_set>
namespace ankerl::unordered_dense
{
	template<class T> struct hash : std::hash<T> {};
	template<class K, class V, class H = hash<K>, class E = std::equal_to<K>>
	using map = std::unordered_map<K, V, H, E>;
	template<class K, class H = hash<K>, class E = std::equal_to<K>>
	using set = std::unordered_set<K, H, E>;
}
H

cat >"$SHIMS/srtp.h" <<'H'
// The part of the libsrtp 3 interface that the worker calls, on libsrtp 2.
// Where the two versions share a function name, the version 3 form is a C++
// overload of the version 2 one, so no symbol is defined twice.
#pragma once
// libsrtp 2 calls a plain struct srtp_policy_t, libsrtp 3 an opaque handle.
#define srtp_policy_t srtp2_policy_struct
#include <srtp2/srtp.h>
#undef srtp_policy_t

#include <climits>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>

// Error codes that only version 3 has (never returned by version 2, whose
// codes end at 27; 30 and 31 still fit the enumeration's range).
inline constexpr srtp_err_status_t srtp_err_status_buffer_small = static_cast<srtp_err_status_t>(30);
inline constexpr srtp_err_status_t srtp_err_status_cryptex_err  = static_cast<srtp_err_status_t>(31);

struct srtp3_policy
{
	srtp2_policy_struct p{};
	uint8_t key[SRTP_MAX_KEY_LEN]{};
};
using srtp_policy_t = srtp3_policy*;

inline srtp_err_status_t srtp_policy_create(srtp_policy_t* policy)
{
	*policy = new (std::nothrow) srtp3_policy;
	return *policy ? srtp_err_status_ok : srtp_err_status_alloc_fail;
}
inline void srtp_policy_destroy(srtp_policy_t policy)
{
	if (policy != nullptr)
	{
		// Leave no key material behind.
		volatile uint8_t* k = policy->key;
		for (std::size_t i = 0; i < sizeof(policy->key); ++i) k[i] = 0;
		delete policy;
	}
}
inline srtp_err_status_t srtp_policy_set_ssrc(srtp_policy_t policy, srtp_ssrc_t ssrc)
{
	policy->p.ssrc = ssrc;
	return srtp_err_status_ok;
}
inline srtp_err_status_t srtp_policy_set_profile(srtp_policy_t policy, srtp_profile_t profile)
{
	const srtp_err_status_t err = srtp_crypto_policy_set_from_profile_for_rtp(&policy->p.rtp, profile);
	if (err != srtp_err_status_ok) return err;
	return srtp_crypto_policy_set_from_profile_for_rtcp(&policy->p.rtcp, profile);
}
inline srtp_err_status_t srtp_policy_add_key(
  srtp_policy_t policy,
  const uint8_t* key, std::size_t keyLen,
  const uint8_t* salt, std::size_t saltLen,
  const uint8_t* /*mki*/, std::size_t mkiLen)
{
	// One key, no MKI: all that the worker asks for.
	if (mkiLen != 0 || keyLen + saltLen > sizeof(policy->key)) return srtp_err_status_bad_param;
	std::memcpy(policy->key, key, keyLen);
	std::memcpy(policy->key + keyLen, salt, saltLen);
	policy->p.key = policy->key;
	return srtp_err_status_ok;
}
inline srtp_err_status_t srtp_policy_set_allow_repeat_tx(srtp_policy_t policy, bool allow)
{
	policy->p.allow_repeat_tx = allow ? 1 : 0;
	return srtp_err_status_ok;
}
inline srtp_err_status_t srtp_policy_set_window_size(srtp_policy_t policy, std::size_t size)
{
	policy->p.window_size = size;
	return srtp_err_status_ok;
}
inline srtp_err_status_t srtp_create(srtp_t* session, srtp_policy_t policy)
{
	return ::srtp_create(session, static_cast<const srtp2_policy_struct*>(&policy->p));
}
inline srtp_err_status_t srtp_stream_remove(srtp_t session, uint32_t ssrc)
{
	return ::srtp_remove_stream(session, ssrc);
}

// Version 2 works in place on a buffer with room for the trailer; version 3
// takes a source, a target and the target's size.
namespace srtp3_detail
{
	using InPlace = srtp_err_status_t (*)(srtp_t, void*, int*);
	inline srtp_err_status_t run(
	  InPlace fn, srtp_t ctx, const uint8_t* in, std::size_t inLen, uint8_t* out, std::size_t* outLen, std::size_t extra)
	{
		if (inLen > static_cast<std::size_t>(INT_MAX) - extra || inLen + extra > *outLen)
			return srtp_err_status_bad_param;
		if (in != out) std::memmove(out, in, inLen);
		int len = static_cast<int>(inLen);
		const srtp_err_status_t err = fn(ctx, out, &len);
		if (err == srtp_err_status_ok) *outLen = static_cast<std::size_t>(len);
		return err;
	}
	inline constexpr std::size_t RtpTrailer  = SRTP_MAX_TRAILER_LEN;
	inline constexpr std::size_t RtcpTrailer = SRTP_MAX_TRAILER_LEN + 4;
}
inline srtp_err_status_t srtp_protect(
  srtp_t ctx, const uint8_t* rtp, std::size_t rtpLen, uint8_t* srtp, std::size_t* srtpLen, std::size_t /*mkiIndex*/)
{
	return srtp3_detail::run(&::srtp_protect, ctx, rtp, rtpLen, srtp, srtpLen, srtp3_detail::RtpTrailer);
}
inline srtp_err_status_t srtp_protect_rtcp(
  srtp_t ctx, const uint8_t* rtcp, std::size_t rtcpLen, uint8_t* srtcp, std::size_t* srtcpLen, std::size_t /*mkiIndex*/)
{
	return srtp3_detail::run(&::srtp_protect_rtcp, ctx, rtcp, rtcpLen, srtcp, srtcpLen, srtp3_detail::RtcpTrailer);
}
inline srtp_err_status_t srtp_unprotect(
  srtp_t ctx, const uint8_t* srtp, std::size_t srtpLen, uint8_t* rtp, std::size_t* rtpLen)
{
	return srtp3_detail::run(&::srtp_unprotect, ctx, srtp, srtpLen, rtp, rtpLen, 0);
}
inline srtp_err_status_t srtp_unprotect_rtcp(
  srtp_t ctx, const uint8_t* srtcp, std::size_t srtcpLen, uint8_t* rtcp, std::size_t* rtcpLen)
{
	return srtp3_detail::run(&::srtp_unprotect_rtcp, ctx, srtcp, srtcpLen, rtcp, rtcpLen, 0);
}
H

# --- libsrtp on OpenSSL -----------------------------------------------------
# Debian's libsrtp2 does its cryptography by NSS, which looks its sessions up in lists: a packet costs the more the more
# calls there are (docs/decisions.md has figures). So its source is fetched by apt, with a configuration, lists and a
# cache of our own and the signatures checked as ever, and linked in statically with OpenSSL, which the worker has anyway.
apt_file() { # what the private apt reads after the machine's own configuration, whose hooks are not for us
  cat <<A
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
Dir::State "$1/state";
Dir::State::status "/var/lib/dpkg/status";
Dir::Cache "$1/cache";
Dir::Etc::sourcelist "$1/sources.list";
Dir::Etc::sourceparts "-";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "1";
Acquire::http::Timeout "20";
Acquire::https::Timeout "20";
A
}
srtp_sources() { # deb-src lines of where libsrtp2-dev comes from, for the private apt
  local id keyring
  id=$(sed -n 's/^ID=//p' /etc/os-release | tr -d '"')
  keyring="/usr/share/keyrings/$id-archive-keyring.gpg"
  # " libsrtp2-dev | 2.5.0-3 | URI bookworm/main amd64 Packages"
  apt-cache madison libsrtp2-dev | while IFS='|' read -r _ _ from; do
    read -r uri place _ <<<"$from"
    [ -n "$place" ] || continue
    if [ -r "$keyring" ]; then printf 'deb-src [signed-by=%s] ' "$keyring"; else printf 'deb-src '; fi
    printf '%s %s %s\n' "$uri" "${place%%/*}" "${place#*/}"
  done | sort -u
}
build_srtp() { # -> $WORK/srtp with headers, libsrtp2.a and its .pc file
  local apt="$WORK/apt" unpacked="$WORK/libsrtp" name
  for name in apt-get apt-cache dpkg-source; do
    command -v "$name" >/dev/null || { say "there is no $name"; return 1; }
  done
  mkdir -p "$apt/state/lists/partial" "$apt/cache/archives/partial" "$apt/source"
  apt_file "$apt" >"$apt/apt.conf"
  srtp_sources >"$apt/sources.list"
  [ -s "$apt/sources.list" ] || { say "apt does not know where libsrtp2-dev comes from"; return 1; }
  timeout 120 apt-get -c "$apt/apt.conf" -q update || return 1
  (cd "$apt/source" && timeout 120 apt-get -c "$apt/apt.conf" -q source --download-only libsrtp2) || return 1
  # Unpacking applies the distribution's patches, corrections of security among them.
  dpkg-source --no-check -x "$apt"/source/libsrtp2_*.dsc "$unpacked" || return 1
  meson setup --buildtype release --default-library static --prefix "$WORK/srtp" --libdir lib \
    -Dcrypto-library=openssl -Dtests=disabled -Dpcap-tests=disabled -Ddoc=disabled \
    "$unpacked/build" "$unpacked" || return 1
  ninja -C "$unpacked/build" -j "$JOBS" install || return 1
}
if [ "$SRTP" = system ]; then
  say "libsrtp2 of the system, as asked"
elif build_srtp >"$WORK/srtp.log" 2>&1; then
  say "libsrtp2 built from the distribution's source, with OpenSSL"
  export PKG_CONFIG_PATH="$WORK/srtp/lib/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}"
else
  tail -5 "$WORK/srtp.log"
  say "the source of libsrtp2 cannot be had or built: the system's libsrtp2 is used, which is slower with many calls"
fi
rm -rf "$WORK/apt"

# --- shim meson subprojects -------------------------------------------------
# Each answers subproject('NAME') of the worker's meson.build with the Debian
# library. What upstream puts under link_whole becomes an empty list: it is
# only used for the (unbuilt) Rust library.
rm -rf "$W/subprojects"; mkdir -p "$W/subprojects"
shim() { # name; meson text on stdin; further arguments: options upstream sets
  local name=$1; shift
  mkdir -p "$W/subprojects/$name"
  { echo "project('$name', 'cpp')"; cat; } >"$W/subprojects/$name/meson.build"
  local o; for o in "$@"; do echo "option('$o', type: 'string', value: '')"; done \
    >"$W/subprojects/$name/meson_options.txt"
}
shim libuv build_tests build_benchmarks <<'M'
libuv_dep = dependency('libuv')
libuv = []
M
shim openssl <<'M'
openssl_dep = dependency('openssl', version: '>=3.0')
libcrypto_lib = []
libssl_lib = []
M
shim libsrtp3 crypto-library crypto-library-kdf tests <<M
libsrtp3_dep = declare_dependency(dependencies: dependency('libsrtp2', version: '>=2.5'), compile_args: ['-I$SHIMS'])
libsrtp3 = []
M
shim flatbuffers <<'M'
flatbuffers_dep = dependency('flatbuffers')
flatbuffers_lib = []
M
shim unordered_dense <<M
ankerl_unordered_dense_dep = declare_dependency(compile_args: ['-I$SHIMS'])
M
cat >"$W/subprojects/unordered_dense.wrap" <<'M'
[wrap-file]
directory = unordered_dense
[provide]
unordered_dense = ankerl_unordered_dense_dep
M
shim abseil-cpp <<'M'
absl_container_dep = declare_dependency(dependencies: [
  dependency('absl_flat_hash_map', static: true), dependency('absl_inlined_vector', static: true)])
absl_strings_dep = dependency('absl_strings', static: true)
absl_types_dep = declare_dependency(dependencies: [
  dependency('absl_optional', static: true), dependency('absl_variant', static: true), dependency('absl_span', static: true)])
absl_container_lib = []
M

# --- the worker's own meson.build ------------------------------------------
# Debian 12 has meson 1.0.1; upstream asks for 1.1.0 but uses nothing newer.
sed -i "s/meson_version: '>= 1\.[0-9.]*'/meson_version: '>= 1.0.0'/" "$W/meson.build"

# Debian's libssl has kernel TLS compiled in (upstream's wrapped one has not), and
# asks the output BIO whether kernel TLS is on. The worker's BIO callback answers
# every control call with 1, because it compares the operation with BIO_CB_RETURN
# instead of testing that flag; libssl then allocates no write buffer and the
# worker crashes in the first DTLS handshake. Test the flag.
n=$(grep -c '(operationType == BIO_CB_RETURN) ?' "$W/src/RTC/DtlsTransport.cpp" || true)
if [ "$n" = 1 ]; then
  sed -i 's/(operationType == BIO_CB_RETURN) ?/((operationType \& BIO_CB_RETURN) != 0) ?/' "$W/src/RTC/DtlsTransport.cpp"
else
  say "DtlsTransport.cpp is not as expected: look at onSslBioOut before trusting this build"; exit 1
fi

opts=(--buildtype release -Db_ndebug=true --wrap-mode=nodownload)
say "meson setup"
(cd "$W" && meson setup "${opts[@]}" "$WORK/build" >"$WORK/setup.log" 2>&1) || { tail -40 "$WORK/setup.log" >&2; exit 1; }
printf '%s\n' "$STAMP" >"$WORK/prepared"
fi

# --- build ------------------------------------------------------------------
say "compiling with $JOBS jobs"
ninja -C "$WORK/build" -j "$JOBS" mediasoup-worker 2>&1 || { say "the compiler failed"; exit 1; }

mkdir -p "$(dirname "$OUT")"
strip -o "$OUT.new" "$WORK/build/mediasoup-worker"
mv -f "$OUT.new" "$OUT"
say "done: $(stat -c %s "$OUT") bytes"
