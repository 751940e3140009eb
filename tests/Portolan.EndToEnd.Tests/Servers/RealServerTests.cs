using System.Text.Json;
using Portolan.EndToEnd.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.EndToEnd.Tests.Servers;

/// <summary>
/// <c>scan -sV</c> beside real servers of Debian 12, all at once in one network namespace: the protocol, and product and version exactly
/// where the server's bytes carry them. dpkg has the truth of versions. <c>./test</c> starts a third of them, <c>./test long</c> all.
/// </summary>
public sealed class RealServerTests
{
    private static readonly bool IsLong = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("PORTOLAN_LONG"));

    private static readonly string Script = Repository.PathOf("scripts", "servers");

    private static readonly Lazy<RunResult> Scan = new(Run);

    private static readonly Lazy<Dictionary<string, string>> Versions =
        new(static () => ServerTable.ReadVersions(Programs.Run(Script, ["versions"]).Expect(0).Output));

    /// <summary>The servers that are started here, and their ports.</summary>
    public static TheoryData<string, string> Ports =>
        [.. Servers.SelectMany(static server => server.Ports.Select(port => (server.Name, port.Port)))];

    private static IEnumerable<RealServer> Servers => ServerTable.All.Where(static server => IsLong || server.IsOfThird);

    [Fact]
    public void The_table_has_63_servers_and_a_third_of_them_is_started_always()
    {
        Assert.Equal(63, ServerTable.All.Count);
        Assert.Equal(63, ServerTable.All.Select(static server => server.Name).Distinct().Count());
        Assert.InRange(ServerTable.All.Count(static server => server.IsOfThird), 19, 25);
        Assert.All(ServerTable.All, static server => Assert.True(server is { Package: not null, Ports.Count: > 0 }, server.Name));
    }

    [Theory]
    [MemberData(nameof(Ports))]
    public void A_real_server_is_known_by_what_it_says(string server, string port)
    {
        Assert.SkipUnless(PortolanProgram.IsRoot, "needs root for namespaces of its own");
        var result = Scan.Value;
        Assert.SkipWhen(result.ExitCode == 77, result.Error.Trim());
        result.Expect(0);
        var expected = ServerTable.All.Single(one => one.Name == server).Ports.Single(one => one.Port == port);
        var found = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(static line => JsonDocument.Parse(line).RootElement)
            .Where(line => line.GetProperty("event").GetString() == "port"
                && line.GetProperty("protocol").GetString() == expected.Protocol
                && line.GetProperty("port").GetInt32() == expected.Number)
            .ToList();

        // A silent UDP port may be left out of what is listed.
        var truth = expected.Expected(Versions.Value);
        var isLeftOut = found.Count == 0 && truth == "silent" && expected.Protocol == "udp";
        Assert.True(isLeftOut || found.Count == 1, $"{server} {port}: {found.Count} results\n{result.Error}");
        var said = isLeftOut ? "silent" : Describe(found[0]);
        Assert.True(truth == said, $"{server} {port}: {said}, not {truth}\n{result.Error}");
    }

    private static string Describe(JsonElement port)
    {
        var service = port.GetProperty("identified");
        if (service.ValueKind == JsonValueKind.Null)
        {
            return port.GetProperty("serviceState").GetString() is "not-asked" ? "not asked" : "silent";
        }

        var tunnel = service.GetProperty("tunnel").GetString() is { } name ? $"{name}/" : "";
        return $"{tunnel}{service.GetProperty("protocol")}|{Text("product")}|{Text("version")}";

        string Text(string fact) => service.GetProperty(fact).GetString() ?? "-";
    }

    private static RunResult Run() => Programs.Run(
        Script,
        [
            "run", IsLong ? "all" : "third", "/bin/sh", "-c",
            """
            "$1" scan -sSUV -n -p "$2" 127.0.0.1 --json
            status=$?
            tail -n 12 "$PORTOLAN_SERVERS_LOGS"/* >&2
            exit $status
            """,
            "sh", PortolanProgram.Path, Programs.Run(Script, ["ports", IsLong ? "all" : "third"]).Expect(0).Output.Trim(),
        ]);
}
