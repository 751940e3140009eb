using System.Globalization;
using Portolan.Forwarding.Model;

namespace Portolan.Forwarding.Grammar;

/// <summary>The options of a forward, the same on the command line and behind a forward in a file.</summary>
public static class OptionWords
{
    private const int MostResponses = 1000;

    private static readonly TimeSpan LongestConnect = TimeSpan.FromHours(1);

    /// <summary>The names, such as <c>--limit</c>.</summary>
    public static IReadOnlyList<string> Names { get; } =
        ["--allow", "--limit", "--rate", "--new-rate", "--proxy-in", "--proxy-out", "--idle", "--responses", "--connect-timeout", "--check",
            "--keep-source"];

    /// <summary>Whether the option stands alone.</summary>
    public static bool IsFlag(string name) => name is "--proxy-in" or "--keep-source";

    /// <summary>The options with one more set.</summary>
    /// <param name="options">Those until now.</param>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="value">Its value; without meaning for a flag.</param>
    /// <param name="where">What stands before an error.</param>
    /// <exception cref="PortolanException">The value is wrong.</exception>
    public static ForwardOptions With(ForwardOptions options, string name, string value, string where = "")
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(value);
        return name switch
        {
            "--allow" => options with { Allow = [.. options.Allow, .. Prefixes(value, where)] },
            "--limit" => options with { Limit = Number(name, value, where) },
            "--rate" =>
                options with
                {
                    BytesPerSecond = RateText.TryParse(value, out var rate)
                    ? rate
                    : throw Wrong(name, value, "bytes a second, from 1K", $"--rate 10M", where)
                },
            "--new-rate" => options with { ConnectionsPerSecond = Number(name, value, where) },
            "--proxy-in" => options with { ProxyIn = true },
            "--proxy-out" =>
                options with
                {
                    ProxyOut = value switch
                    {
                        "v1" or "1" => 1,
                        "v2" or "2" => 2,
                        _ => throw Wrong(name, value, "v1 or v2", $"--proxy-out v2", where)
                    }
                },
            "--idle" => options with { Idle = Duration(name, value, DurationText.Longest, where) },
            "--responses" => options with { Responses = Responses(value, where) },
            "--connect-timeout" => options with { ConnectTimeout = Duration(name, value, LongestConnect, where) },
            "--keep-source" => options with { KeepsSource = true },
            "--check" => options with { Check = Check(value, where) },
            _ => throw Errors.Usage(
                $"{where}unknown option '{name}'", ForeignWords.HintFor(name) ?? $"a forward takes {Advice.List(Names)}"),
        };
    }

    private static IEnumerable<AddressPrefix> Prefixes(string value, string where)
    {
        foreach (var word in value.Split(','))
        {
            yield return AddressPrefix.TryParse(word, out var prefix)
                ? prefix
                : throw Wrong(
                    "--allow", word, "an address, or a network without host bits",
                    $"--allow {NetworkOf(word)?.ToString() ?? "192.0.2.0/24"}", where);
        }
    }

    /// <summary>The network of an address with a prefix, such as 192.0.2.0/24 for 192.0.2.9/24; <c>null</c> where it is neither.</summary>
    private static AddressPrefix? NetworkOf(string word) =>
        word.Split('/') is [var address, var length] && InternetAddress.TryParse(address, out var parsed)
        && int.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out var bits) && bits <= parsed.BitCount
            ? AddressPrefix.Of(parsed, bits)
            : null;

    private static int Number(string name, string value, string where) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
            ? number
            : throw Wrong(name, value, $"a number from 1 to {int.MaxValue}", $"{name} 100", where);

    private static int Responses(string value, string where) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= MostResponses
            ? number
            : throw Wrong(
                "--responses", value, $"the number of answers per datagram, from 0 to {MostResponses}", $"--responses 1", where);

    private static TimeSpan Duration(string name, string value, TimeSpan longest, string where) =>
        DurationText.TryParse(value, out var duration) && duration > TimeSpan.Zero && duration <= longest
            ? duration
            : throw Wrong(name, value, $"a time up to {DurationText.Format(longest)}, e.g. 30s, 10m or 1h30m", $"{name} 30s", where);

    private static string Check(string value, string where)
    {
        var colon = value.IndexOf(':', StringComparison.Ordinal);
        var kind = colon < 0 ? value : value[..colon];
        var path = colon < 0 ? "" : value[(colon + 1)..];
        return kind is "tcp" or "http" or "https" && (colon < 0 || (kind != "tcp" && path.StartsWith('/')))
            ? value
            : throw Wrong("--check", value, "tcp, http[:/PATH] or https[:/PATH]", $"--check http:/health", where);
    }

    private static PortolanException Wrong(string name, string value, string takes, Advice example, string where) =>
        Errors.Usage($"{where}{name} takes {takes}, not '{value}'", example);
}
