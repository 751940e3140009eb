using System.Globalization;
using System.Text.Json;
using System.Xml.Linq;
using Portolan.EndToEnd.Tests.Support;
using Portolan.Kernel.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.EndToEnd.Tests.Scanning;

/// <summary>However a scan ends, what it did not finish is part of what it says of its misses; and a block is named.</summary>
public sealed class ScanEndingTests
{
    private const string Target = "198.18.0.2";

    // Every tenth port.
    private static readonly int[] Open = [.. Enumerable.Range(1, 100).Select(static number => number * 10)];

    [Theory]
    [InlineData("-sS -Pn -p1-1000 198.18.0.2", "INT", 130)]
    [InlineData("-sS -Pn -p1-1000 198.18.0.2", "TERM", 143)]
    [InlineData("-sS -Pn -p1-1000 198.18.0.2", "LINK", 3)]
    [InlineData("-sS -Pn -p1-1000 --max-time 1s 198.18.0.2", "", 3)]
    [InlineData("-sS -Pn -p1-1000 --host-timeout 1s 198.18.0.2", "", 3)]
    [InlineData("-sT -Pn -p1-1000 198.18.0.2", "INT", 130)]
    [InlineData("-sT -Pn -p1-1000 198.18.0.2", "LINK", 3)]
    [InlineData("-sT -Pn -p1-1000 --max-time 1s 198.18.0.2", "", 3)]
    [InlineData("-sT -Pn -p1-1000 --host-timeout 1s 198.18.0.2", "", 3)]
    [InlineData("-sU -Pn -p1-1000 198.18.0.2", "TERM", 143)]
    [InlineData("-sU -Pn -p1-1000 --max-time 1s 198.18.0.2", "", 3)]
    [InlineData("-sn 198.18.0.0/22", "INT", 130)]
    [InlineData("-sn --max-time 1s 198.18.0.0/22", "", 3)]
    public void What_was_not_finished_counts_as_possibly_missed(string words, string ending, int exitCode)
    {
        using var pair = LabPair.Create();
        using var folder = new TemporaryFolder();
        pair.Target.ListenTcp(Open);
        pair.Target.EchoUdp(500);
        var xml = folder["out.xml"];
        using var program = pair.Scanner.Run(() => Programs.Start(
            PortolanProgram.Path, ["scan", "-n", "--max-rate", "200", "--seed", "1", "--json", "-oX", xml, .. words.Split(' ')]));
        var isOfHosts = words.StartsWith("-sn", StringComparison.Ordinal);
        var first = isOfHosts ? "198.18.0." : "\"port\":";
        while (ending.Length > 0 && program.NextLine() is { } line && !line.Contains(first, StringComparison.Ordinal))
        {
        }

        if (ending == "LINK")
        {
            pair.Scanner.Ip("link set scan0 down");
        }
        else if (ending.Length > 0)
        {
            program.Signal(ending);
        }

        var output = program.Finish().Expect(exitCode).Output;

        using var document = JsonDocument.Parse(output.TrimEnd('\n').Split('\n')[^1]);
        var end = document.RootElement;
        Assert.Empty(JsonSchema.Load("portolan.scan/1").Validate(end));
        Assert.False(end.GetProperty("complete").GetBoolean());
        var figure = end.GetProperty("losses").GetProperty(isOfHosts ? "hosts" : "ports");
        var (found, unfinished) = (figure.GetProperty("found").GetInt64(), figure.GetProperty("unfinished").GetInt64());
        Assert.InRange(unfinished, 1, 1024);
        foreach (var bound in (JsonElement[])[figure.GetProperty("missRateBound"), end.GetProperty("missRateBound")])
        {
            if (bound.ValueKind == JsonValueKind.Number)
            {
                Assert.InRange(bound.GetDouble(), ((double)unfinished / (found + unfinished)) - 1e-9, 1);
            }
        }

        var summary = XDocument.Load(xml).Root!.Element("runstats")!.Element("finished")!.Attribute("summary")!.Value;
        var said = string.Create(CultureInfo.InvariantCulture, $"; {unfinished} {(isOfHosts ? "host" : "port")}");
        Assert.Contains(said, summary, StringComparison.Ordinal);
        Assert.Contains(" not finished; ", summary, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-p1-1000")]
    [InlineData("-Pn -p1-1000")]
    [InlineData("-T4 -p1-1000")]
    [InlineData("-sT -p1-1000")]
    public void A_host_that_blocks_the_scanner_is_said_to_have_stopped(string words)
    {
        // As a trap for scanners does: after 100 new connections of an address it drops all that are new.
        using var pair = LabPair.Create();
        using var folder = new TemporaryFolder();
        pair.Target.ListenTcp(Open);
        pair.Target.Nft(
            """
            table inet trap {
                set seen { type ipv4_addr; size 1024; flags dynamic; }
                chain input {
                    type filter hook input priority 0;
                    ct state new meta l4proto tcp update @seen { ip saddr limit rate over 1/hour burst 100 packets } drop
                }
            }
            """);
        var result = pair.Scanner.Run(
            () => Programs.Run(PortolanProgram.Path, ["scan", "-n", "-oX", folder["out.xml"], .. words.Split(' '), Target]));

        result.Expect(3);
        Assert.Contains("\nNote: it stopped answering after about ", result.Output, StringComparison.Ordinal);
        var comment = XDocument.Load(folder["out.xml"]).Root!.Element("host")!.Attribute("comment")!.Value;
        Assert.Contains("it may block this scanner", comment, StringComparison.Ordinal);
        Assert.Contains("from another address", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Host limits", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(" filtered ", result.Output, StringComparison.Ordinal);
        Assert.Matches("[0-9]+0/tcp +open", result.Output);
    }
}
