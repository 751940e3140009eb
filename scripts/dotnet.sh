# Sourced by the scripts that build. Sets $dotnet, and quiets what the .NET command line says the first time.

find_dotnet() {
    export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1 DOTNET_GENERATE_ASPNET_CERTIFICATE=false
    export DOTNET_CLI_WORKLOAD_UPDATE_NOTIFY_DISABLE=true MSBUILDDISABLENODEREUSE=1
    # Without a home that can be written to, the SDK and NuGet have nowhere to keep packages.
    [ -n "${HOME:-}" ] || HOME=$(getent passwd "$(id -u)" | cut -d: -f6)
    if ! [ -w "${HOME:-/nonexistent}" ]; then
        HOME=$PWD/artifacts/home
        mkdir -p "$HOME"
    fi
    export HOME
    for dotnet in "$(command -v dotnet || true)" "${DOTNET_ROOT:-}/dotnet" "$HOME/.dotnet/dotnet" /usr/share/dotnet/dotnet /usr/lib/dotnet/dotnet; do
        [ -n "$dotnet" ] && [ -x "$dotnet" ] && return 0
    done
    echo "portolan: cannot build: the .NET SDK was not found" >&2
    echo "portolan: hint: install the package dotnet-sdk-10.0, or put dotnet on the PATH" >&2
    return 1
}
