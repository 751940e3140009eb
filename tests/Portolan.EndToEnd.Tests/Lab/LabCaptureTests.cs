using System.Globalization;
using Portolan.EndToEnd.Tests.Support;
using Portolan.Kernel.Tests.Support;
using Portolan.Packets;

namespace Portolan.EndToEnd.Tests.Lab;

/// <summary>
/// <c>portolan lab run --pcap</c>: each packet has a comment, and where something was decided about it the comment says what and why.
/// </summary>
public sealed class LabCaptureTests
{
    private const string Topology =
        """
        name: kinds
        networks:
          desk: 198.18.0.0/24
          back: 198.18.1.0/24
          lossy: { prefix: 198.18.2.0/24, loss: 50% }
        routers:
          gate:
            networks: { desk: 198.18.0.1, back: 198.18.1.1, lossy: 198.18.2.1 }
            firewall: { rules: [drop tcp to back port 4444] }
        hosts:
          web: { address: 198.18.1.10, ports: { 80: http, 81: closed, 82: filtered, 83: reject with admin-prohibited, 53/udp: filtered } }
          far: { address: 198.18.2.10, ports: [http] }
        """;

    private const string Scans =
        "\"$0\" scan -n -Pn -sS -p 80-83,4444 198.18.1.10 198.18.1.99; \"$0\" scan -n -Pn -sU -p 53-54 198.18.1.10; \"$0\" scan -n -Pn -sS "
            + "-p 80-99 198.18.2.10";

    [Fact]
    public void Every_packet_has_a_comment_that_says_what_became_of_it_and_why()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["kinds.yaml"], Topology);
        PortolanProgram.Run(
            "lab", "run", folder["kinds.yaml"], "--pcap", folder["kinds.pcapng"], "--pcap-all", "--", "/bin/sh", "-c", Scans,
            PortolanProgram.Path).Expect(0);
        var packets = Read(folder["kinds.pcapng"]);
        Assert.True(packets.Count > 50, $"{packets.Count} packets");
        Assert.All(packets, static p => Assert.Matches("^[a-z]+ > [a-z]+(: .+)?$", p.Comment));
        Assert.Equal(["back", "desk", "lossy"], packets.Select(static p => p.Network).Distinct().Order(StringComparer.Ordinal));

        void Said(
            string network, string comment, string address, int? port = null) =>
                Assert.Contains(
                    packets, p => p.Network == network && p.Comment == comment && p.To == address && (port is null || p.Port == port));
        Said("desk", "vantage > gate: allowed by the default of gate", "198.18.1.10", 80);
        Said("back", "gate > web: port 80/tcp is open: http", "198.18.1.10", 80);
        Said("back", "gate > web: port 81/tcp is closed", "198.18.1.10", 81);
        Said("back", "gate > web: port 82/tcp is filtered: dropped", "198.18.1.10", 82);
        Said("back", "gate > web: port 83/tcp is rejected with admin-prohibited", "198.18.1.10", 83);
        Said("back", "gate > web: port 53/udp is filtered: dropped", "198.18.1.10", 53);
        Said("back", "gate > web: port 54/udp is closed", "198.18.1.10", 54);
        Said("desk", "vantage > gate: dropped by rule 1 of gate", "198.18.1.10", 4444);
        Said("back", "gate > nobody: no host has the address 198.18.1.99", "198.18.1.99", 80);
        Said("lossy", "gate > nobody: lost", "198.18.2.10");
        Said("lossy", "far > nobody: lost", "198.18.0.254");

        // What is dropped on the way is on no network behind.
        Assert.DoesNotContain(packets, static p => p.Network == "back" && p.Port == 4444);
        var tshark = Tool.Find("tshark");
        var others = Programs.Run(
            tshark, ["-r", folder["kinds.pcapng"], "-T", "fields", "-e", "frame.interface_name", "-e", "frame.comment"]).Expect(0).Output;
        Assert.Equal(packets.Select(static p => $"{p.Network}\t{p.Comment}"), others.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void A_routed_packet_is_there_once_and_the_networks_are_described()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["kinds.yaml"], Topology);
        PortolanProgram.Run(
            "lab", "run", folder["kinds.yaml"], "--pcap", folder["once.pcapng"], "--", PortolanProgram.Path, "scan", "-n", "-Pn", "-sS",
            "-p", "80", "198.18.1.10").Expect(0);
        var packets = Read(folder["once.pcapng"]);

        // The scanner began all of it, so its network has it, both ways; on the network of web the same packets cross again.
        Assert.All(packets, static p => Assert.Equal("desk", p.Network));
        Assert.Contains(
            packets, static p => p is { To: "198.18.1.10", Port: 80, Comment: "vantage > gate: allowed by the default of gate" });
        Assert.Contains(packets, static p => p is { To: not "198.18.1.10", Comment: "gate > vantage" });

        var described = Programs.Run(
            Tool.Find("tshark"),
            ["-r", folder["once.pcapng"], "-T", "fields", "-e", "frame.interface_name", "-e", "frame.interface_description"]).Expect(
                0).Output;
        Assert.Equal(
            ["desk\tnetwork 198.18.0.0/24"], described.Split('\n', StringSplitOptions.RemoveEmptyEntries).Distinct());
    }

    /// <summary>The device that takes nothing (full(4)): a write fails when it is made, or at the end.</summary>
    [Theory]
    [InlineData("office", "--", "/bin/true")]
    [InlineData("office", "--", "/bin/sh", "-c", "ping -q -c 3 web >/dev/null")]
    [InlineData("two-browsers")]
    public void A_capture_that_cannot_be_written_names_option_file_and_cause(string lab, params string[] command)
    {
        var result = PortolanProgram.Run(["lab", "run", lab, "--pcap", "/dev/full", .. command]).Expect(3);
        Assert.Equal("portolan: --pcap: cannot write /dev/full: No space left on device\n", result.Error);
    }

    [Theory]
    [InlineData("-oX")]
    [InlineData("-oN")]
    [InlineData("-oJ")]
    public void So_do_results_of_scans(string option)
    {
        var result = PortolanProgram.Run("scan", "-n", "-sT", "-p", "1", "127.0.0.1", option, "/dev/full").Expect(3);
        Assert.Contains($"portolan: {option}: cannot write /dev/full: No space left on device\n", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_capture_on_stdout_is_alone_there()
    {
        using var folder = new TemporaryFolder();
        const string Words = "\"$0\" lab run two-browsers --pcap - 2>\"$1\" | \"$2\" -r - -T fields -e tcp.dstport";
        var read = Programs.Run("/bin/sh", ["-c", Words, PortolanProgram.Path, folder["text"], Tool.Find("tshark")]).Expect(0);
        Assert.Contains("80\n", read.Output, StringComparison.Ordinal);
        Assert.Contains("checks hold (seed 1).", File.ReadAllText(folder["text"]), StringComparison.Ordinal);
        Assert.False(File.Exists("-"));
    }

    [Fact]
    public void What_a_command_prints_goes_to_stderr_beside_a_capture_on_stdout()
    {
        using var folder = new TemporaryFolder();
        const string Words = "\"$0\" lab run office --pcap - -- sh -c 'ping -4 -c 1 web; echo printed; exit 7' 2>\"$1\" >\"$2\"";
        Programs.Run("/bin/sh", ["-c", Words, PortolanProgram.Path, folder["text"], folder["office.pcapng"]]).Expect(7);
        Assert.Contains("printed\n", File.ReadAllText(folder["text"]), StringComparison.Ordinal);
        Assert.Contains(Read(folder["office.pcapng"]), static p => p.Comment.StartsWith("vantage > gateway", StringComparison.Ordinal));
    }

    [Fact]
    public void A_lab_ends_with_whoever_reads_its_capture()
    {
        const string Words =
            "\"$0\" lab run office --pcap - -- sh -c 'while ping -c 1 -i 0.2 web; do :; done' 2>/dev/null | head -c 100 | wc -c";
        Assert.Equal("100\n", Programs.Run("/bin/sh", ["-c", Words, PortolanProgram.Path]).Expect(0).Output);
    }

    [Theory]
    [InlineData("lab run office --pcap x.pcapng --pcap-host nobody -- true", "the lab has no host or router named nobody")]
    [InlineData("lab run office --pcap x.pcapng --pcap-network nowhere -- true", "the lab has no network or link named nowhere")]
    public void A_name_that_the_lab_has_not_is_refused(string words, string message)
    {
        var result = PortolanProgram.Run(words.Split(' ')).Expect(2);
        Assert.StartsWith($"portolan: {message}\nhint: there are ", result.Error, StringComparison.Ordinal);
        Assert.False(File.Exists("x.pcapng"));
    }

    [Fact]
    public void A_capture_is_not_written_to_a_terminal()
    {
        var script = Programs.Find("script", "/usr/bin/script");
        var result = Programs.Run(script, ["-qec", $"{PortolanProgram.Path} lab run two-browsers --pcap -", "/dev/null"]).Expect(2);
        Assert.StartsWith(
            "portolan: --pcap - writes the capture to standard output, which is a terminal", result.Output, StringComparison.Ordinal);
    }

    private static List<Crossing> Read(string file)
    {
        using var stream = File.OpenRead(file);
        var reader = new PcapngReader(stream);
        List<Crossing> packets = [];
        while (reader.TryRead(out var packet))
        {
            Assert.True(Ipv4Packet.TryRead(packet.Frame, out var ip));
            packets.Add(new Crossing(packet.Interface.Name, ip.Destination.ToString(), PortOf(ip), Assert.Single(packet.Options.Comments)));
        }

        Assert.Equal(PcapngEnd.Complete, reader.End);
        return packets;
    }

    private static int? PortOf(in Ipv4Packet ip) => ip.Protocol switch
    {
        IpProtocol.Tcp when TcpSegment.TryRead(ip.Payload, out var segment) => segment.DestinationPort.Value,
        IpProtocol.Udp when UdpDatagram.TryRead(ip.Payload, out var datagram) => datagram.DestinationPort.Value,
        _ => null,
    };

    private sealed record Crossing(string Network, string To, int? Port, string Comment)
    {
        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Network}: {To}:{Port}: {Comment}");
    }
}
