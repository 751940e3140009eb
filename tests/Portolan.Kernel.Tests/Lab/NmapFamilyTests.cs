using System.Xml.Linq;
using Portolan.Kernel.Tests.Support;
using Portolan.Lab.Topology;
using Portolan.Lab.Topology.Reading;

namespace Portolan.Kernel.Tests.Lab;

/// <summary>What a personality is meant to be, nmap names first.</summary>
public sealed class NmapFamilyTests
{
    private const string Topology = """
        networks: { net: 198.18.0.0/24 }
        vantage: { network: net, address: 198.18.0.1 }
        hosts:
          linux: { address: 198.18.0.10, personality: linux, ports: { 80: http } }
          freebsd: { address: 198.18.0.11, personality: freebsd, ports: { 80: http } }
          windows: { address: 198.18.0.12, personality: windows, ports: { 80: http } }
        """;

    [Fact]
    public async Task Nmap_names_the_family_of_each_personality_first()
    {
        Tool.Find("nmap");
        await using var lab = KernelLab.Create(Read());

        // All at once: nmap waits long for answers that never come.
        var text = lab.Host.Tool("nmap", null, "-n", "-Pn", "-O", "-d", "-p", "80,81", "-oX", "-", "198.18.0.10-12");
        var hosts = XDocument.Parse(text).Descendants("host").Where(static h => h.Element("os") is not null).ToDictionary(
            static h => (string)h.Element("address")!.Attribute("addr")!);
        foreach (var (address, family) in ((string, string)[])[
            ("198.18.0.10", "Linux"), ("198.18.0.11", "FreeBSD"), ("198.18.0.12", "Windows")])
        {
            var matches = hosts[address].Descendants("osmatch").ToArray();
            var named = matches.Select(static m => $"{(string?)m.Attribute("name")} ({(string?)m.Attribute("accuracy")} %)");
            Assert.True(
                matches.Length > 0 && matches[0].Elements("osclass").Any(c => (string?)c.Attribute("osfamily") == family),
                $"{family}: {string.Join(", ", named)}\n{hosts[address].Descendants("osfingerprint").FirstOrDefault()}");
        }
    }

    private static LabTopology Read() => TopologyReader.Read(Topology, "families").OrThrow("the topology");
}
