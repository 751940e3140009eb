using System.Text.Json;
using Portolan.Scan.Identification.Facts;
using Portolan.Tests.Support;

namespace Portolan.Tests.Cli.Scanning;

/// <summary>--list-facts: every fact, and which of them log in.</summary>
public sealed class FactListTests
{
    [Fact]
    public void Every_fact_has_a_line_and_nothing_is_scanned()
    {
        var console = new TestConsole();
        Assert.Equal(0, console.Run("scan", "--list-facts"));
        var lines = console.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(FactCatalog.All.Select(static fact => fact.Id).Order(StringComparer.Ordinal),
            lines.Skip(1).Select(static line => line.Split(' ')[0]));
        Assert.Equal(["ftp-anon", "snmp-sysdescr"],
            lines.Where(static line => line.Contains("anonymous, password", StringComparison.Ordinal)
            || line.Contains("community public ", StringComparison.Ordinal)).Select(static line => line.Split(' ')[0]));
    }

    [Fact]
    public void Facts_that_are_named_are_listed_alone()
    {
        var console = new TestConsole();
        Assert.Equal(0, console.Run("scan", "--list-facts", "--script", "ssl-cert,http-title"));
        Assert.Equal(["http-title", "ssl-cert"],
            console.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(static line => line.Split(' ')[0]));
    }

    [Fact]
    public void Json_has_all_of_it_by_its_schema()
    {
        var console = new TestConsole();
        Assert.Equal(0, console.Run("scan", "--list-facts", "--json"));
        var root = JsonDocument.Parse(console.Output).RootElement;
        Assert.Empty(JsonSchema.Load("portolan.facts/1").Validate(root));
        Assert.Equal(FactCatalog.All.Count, root.GetProperty("facts").GetArrayLength());
        var snmp = root.GetProperty("facts").EnumerateArray().Single(static fact => fact.GetProperty("id").GetString() == "snmp-sysdescr");
        Assert.Equal(("udp", "snmp", "community public"),
            (snmp.GetProperty("over")[0].GetString(), snmp.GetProperty("services")[0].GetString(),
            snmp.GetProperty("credentials").GetString()));
    }
}
