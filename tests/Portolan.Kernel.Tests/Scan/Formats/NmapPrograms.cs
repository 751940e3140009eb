using System.Diagnostics;
using System.Xml.Linq;
using Portolan.Kernel.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.Kernel.Tests.Scan.Formats;

/// <summary>The programs that read nmap's XML, and what each of them says of a file.</summary>
internal static class NmapPrograms
{
    private const string DocumentType = "/usr/share/nmap/nmap.dtd";
    private const string Stylesheet = "/usr/share/nmap/nmap.xsl";

    /// <summary>Fails unless the file is valid against nmap's DTD.</summary>
    internal static void AssertValid(string file)
    {
        Assert.SkipUnless(File.Exists(DocumentType), "nmap is not installed: apt-get install nmap");
        var (_, error, exit) = Run(Tool.Find("xmllint"), "--noout", "--nonet", "--dtdvalid", DocumentType, file);
        Assert.True(exit == 0, $"{error}\n{File.ReadAllText(file)}");
    }

    /// <summary>Every open port as python3-libnmap sees it: <c>address port/protocol state service</c>.</summary>
    internal static string[] ByPython(string file)
    {
        const string Program = """
            import sys
            from libnmap.parser import NmapParser
            report = NmapParser.parse_fromfile(sys.argv[1])
            for host in report.hosts:
                print(host.address, host.status, ','.join(host.hostnames))
                for service in host.services:
                    print(host.address, '%d/%s' % (service.port, service.protocol), service.state, service.reason)
            print(report.hosts_up, report.hosts_down, report.hosts_total)
            """;
        Assert.SkipUnless(
            Run("/usr/bin/python3", "-c", "import libnmap").ExitCode == 0, "libnmap is not installed: apt-get install python3-libnmap");
        return Lines("/usr/bin/python3", "-c", Program, file);
    }

    /// <summary>The same as Perl's Nmap::Parser sees it.</summary>
    internal static string[] ByPerl(string file)
    {
        const string Program = """
            my $np = new Nmap::Parser; $np->parsefile($ARGV[0]);
            for my $host ($np->all_hosts) {
                printf "%s %s %s\n", $host->addr, $host->status, join(',', $host->all_hostnames);
                for my $port (sort { $a <=> $b } $host->tcp_ports) { printf "%s %d/tcp %s\n", $host->addr, $port, $host->tcp_port_state($port) }
                for my $port (sort { $a <=> $b } $host->udp_ports) { printf "%s %d/udp %s\n", $host->addr, $port, $host->udp_port_state($port) }
            }
            """;
        var perl = Tool.Find("perl");
        Assert.SkipUnless(
            Run(perl, "-MNmap::Parser", "-e", "1").ExitCode == 0, "Nmap::Parser is not installed: apt-get install libnmap-parser-perl");
        return Lines(perl, "-MNmap::Parser", "-e", Program, file);
    }

    /// <summary>The page that nmap's stylesheet makes.</summary>
    internal static string AsPage(string file)
    {
        Assert.SkipUnless(File.Exists(Stylesheet), "nmap is not installed: apt-get install nmap");
        return string.Join('\n', Lines(Tool.Find("xsltproc"), "--nonet", Stylesheet, file));
    }

    /// <summary>What ndiff sees between two scans once services are taken out of both; empty when they say the same.</summary>
    /// <remarks>It also tells times and versions apart, on its first lines, which begin with a sign and <c>Nmap</c>.</remarks>
    internal static string Difference(string left, string right)
    {
        var (output, error, exit) = Run(Tool.Find("ndiff"), WithoutServices(left), WithoutServices(right));
        Assert.True(exit is 0 or 1, $"ndiff ended with {exit}: {error}");
        return string.Join(
            '\n',
            output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(
                l => l[1..].Trim() is var line && !line.StartsWith("Nmap ", StringComparison.Ordinal)));
    }

    /// <summary>Runs nmap and writes all of its formats.</summary>
    internal static void Scan(LabHost from, string stem, string line)
    {
        var (_, error, exit) = from.Execute(Tool.Find("nmap"), null, [.. line.Split(' '), "-oA", stem]);
        Assert.True(exit == 0, $"nmap {line} ended with {exit}: {error}");
    }

    private static string WithoutServices(string file)
    {
        var document = XDocument.Load(file);
        document.Descendants("service").Remove();
        var copy = file + ".plain";
        document.Save(copy);
        return copy;
    }

    private static string[] Lines(string program, params string[] arguments)
    {
        var (output, error, exit) = Run(program, arguments);
        Assert.True(exit == 0 && error.Length == 0, $"{program} ended with {exit}: {error}");
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static (string Output, string Error, int ExitCode) Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        return process.Finish();
    }
}
