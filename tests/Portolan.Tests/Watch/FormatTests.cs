using System.Text;
using Portolan.Model;
using Portolan.Scan.Formats;
using Portolan.Scan.Identification;
using Portolan.Scan.Results;
using Portolan.Tests.Scan.Formats;
using Portolan.Watch.Changes;
using Portolan.Watch.Snapshots;

namespace Portolan.Tests.Watch;

/// <summary>The same scan in every format is the same; what is broken is refused or read as far as it goes.</summary>
public sealed class FormatTests
{
    private static readonly string[] Recordings = ["nmap.xml", "nmap-open.xml", "masscan.oJ", "masscan.oL", "zmap.csv"];

    private static readonly ScanOutputOptions Options = ScanStories.Options with { Identifies = true, AllStates = true };

    public static TheoryData<string> Formats => ["json", "json-some", "xml", "grepable"];

    public static TheoryData<string, string> FormatPairs
    {
        get
        {
            var pairs = new TheoryData<string, string>();
            foreach (var a in Formats)
            {
                foreach (var b in Formats)
                {
                    pairs.Add(a.Data, b.Data);
                }
            }

            return pairs;
        }
    }

    [Theory]
    [MemberData(nameof(FormatPairs))]
    public void The_same_scan_in_two_formats_has_no_changes(string a, string b)
    {
        var comparison = Compare(Written(a, Hosts()), Written(b, Hosts()));
        Assert.Empty(comparison.Words());
        Assert.True(comparison.Coverage.Ports > 360, $"{comparison.Coverage}");
        Assert.Equal(0L, comparison.Coverage.OpenOnlyInA + comparison.Coverage.OpenOnlyInB);
    }

    [Theory]
    [MemberData(nameof(FormatPairs))]
    public void The_same_change_is_seen_in_every_format(string a, string b)
    {
        var comparison = Compare(Written(a, Hosts()), Written(b, Hosts("21", "20,22-79,81-299,365,8080")));
        Assert.Contains("opened 21/tcp", string.Join('|', comparison.Words()), StringComparison.Ordinal);
        Assert.Contains("closed 20/tcp", string.Join('|', comparison.Words()), StringComparison.Ordinal);
        Assert.Equal(2, comparison.Changes.Count);
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Every_state_that_the_formats_have_is_read_and_a_file_differs_in_nothing_from_itself(string format)
    {
        var text = Written(format, ScanStories.Hosts());
        var comparison = Compare(text, text);
        Assert.Empty(comparison.Changes);
        Assert.True(comparison.Coverage.Hosts >= 3, $"{comparison.Coverage}");
        Assert.Empty(SnapshotComparer.Compare(
            DiffStories.Read(Encoding.UTF8.GetBytes(text)), DiffStories.Read(DiffStories.Packed(Encoding.UTF8.GetBytes(text))),
            DiffStories.Now).Changes);
    }

    [Fact]
    public void What_nmap_masscan_and_zmap_wrote_of_the_same_hosts_has_no_changes()
    {
        foreach (var a in Recordings)
        {
            foreach (var b in Recordings)
            {
                var comparison = SnapshotComparer.Compare(Recording(a), Recording(b), DiffStories.Now);
                Assert.True(comparison.Changes.Count == 0, $"{a} {b}: {string.Join(", ", comparison.Words())}");
                Assert.True(comparison.Coverage.Hosts > 0 || (a, b) is ("zmap.csv", _) or (_, "zmap.csv"), $"{a} {b}: nothing compared");
            }
        }
    }

    [Fact]
    public void The_lines_of_masscan_with_results_and_banners_are_read()
    {
        const string Port = "{\"ip\":\"198.18.0.1\",\"timestamp\":\"1795231926\",\"port\":22,\"proto\":\"tcp\",";
        const string Lines = Port + "\"rec_type\":\"status\",\"data\":{\"status\":\"open\",\"reason\":\"syn-ack\",\"ttl\":64}}\n"
            + Port + "\"rec_type\":\"banner\",\"data\":{\"service_name\":\"ssh\",\"banner\":\"SSH-2.0-x\"}}\n";
        var host = Assert.Single(DiffStories.Read(Lines).Hosts.Values);
        Assert.Equal("SSH-2.0-x", Assert.Single(host.Endpoints).Value.Banner);
        const string List = "#masscan\nopen tcp 22 198.18.0.1 1795231926\nbanner tcp 22 198.18.0.1 1795231927 ssh SSH-2.0-x\n# end\n";
        Assert.Empty(Compare(Lines, List).Changes);
        Assert.Equal(new DateTimeOffset(2026, 11, 21, 3, 32, 6, TimeSpan.Zero), DiffStories.Read(List).TakenAt);
    }

    [Fact]
    public void Several_documents_of_XML_in_one_file_are_several_runs()
    {
        var (first, second) = (Written("xml", Hosts()), Written("xml", Hosts("21", "20,22-79,81-299,365,8080")));
        Assert.Empty(Compare(first + second, second).Changes);
        Assert.Equal(2, Compare(first, first + second).Changes.Count);
    }

    [Fact]
    public void A_grepable_file_without_its_ports_takes_them_from_the_command_line_where_the_counts_agree()
    {
        const string Head = "# Nmap 7.93 scan initiated Mon Nov 23 06:08:08 2026 as: nmap -p 80-90 198.18.0.1\n";
        const string Open = "Host: 198.18.0.1 ()\tPorts: 81/open/tcp//x///\tIgnored State: closed (10)\n";
        const string Done = "# Nmap done at Mon Nov 23 06:08:08 2026 -- 1 IP address (1 host up) scanned in 0.05 seconds\n";
        var comparison = Compare(Head + Open + Done, Head + Open.Replace("81/", "82/", StringComparison.Ordinal) + Done);
        Assert.Equal(["closed 81/tcp open→closed", "opened 82/tcp closed→open"], comparison.Words());
        var few = Compare(
            Head + Open.Replace(
                "(10)", "(9)", StringComparison.Ordinal) + Done, Head + Open.Replace("81/", "82/", StringComparison.Ordinal) + Done);
        Assert.Equal(["closed 81/tcp open→closed"], few.Words());
        Assert.Equal(1L, few.Coverage.OpenOnlyInB);
        Assert.True(few.A.IsScopeUnknown);
    }

    [Trait("Quick", "no")]
    [Fact]
    public void A_file_that_ends_anywhere_is_read_as_far_as_it_goes_or_refused()
    {
        var files = new List<byte[]> { Encoding.UTF8.GetBytes(ChartTexts.Chart(ChartTexts.Row(22), ChartTexts.Row(80))) };
        files.AddRange(Formats.Select(static format => Encoding.UTF8.GetBytes(Written(format.Data, Hosts()))));
        files.AddRange(Recordings.Select(static name => File.ReadAllBytes(PathOf(name))));
        files.AddRange([.. files.Select(DiffStories.Packed)]);
        foreach (var bytes in files)
        {
            var whole = DiffStories.Read(bytes, "1-100");
            for (var length = 0; length < bytes.Length; length += Math.Max(1, bytes.Length / 1500))
            {
                try
                {
                    var cut = DiffStories.Read(bytes[..length], "1-100");
                    _ = SnapshotComparer.Compare(cut, whole, DiffStories.Now).Words().Count();
                }
                catch (PortolanException exception)
                {
                    Assert.NotEmpty(exception.Message);
                    Assert.Equal(ExitCode.Failed, exception.ExitCode);
                }
            }
        }
    }

    [Trait("Quick", "no")]
    [Fact]
    public void A_file_with_a_changed_byte_is_read_or_refused()
    {
        var random = new Random(26);
        foreach (var format in Formats)
        {
            var bytes = Encoding.UTF8.GetBytes(Written(format.Data, ScanStories.Hosts()));
            for (var i = 0; i < 300; i++)
            {
                var broken = (byte[])bytes.Clone();
                broken[random.Next(broken.Length)] = (byte)random.Next(256);
                try
                {
                    _ = SnapshotComparer.Compare(DiffStories.Read(bytes), DiffStories.Read(broken), DiffStories.Now).Words().Count();
                }
                catch (PortolanException exception)
                {
                    Assert.NotEmpty(exception.Message);
                }
            }
        }
    }

    [Fact]
    public void A_line_that_cannot_be_read_is_named()
    {
        var snapshot = DiffStories.Read("#masscan\nopen tcp 22 198.18.0.1 1\nopen tcp x\n# end\n");
        Assert.Contains("x, line 3", Assert.Single(snapshot.Notes), StringComparison.Ordinal);
    }

    private static Comparison Compare(string a, string b) => DiffStories.Compare(a, b);

    private static IEnumerable<HostStory> Hosts(string open = "20", string closed = "21-79,81-299,365,8080") =>
    [
        new HostStory("198.18.0.1") { Reverse = "gate.example" }
            .Status(HostStatus.Up, ReplyReason.EchoReply).Open($"{open},80").Closed($"1-19,{closed}")
            .With(ScanStories.Tcp, "300-364", PortState.Filtered, ReplyReason.AdministrativelyProhibited, by: "198.18.1.1")
            .SilentUdp("53,67")
            .Is(80, new ServiceAnswer(ServiceOutcome.Identified, new IdentifiedService("http")
            {
                Product = "nginx / Debian",
                Version = "1.22.1",
                Info = "a, b",
                Tunnel = "ssl",
            })),
        new HostStory("2001:db8::5").Status(HostStatus.Up, ReplyReason.NeighbourResponse, 255).Closed("1-365,8080").SilentUdp("53,67"),
    ];

    private static string Written(string format, IEnumerable<HostStory> hosts) => format switch
    {
        "json" => ScanStories.Json(hosts, Options),
        "json-some" => ScanStories.Json(hosts, Options with { AllStates = false }),
        "xml" => ScanStories.Xml(hosts, Options),
        _ => ScanStories.Written(static stream => new GrepableWriter(stream, Options), hosts),
    };

    private static Snapshot Recording(string name) => DiffStories.Read(File.ReadAllBytes(PathOf(name)), name: name);

    private static string PathOf(string name) => Path.Combine(AppContext.BaseDirectory, "Recordings", "lab", name);
}
