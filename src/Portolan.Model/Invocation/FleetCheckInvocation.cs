using System.Globalization;

namespace Portolan.Model.Invocation;

/// <summary>What <c>portolan check --vantage</c> asks of <c>portolan-server</c>: <c>fleet-check [OPTION]…</c>.</summary>
public sealed record FleetCheckInvocation : ServerInvocation
{
    internal const string Group = "fleet-check";

    /// <inheritdoc/>
    public override string Topic => "check";

    /// <summary>The file of settings; <c>null</c> for the usual one.</summary>
    public string? Config { get; init; }

    /// <summary>The zones; <c>all</c> for each.</summary>
    public IReadOnlyList<string> Zones { get; init; } = [];

    /// <summary>What is checked.</summary>
    public IReadOnlyList<VantageTarget> Targets { get; init; } = [];

    /// <summary>The time limit of a step; <c>null</c> for the usual one.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>4 or 6 for addresses of one family; <c>null</c> for both.</summary>
    public long? Family { get; init; }

    /// <summary>Redirects that are followed; <c>null</c> for the usual number.</summary>
    public long? MostRedirects { get; init; }

    /// <summary>Bytes of a body that are read; <c>null</c> for the usual number.</summary>
    public long? MaxBody { get; init; }

    /// <summary>The TLS server name; <c>null</c> for the target's.</summary>
    public string? ServerName { get; init; }

    /// <summary>The file for JUnit's XML; <c>null</c> for none.</summary>
    public string? JUnit { get; init; }

    /// <summary>A certificate that is not trusted does not end the check.</summary>
    public bool AcceptsUntrusted { get; init; }

    /// <summary>Open ports are not asked what they are.</summary>
    public bool DoesNotIdentify { get; init; }

    /// <summary>Whether a machine format is wanted.</summary>
    public bool Json { get; init; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> ToWords()
    {
        (string Name, string? Value)[] values =
        [
            ("config", Config), ("timeout", Timeout?.TotalSeconds.ToString("R", CultureInfo.InvariantCulture)), ("family", Text(Family)),
            ("max-redirects", Text(MostRedirects)), ("max-body", Text(MaxBody)), ("sni", ServerName), ("junit", JUnit),
            .. Zones.Select(static zone => ("zone", (string?)zone)),
            .. Targets.SelectMany(static target => target.Expectations.Select(static text => ("expect", (string?)text))
                .Prepend(("target", target.Target))),
        ];
        (string Name, bool IsSet)[] flags =
            [("insecure", AcceptsUntrusted), ("no-identify", DoesNotIdentify), ("json", Json), ("debug", Debug)];
        return
        [
            Group, .. values.Where(static v => v.Value is not null).Select(static v => $"--{v.Name}={v.Value}"),
            .. flags.Where(static f => f.IsSet).Select(static f => $"--{f.Name}"),
        ];
    }

    /// <summary>Reads such words.</summary>
    /// <exception cref="PortolanException">They are not what <see cref="ToWords"/> writes.</exception>
    public static new FleetCheckInvocation Parse(IReadOnlyList<string> words)
    {
        ArgumentNullException.ThrowIfNull(words);
        var invocation = new FleetCheckInvocation();
        foreach (var word in words.Skip(1))
        {
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            invocation = invocation.With(equals < 0 ? word : word[..equals], equals < 0 ? null : word[(equals + 1)..]);
        }

        return invocation.Targets.Count > 0 && invocation.Zones.Count > 0
            ? invocation : throw Wrong("check", "a target or a zone is missing");
    }

    private FleetCheckInvocation With(string name, string? value) => (name, value) switch
    {
        ("--config", { Length: > 0 } file) => this with { Config = file },
        ("--timeout", { } text) when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) =>
            this with { Timeout = TimeSpan.FromSeconds(seconds) },
        ("--family", { } text) => this with { Family = Number(name, text) },
        ("--max-redirects", { } text) => this with { MostRedirects = Number(name, text) },
        ("--max-body", { } text) => this with { MaxBody = Number(name, text) },
        ("--sni", { Length: > 0 } text) => this with { ServerName = text },
        ("--junit", { Length: > 0 } file) => this with { JUnit = file },
        ("--zone", { Length: > 0 } zone) => this with { Zones = [.. Zones, zone] },
        ("--target", { Length: > 0 } text) => this with { Targets = [.. Targets, new VantageTarget(text, [])] },
        ("--expect", { Length: > 0 } text) when Targets is [.., var last] => this with
        {
            Targets = [.. Targets.SkipLast(1), last with { Expectations = [.. last.Expectations, text] }],
        },
        ("--insecure", null) => this with { AcceptsUntrusted = true },
        ("--no-identify", null) => this with { DoesNotIdentify = true },
        ("--json", null) => this with { Json = true },
        ("--debug", null) => this with { Debug = true },
        _ => throw Wrong("check", $"{name}{(value is null ? "" : "=" + value)} is not an option of it"),
    };

    private static string? Text(long? number) => number?.ToString(CultureInfo.InvariantCulture);

    private static long Number(string name, string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number : throw Wrong("check", $"{name}={text} is not a number");
}

/// <summary>A target that is checked from several zones.</summary>
/// <param name="Target">As it was written, without secrets.</param>
/// <param name="Expectations">What it must show: <c>ZONE:WHAT</c> from one zone, <c>:WHAT</c> from each.</param>
public sealed record VantageTarget(string Target, IReadOnlyList<string> Expectations);
