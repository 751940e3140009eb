using Portolan.Model;
using Portolan.Scan.Identification;
using Portolan.Tests.Support;

namespace Portolan.Tests.Scan.Identification;

/// <summary>
/// Recorded servers on the ports of all protocols, servers that send garbage, and damaged replies through the whole inquiry, in virtual
/// time: right or unknown, no fault, and memory in bounds. PORTOLAN_LONG tries every port and 10^7 replies.
/// </summary>
public sealed class HostileServiceTests
{
    /// <summary>The most that one reply may cost, all that reads it together: it has 32 KiB at most.</summary>
    private const long MostAllocated = 16 << 20;

    private static readonly bool IsLong = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("PORTOLAN_LONG"));

    private static readonly ushort[] TcpPorts = PortsOf(ServiceCatalog.Tcp);

    private static readonly ushort[] UdpPorts = PortsOf(ServiceCatalog.Udp);

    public static TheoryData<string> Names => [.. RecordedService.All()];

    [Trait("Quick", "no")]
    [Theory]
    [MemberData(nameof(Names))]
    public void A_recorded_server_is_right_or_unknown_on_the_ports_of_all_others(string name)
    {
        var service = RecordedService.Read(name);
        var ports = service.Protocol == TransportProtocol.Udp ? UdpPorts : TcpPorts;

        // A sample, and another one for each server.
        var step = IsLong ? 1 : 4;
        for (var i = name.Sum(static letter => letter) % step; i < ports.Length; i += step)
        {
            RecordedServiceTests.AssertRightOrUnknown(name, service.Ask(ports[i]), $"port {ports[i]}");
        }
    }

    [Fact]
    public void A_server_that_sends_garbage_is_unknown()
    {
        Fuzz.Run(IsLong ? 20_000 : 100, (random, _) =>
        {
            var service = RecordedService.Read(random.Next(2) == 0 ? "nginx" : "openssh");
            var port = TcpPorts[random.Next(TcpPorts.Length)];
            var garbage = new byte[random.Next(20, 400)];
            random.NextBytes(garbage);
            var answer = service.Ask(port, new RecordedNetwork { Change = _ => garbage });
            Assert.True(answer.Service is null, $"port {port}: {answer.Service} from {Convert.ToHexString(garbage)}");
        });
    }

    [Fact]
    public void Damaged_replies_end_no_inquiry()
    {
        var services = RecordedService.All().Select(RecordedService.Read).ToArray();
        var replies = 0L;
        for (var seed = 1; replies < (IsLong ? 10_000_000 : 2_000); seed++)
        {
            var random = new Random(seed);
            var service = services[seed % services.Length];
            var before = GC.GetAllocatedBytesForCurrentThread();
            var count = 0;
            try
            {
                var network = new RecordedNetwork
                {
                    Change = bytes =>
                    {
                        count++;
                        return Fuzz.Damage(random, bytes);
                    },
                };
                service.Ask(service.Port, network);
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                Assert.Fail($"seed {seed}, {service.Name}: {exception}");
            }

            replies += Math.Max(1, count);
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocated < MostAllocated * Math.Max(1, count), $"seed {seed}, {service.Name}: {allocated} bytes, {count} replies");
        }
    }

    private static ushort[] PortsOf(IReadOnlyList<ServiceProtocol> protocols) =>
        [.. protocols.Where(static p => !p.IsIndustrial).SelectMany(static p => p.Ports.Concat(p.TlsPorts)).Distinct().Order()];
}
