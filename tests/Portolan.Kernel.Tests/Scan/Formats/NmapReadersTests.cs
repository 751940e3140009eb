using System.Xml.Linq;
using Portolan.Tests.Support;

namespace Portolan.Kernel.Tests.Scan.Formats;

/// <summary>The programs that read nmap's XML read the reviewed output of Portolan, which has one of each.</summary>
public sealed class NmapReadersTests
{
    private static readonly string Reviewed = Repository.PathOf("tests", "Portolan.Tests", "Scan", "Formats", "Golden", "scan.xml");

    [Fact]
    public void It_is_valid_against_nmaps_own_document_type() => NmapPrograms.AssertValid(Reviewed);

    [Fact]
    public void Python_reads_hosts_names_and_ports()
    {
        var lines = NmapPrograms.ByPython(Reviewed);
        Assert.Equal(Ports().Select(p => $"{p.Address} {p.Port}/{p.Protocol} {p.State} {p.Reason}"), lines.Where(l => l.Contains('/')));
        Assert.Contains("198.18.0.1 up gate.example", lines);
        Assert.Contains("198.18.0.3 down ", lines);
        Assert.Equal("6 2 8", lines[^1]);
    }

    [Fact]
    public void Perl_reads_hosts_names_and_ports()
    {
        var lines = NmapPrograms.ByPerl(Reviewed);
        Assert.Equal(
            Ports().Select(p => $"{p.Address} {p.Port}/{p.Protocol} {p.State}").Order(StringComparer.Ordinal),
            lines.Where(l => l.Contains('/')).Order(StringComparer.Ordinal));
        Assert.Contains("198.18.0.2 up www.example", lines);
    }

    [Fact]
    public void Nmaps_stylesheet_makes_a_page_of_it()
    {
        var page = NmapPrograms.AsPage(Reviewed);
        Assert.All(
            XDocument.Load(Reviewed).Descendants("address").Where(a => a.Attribute("addrtype")!.Value != "mac"),
            a => Assert.Contains(a.Attribute("addr")!.Value, page, StringComparison.Ordinal));
        Assert.Contains("admin-prohibited", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Ndiff_finds_it_equal_to_itself_and_different_when_a_port_changes()
    {
        var folder = Directory.CreateTempSubdirectory("portolan-ndiff-");
        try
        {
            var (left, right) = (Path.Combine(folder.FullName, "left.xml"), Path.Combine(folder.FullName, "right.xml"));
            File.Copy(Reviewed, left);
            File.Copy(Reviewed, right);
            Assert.Equal("", NmapPrograms.Difference(left, right));
            File.WriteAllText(
                right,
                File.ReadAllText(Reviewed).Replace(
                    "portid=\"22\"><state state=\"open\"", "portid=\"22\"><state state=\"closed\"", StringComparison.Ordinal));
            Assert.Contains("22/tcp", NmapPrograms.Difference(left, right), StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static IEnumerable<(string Address, string Port, string Protocol, string State, string Reason)> Ports() =>
        from host in XDocument.Load(Reviewed).Root!.Elements("host")
        from port in host.Elements("ports").Elements("port")
        let state = port.Element("state")!
        select (host.Element("address")!.Attribute("addr")!.Value, port.Attribute("portid")!.Value, port.Attribute("protocol")!.Value,
            state.Attribute("state")!.Value, state.Attribute("reason")!.Value);
}
