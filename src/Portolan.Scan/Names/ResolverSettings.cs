using System.Globalization;

namespace Portolan.Scan.Names;

/// <summary>How this host asks DNS: what <c>/etc/resolv.conf</c> says (resolv.conf(5)).</summary>
public sealed record ResolverSettings
{
    private const int MaxServers = 16;
    private const int MaxSearchDomains = 32;

    /// <summary>The servers, first to be asked first.</summary>
    public IReadOnlyList<DnsServer> Servers { get; init; } = [];

    /// <summary>Domains that a short name is tried in.</summary>
    public IReadOnlyList<string> SearchDomains { get; init; } = [];

    /// <summary>A name with at least so many dots is tried as it stands first (<c>ndots</c>).</summary>
    public int Dots { get; init; } = 1;

    /// <summary>How long one server is waited for (<c>timeout</c>).</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How often all servers are gone through (<c>attempts</c>).</summary>
    public int Attempts { get; init; } = 2;

    /// <summary>Questions begin with another server each time (<c>rotate</c>).</summary>
    public bool Rotate { get; init; }

    /// <summary>Questions go over TCP at once (<c>use-vc</c>).</summary>
    public bool AlwaysTcp { get; init; }

    /// <summary>Reads the text of a resolv.conf. What is not understood is skipped, as the system's resolver does.</summary>
    /// <param name="text">The text.</param>
    /// <param name="findInterface">The number of the interface with a name, for link-local servers.</param>
    public static ResolverSettings Parse(string text, Func<string, uint?>? findInterface = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        var servers = new List<DnsServer>();
        var settings = new ResolverSettings();
        foreach (var line in text.Split('\n'))
        {
            // Comments only at the start of a line (resolv.conf(5)); a hash later is part of a word.
            if (line.StartsWith('#') || line.StartsWith(';')
                || line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) is not [var key, .. var values])
            {
                continue;
            }

            switch (key)
            {
                case "nameserver" when values.Length > 0 && servers.Count < MaxServers && !values[0].StartsWith('[')
                    && DnsServer.TryParse(values[0], findInterface, out var server) && server!.Port == DnsServer.DefaultPort:
                    servers.Add(server);
                    break;
                case "domain" when values.Length > 0:
                    settings = settings with { SearchDomains = Domains(values[..1]) };
                    break;
                case "search":
                    settings = settings with { SearchDomains = Domains(values) };
                    break;
                case "options":
                    foreach (var option in values)
                    {
                        settings = settings.WithOption(option);
                    }

                    break;
            }
        }

        return settings with { Servers = servers };
    }

    private static List<string> Domains(string[] words)
    {
        var domains = new List<string>();
        foreach (var word in words)
        {
            // A lone dot means the root: nothing to add to a name.
            if (domains.Count < MaxSearchDomains && word.Trim('.') is { Length: > 0 } domain)
            {
                domains.Add(domain);
            }
        }

        return domains;
    }

    // The limits are those of resolv.conf(5): larger values are silently cut there too.
    private ResolverSettings WithOption(string option)
    {
        var colon = option.IndexOf(':', StringComparison.Ordinal);
        var name = colon < 0 ? option : option[..colon];
        int? value = colon >= 0 && int.TryParse(option.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;
        return (name, value) switch
        {
            ("ndots", { } dots) => this with { Dots = Math.Min(dots, 15) },
            ("timeout", { } seconds) => this with { Timeout = TimeSpan.FromSeconds(Math.Clamp(seconds, 1, 30)) },
            ("attempts", { } attempts) => this with { Attempts = Math.Clamp(attempts, 1, 5) },
            ("rotate", _) => this with { Rotate = true },
            ("use-vc", _) => this with { AlwaysTcp = true },
            _ => this,
        };
    }
}
