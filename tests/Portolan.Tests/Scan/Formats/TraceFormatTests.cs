using System.Text;
using System.Text.Json;
using System.Xml.Linq;
using Portolan.Model;
using Portolan.Scan.Formats;
using Portolan.Scan.Results;

namespace Portolan.Tests.Scan.Formats;

/// <summary>The ways to hosts in each format.</summary>
public sealed class TraceFormatTests
{
    private static readonly ScanOutputOptions Options = new() { Arguments = ["portolan"], Version = "1" };

    private static InternetAddress Address(string text) =>
        InternetAddress.TryParse(text, out var address) ? address : throw new FormatException(text);

    private static TraceHop Hop(int ttl, string? address = null, double milliseconds = 0, string? name = null) =>
        new((byte)ttl, address is null ? null : Address(address), TimeSpan.FromMilliseconds(milliseconds), name);

    private static HostStory Host(string address, TraceProbe probe, TraceHop[] hops, params FilteredTrace[] filtered) =>
        new HostStory(address) { Way = new HostTrace(probe, hops, IsReached: true) { Filtered = filtered } }
            .With(TransportProtocol.Tcp, "80", PortState.Open, ReplyReason.SynAck);

    private static ProbePort Tcp(int port) => new(TransportProtocol.Tcp, new PortNumber((ushort)port));

    private static HostStory Far => Host(
        "198.51.100.9",
        new TraceProbe(TraceMethod.Syn, new PortNumber(80)),
        [Hop(1, "198.18.0.254", 0.12, "gate\u001b[31m.example"), Hop(2), Hop(3), Hop(4, "203.0.113.1", 12.5), Hop(5, "198.51.100.9", 13)],
        new FilteredTrace(Tcp(22), Hop(1, "198.18.0.254"), Hop(4, "203.0.113.1"), null, TraceCertainty.Between),
        new FilteredTrace(Tcp(25), Hop(4, "203.0.113.1"), null, Address("203.0.113.1"), TraceCertainty.Named),
        new FilteredTrace(Tcp(3306), Hop(4, "203.0.113.1"), Hop(5, "198.51.100.9"), null, TraceCertainty.Adjacent),
        new FilteredTrace(Tcp(8080), null, null, null, TraceCertainty.Unknown));

    private static string Text(params HostReport[] reports)
    {
        using var stream = new MemoryStream();
        var writer = new NormalWriter(stream, Options);
        Array.ForEach(reports, writer.HostFinished);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    [Fact]
    public void The_text_is_nmaps_and_names_from_outside_are_made_visible()
    {
        Assert.Contains(
            """

            TRACEROUTE (using port 80/tcp)
            HOP RTT      ADDRESS
            1   0.12 ms  gate\x1b[31m.example (198.18.0.254)
            2   ... 3
            4   12.50 ms 203.0.113.1
            5   13.00 ms 198.51.100.9

            WHERE PROBES TO FILTERED PORTS END
            22/tcp   probes pass hop 1 (198.18.0.254); dropped on the path to hop 4 (203.0.113.1): hops 2-3 send no ICMP errors
            25/tcp   rejected by hop 4 (203.0.113.1)
            3306/tcp probes pass hop 4 (203.0.113.1); dropped by it or by the host itself
            8080/tcp no hop answers; a later hop drops them or sends no ICMP errors: no probe reached the host

            """,
            Text(Far),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_beginning_that_was_printed_is_named_and_not_printed_again()
    {
        var near = Host(
            "198.51.100.10", new TraceProbe(TraceMethod.Echo, PortNumber.Zero),
            [Hop(1, "198.18.0.254", 1), Hop(2), Hop(3), Hop(4, "203.0.113.1", 2), Hop(5, "198.51.100.10", 3)]);
        Assert.Contains(
            """
            TRACEROUTE (using proto 1/icmp)
            HOP RTT     ADDRESS
            -   Hops 1-4 are the same as for 198.51.100.9
            5   3.00 ms 198.51.100.10

            """,
            Text(Far, near),
            StringComparison.Ordinal);
        Assert.Contains(
            "TRACEROUTE\nHOP RTT     ADDRESS\n1   0.30 ms 198.18.0.7\n", Text(Host("198.18.0.7", default, [Hop(1, "198.18.0.7", 0.3)])),
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_XML_has_nmaps_trace_and_hops()
    {
        var host = XDocument.Parse(ScanStories.Xml([Far])).Root!.Element("host")!;
        var trace = host.Element("trace")!;
        Assert.Equal("80 tcp", $"{trace.Attribute("port")?.Value} {trace.Attribute("proto")?.Value}");
        Assert.Equal(
            ["1 198.18.0.254 0.12", "4 203.0.113.1 12.50", "5 198.51.100.9 13.00"],
            trace.Elements("hop").Select(
                hop => $"{hop.Attribute("ttl")?.Value} {hop.Attribute("ipaddr")?.Value} {hop.Attribute("rtt")?.Value}"));
        Assert.Contains("25/tcp: rejected by hop 4 (203.0.113.1)", host.Attribute("comment")!.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void The_JSON_says_how_certain_each_place_is()
    {
        var line = ScanStories.Json([Far]).Split('\n').Single(static line => line.Contains("\"event\":\"host\"", StringComparison.Ordinal));
        var trace = JsonDocument.Parse(line).RootElement.GetProperty("trace");
        Assert.Equal(
            "syn tcp 80 True",
            $"{trace.GetProperty("method").GetString()} {trace.GetProperty("protocol").GetString()} {trace.GetProperty("port").GetInt32()} "
                + $"{trace.GetProperty("reached").GetBoolean()}");
        Assert.Equal(5, trace.GetProperty("hops").GetArrayLength());
        Assert.Equal(JsonValueKind.Null, trace.GetProperty("hops")[1].GetProperty("address").ValueKind);
        Assert.Equal(
            ["between", "named", "adjacent", "unknown"],
            trace.GetProperty("filtered").EnumerateArray().Select(filtered => filtered.GetProperty("certainty").GetString()));
    }
}
