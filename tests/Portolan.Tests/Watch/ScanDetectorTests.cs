using Portolan.Linux.Bpf.Probes;
using Portolan.Model;
using Portolan.Watch.Watching;

namespace Portolan.Tests.Watch;

/// <summary>Who scans this machine, on a clock of the test's own.</summary>
public sealed class ScanDetectorTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 27, 3, 0, 0, TimeSpan.Zero);
    private static readonly AddressPrefix Scanner = Prefix("198.18.0.9", 32);

    private readonly ScanDetector _detector =
        new(new EphemeralRange(new PortRange(new PortNumber(32768), new PortNumber(60999)), new PortSet()));

    [Theory]
    [InlineData(0, 15)]
    [InlineData(0.4, 15)]
    [InlineData(15, 15)]
    [InlineData(39, 15)]
    [InlineData(300, 30)]
    [InlineData(2800, 30)]
    public void A_scan_is_seen_at_every_pace(double secondsBetween, int probes)
    {
        var sightings = Enumerable.Range(0, 100).Select(probe => Try(Scanner, 1 + probe, secondsBetween * probe)).ToList();

        Assert.Equal(probes - 1, sightings.FindIndex(static sighting => sighting is not null));
        Assert.Single(sightings, static sighting => sighting is not null);
        var sighting = sightings[probes - 1]!;
        Assert.Equal((Scanner, probes, Start), (sighting.Source, sighting.Ports.Count, sighting.Since));
    }

    [Fact]
    public void One_port_again_and_again_is_no_scan()
    {
        for (var probe = 0; probe < 10_000; probe++)
        {
            Assert.Null(Try(Scanner, 443, probe));
        }
    }

    [Fact]
    public void Fourteen_ports_in_ten_minutes_and_twenty_nine_in_a_day_are_no_scan()
    {
        for (var day = 0; day < 10; day++)
        {
            for (var port = 1; port < 30; port++)
            {
                Assert.Null(Try(Scanner, (100 * day) + port, (TimeSpan.FromDays(2 * day) + TimeSpan.FromMinutes(port)).TotalSeconds));
            }
        }
    }

    [Fact]
    public void Late_answers_to_clients_of_UDP_are_no_scan()
    {
        for (var port = 40_000; port < 40_100; port++)
        {
            Assert.Null(_detector.Take(new PortProbe(Scanner, TransportProtocol.Udp, new PortNumber((ushort)port), 0), Start));
        }
    }

    [Fact]
    public void A_scan_of_the_day_after_tomorrow_is_another()
    {
        Assert.NotNull(Scan(0));
        Assert.Null(Scan(1));
        Assert.NotNull(Scan(72));
    }

    [Fact]
    public void A_scan_is_seen_amid_forged_sources()
    {
        var random = new Random(5);
        ScanSighting? found = null;
        for (var second = 0; second < 600; second++)
        {
            for (var forged = 0; forged < 200; forged++)
            {
                var source = new AddressPrefix(InternetAddress.FromIPv4((uint)random.Next()), 32);
                Assert.Null(Try(source, random.Next(1, 65536), second));
            }

            if (second % 5 == 0)
            {
                found ??= Try(Scanner, 1 + second, second);
            }
        }

        Assert.Equal(Scanner, found?.Source);
    }

    private ScanSighting? Scan(double hour) =>
        Enumerable.Range(1, 20).Select(port => Try(Scanner, port, hour * 3600)).FirstOrDefault(static sighting => sighting is not null);

    private ScanSighting? Try(AddressPrefix source, int port, double second) => _detector.Take(
        new PortProbe(source, TransportProtocol.Tcp, new PortNumber((ushort)port), 0), Start.AddSeconds(second));

    private static AddressPrefix Prefix(string address, int length) =>
        InternetAddress.TryParse(address, out var parsed) ? new AddressPrefix(parsed, length) : throw new FormatException(address);
}
