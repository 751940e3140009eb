using System.Globalization;
using System.Xml;
using System.Xml.Linq;
using Portolan.EndToEnd.Tests.Support;

namespace Portolan.EndToEnd.Tests.Scanning;

/// <summary>Every scan type against a target whose ports are known: nmap's state table is the law, and nmap itself the referee.</summary>
public sealed class ScanTruthTests(TruthLab.OfClass lab) : IClassFixture<TruthLab.OfClass>
{
    /// <summary>Scan type, target, and the states that nmap's tables give for the ports of <see cref="TruthLab"/>.</summary>
    public static TheoryData<string, string> Scans()
    {
        var data = new TheoryData<string, string>();
        foreach (var target in (string[])[TruthLab.OnLink, TruthLab.OnLinkIPv6, TruthLab.Routed, TruthLab.RoutedIPv6])
        {
            foreach (var type in (string[])["-sS", "-sT", "-sA", "-sN", "-sF", "-sX", "-sU", "-sSU"])
            {
                data.Add(type, target);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Scans))]
    public void A_scan_says_of_every_port_what_nmaps_table_says(string type, string target)
    {
        AssertTruth(type, target, Ports(Xml(PortolanProgram.Path, ["scan", .. Words(type, target)])));
    }

    private static bool Holds(string type, string target, Dictionary<(string Protocol, int Port), string> found) =>
        Expected(type, target).All(
            expected => found.TryGetValue(expected.Key, out var state) && string.Equals(state, expected.Value, StringComparison.Ordinal));

    private static void AssertTruth(string type, string target, Dictionary<(string Protocol, int Port), string> found)
    {
        foreach (var ((protocol, port), state) in Expected(type, target))
        {
            Assert.True(found.TryGetValue((protocol, port), out var actual), $"{port}/{protocol} is missing");
            Assert.True(state == actual, $"{port}/{protocol} is {actual}, by the table {state}");
        }

        Assert.Equal(Expected(type, target).Count, found.Count);
    }

    /// <summary>The half of <see cref="Scans"/> that nmap is asked about too: it takes its time.</summary>
    public static TheoryData<string, string> ScansForNmap()
    {
        var data = new TheoryData<string, string>();
        foreach (var (type, target) in (ReadOnlySpan<(string, string)>)
            [("-sS", TruthLab.OnLink), ("-sT", TruthLab.OnLink), ("-sU", TruthLab.OnLink), ("-sA", TruthLab.OnLinkIPv6),
                ("-sN", TruthLab.OnLink),
             ("-sT", TruthLab.RoutedIPv6), ("-sS", TruthLab.RoutedIPv6), ("-sF", TruthLab.Routed), ("-sX", TruthLab.RoutedIPv6),
             ("-sSU", TruthLab.Routed)])
        {
            data.Add(type, target);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(ScansForNmap))]
    public void Ndiff_sees_no_difference_from_nmap(string type, string target)
    {
        var nmap = Programs.Find("nmap", "/usr/bin/nmap");
        var ndiff = Programs.Find("ndiff", "/usr/bin/ndiff");
        using var folder = new TemporaryFolder();
        string[] words = [.. Words(type, target), .. target.Contains(':', StringComparison.Ordinal) ? (string[])["-6"] : []];
        var nmapReport = Xml(nmap, words);

        // On a busy machine nmap now and then loses an answer; it must be right itself before it is the referee.
        for (var again = 0; again < 3 && !Holds(type, target, Ports(nmapReport)); again++)
        {
            nmapReport = Xml(nmap, words);
        }

        var theirs = Save(folder, "theirs.xml", nmapReport);
        var ours = Save(folder, "ours.xml", Xml(PortolanProgram.Path, ["scan", .. Words(type, target)]));
        var (output, error, exit) = lab.Scanner.Execute(ndiff, null, theirs, ours);
        Assert.True(exit == 0, $"ndiff ended with {exit}:\n{output}{error}");
    }

    /// <summary>nmap reference guide, "Port Scanning Techniques".</summary>
    private static Dictionary<(string Protocol, int Port), string> Expected(string type, string target)
    {
        var isIPv6 = target.Contains(':', StringComparison.Ordinal);
        var states = new Dictionary<(string, int), string>();
        foreach (var port in (int[])[22, 23, 53, 54, 80, 81, 101, 102, 103, 104, 105, 106, 107, 108])
        {
            var isListening = port is 22 or 80;
            var isRefusing = port is 23 or 53 or 54 || port == 108;
            var tcp = type switch
            {
                "-sS" or "-sSU" => isListening ? "open" : isRefusing ? "closed" : "filtered",

                // connect() says ECONNREFUSED for a port unreachable message too.
                "-sT" => isListening ? "open" : isRefusing || port == 104 ? "closed" : "filtered",

                "-sA" => isListening || isRefusing ? "unfiltered" : "filtered",
                "-sN" or "-sF" or "-sX" => isListening || port == 81 ? "open|filtered" : isRefusing ? "closed" : "filtered",
                _ => null,
            };
            if (tcp is not null)
            {
                states[("tcp", port)] = tcp;
            }

            if (type.Contains('U', StringComparison.Ordinal))
            {
                states[("udp", port)] = port switch
                {
                    53 => "open",
                    54 or 81 => "open|filtered",
                    101 or 102 or 103 or 105 or 106 or 107 => "filtered",
                    _ => "closed",
                };
            }
        }

        return states;
    }

    private static string[] Words(string type, string target) => [type, "-n", "-Pn", "-T4", "-p", TruthLab.Ports, "-oX", "-", target];

    private XDocument Xml(string program, string[] words)
    {
        var (output, error, exit) = lab.Scanner.Execute(program, null, words);
        Assert.True(exit == 0, $"{program} {string.Join(' ', words)} ended with {exit}: {error}");
        using var reader = XmlReader.Create(new StringReader(output), new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore });
        return XDocument.Load(reader);
    }

    /// <summary>States by port; the ports that a report only counts are named there too.</summary>
    private static Dictionary<(string Protocol, int Port), string> Ports(XDocument document)
    {
        var states = new Dictionary<(string, int), string>();
        foreach (var ports in document.Descendants("ports"))
        {
            foreach (var port in ports.Elements("port"))
            {
                states.Add(
                    ((string)port.Attribute("protocol")!, (int)port.Attribute("portid")!),
                    (string)port.Element("state")!.Attribute("state")!);
            }

            foreach (var group in ports.Elements("extraports"))
            {
                foreach (var reasons in group.Elements("extrareasons"))
                {
                    foreach (var range in ((string)reasons.Attribute("ports")!).Split(','))
                    {
                        var ends = range.Split('-').Select(n => int.Parse(n, CultureInfo.InvariantCulture)).ToArray();
                        for (var port = ends[0]; port <= ends[^1]; port++)
                        {
                            states.Add(((string)reasons.Attribute("proto")!, port), (string)group.Attribute("state")!);
                        }
                    }
                }
            }
        }

        return states;
    }

    /// <summary>Without the service elements: IANA's names are ours, nmap's are its own.</summary>
    private static string Save(TemporaryFolder folder, string name, XDocument document)
    {
        document.Descendants("service").Remove();
        var path = Path.Combine(folder.Path, name);
        document.Save(path);
        return path;
    }
}
