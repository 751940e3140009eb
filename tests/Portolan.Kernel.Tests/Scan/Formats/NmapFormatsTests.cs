using System.Text.RegularExpressions;
using Portolan.Kernel.Tests.Support;
using Portolan.Scan.Formats;
using Portolan.Scan.Results;

namespace Portolan.Kernel.Tests.Scan.Formats;

/// <summary>
/// nmap scans hosts in namespaces and writes all of its formats. Its XML, read by Portolan and written again in each format, says what
/// nmap's own files say, name of the service aside: so the reader loses nothing, and the writers write as nmap does.
/// </summary>
public sealed partial class NmapFormatsTests
{
    private const string Rules = """
        table ip lab {
          chain in {
            type filter hook input priority 0;
            tcp dport 300-310 drop
            tcp dport 311-340 reject with icmp type admin-prohibited
            tcp dport 341-360 reject with icmp type host-unreachable
            udp dport 600-699 drop
          }
        }
        """;

    [Theory]
    [InlineData("-n -sS -p 1-365,8080 198.18.0.2", "")]
    [InlineData("-n -sS -p 20-25,300-345 -v --reason 198.18.0.2", "reason v")]
    [InlineData("-n -sS -p 1-60 -vv 198.18.0.2", "vv")]
    [InlineData("-n -sT -p 20-25,80-90 198.18.0.2-3", "")]
    [InlineData("-n -sSU -p T:20-50,303,U:590-620 198.18.0.2", "")]
    [InlineData("-n -sU -p 590-699 --open 198.18.0.2", "open")]
    [InlineData("-n -sS -p 20-25,300-345 --open 198.18.0.2", "open")]
    [InlineData("-n -sS -p 1-10 --open 198.18.0.2", "open")]
    [InlineData("-n -sA -p 1-30,300-315 198.18.0.2", "")]
    [InlineData("-n -sF -p 1-30,300-315 198.18.0.2", "")]
    [InlineData("-n -sn -v 198.18.0.0/29", "v")]
    [InlineData("-n -sn --reason 198.18.0.2", "reason")]
    [InlineData("-n -sL 198.18.0.0/30", "")]
    [InlineData("-n -6 -sS -p 20-25,80 2001:db8::2", "")]
    [InlineData("-n -Pn -sS -p 300-310 --host-timeout 50ms 198.18.0.2", "")]
    [InlineData("-n -Pn -sT -p 79-81 localhost", "")]
    [InlineData("-n -sS -p 22,80 --traceroute 198.18.0.2", "")]
    public void What_nmap_wrote_is_read_and_written_as_nmap_writes_it(string line, string shown)
    {
        using var lab = LabPair.Create();
        lab.Target.ListenTcp(22, 80, 443, 8080, 303);
        lab.Target.Nft(Rules);
        lab.Target.Setting("net/ipv4/icmp_ratelimit", "0");
        var folder = Directory.CreateTempSubdirectory("portolan-nmap-");
        try
        {
            var stem = Path.Combine(folder.FullName, "nmap");
            NmapPrograms.Scan(lab.Scanner, stem, $"-T5 --max-retries 0 {line}");
            Rewrite(stem + ".xml", Path.Combine(folder.FullName, "ours"), new ScanOutputOptions
            {
                Arguments = ["portolan"],
                Version = "1.2.3",
                Verbosity = shown.Count(c => c == 'v'),
                ShowReasons = shown.Contains("reason", StringComparison.Ordinal),
                OpenOnly = shown == "open",
            });
            var ours = Path.Combine(folder.FullName, "ours");
            NmapPrograms.AssertValid(ours + ".xml");
            Assert.Equal("", NmapPrograms.Difference(stem + ".xml", ours + ".xml"));
            Assert.Equal(GrepableForm(stem + ".gnmap"), GrepableForm(ours + ".gnmap"));
            Assert.Equal(NormalForm(stem + ".nmap"), NormalForm(ours + ".nmap"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void Rewrite(string xml, string stem, ScanOutputOptions options)
    {
        using var input = File.OpenRead(xml);
        using Stream newXml = File.Create(stem + ".xml"), grepable = File.Create(stem + ".gnmap"), normal = File.Create(stem + ".nmap");
        IScanObserver[] writers = [
            new NmapXmlWriter(newXml, options), new GrepableWriter(grepable, options), new NormalWriter(normal, options)];
        new NmapXmlReader(input, xml, writers).Replay(TestContext.Current.CancellationToken);
    }

    // Lines, less the program's own and the name of the service.
    private static string GrepableForm(string file) =>
        string.Join('\n', File.ReadAllLines(file).Where(l => !Program().IsMatch(l)).Select(l => GrepableService().Replace(l, "$1-")));

    // Words, because the name of the service makes its column wide or narrow.
    private static string NormalForm(string file) => string.Join('\n', File.ReadAllLines(file)
        .Where(l => !Program().IsMatch(l) && !Chatter().IsMatch(l))
        .Select(l => NormalService().Replace(Maker().Replace(l, ""), "$1 $2"))
        .Select(l => string.Join(' ', l.Split(' ', StringSplitOptions.RemoveEmptyEntries))));

    [GeneratedRegex("^# (Nmap|Portolan) ")]
    private static partial Regex Program();

    [GeneratedRegex("^(Read data files from|Warning: .* giving up on port|RTTVAR has grown|Some closed ports may be reported as filtered)")]
    private static partial Regex Chatter();

    [GeneratedRegex("(/(?:tcp|udp)//)[^/]*")]
    private static partial Regex GrepableService();

    [GeneratedRegex("^(\\d+/(?:tcp|udp)) +([a-z|]+) +\\S+")]
    private static partial Regex NormalService();

    [GeneratedRegex("(?<=^MAC Address: [0-9A-F:]+) \\(.*\\)$")]
    private static partial Regex Maker();
}
