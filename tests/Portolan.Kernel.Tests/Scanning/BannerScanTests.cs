using System.Text.Json;
using System.Xml.Linq;
using Portolan.Kernel.Tests.Scan.Formats;
using Portolan.Kernel.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.Kernel.Tests.Scanning;

/// <summary><c>scan --banners</c>, the whole command, against servers of the kernel in another namespace.</summary>
public sealed class BannerScanTests
{
    private static string Program { get; } = BuiltProgram.Path;

    private static readonly Dictionary<int, string?> Expected = new()
    {
        [Talkers.Prompt] = "SSH-2.0-Talker",
        [Talkers.Slow] = "220 mail.example.com ESMTP",
        [Talkers.Silent] = null,
        [Talkers.Binary] = @"J\x00\x00\x00\x0A8.0\x00\xFF\",
        [Talkers.Endless] = new string('x', 1024),
        [Talkers.ResetsAtOnce] = null,
        [Talkers.ResetsAfterwards] = "+OK bye",
        [Talkers.Closes] = "* BYE",
        [Talkers.Hostile] = @"220 \x1B]0;owned\x07\xE2\x80\xAE""<&>--\x0D\x0A220 two",
        [Talkers.Late] = "250 late",
    };

    [Theory]
    [InlineData("198.18.0.2", "-sT")]
    [InlineData("2001:db8::2", "-sT")]
    [InlineData("198.18.0.2", "-sS")]
    [InlineData("2001:db8::2", "-sS")]
    [InlineData("198.18.0.2", "--own-stack")]
    [InlineData("2001:db8::2", "--own-stack")]
    public void What_each_service_says_first_is_told_and_nothing_is_sent_to_it(string target, string way)
    {
        using var pair = LabPair.Create();
        using var talkers = Talkers.Of(pair.Target);
        var ports = Scan(pair, target, way, "-p", $"{Talkers.Ports},7006", "--banners");
        Assert.Equal(Expected.Keys.Order(), ports.Keys.Order());
        foreach (var (port, banner) in Expected)
        {
            Assert.Equal((port, "handshake", banner), (port, ports[port].Evidence, ports[port].Banner));
        }

        Assert.False(talkers.HasHeard);

        // Without the option nobody waits, and the field is null.
        Assert.All(Scan(pair, target, way, "-p", "22,80").Values, static port => Assert.Null(port.Banner));
    }

    /// <summary>A silent port takes five seconds; two hundred together take little more.</summary>
    [Theory]
    [InlineData("-sT")]
    [InlineData("--own-stack")]
    public void Silent_services_are_waited_for_together(string way)
    {
        using var pair = LabPair.Create();
        using var talkers = Talkers.Of(pair.Target);
        pair.Target.Nft("table inet t { chain c { type nat hook prerouting priority -100; tcp dport 8000-8199 redirect to :80; }\n}");
        var ports = Scan(pair, "198.18.0.2", way, "-p", "22,8000-8199", "--banners");
        Assert.Equal(201, ports.Count);
        Assert.Equal("SSH-2.0-Talker", ports[22].Banner);
        Assert.All(ports.Where(static p => p.Key >= 8000), static p => Assert.Null(p.Value.Banner));
    }

    [Theory]
    [InlineData("-sT")]
    [InlineData("--own-stack")]
    public void Few_connections_at_once_hear_the_same(string way)
    {
        using var pair = LabPair.Create();
        using var talkers = Talkers.Of(pair.Target);
        var ports = Scan(pair, "198.18.0.2", way, "-p", "22,25,3306,7000-7004", "--banners", "--max-parallelism", "1", "--max-rate", "50");
        Assert.All(ports, static p => Assert.Equal(Expected[p.Key], p.Value.Banner));
    }

    [Fact]
    public void Each_form_shows_them_and_no_byte_of_a_terminal_gets_through()
    {
        using var pair = LabPair.Create();
        using var talkers = Talkers.Of(pair.Target);
        var folder = Directory.CreateTempSubdirectory("portolan-banners-").FullName;
        try
        {
            var (output, error, exit) = pair.Scanner.Execute(
                Program, null, "scan", "198.18.0.2", "-n", "-sT", "-p", "22,80,7004", "--banners", "--no-journal", "-oA",
                Path.Combine(folder, "scan"));
            Assert.True(exit == 0, error);
            Assert.Contains("PORT      STATE  SERVICE", output, StringComparison.Ordinal);
            Assert.Contains("BANNER", output, StringComparison.Ordinal);
            Assert.Contains("SSH-2.0-Talker", output, StringComparison.Ordinal);

            var xml = XDocument.Load(Path.Combine(folder, "scan.xml"), LoadOptions.None);
            var scripts = xml.Descendants("script")
                .Select(static s => (s.Parent!.Attribute("portid")!.Value, s.Attribute("id")!.Value, s.Attribute("output")!.Value))
                .ToList();
            Assert.Equal([("22", "banner", "SSH-2.0-Talker"), ("7004", "banner", Expected[7004]!)], scripts);
            Assert.Contains("\n|_banner: SSH-2.0-Talker\n", File.ReadAllText(Path.Combine(folder, "scan.nmap")), StringComparison.Ordinal);

            // As nmap: this form has no place for it.
            Assert.DoesNotContain("Talker", File.ReadAllText(Path.Combine(folder, "scan.gnmap")), StringComparison.Ordinal);
            Assert.All(
                [output, .. Directory.GetFiles(folder).Select(File.ReadAllText)],
                static text => Assert.DoesNotContain(text, static c => c is '\e' or '\a' or '\u202e'));
            NmapPrograms.AssertValid(Path.Combine(folder, "scan.xml"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("-sT", "CONN", "said 19 bytes first", "no greeting")]
    [InlineData("--own-stack", "RCVD", "", "")]
    public void The_packet_trace_shows_them_and_changes_nothing(string way, string kind, string said, string silent)
    {
        using var pair = LabPair.Create();
        using var talkers = Talkers.Of(pair.Target);
        var (output, error, exit) = pair.Scanner.Execute(
            Program, null, "scan", "198.18.0.2", "-n", way, "-p", "22,80", "--banners", "--no-journal", "--packet-trace");
        Assert.True(exit == 0, error);
        Assert.Contains("SSH-2.0-Talker", output, StringComparison.Ordinal);
        var lines = error.Split('\n').Where(line => line.StartsWith(kind, StringComparison.Ordinal)).ToList();
        Assert.Contains(
            lines, line => line.Contains("198.18.0.2:22", StringComparison.Ordinal) && line.EndsWith(said, StringComparison.Ordinal));
        Assert.Contains(
            lines, line => line.Contains("198.18.0.2:80", StringComparison.Ordinal) && line.EndsWith(silent, StringComparison.Ordinal));
    }

    /// <summary>The script of nmap says the same, of what comes in one piece: of the rest it takes the first.</summary>
    [Fact]
    public void It_is_what_nmap_says_too()
    {
        using var pair = LabPair.Create();
        using var talkers = Talkers.Of(pair.Target);
        var (output, _, exit) = pair.Scanner.Execute(
            "/usr/bin/nmap", null, "-n", "-Pn", "-sT", "-p", "7002,7003", "--script", "banner", "-oX", "-", "198.18.0.2");
        Assert.SkipWhen(exit != 0 || output.Contains("failed", StringComparison.OrdinalIgnoreCase), "nmap has no scripts here");
        var theirs = XDocument.Parse(output).Descendants("script").Where(static s => s.Attribute("id")!.Value == "banner")
            .ToDictionary(
                static s => int.Parse(s.Parent!.Attribute("portid")!.Value, System.Globalization.CultureInfo.InvariantCulture),
                static s => s.Attribute("output")!.Value);
        Assert.NotEmpty(theirs);
        Assert.All(theirs, static their => Assert.Equal(Expected[their.Key], their.Value));
    }

    [Theory]
    [InlineData("-sT")]
    [InlineData("-sS")]
    [InlineData("--own-stack")]
    public void A_host_whose_time_is_over_is_given_up_among_its_banners(string way)
    {
        using var pair = LabPair.Create();
        using var talkers = Talkers.Of(pair.Target);
        var (output, error, exit) = pair.Scanner.Execute(
            Program, null, "scan", "198.18.0.2", "-n", way, "-p", "80,7007", "--banners", "--no-journal", "--host-timeout", "2s");
        Assert.True(exit != 0, output + error);
        Assert.Contains("given up after --host-timeout", output, StringComparison.Ordinal);
        Assert.Contains("hosts were given up by --host-timeout", output + error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-sT")]
    [InlineData("-sS")]
    [InlineData("--own-stack")]
    public void What_was_heard_before_the_scan_ended_is_kept_and_marked(string way)
    {
        using var pair = LabPair.Create();
        using var talkers = Talkers.Of(pair.Target);
        var (output, error, exit) = pair.Scanner.Execute(
            Program, null,
            "scan", "198.18.0.2", "-n", way, "-p", "80,7003,7007", "--banners", "--no-journal", "--max-time", "4s", "--json");
        Assert.True(exit != 0, output + error);
        var ports = Ports(output, "bannerState");
        Assert.Equal(("interrupted", null), ports[80]);
        Assert.Equal(("complete", "* BYE"), ports[7003]);
        Assert.Equal("interrupted", ports[7007].Field);
        Assert.Matches(@"^\.+$", ports[7007].Banner);
    }

    [Theory]
    [InlineData("-sT")]
    [InlineData("-sS")]
    public void An_interface_that_goes_down_is_no_silence(string way)
    {
        using var pair = LabPair.Create();
        using var talkers = Talkers.Of(pair.Target);
        using var scan = pair.Scanner.Start(Program, "scan", "198.18.0.2", "-n", way, "-p", "80", "--banners", "--no-journal");
        AwaitConnection(pair);
        pair.Scanner.Ip("link set dev scan0 down");
        var (output, error, exit) = scan.Finish();
        Assert.Contains(
            "greetings of 198.18.0.2 could not be received: Network is unreachable", error, StringComparison.Ordinal);
        Assert.Contains("80/tcp  open   http     handshake  (cut off)", output, StringComparison.Ordinal);
        Assert.Contains("some greetings could not be received", output + error, StringComparison.Ordinal);
        Assert.NotEqual(0, exit);
    }

    /// <summary>Nobody is left to reset them: the kernel does.</summary>
    [Fact]
    public void A_scan_that_is_killed_leaves_no_connection_half_closed()
    {
        using var pair = LabPair.Create();
        using var talkers = Talkers.Of(pair.Target);
        using var scan = pair.Scanner.Start(Program, "scan", "198.18.0.2", "-n", "-sT", "-p", "80", "--banners", "--no-journal");
        AwaitConnection(pair);
        scan.Kill();
        scan.End();
        Assert.Equal("", Sockets(pair));
    }

    // The connection that waits for the silent service.
    private static void AwaitConnection(LabPair pair)
    {
        // Those of the port scan last no longer than a packet takes: it is the one that is seen twice.
        string[] before = [];
        Bounded.Until(
            () =>
            {
                Thread.Sleep(200);
                string[] now = [.. Sockets(pair).Split('\n').Where(static line => line.StartsWith("ESTAB", StringComparison.Ordinal))];
                var stays = now.Intersect(before, StringComparer.Ordinal).Any();
                before = now;
                return stays;
            },
            "a connection waits for the silent service");
    }

    private static string Sockets(LabPair pair) => pair.Scanner.Tool("ss", null, "-Htan", "dport", "=", ":80");

    private static SortedDictionary<int, (string? Evidence, string? Banner)> Scan(LabPair pair, string target, params string[] arguments)
    {
        var (output, error, exit) = pair.Scanner.Execute(Program, null, ["scan", target, "-n", "--json", "--no-journal", .. arguments]);
        Assert.True(exit == 0, error + output);
        return Ports(output, "evidence");
    }

    private static SortedDictionary<int, (string? Field, string? Banner)> Ports(string output, string field)
    {
        var ports = new SortedDictionary<int, (string?, string?)>();
        foreach (var line in output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            using var json = JsonDocument.Parse(line);
            if (json.RootElement.GetProperty("event").GetString() == "port")
            {
                ports.Add(
                    json.RootElement.GetProperty("port").GetInt32(),
                    (json.RootElement.GetProperty(field).GetString(), json.RootElement.GetProperty("banner").GetString()));
            }
        }

        return ports;
    }
}
