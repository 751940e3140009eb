using System.Text.Json;
using System.Xml.Linq;
using Portolan.Cli.Scanning.Machine;
using Portolan.Packets;
using Portolan.Scan.Formats;
using Portolan.Scan.Results;
using Portolan.Tests.Scan.Formats;

namespace Portolan.Tests.Cli.Scanning;

/// <summary>Makers of Ethernet interfaces, by IEEE's registry.</summary>
public sealed class HardwareVendorsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("portolan-oui-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private HardwareVendors Registry()
    {
        var path = Path.Combine(_folder, "oui.txt");
        File.WriteAllText(path, """
            OUI/MA-L                                                    Organization
            company_id                                                  Organization
                                                                        Address

            28-6F-B9   (hex)		Example Networks & Sons, Ltd.
            286FB9     (base 16)		Example Networks & Sons, Ltd.
            				No.388 Example Road
            """.ReplaceLineEndings("\r\n"));
        return new HardwareVendors(Path.Combine(_folder, "none"), path);
    }

    [Theory]
    [InlineData(0x286f_b901_0203, "Example Networks & Sons, Ltd.")]
    [InlineData(0x286f_ba01_0203, null)]
    [InlineData(0x2a6f_b901_0203, null)]
    public void The_first_three_bytes_name_the_maker(long address, string? name) =>
        Assert.Equal(name, Registry().NameOf(new MacAddress((ulong)address)));

    [Fact]
    public void Without_the_registry_nobody_is_named() =>
        Assert.Null(new HardwareVendors(Path.Combine(_folder, "none")).NameOf(new MacAddress(0x286f_b901_0203)));

    [Fact]
    public void Each_format_names_the_maker()
    {
        var options = ScanStories.Options with { VendorOf = Registry().NameOf };
        var host = new HostStory("198.18.0.7").Status(HostStatus.Up, ReplyReason.ArpResponse, hardware: new MacAddress(0x286f_b901_0203))
            .Open("80");
        var text = ScanStories.Written(stream => new NormalWriter(stream, options), [host]);
        Assert.Contains("MAC Address: 28:6F:B9:01:02:03 (Example Networks & Sons, Ltd.)", text, StringComparison.Ordinal);
        var xml = XDocument.Parse(ScanStories.Xml([host], options));
        Assert.Equal(
            "Example Networks & Sons, Ltd.",
            xml.Descendants("address").Single(address => address.Attribute("addrtype")?.Value == "mac").Attribute("vendor")?.Value);
        var line = ScanStories.Json([host], options).Split('\n').Single(
            static line => line.Contains("\"event\":\"host\"", StringComparison.Ordinal));
        Assert.Equal("Example Networks & Sons, Ltd.", JsonDocument.Parse(line).RootElement.GetProperty("hardwareVendor").GetString());
    }
}
