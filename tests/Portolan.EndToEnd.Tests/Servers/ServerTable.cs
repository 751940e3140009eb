using System.Globalization;
using Portolan.Tests.Support;

namespace Portolan.EndToEnd.Tests.Servers;

/// <summary>The real servers of <c>servers.txt</c>; <c>scripts/servers</c> starts them by the same file.</summary>
internal static class ServerTable
{
    /// <summary>All servers.</summary>
    public static IReadOnlyList<RealServer> All { get; } = Read(File.ReadLines(
        Repository.PathOf("tests", "Portolan.EndToEnd.Tests", "Servers", "servers.txt")));

    /// <summary>
    /// Reads what <c>scripts/servers versions</c> writes. "5:7.0.15-1~deb12u9" is version 7.0.15, and "1:6.0.14+dfsg-1" version 6.0.14
    /// without what Debian left out.
    /// </summary>
    public static Dictionary<string, string> ReadVersions(string text)
    {
        var versions = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, version) = (line.Split(' ')[0], line.Split(' ')[1]);
            version = version[(version.IndexOf(':', StringComparison.Ordinal) + 1)..];
            version = version.LastIndexOf('-') is > 0 and var revision ? version[..revision] : version;
            versions[name] = version.EndsWith("+dfsg", StringComparison.Ordinal) ? version[..^"+dfsg".Length] : version;
        }

        return versions;
    }

    private static List<RealServer> Read(IEnumerable<string> lines)
    {
        var servers = new List<RealServer>();
        foreach (var line in lines.Where(static line => line.Length > 0 && line[0] != '#'))
        {
            var words = line.TrimStart().Split(' ', 2);
            var server = servers.LastOrDefault();
            switch (words[0])
            {
                case "server":
                    servers.Add(new RealServer(words[1]));
                    break;
                case "third":
                    server!.IsOfThird = true;
                    break;
                case "packages" or "unpacked":
                    server!.Package ??= words[1].Split(' ')[0];
                    break;
                case "expect":
                    var place = words[1].Split(' ', 2);
                    server!.Ports.Add(new ServerPort(server, place[0], place[1]));
                    break;
                case "really":
                    place = words[1].Split(' ', 2);
                    server!.Ports.Single(port => port.Port == place[0]).Really = place[1];
                    break;
                case "before" or "run" or "ready":
                    break;
                default:
                    throw new FormatException($"servers.txt: {line}");
            }
        }

        return servers;
    }
}

/// <summary>A server and what its ports are.</summary>
internal sealed class RealServer(string name)
{
    /// <summary>Its name, which is a word for <c>scripts/servers run</c>.</summary>
    public string Name { get; } = name;

    /// <summary><c>./test</c> starts it; without it only <c>./test long</c>.</summary>
    public bool IsOfThird { get; set; }

    /// <summary>The package that has its version.</summary>
    public string? Package { get; set; }

    /// <summary>What its ports are.</summary>
    public List<ServerPort> Ports { get; } = [];
}

/// <summary>A port of a server.</summary>
internal sealed class ServerPort(RealServer server, string port, string expected)
{
    /// <summary>Whose it is.</summary>
    public RealServer Server { get; } = server;

    /// <summary>As in the table: <c>t22</c>, <c>u53</c>.</summary>
    public string Port { get; } = port;

    /// <summary>The transport protocol, as <c>scan --json</c> and nmap's XML name it.</summary>
    public string Protocol => Port[0] == 'u' ? "udp" : "tcp";

    /// <summary>Its number.</summary>
    public int Number => int.Parse(Port.AsSpan(1), CultureInfo.InvariantCulture);

    /// <summary>What stands behind it, where it does not say all of it.</summary>
    public string? Really { get; set; }

    /// <summary>What it tells: PROTOCOL|PRODUCT|VERSION, <c>silent</c> or <c>not asked</c>.</summary>
    /// <param name="versions">The versions of packages.</param>
    public string Expected(IReadOnlyDictionary<string, string> versions) => Fill(expected, versions);

    /// <summary>What it is, with the version of its package whether its bytes carry it or not: PROTOCOL|PRODUCT|VERSION.</summary>
    /// <param name="versions">The versions of packages.</param>
    public string Truth(IReadOnlyDictionary<string, string> versions)
    {
        var what = Really ?? expected;
        var isTold = what.Contains("|whole", StringComparison.Ordinal);
        return Fill(isTold ? what : what[..what.LastIndexOf('|')] + "|whole", versions);
    }

    private string Fill(string what, IReadOnlyDictionary<string, string> versions)
    {
        if (what.Split('|') is not [var protocol, var product, var version])
        {
            return what;
        }

        var words = version.Split(" of ");
        var whole = versions[words.Length > 1 ? words[1] : Server.Package!];
        return $"{protocol}|{product}|" + words[0] switch
        {
            "-" => "-",
            "whole" => whole,
            "first two" => string.Join('.', whole.Split('.').Take(2)),
            _ => throw new FormatException($"servers.txt: {what}"),
        };
    }
}
